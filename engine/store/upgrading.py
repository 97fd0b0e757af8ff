"""The database brought to the shape that this version knows."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from engine.errors import DatabaseNewerError
from engine.store.address import file_of, parsed, writing
from engine.store.faults import translated


def upgrade(url: str) -> None:
    """Make the database where there is none, and bring an older one up to date; blocks.

    Raises `DatabaseUrlError`, `DatabaseNewerError` where a newer program made it, and other `StoreError`s.
    """
    address = parsed(url)
    with translated():
        file_of(address).parent.mkdir(parents=True, exist_ok=True)
        engine = writing(address)
        try:
            upgraded(engine)
        finally:
            engine.dispose()


def upgraded(engine: Engine) -> None:
    """Run the migrations that the database has not had."""
    config = migrations()
    scripts = ScriptDirectory.from_config(config)
    newest = scripts.get_current_head()
    assert newest is not None, "there is at least one migration"
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found == newest:
        return
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise DatabaseNewerError(found, newest)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def migrations() -> Config:
    """Give Alembic's settings; `attributes["connection"]` is what its environment works on."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    return config
