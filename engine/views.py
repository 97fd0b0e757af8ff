"""Views: rows that readers look at, changed in the same transaction as the facts that they follow from.

A change is the whole new row, so applying one twice does no harm and a view can be rebuilt from the log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from engine import facts, steps
from engine.facts import Error, Fact
from engine.state import StepState, TaskState
from schemas.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskBegan:
    """A task is there."""

    task: str
    namespace: str
    name: str
    goal: str | None
    submitted_at: datetime
    input: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEnded:
    """A task can change no more."""

    task: str
    status: str
    ended_at: datetime
    output: Json
    error: JsonObject | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStands:
    """A step as it stands. `done` is the line of the log that holds its output."""

    task: str
    step: str
    type: str
    status: str
    handler: str | None
    attempt: int
    depends_on: tuple[str, ...]
    error: JsonObject | None
    done: int | None
    waits: JsonObject | None  # {signal, asks, until} while it waits for a signal
    position: int  # in the order in which steps came to be


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTurn:
    """A turn of planning as it stands. `asked` and `answered` are lines of the log that hold the rest; None changes nothing."""

    task: str
    step: str
    phase: int
    turn: int
    attempt: int
    status: str
    asked: int | None = None
    answered: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStands:
    """One account of a task's ledger: that of the task ("") or of a planning step."""

    task: str
    account: str
    amounts: JsonObject  # {left, reserved, spent}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuarantined:
    """A task's log did not hold when it was loaded: nothing is run for it."""

    task: str
    since: datetime
    seq: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineLifted:
    """A task's log holds again."""

    task: str


Change: TypeAlias = TaskBegan | TaskEnded | StepStands | PlanTurn | LedgerStands | TaskQuarantined | QuarantineLifted

_ANSWERS = {facts.PlanRefused: "refused", facts.PlanAccepted: "accepted", facts.PlanDeclined: "declined"}
_ENDS = (facts.TaskCompleted, facts.TaskFailed, facts.TaskRefused, facts.TaskCancelled)


def changes(before: TaskState, after: TaskState, log: Sequence[Fact]) -> list[Change]:
    """Give the rows that `log`, the facts between two states, changes."""
    found: list[Change] = []
    touched: dict[str, int | None] = {}
    for fact in log:
        body = fact.body
        if isinstance(body, facts.ScopeOpened):
            scope = after.scopes[body.scope]
            touched |= dict.fromkeys((scope.step(name) for name in scope.blueprint.definitions), None)
        elif isinstance(body, facts.StepCompleted):
            touched[body.step] = fact.seq
        elif isinstance(body, _OF_STEPS):
            touched.setdefault(body.step, None)
        found += _others(after, fact)
    found += [_step(after, after.steps[path], done) for path, done in touched.items()]
    found += _ledger(before, after)
    return found


_OF_STEPS = (
    facts.StepReady,
    facts.StepStarted,
    facts.AttemptFailed,
    facts.StepWaits,
    facts.SignalReceived,
    facts.WaitTimedOut,
    facts.PlanAsked,
    facts.PlanRefused,
    facts.PlanAccepted,
    facts.StepFailed,
    facts.StepCancelled,
)


def shown(error: Error | None) -> JsonObject | None:
    """Write an error as readers see it."""
    if error is None:
        return None
    return {"type": error.type, "message": error.message, "retryable": error.retryable, "step": error.step}


def _others(after: TaskState, fact: Fact) -> Iterable[Change]:
    body = fact.body
    if isinstance(body, facts.TaskSubmitted):
        yield _began(after, fact)
    elif isinstance(body, facts.PlanAsked):
        yield _turn(fact, body, "asked")
    elif isinstance(body, (facts.PlanRefused, facts.PlanAccepted, facts.PlanDeclined)):
        lost = isinstance(body, facts.PlanRefused) and body.error is not None
        yield _turn(fact, body, "lost" if lost else _ANSWERS[type(body)])
    elif isinstance(body, (facts.StepCancelled, facts.StepFailed)):
        yield from _unanswered(after, fact, body)
    elif isinstance(body, _ENDS):
        yield TaskEnded(task=after.task, status=after.status, ended_at=fact.at, output=after.output, error=shown(after.error))


def _unanswered(after: TaskState, fact: Fact, body: facts.StepCancelled | facts.StepFailed) -> Iterable[PlanTurn]:
    """Give the turn that was under way when its step ended: only then is something left to settle."""
    step = after.steps[body.step]
    if step.planning is not None and body.spent:
        turn = step.planning
        yield PlanTurn(task=fact.task, step=step.path, phase=turn.phase, turn=turn.turn, attempt=step.attempt, status="lost")


def _began(after: TaskState, fact: Fact) -> TaskBegan:
    info = after.known
    return TaskBegan(
        task=after.task,
        namespace=info.namespace,
        name=info.name,
        goal=info.goal,
        submitted_at=fact.at,
        input=info.input,
    )


def _turn(
    fact: Fact, body: facts.PlanAsked | facts.PlanRefused | facts.PlanAccepted | facts.PlanDeclined, status: str
) -> PlanTurn:
    asked = isinstance(body, facts.PlanAsked)
    return PlanTurn(
        task=fact.task,
        step=body.step,
        phase=body.phase,
        turn=body.turn,
        attempt=body.attempt,
        status=status,
        asked=fact.seq if asked else None,
        answered=None if asked else fact.seq,
    )


def _step(after: TaskState, step: StepState, done: int | None) -> StepStands:
    blueprint = after.scopes[step.scope].blueprint
    return StepStands(
        task=after.task,
        step=step.path,
        type=step.definition.type,
        status=step.status,
        handler=step.handler or step.definition.handler,
        attempt=step.attempt,
        depends_on=blueprint.depends_on[step.definition.name],
        error=shown(step.error),
        done=done,
        waits=_waits(step),
        position=step.position,
    )


def _waits(step: StepState) -> JsonObject | None:
    wait = step.wait
    if wait is None or step.status is not steps.Status.WAITING:
        return None
    return {"signal": wait.signal, "asks": wait.asks, "until": None if wait.until is None else wait.until.isoformat()}


def _ledger(before: TaskState, after: TaskState) -> Iterable[LedgerStands]:
    if before.ledger is after.ledger:
        return
    for name, account in sorted(after.ledger.items()):
        if before.ledger.get(name) != account:
            yield LedgerStands(task=after.task, account=name, amounts=account.to_json())
