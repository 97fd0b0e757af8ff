"""A stored database damaged in every way that one can think of: each is found, and a task with a damaged log is not run."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.calls import Call, Outcome, Waits
from engine.chain import Tip, seal
from engine.clock import SystemClock
from engine.runner import Runner
from engine.store import tips
from engine.store.keys import Keys, beside
from engine.store.sql import SqlReader, SqlStore
from engine.store.tips import LogTip
from tests.support.handlers import ScriptedHandlers
from tests.support.planners import ScriptedPlanner, offered, rejected
from tests.support.templates import RULES, submission, template

Damage = Callable[[sqlite3.Connection], None]

FRAGMENT = {"steps": [{"name": "x", "handler": "echo"}], "output": {"x": "{{ steps.x.output }}"}}
STEPS: tuple[dict[str, Any], ...] = (
    {"name": "plan", "type": "planning", "goal": "g"},
    {"name": "each", "handler": "echo", "for_each": {"items": [1, 2]}, "depends_on": ["plan"]},
    {"name": "ask", "handler": "gate", "depends_on": ["each"]},
    {"name": "last", "handler": "echo", "depends_on": ["ask"]},
)
FILE = "e.db"
TIPS = "kept.tips"


def _gate(_: Call) -> Outcome:
    return Waits(signal="approval", asks={"title": "go?"})


def _planner() -> ScriptedPlanner:
    return ScriptedPlanner([rejected("bad", answer="{}"), offered(FRAGMENT)] * 3)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with a database of tasks that wait, one that is complete, and a file of tips."""
    return tmp_path_factory.mktemp("written")


@pytest.fixture
async def folder(written: Path, tmp_path: Path) -> Path:
    """Give a copy of the database to damage."""
    if not (written / FILE).exists():
        await _write(written)
    shutil.copytree(written, tmp_path / "copy")
    return tmp_path / "copy"


async def _write(folder: Path) -> None:
    handlers = ScriptedHandlers({"gate": _gate})
    async with (
        SqlStore.open(f"sqlite:///{folder / FILE}") as store,
        Runner.open(store=store, handlers=handlers, planner=_planner(), clock=SystemClock(), rules=RULES) as runner,
    ):
        await runner.submit(submission(template({"name": "a"}), task="done"))
        await runner.finished("done")
        for task in ("t1", "t2"):
            await runner.submit(submission(template(*STEPS), task=task))
            async for fact in runner.feed(task):
                if fact.kind == "StepWaits":
                    break
        found = await store.tips()
    ring = Keys(file=beside(folder / FILE)).ring()
    tips.append(folder / TIPS, ring, found, at=datetime(2026, 3, 1, tzinfo=UTC))


async def _findings(folder: Path, *, with_tips: bool = False) -> dict[str, list[str]]:
    """Verify everything; name what was found by task."""
    ring = Keys(file=beside(folder / FILE)).ring()
    kept = tips.read(folder / TIPS, ring).anchors if with_tips else {}
    async with SqlReader.reading(f"sqlite:///{folder / FILE}", kept=kept) as reader:
        names = sorted({*await reader.stored_tasks(), *kept})
        found = {name: await reader.verify(name) for name in names}
    return {
        name: [f"{each.where or each.seq}: {each.says}" for each in verdict.findings]
        for name, verdict in found.items()
        if verdict is not None and not verdict.ok
    }


def _sql(*statements: str) -> Damage:
    def damage(connection: sqlite3.Connection) -> None:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, f"{statement} changed nothing"

    return damage


def _resealed(change: Callable[[list[Any]], list[Any]], *, strip: bool) -> Damage:
    """Write the log of t1 anew with a chain that is right, as who knows the program and not the key can."""

    def damage(connection: sqlite3.Connection) -> None:
        from engine.codec import decode  # noqa: PLC0415 - only forgers need it

        rows = connection.execute("select kind, body, at, key, mac from facts where task='t1' order by seq").fetchall()
        bodies = change([decode(kind, body) for kind, body, *_ in rows])
        forged, _ = seal("t1", Tip(), bodies, actor="forger", at=datetime.fromisoformat(rows[0][2]))
        connection.execute("delete from facts where task='t1'")
        for fact, row in zip(forged, rows, strict=False):
            key, mac = ("", "") if strip else row[3:]
            values = (
                fact.task,
                fact.seq,
                fact.at.isoformat(),
                fact.actor,
                fact.kind,
                fact.text,
                fact.prev,
                fact.hash,
                key,
                mac,
            )
            connection.execute("insert into facts values (?,?,?,?,?,?,?,?,?,?)", values)

    return damage


def _same(bodies: list[Any]) -> list[Any]:
    return bodies


def _other_input(bodies: list[Any]) -> list[Any]:
    return [replace(bodies[0], goal="another"), *bodies[1:]]


