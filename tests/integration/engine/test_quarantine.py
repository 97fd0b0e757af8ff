"""A task whose stored log does not hold is quarantined: read, verified, cancelled, never run; nobody else is disturbed."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from alembic import command

from engine.clock import SystemClock
from engine.errors import KeysError, TaskQuarantinedError
from engine.runner import Runner
from engine.store.address import parsed, writing
from engine.store.keys import Keys, beside, made
from engine.store.sql import SqlStore
from engine.store.upgrading import migrations
from tests.support.handlers import ScriptedHandlers
from tests.support.planners import ScriptedPlanner
from tests.support.templates import RULES, submission, template

TWO = template({"name": "a"}, {"name": "b", "depends_on": ["a"]})


@asynccontextmanager
async def house(database: Path) -> AsyncIterator[tuple[SqlStore, Runner, ScriptedHandlers]]:
    """Open a runner whose handlers wait for a release."""
    handlers = ScriptedHandlers()
    handlers.hold("a")
    async with (
        SqlStore.open(f"sqlite:///{database}") as store,
        Runner.open(store=store, handlers=handlers, planner=ScriptedPlanner(), clock=SystemClock(), rules=RULES) as runner,
    ):
        yield store, runner, handlers


async def begun(database: Path) -> None:
    """Leave two tasks unfinished, as a process that ends does."""
    async with house(database) as (_, runner, handlers):
        for task in ("t1", "t2"):
            await runner.submit(submission(TWO, task=task))
        await handlers.arrived("a")


def altered(database: Path, sql: str) -> None:
    """Change the file behind the program's back."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(sql)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        pytest.param("kind='StepVanished' where seq=4", "there is no such kind of fact", id="unknown kind"),
        pytest.param("body=replace(body,'{','{\"extra\":1,') where seq=3", "cannot be read", id="more"),
        pytest.param("body='{' where seq=3", "cannot be read", id="no JSON"),
        pytest.param("body=cast(x'ff' as text) where seq=3", "cannot be read", id="no text"),
        pytest.param("body=x'7b7d' where seq=3", "cannot be read", id="bytes"),
        pytest.param("at=replace(at,'T',' ') where seq=2", "not written as", id="another spelling"),
        pytest.param("at='noon' where seq=2", "cannot be read", id="no time"),
        pytest.param("seq='x' where seq=2", "fact 2 is missing", id="no number"),
        pytest.param("seq=-1 where seq=1", "fact 1 is missing", id="a number below"),
        pytest.param("actor='boss' where seq=1", "not what its hash was made of", id="actor"),
        pytest.param("mac='00' where seq=1", "seal of the fact does not hold", id="seal"),
        pytest.param("key='00' where seq=1", "none of this installation's keys", id="key"),
        pytest.param("key='', mac='' where seq=4", "bears no seal", id="unsealed"),
    ],
)
async def test_a_log_that_does_not_hold_is_not_run_and_can_be_cancelled(tmp_path: Path, sql: str, says: str) -> None:
    database = tmp_path / "e.db"
    await begun(database)
    altered(database, f"update facts set {sql} and task='t1'")
    async with house(database) as (store, runner, handlers):
        assert not runner.runs("t1")
        with pytest.raises(TaskQuarantinedError, match="is in quarantine and is not run"):
            await runner.finished("t1")
        row = await store.task("t1")
        assert row is not None
        assert row.quarantine is not None
        assert says in row.quarantine["says"]
        assert [page.id for page in (await store.tasks(status="quarantined", limit=9, before=None)).tasks] == ["t1"]
        read = [fact.seq async for fact in runner.feed("t1")]
        assert len(read) <= 4
        assert (await runner.cancel("t1", "enough", "ann")).applied
        handlers.release("a")
        assert (await runner.finished("t2")).status == "complete"
        assert (await runner.finished("t1")).status == "cancelled"
    assert {call.task for call in handlers.calls} == {"t2"}


async def test_a_log_that_was_put_back_is_run_again(tmp_path: Path) -> None:
    database = tmp_path / "e.db"
    await begun(database)
    altered(database, "update facts set actor=actor||'x' where task='t1' and seq=2")
    async with house(database) as (_, runner, _handlers):
        assert not runner.runs("t1")
    altered(database, "update facts set actor=rtrim(actor,'x') where task='t1' and seq=2")
    async with house(database) as (store, runner, handlers):
        handlers.release("a")
        row = await runner.finished("t1")
        assert (row.status, row.quarantine) == ("complete", None)
        assert await store.quarantined() == []


