"""Everything that can be said of a stored task: its log, followed from the first fact, and every row of the views beside it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select, union

from engine.chain import Anchor, Finding, Verdict, verified
from engine.seals import Ring
from engine.state import TaskState
from engine.store import lines
from engine.store.schema import FACTS, LEDGER, PLANS, STEPS, TASKS
from engine.store.statements import Append, Row, Rows
from engine.views import changes

_VIEWS: Mapping[str, tuple[Table, tuple[str, ...]]] = {
    "steps": (STEPS, ("step",)),
    "plans": (PLANS, ("step", "phase", "turn", "attempt")),
    "ledger": (LEDGER, ("account",)),
}
_SHOWN = 80


def stored_tasks(connection: Connection) -> list[str]:
    """Name every task of which anything is stored."""
    columns = [TASKS.c.id.label("task"), *(table.c.task for table in (FACTS, STEPS, PLANS, LEDGER))]
    return sorted(str(task) for task in connection.scalars(union(*(select(column) for column in columns))))


def verify(connection: Connection, task: str, ring: Ring, *, kept: Sequence[Anchor]) -> Verdict | None:
    """Check all that is stored of a task; None where nothing is, and nothing is known of it from elsewhere."""
    found, anchors = lines.read(connection, task, ring)
    stored = {name: _stored(connection, table, task) for name, (table, _) in _VIEWS.items()}
    row = next((dict(row) for row in connection.execute(select(TASKS).where(TASKS.c.id == task)).mappings()), None)
    if not (found or kept or row or any(stored.values())):
        return None
    verdict, state = verified(task, found, [*anchors, *kept])
    if state is None:  # what cannot be followed says nothing of what the views should show
        return verdict
    expected = Rows.of([Append(facts=[], changes=changes(TaskState(task=task), state, found), commands=[])], ring)
    findings = [*_task_differs(row, expected)]
    for name, (_, key) in _VIEWS.items():
        findings += _differences(name, key, stored[name], _expected(name, key, expected))
    return verdict.with_findings(findings)


def _stored(connection: Connection, table: Table, task: str) -> list[Row]:
    return [dict(row) for row in connection.execute(select(table).where(table.c.task == task)).mappings()]


def _expected(name: str, key: tuple[str, ...], rows: Rows) -> list[Row]:
    if name == "steps":
        return list(rows.steps.values())
    if name == "ledger":
        return list(rows.ledger.values())
    merged: dict[tuple[Any, ...], Row] = {}
    for row in rows.plans:  # a null leaves what stood there, as in the table
        before = merged.setdefault(tuple(row[part] for part in key), row)
        kept = {column: before[column] if row[column] is None else row[column] for column in ("asked", "answered")}
        merged[tuple(row[part] for part in key)] = row | kept
    return list(merged.values())


def _task_differs(row: Mapping[str, Any] | None, rows: Rows) -> Iterator[Finding]:
    if not rows.began:
        return
    expected = rows.began[0]
    for ended in rows.ended:
        expected = expected | {name.removeprefix("new_"): value for name, value in ended.items() if name != "task"}
    if row is None:
        yield Finding(seq=0, where="tasks", says="the row of the task is missing")
    else:
        yield from _columns("tasks", row, expected)


def _differences(name: str, key: tuple[str, ...], stored: list[Row], expected: list[Row]) -> Iterator[Finding]:
    there = {tuple(row[part] for part in key): row for row in stored}
    for row in expected:
        place = tuple(row[part] for part in key)
        where = f"{name} {_place(place)}"
        found = there.pop(place, None)
        if found is None:
            yield Finding(seq=0, where=where, says="the row is missing")
        else:
            yield from _columns(where, found, row)
    for place in there:
        yield Finding(seq=0, where=f"{name} {_place(place)}", says="the log knows nothing of this row")


def _columns(where: str, stored: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[Finding]:
    for column, wanted in expected.items():
        found, value = stored[column], str(wanted) if isinstance(wanted, str) else wanted
        if type(found) is not type(value) or found != value:
            says = f"{column} is {_short(found)}, and the log comes to {_short(value)}"
            yield Finding(seq=0, where=where, says=says)


def _place(parts: tuple[Any, ...]) -> str:
    return " ".join(str(part) for part in parts) or "of the task"


def _short(value: object) -> str:
    text = repr(str(value) if not isinstance(value, (str, int, type(None))) else value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