_LAST = "(select max(seq) from facts where task='t1')"

OF_LOGS: dict[str, Damage] = {
    "task": _sql("update facts set task='t9' where task='t1' and seq=3"),
    "seq": _sql("update facts set seq=99 where task='t1' and seq=3"),
    "at": _sql("update facts set at='2026-01-01T00:00:00+00:00' where task='t1' and seq=3"),
    "actor": _sql("update facts set actor='mallory' where task='t1' and seq=3"),
    "kind": _sql("update facts set kind='StepCancelled' where task='t1' and seq=3"),
    "body": _sql("update facts set body=replace(body,'plan','plot') where task='t1' and seq=3"),
    "body spelt otherwise": _sql("update facts set body=body||' ' where task='t1' and seq=3"),
    "prev": _sql("update facts set prev='0' where task='t1' and seq=3"),
    "hash": _sql("update facts set hash='0' where task='t1' and seq=3"),
    "key": _sql("update facts set key='0123456789abcdef' where task='t1' and seq=3"),
    "mac": _sql("update facts set mac=replace(mac,substr(mac,1,1),'x') where task='t1' and seq=3"),
    "seal taken": _sql("update facts set key='', mac='' where task='t1' and seq=3"),
    "all seals taken": _sql("update facts set key='', mac='' where task='t1'"),
    "first deleted": _sql("delete from facts where task='t1' and seq=1"),
    "middle deleted": _sql("delete from facts where task='t1' and seq=5"),
    "all deleted": _sql("delete from facts where task='t1'"),
    "reordered": _sql(
        "update facts set seq=-1 where task='t1' and seq=3",
        "update facts set seq=3 where task='t1' and seq=4",
        "update facts set seq=4 where task='t1' and seq=-1",
    ),
    "swapped between tasks": _sql(
        "update facts set task='x' where task='t1' and seq=6",
        "update facts set task='t1' where task='t2' and seq=6",
        "update facts set task='t2' where task='x'",
    ),
    "whole log of another": _sql("delete from facts where task='t1'", "update facts set task='t1' where task='t2'"),
    "a fact twice": _sql(
        f"insert into facts select task, seq+1, at, actor, kind, body, hash, hash, key, mac from facts"
        f" where task='t1' and seq={_LAST}"
    ),
    "resealed with the old seals": _resealed(_other_input, strip=False),
    "resealed without seals": _resealed(_other_input, strip=True),
    "resealed as it was": _resealed(_same, strip=True),
    "not unicode": _sql("update facts set body=cast(x'ff' as text) where task='t1' and seq=2"),
    "bytes": _sql("update facts set body=cast(body as blob) where task='t1' and seq=2"),
}

OF_VIEWS: dict[str, Damage] = {
    **{
        f"tasks.{column}": _sql(f"update tasks set {column}={value} where id='t1'")
        for column, value in {
            "namespace": "'other'",
            "name": "'other'",
            "goal": "'other'",
            "status": "'complete'",
            "submitted_at": "'2020-01-01T00:00:00+00:00'",
            "ended_at": "'2020-01-01T00:00:00+00:00'",
            "input": "'{'",
            "output": "'1'",
            "error": "'{}'",
        }.items()
    },
    **{
        f"steps.{column}": _sql(f"update steps set {column}={value} where task='t1' and step='plan'")
        for column, value in {
            "step": "'plot'",
            "type": "'standard'",
            "status": "'failed'",
            "handler": "'echo@9.9.9'",
            "attempt": "7",
            "depends_on": "'[\"x\"]'",
            "error": "'{}'",
            "done": "2",
            "waits": '\'{"signal":"s","asks":{},"until":null}\'',
            "position": "77",
        }.items()
    },
    **{
        f"plans.{column}": _sql(f"update plans set {column}={value} where task='t1' and turn=1")
        for column, value in {
            "step": "'x'",
            "phase": "9",
            "turn": "9",
            "attempt": "9",
            "status": "'accepted'",
            "asked": "1",
            "answered": "1",
        }.items()
    },
    "ledger.account": _sql("update ledger set account='x' where task='t1' and account='plan'"),
    "ledger.amounts": _sql("update ledger set amounts='{}' where task='t1' and account=''"),
    "task row deleted": _sql("delete from tasks where id='t1'"),
    "step row deleted": _sql("delete from steps where task='t1' and step='last'"),
    "plan row deleted": _sql("delete from plans where task='t1' and turn=1"),
    "ledger row deleted": _sql("delete from ledger where task='t1' and account=''"),
    "a step more": _sql(
        "insert into steps (task, step, type, status, attempt, depends_on, position)"
        " select task, 'more', type, status, attempt, depends_on, position from steps where task='t1' and step='last'"
    ),
    "last fact deleted, views left": _sql(f"delete from facts where task='t1' and seq={_LAST}"),
}