async def test_a_task_without_any_fact_is_not_run(tmp_path: Path) -> None:
    database = tmp_path / "e.db"
    await begun(database)
    altered(database, "delete from facts where task='t1'")
    async with house(database) as (store, runner, _):
        assert await store.quarantined() == ["t1"]
        assert (await runner.cancel("t1", "enough", "ann")).applied


def stripped(database: Path) -> None:
    """Make the database as the program left it that knew no seals."""
    engine = writing(parsed(f"sqlite:///{database}"))
    config = migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    engine.dispose()
    beside(database).unlink()


async def test_logs_from_before_there_were_seals_go_on_and_what_follows_is_sealed(tmp_path: Path) -> None:
    database = tmp_path / "e.db"
    await begun(database)
    stripped(database)
    async with house(database) as (store, runner, handlers):
        handlers.release("a")
        assert (await runner.finished("t1")).status == "complete"
        log = await store.load("t1")
    assert log.flaws == ()
    assert [bool(fact.mac) for fact in log.facts] == [False] * 4 + [True] * (len(log.facts) - 4)


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("delete from unsealed", id="without its mark"),
        pytest.param("update unsealed set seq = 9 where task = 't1'", id="with a mark moved on"),
        pytest.param("delete from facts where task = 't1' and seq = 4", id="cut off"),
        pytest.param("update facts set hash = '0' where task = 't1' and seq = 4", id="ending otherwise"),
        pytest.param(
            "insert into facts select task, 5, at, actor, kind, body, hash, hash, '', '' from facts where task='t1' and seq=4",
            id="continued without a seal",
        ),
    ],
)
async def test_what_is_unsealed_is_held_to_its_mark(tmp_path: Path, sql: str) -> None:
    database = tmp_path / "e.db"
    await begun(database)
    stripped(database)
    async with SqlStore.open(f"sqlite:///{database}"):
        pass
    altered(database, sql)
    async with house(database) as (store, _, _handlers):
        assert "t1" in await store.quarantined()


async def test_keys_are_made_once_for_their_owner_alone_and_kept_when_they_rotate(tmp_path: Path) -> None:
    database = tmp_path / "e.db"
    await begun(database)
    keys = Keys(file=beside(database))
    assert keys.file.stat().st_mode & 0o777 == 0o600
    first = keys.ring().current
    keys.add(made())
    assert keys.ring().current != first
    async with house(database) as (store, runner, handlers):
        handlers.release("a")
        assert (await runner.finished("t1")).status == "complete"
        log = await store.load("t1")
    assert log.flaws == ()
    assert {fact.key for fact in log.facts} == {first, keys.ring().current}
    assert keys.file.stat().st_mode & 0o777 == 0o600


async def test_a_key_that_the_operator_gives_seals_and_those_of_the_file_verify(tmp_path: Path) -> None:
    database = tmp_path / "e.db"
    await begun(database)
    given = Keys(file=beside(database), secret=b"s" * 32)
    async with SqlStore.open(f"sqlite:///{database}", keys=given) as store:
        assert (await store.load("t1")).flaws == ()
    assert given.ring().current != Keys(file=beside(database)).ring().current


async def test_keys_that_went_missing_quarantine_what_they_sealed(tmp_path: Path) -> None:
    database = tmp_path / "e.db"
    await begun(database)
    kept = beside(database).read_text()
    beside(database).unlink()
    async with house(database) as (store, _, _handlers):
        assert await store.quarantined() == ["t1", "t2"]
    beside(database).write_text(kept)
    async with house(database) as (store, _, _handlers):
        assert await store.quarantined() == []


@pytest.mark.parametrize("text", ["", "{}", json.dumps({"keys": [{"id": "x", "secret": "00"}]})])
async def test_a_damaged_file_of_keys_is_named(tmp_path: Path, text: str) -> None:
    database = tmp_path / "e.db"
    await begun(database)
    beside(database).write_text(text)
    with pytest.raises(KeysError, match="is no file of keys"):
        async with SqlStore.open(f"sqlite:///{database}"):
            pass
