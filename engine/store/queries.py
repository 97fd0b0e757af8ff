"""What readers ask of the tables, and rows as the records that they get."""

from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Select, and_, func, select, tuple_

from engine.records import PlanRow, StepRow, TaskPage, TaskRow, WaitRow
from engine.store.lines import NO_TIME
from engine.store.pages import paged
from engine.store.schema import FACTS, LEDGER, PLANS, QUARANTINE, STEPS, TASKS
from engine.store.tips import LogTip
from schemas.slices import loads
from schemas.values import Json, JsonObject

_ASKED, _ANSWERED = FACTS.alias("asked"), FACTS.alias("answered")


def unfinished(connection: Connection) -> list[str]:
    """Name the tasks that can still change, the oldest first."""
    wanted = select(TASKS.c.id).where(TASKS.c.status == "running").order_by(TASKS.c.submitted_at, TASKS.c.id)
    return list(connection.scalars(wanted))


def quarantined(connection: Connection) -> list[str]:
    """Name the tasks that are marked because their log did not hold."""
    return list(connection.scalars(select(QUARANTINE.c.task).order_by(QUARANTINE.c.task)))


def task(connection: Connection, wanted: str) -> TaskRow | None:
    """Read one task with its steps."""
    row = connection.execute(_tasks().where(TASKS.c.id == wanted)).one_or_none()
    return None if row is None else _task(row, steps=_steps(connection, wanted))


def tasks(connection: Connection, *, status: str | None, limit: int, before: str | None) -> TaskPage:
    """Read some tasks, the newest first; `before` is the last task of the page before."""
    wanted = _tasks().order_by(TASKS.c.submitted_at.desc(), TASKS.c.id.desc()).limit(limit + 1)
    if status == "quarantined":
        wanted = wanted.where(TASKS.c.status == "running", QUARANTINE.c.task.is_not(None))
    elif status is not None:
        wanted = wanted.where(TASKS.c.status == status)
    if before is not None:
        last = select(TASKS.c.submitted_at).where(TASKS.c.id == before).scalar_subquery()
        wanted = wanted.where(tuple_(TASKS.c.submitted_at, TASKS.c.id) < tuple_(last, before))
    found = connection.execute(wanted)
    page = [_task(row) for row in paged(islice(found, limit), _characters)]
    more = found.first() is not None
    return TaskPage(tasks=tuple(page), next=page[-1].id if more and page else None)


def plans(connection: Connection, wanted: str) -> list[PlanRow]:
    """Read the turns of planning of a task, as they were asked."""
    asked = and_(_ASKED.c.task == PLANS.c.task, _ASKED.c.seq == PLANS.c.asked)
    answered = and_(_ANSWERED.c.task == PLANS.c.task, _ANSWERED.c.seq == PLANS.c.answered)
    rows = (
        select(PLANS, _ASKED.c.at.label("asked_at"), _ANSWERED.c.at.label("answered_at"), _ANSWERED.c.body.label("answer"))
        .select_from(PLANS.join(_ASKED, asked).outerjoin(_ANSWERED, answered))
        .where(PLANS.c.task == wanted)
        .order_by(PLANS.c.asked)
    )
    return [_plan(row) for row in connection.execute(rows)]


def waits(connection: Connection, *, limit: int) -> list[WaitRow]:
    """Read the steps that wait for a signal, those of the oldest tasks first."""
    wanted = (
        select(STEPS.c.task, STEPS.c.step, STEPS.c.waits, TASKS.c.namespace, TASKS.c.name)
        .select_from(STEPS.join(TASKS, TASKS.c.id == STEPS.c.task))
        .where(STEPS.c.waits.is_not(None))
        .order_by(TASKS.c.submitted_at, TASKS.c.id, STEPS.c.position)
        .limit(limit)
    )
    return [_wait(row) for row in connection.execute(wanted).mappings()]


def tips(connection: Connection) -> list[LogTip]:
    """Read how far every log goes."""
    counted = (FACTS.c.task, func.max(FACTS.c.seq).label("seq"), func.count().label("count"))
    last = select(*counted).group_by(FACTS.c.task).subquery()
    joined = (FACTS.c.task == last.c.task) & (FACTS.c.seq == last.c.seq)
    rows = select(FACTS.c.task, FACTS.c.seq, FACTS.c.hash, last.c.count).join(last, joined)
    found = connection.execute(rows.order_by(FACTS.c.task))
    return [LogTip(task=task, seq=seq, hash=name, count=count) for task, seq, name, count in found if isinstance(seq, int)]


