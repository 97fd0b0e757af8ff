import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect

from engine.errors import (
    DatabaseBusyError,
    DatabaseNewerError,
    DatabaseUrlError,
    StoreBrokenError,
    StoreError,
    StoreUnavailableError,
)
from engine.store.address import parsed, writing
from engine.store.schema import METADATA
from engine.store.sql import SqlReader, SqlStore, bring_up_to_date
from engine.store.upgrading import migrations, upgrade
from tests.support.templates import template
from tests.support.worlds import World


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    upgrade(url(tmp_path / "new.db"))
    engine = writing(parsed(url(tmp_path / "new.db")))
    config = migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.check(config)
        assert set(inspect(connection).get_table_names()) == {*METADATA.tables, "alembic_version"}
    engine.dispose()


def test_the_migrations_can_be_taken_back(tmp_path: Path) -> None:
    upgrade(url(tmp_path / "new.db"))
    engine = writing(parsed(url(tmp_path / "new.db")))
    config = migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    upgrade(url(tmp_path / "deep" / "folder" / "new.db"))
    upgrade(url(tmp_path / "deep" / "folder" / "new.db"))


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    upgrade(url(tmp_path / "new.db"))
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseNewerError, match="the database is at revision 9999, this version knows none after 0003"):
        upgrade(url(tmp_path / "new.db"))


def taken_back(target: Path, revision: str) -> None:
    """Make a database as an older program left it."""
    upgrade(url(target))
    engine = writing(parsed(url(target)))
    config = migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()


async def test_a_database_of_an_older_program_can_be_read_at_once(tmp_path: Path) -> None:
    target = tmp_path / "old.db"
    taken_back(target, "0001")
    bring_up_to_date(url(target))
    async with SqlReader.reading(url(target)) as reader:
        assert await reader.waits(limit=10) == []


async def test_a_database_that_another_process_runs_is_not_touched(tmp_path: Path) -> None:
    target = tmp_path / "one.db"
    async with SqlStore.open(url(target)) as store:
        bring_up_to_date(url(target))
        assert await store.unfinished() == []


async def test_a_database_is_run_by_one_process(tmp_path: Path) -> None:
    target = tmp_path / "one.db"
    async with SqlStore.open(url(target)):
        with pytest.raises(DatabaseBusyError, match="another process is running the database") as refused:
            async with SqlStore.open(url(target)):
                pytest.fail("two stores on one database")
        assert refused.value.path == str(target)
    async with SqlStore.open(url(target)):
        pass


async def test_readers_need_no_lock_and_can_change_nothing(tmp_path: Path) -> None:
    world = World()
    world.submit(template({"name": "a"}))
    async with SqlStore.open(url(tmp_path / "one.db")) as store, SqlReader.reading(url(tmp_path / "one.db")) as reader:
        await store.append(*world.appends[0], [])
        assert await reader.facts("t1") == world.log
        with pytest.raises(StoreError, match="readonly"):
            await reader._read(lambda connection: connection.exec_driver_sql("DELETE FROM facts"))


async def test_reading_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUrlError, match="there is no such file"):
        async with SqlReader.reading(url(tmp_path / "none.db")):
            pytest.fail("there is nothing to read")
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - a look at an empty folder


@pytest.mark.parametrize(
    ("address", "says"),
    [
        pytest.param("sqlite://", "a database in memory would forget every task; write sqlite:///PATH", id="in memory"),
        pytest.param("sqlite:///:memory:", "a database in memory would forget every task", id="in memory, spelled out"),
        pytest.param("postgresql://u:secret@h/d", "only sqlite:///PATH is supported", id="another database"),
        pytest.param("nonsense", "it is no database URL; write sqlite:///PATH", id="no URL"),
    ],
)
def test_an_address_that_is_not_supported_is_refused(address: str, says: str) -> None:
    with pytest.raises(DatabaseUrlError, match=says) as refused:
        upgrade(address)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("dear reader, " * 1_000)
    with pytest.raises(StoreBrokenError, match="file is not a database"):
        upgrade(url(tmp_path / "letter.db"))
    assert (tmp_path / "letter.db").read_text().startswith("dear reader")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError):
        upgrade(url(tmp_path / "file" / "x.db"))


async def test_commits_are_on_disk_before_they_count(tmp_path: Path) -> None:
    async with SqlStore.open(url(tmp_path / "one.db")) as store:
        engine = store._writer._engine
        with engine.connect() as connection:
            found = {
                pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
                for pragma in ("journal_mode", "synchronous", "foreign_keys")
            }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    world = World()
    world.submit(template({"name": "a"}))
    async with SqlStore.open(url(tmp_path / "one.db")) as store:
        pass
    with pytest.raises(StoreUnavailableError, match="the store is closed"):
        await store.append(*world.appends[0], [])


async def test_a_store_goes_on_after_a_fault_of_its_database(tmp_path: Path) -> None:
    world = World()
    world.submit(template({"name": "a"}))
    async with SqlStore.open(url(tmp_path / "one.db")) as store:
        with closing(sqlite3.connect(tmp_path / "one.db", isolation_level=None)) as other:
            other.execute("ALTER TABLE facts RENAME TO hidden")
            with pytest.raises(StoreError, match="no such table: facts"):
                await store.append(*world.appends[0], ["c1"])
            other.execute("ALTER TABLE hidden RENAME TO facts")
        await store.append(*world.appends[0], ["c1"])
        assert await store.facts("t1") == world.log