OF_TIPS: dict[str, Damage] = {
    "whole task deleted": _sql(
        *(f"delete from {table} where task='t1'" for table in ("facts", "steps", "plans", "ledger", "commands")),
        "delete from tasks where id='t1'",
    ),
    "finished task deleted": _sql(
        *(f"delete from {table} where task='done'" for table in ("facts", "steps", "ledger", "commands")),
        "delete from tasks where id='done'",
    ),
    "cut off": _sql(f"delete from facts where task='t1' and seq={_LAST}"),
    "cut off to the first": _sql("delete from facts where task='t1' and seq>1"),
}


def _damaged(folder: Path, damage: Damage) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        damage(connection)


async def test_what_was_not_damaged_verifies(folder: Path) -> None:
    assert await _findings(folder) == {}
    assert await _findings(folder, with_tips=True) == {}


@pytest.mark.parametrize("damage", [pytest.param(damage, id=name) for name, damage in OF_LOGS.items()])
async def test_damage_to_a_log_is_found_and_its_task_is_not_run(folder: Path, damage: Damage) -> None:
    _damaged(folder, damage)
    assert "t1" in await _findings(folder)
    assert await _quarantined(folder) >= {"t1"}


@pytest.mark.parametrize("damage", [pytest.param(damage, id=name) for name, damage in OF_VIEWS.items()])
async def test_damage_to_a_view_is_found(folder: Path, damage: Damage) -> None:
    _damaged(folder, damage)
    found = await _findings(folder)
    assert list(found) == ["t1"]


@pytest.mark.parametrize("damage", [pytest.param(damage, id=name) for name, damage in OF_TIPS.items()])
async def test_what_only_kept_tips_can_tell_is_found_with_them(folder: Path, damage: Damage) -> None:
    _damaged(folder, damage)
    assert len(await _findings(folder, with_tips=True)) == 1


async def test_a_cut_off_log_is_not_run_where_tips_are_kept(folder: Path) -> None:
    _damaged(folder, OF_TIPS["cut off"])
    assert await _quarantined(folder, with_tips=True) == {"t1"}


async def _quarantined(folder: Path, *, with_tips: bool = False) -> set[str]:
    """Start on the database; name the tasks that were not taken up, for none of which anything was run."""
    kept = tips.read(folder / TIPS, Keys(file=beside(folder / FILE)).ring()).anchors if with_tips else {}
    handlers = ScriptedHandlers({"gate": _gate})
    async with (
        SqlStore.open(f"sqlite:///{folder / FILE}", kept=kept) as store,
        Runner.open(store=store, handlers=handlers, planner=_planner(), clock=SystemClock(), rules=RULES) as runner,
    ):
        held = set(await store.quarantined())
        assert not any(runner.runs(task) for task in held)
        assert held.isdisjoint(call.task for call in handlers.calls)
    return held


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(lambda lines: [lines[0].replace('"count":', '"count":1'), *lines[1:]], "does not hold", id="altered"),
        pytest.param(lambda lines: lines[1:], "does not follow the one before", id="taken out"),
        pytest.param(lambda lines: [lines[1], lines[0], lines[2]], "does not follow the one before", id="moved"),
        pytest.param(lambda lines: [*lines, "{"], "cannot be read", id="no JSON"),
        pytest.param(lambda lines: [*lines, "[1]"], "cannot be read", id="no object"),
    ],
)
def test_tips_that_were_damaged_are_found_and_not_believed(
    written: Path, tmp_path: Path, change: Callable[[list[str]], list[str]], says: str
) -> None:
    ring = Keys(file=beside(written / FILE)).ring()
    lines = (written / TIPS).read_text().splitlines()
    (tmp_path / TIPS).write_text("\n".join(change(lines)) + "\n")
    assert says in " ".join(finding.says for finding in tips.read(tmp_path / TIPS, ring).findings)


def test_tips_are_added_only_where_they_tell_more(written: Path, tmp_path: Path) -> None:
    ring = Keys(file=beside(written / FILE)).ring()
    at = datetime(2026, 3, 1, tzinfo=UTC)
    first, second = (LogTip(task="t", seq=seq, hash=f"h{seq}", count=seq) for seq in (1, 2))
    assert [tips.append(tmp_path / TIPS, ring, some, at=at) for some in ([first], [first], [second, first])] == [1, 0, 1]
    lines = [json.loads(line) for line in (tmp_path / TIPS).read_text().splitlines()]
    assert [(line["seq"], line["prev"]) for line in lines] == [(1, ""), (2, lines[0]["mac"])]
    assert tips.read(tmp_path / TIPS, ring).findings == ()
