"""Rows of the views, as readers see them."""

from dataclasses import dataclass
from datetime import datetime

from schemas.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step as it stands."""

    step: str
    type: str
    status: str
    handler: str | None
    attempt: int
    output: Json
    error: JsonObject | None
    depends_on: tuple[str, ...]
    waits: JsonObject | None = None  # {signal, asks, until} while it waits for a signal


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task as it stands. `ledger` is `{left, reserved, spent}`; `steps` only where one task was asked for."""

    id: str
    namespace: str
    name: str
    goal: str | None
    status: str  # running | complete | failed | refused | cancelled
    submitted_at: datetime
    ended_at: datetime | None
    input: JsonObject
    output: Json
    error: JsonObject | None
    ledger: JsonObject
    seq: int
    steps: tuple[StepRow, ...] = ()
    quarantine: JsonObject | None = None  # {since, seq, says} where its log did not hold and it is not run


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitRow:
    """One step that waits for a signal."""

    task: str
    namespace: str
    name: str
    step: str
    signal: str
    asks: JsonObject
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """Some tasks, newest first; `next` continues, None at the end."""

    tasks: tuple[TaskRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One turn of planning: asked, refused, accepted or declined, with its provenance."""

    step: str
    phase: int
    turn: int
    attempt: int
    status: str  # asked | refused | accepted | declined | lost
    fragment: JsonObject | None
    problems: tuple[JsonObject, ...]
    report: JsonObject | None
    provenance: JsonObject | None
    asked_at: datetime
    answered_at: datetime | None