def signals(connection: Connection, wanted: str) -> list[JsonObject]:
    """Read the signals that a task has received, `{step, signal, sender, body, id, seq, at}`, the oldest first."""
    rows = (
        select(FACTS.c.seq, FACTS.c.at, FACTS.c.body)
        .where(FACTS.c.task == wanted, FACTS.c.kind == "SignalReceived")
        .order_by(FACTS.c.seq)
    )
    return [{"id": "", **_value(row.body), "seq": row.seq, "at": row.at} for row in connection.execute(rows)]


def _characters(row: Row[Any]) -> int:
    return sum(len(text) for text in (row.input, row.output) if isinstance(text, str))


def _tasks() -> Select[Any]:
    last = select(FACTS.c.seq).where(FACTS.c.task == TASKS.c.id).order_by(FACTS.c.seq.desc()).limit(1).scalar_subquery()
    books = and_(LEDGER.c.task == TASKS.c.id, LEDGER.c.account == "")
    held = (QUARANTINE.c.since, QUARANTINE.c.seq.label("flawed"), QUARANTINE.c.says)
    rows = TASKS.outerjoin(LEDGER, books).outerjoin(QUARANTINE, QUARANTINE.c.task == TASKS.c.id)
    return select(TASKS, LEDGER.c.amounts, last.label("seq"), *held).select_from(rows)


def _steps(connection: Connection, wanted: str) -> tuple[StepRow, ...]:
    done = and_(FACTS.c.task == STEPS.c.task, FACTS.c.seq == STEPS.c.done)
    rows = (
        select(STEPS, FACTS.c.body)
        .select_from(STEPS.outerjoin(FACTS, done))
        .where(STEPS.c.task == wanted)
        .order_by(STEPS.c.position)
    )
    return tuple(_step(row) for row in connection.execute(rows))


def _task(row: Row[Any], steps: tuple[StepRow, ...] = ()) -> TaskRow:
    return TaskRow(
        id=row.id,
        namespace=row.namespace,
        name=row.name,
        goal=row.goal,
        status=row.status,
        submitted_at=_time(row.submitted_at) or NO_TIME,
        ended_at=_time(row.ended_at),
        input=_value(row.input),
        output=_value(row.output),
        error=_value(row.error),
        ledger=_value(row.amounts) or {},
        seq=row.seq if isinstance(row.seq, int) else 0,
        steps=steps,
        quarantine=None if row.says is None else {"since": row.since, "seq": row.flawed, "says": row.says},
    )


def _step(row: Row[Any]) -> StepRow:
    return StepRow(
        step=row.step,
        type=row.type,
        status=row.status,
        handler=row.handler,
        attempt=row.attempt,
        output=_part(row.body, "output"),
        error=_value(row.error),
        depends_on=tuple(_value(row.depends_on)),
        waits=_value(row.waits),
    )


def _wait(row: RowMapping) -> WaitRow:
    waits = _value(row["waits"])
    return WaitRow(
        task=row["task"],
        namespace=row["namespace"],
        name=row["name"],
        step=row["step"],
        signal=str(_part(waits, "signal")),
        asks=_part(waits, "asks") or {},
        until=_time(_part(waits, "until")),
    )


def _plan(row: Row[Any]) -> PlanRow:
    found = _value(row.answer)
    answer: JsonObject = found if isinstance(found, dict) else {}
    return PlanRow(
        step=row.step,
        phase=row.phase,
        turn=row.turn,
        attempt=row.attempt,
        status=row.status,
        fragment=answer.get("fragment"),
        problems=tuple(answer.get("problems", ())),
        report=answer.get("report"),
        provenance=answer.get("provenance") or None,
        asked_at=_time(row.asked_at) or NO_TIME,
        answered_at=_time(row.answered_at),
    )


def _value(text: str | None) -> Json:
    """Read a value of a view. One that somebody damaged is shown as what it is: a list that fails shows nothing at all."""
    try:
        return None if text is None else loads(text)
    except (ValueError, TypeError, RecursionError):
        return {"unreadable": str(text)}


def _part(text: Json, name: str) -> Json:
    """Give one field of an object, from its text or as it is."""
    value = _value(text) if isinstance(text, str) else text
    return value.get(name) if isinstance(value, dict) else None


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return NO_TIME
