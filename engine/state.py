"""The state of a task: what its facts come to. Maps are persistent: a fact costs the same in a small task and a large one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from immutables import Map

from catalog.calls import Usage
from engine import steps, tasks
from engine.blueprints import Blueprint
from engine.facts import Error
from engine.ledger import NOTHING, Ledger
from fragments.bounds import Amounts, Left
from fragments.documents import Step
from fragments.planning import Turn
from fragments.proofs import Manifest
from schemas.values import Json, JsonObject

ROOT = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopState:
    """The progress of a `for_each`. `opened` items have begun; `outputs` and `failures` are by index."""

    blueprint: Blueprint
    count: int
    opened: int = 0
    outputs: Map[int, Json] = field(default_factory=Map)
    failures: Map[int, Error] = field(default_factory=Map)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningState:
    """The progress of a planning step: the conversation of the phase under way and what the phase before left behind.

    `left` is what the ledger had left when the call under way was ordered, `asked_at` the time of it. `authority` is the
    manifest of the plan accepted last, `reached` that of all plans so far together.
    """

    phase: int
    turn: int
    asked_at: datetime
    left: Left
    deadline: datetime | None = None
    transcript: tuple[Turn, ...] = ()
    previous: JsonObject | None = None
    failure: Error | None = None
    authority: JsonObject = field(default_factory=dict)
    reached: Manifest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitState:
    """What a step waits for, or last waited for. `since` is when it began to; a time-out begins anew.

    `received` are all signals so far as its handler sees them, `seen` how many of them the latest attempt was given. `asked` is
    how many there were when what is asked now was asked first; `ids` are the signals' own, each with its sender.
    """

    signal: str
    asks: JsonObject
    since: datetime
    until: datetime | None
    received: tuple[JsonObject, ...] = ()
    seen: int = 0
    asked: int = 0
    ids: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """One step. `attempt` numbers attempts (of one turn, where it plans); `tries` leaves out those that a crash cut short."""

    path: str
    scope: str
    definition: Step
    waiting_on: int
    position: int  # among all steps of the task, as they came to be
    status: steps.Status = steps.Status.PENDING
    attempt: int = 0
    tries: int = 0
    interruptions: int = 0
    handler: str | None = None
    reserved: Amounts = NOTHING
    retry_at: datetime | None = None
    output: Json = None
    error: Error | None = None
    children: Map[str, None] = field(default_factory=Map)  # open scopes below
    loop: LoopState | None = None
    wait: WaitState | None = None
    planning: PlanningState | None = None

    @property
    def finished(self) -> bool:
        """Say whether the step can change no more."""
        return self.status in steps.FINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeState:
    """Steps that share names. `closed_in` names the scope that bounds what its references see: itself, unless it is an item.

    `account` is the ledger's account that its steps draw on; `owner` the step that it belongs to, None for the root.
    """

    path: str
    kind: str
    owner: str | None
    blueprint: Blueprint
    remaining: int
    output: Json
    closed_in: str
    account: str
    input: JsonObject = field(default_factory=dict)
    bindings: JsonObject = field(default_factory=dict)
    authority: JsonObject = field(default_factory=dict)  # manifest of the plan, where it is one, or of the template
    ended: bool = False

    def step(self, name: str) -> str:
        """Give the address of the step with this name."""
        return f"{self.path}/{name}" if self.path else name


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfo:
    """What stays the same from submission on."""

    namespace: str
    name: str
    goal: str | None
    model: str | None
    input: JsonObject
    hosts: tuple[str, ...]
    authority: JsonObject
    catalog: JsonObject
    handlers: tuple[str, ...]  # the ids of `catalog`, sorted
    submitted_at: datetime
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """One task. `info` is None until it is submitted."""

    task: str
    info: TaskInfo | None = None
    status: tasks.Status = tasks.Status.RUNNING
    steps: Map[str, StepState] = field(default_factory=Map)
    scopes: Map[str, ScopeState] = field(default_factory=Map)
    ledger: Ledger = field(default_factory=Map)
    used: Usage = field(default_factory=Usage)  # by all calls of handlers so far
    output: Json = None
    error: Error | None = None

    @property
    def known(self) -> TaskInfo:
        """Give what was submitted."""
        assert self.info is not None, "the first fact of every task is TaskSubmitted"
        return self.info

    @property
    def ended(self) -> bool:
        """Say whether the task can change no more."""
        return not tasks.MOVES[self.status]

    def account_of(self, step: StepState) -> str:
        """Name the account that the step draws on: its own, where it plans and has begun."""
        return step.path if step.path in self.ledger and step.path != ROOT else self.scopes[step.scope].account

    def steps_in(self, scope: ScopeState) -> Iterator[StepState]:
        """Go through the steps of a scope, in the order of its document."""
        return (self.steps[scope.step(name)] for name in scope.blueprint.definitions)

    def owners(self, scope: ScopeState) -> Iterator[StepState]:
        """Go through the steps around a scope, innermost first."""
        while scope.owner is not None:
            owner = self.steps[scope.owner]
            yield owner
            scope = self.scopes[owner.scope]
