"""Facts: the events of a task's log. The log is the truth; every table beside it is a view of it.

A reservation stands in the fact that orders the call (`StepStarted.reserved`, `PlanAsked.reserved`) and what was used stands in
the fact that ends it (`spent`), so neither can be written without the other.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from schemas.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """Why an attempt, a step, a scope or a task failed."""

    type: str
    message: str
    retryable: bool = False
    step: str = ""  # address of the step where it began


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSubmitted:
    """A task began. `template` is the whole document as JSON; `goal` its sentence, where it came from a goal.

    `left` are whole bounds (`fragments.bounds.Left`); `hosts` those of absolute URLs found in `input`; `catalog` maps the exact
    handler ids in force to their digests.
    """

    namespace: str
    template: JsonObject
    input: JsonObject
    goal: str | None
    model: str | None
    left: JsonObject
    hosts: tuple[str, ...]
    catalog: JsonObject
    digest: str
    authority: JsonObject = field(default_factory=dict)  # the template's manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeOpened:
    """Steps came to be. `scope` is "" for the root, `plan/1` for a phase, `loop/0` for an item.

    `kind`: root | plan | item. A closed scope (root, plan) has its `input`; an item has its `bindings` (names to values).
    `steps` is empty for an item: its steps are the body of its loop, which stands in the fact that made the loop.
    """

    scope: str
    kind: str
    steps: tuple[JsonObject, ...]
    output: Json
    input: JsonObject | None = None
    bindings: JsonObject = field(default_factory=dict)
    left: JsonObject | None = None  # a plan scope's allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReady:
    """Every dependency of the step is complete."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """An attempt was ordered, its reservation made. A loop starts once and then waits for its items."""

    step: str
    attempt: int
    handler: str | None  # exact version; None for a loop
    reserved: JsonObject  # Amounts
    items: int | None = None  # how many a loop has


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed:
    """An attempt ended without output. `retry_at` None: no further attempt follows."""

    step: str
    attempt: int
    error: Error
    spent: JsonObject
    retry_at: datetime | None
    interrupted: bool = False  # the process died, nobody knows what the attempt did
    usage: JsonObject = field(default_factory=dict)  # catalog.calls.Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWaits:
    """An attempt ended by waiting for a signal.

    `asks` says to people what for; `until` None: for as long as the task has time.
    """

    step: str
    attempt: int
    signal: str
    asks: JsonObject
    until: datetime | None
    spent: JsonObject
    usage: JsonObject = field(default_factory=dict)
    logs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalReceived:
    """Somebody answered what a step waits for. `groups` are those that the service knows `sender` to belong to.

    `id` is the sender's own, where one was sent: the same id from the same sender is the same signal.
    """

    step: str
    signal: str
    sender: str
    groups: tuple[str, ...]
    body: JsonObject
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitTimedOut:
    """Nobody answered in time what a step waits for."""

    step: str
    attempt: int
    signal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAsked:
    """A planner was asked for one turn of one phase."""

    step: str
    phase: int
    turn: int
    attempt: int
    reserved: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRefused:
    """An answer did not pass the checks, or none came (`error`)."""

    step: str
    phase: int
    turn: int
    attempt: int
    problems: tuple[JsonObject, ...]
    provenance: JsonObject
    spent: JsonObject
    error: Error | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAccepted:
    """A fragment passed every check. `report` holds its warnings, bound, authority manifest and digest."""

    step: str
    phase: int
    turn: int
    attempt: int
    fragment: JsonObject
    report: JsonObject
    provenance: JsonObject
    spent: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDeclined:
    """The planner answered that this cannot or must not be planned."""

    step: str
    phase: int
    turn: int
    attempt: int
    reason: str
    provenance: JsonObject
    spent: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCompleted:
    """A step has its output. `spent` is what its last attempt used; nothing for a loop or a planning step."""

    step: str
    attempt: int
    output: Json
    spent: JsonObject
    usage: JsonObject = field(default_factory=dict)  # catalog.calls.Usage
    logs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailed:
    """A step failed for good. `spent` settles what it had under way: nobody knows what was used, so all that was reserved."""

    step: str
    error: Error
    spent: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCancelled:
    """A step will not run, or what it was doing no longer counts. `spent` settles what it had under way, as in `StepFailed`."""

    step: str
    reason: str
    spent: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeClosed:
    """A scope ended: with its output, or with the error that ended it."""

    scope: str
    output: Json = None
    error: Error | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequested:
    """Somebody asked for the task to be cancelled."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted:
    """The task has its answer."""

    output: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFailed:
    """The task ended without an answer. `partial` holds the outputs of the root steps that did complete."""

    error: Error
    partial: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRefused:
    """The planner declined the goal."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCancelled:
    """The task was cancelled."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """What stands in a log where a fact should and cannot be read; it is never written. `row` is what is stored, as text."""

    kind: str
    why: str
    row: dict[str, str]


Body: TypeAlias = (
    TaskSubmitted
    | ScopeOpened
    | StepReady
    | StepStarted
    | AttemptFailed
    | StepWaits
    | SignalReceived
    | WaitTimedOut
    | PlanAsked
    | PlanRefused
    | PlanAccepted
    | PlanDeclined
    | StepCompleted
    | StepFailed
    | StepCancelled
    | ScopeClosed
    | CancelRequested
    | TaskCompleted
    | TaskFailed
    | TaskRefused
    | TaskCancelled
    | Unreadable
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a task's log. `seq` counts from 1; `hash` covers every field and the `prev` hash (`engine.chain`).

    `text` is the body as it was hashed and is stored: canonical JSON. `key` and `mac` are the seal that a store put on it, ""
    where it bears none; `flaw` says what the store found wrong with the line when it read it.
    """

    task: str
    seq: int
    at: datetime
    actor: str
    body: Body
    prev: str
    hash: str
    text: str = field(default="", repr=False, compare=False)
    key: str = field(default="", repr=False, compare=False)
    mac: str = field(default="", repr=False, compare=False)
    flaw: str = field(default="", compare=False)

    @property
    def kind(self) -> str:
        """Name the body's type: `StepStarted`."""
        return self.body.kind if isinstance(self.body, Unreadable) else type(self.body).__name__
