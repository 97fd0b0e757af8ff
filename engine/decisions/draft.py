"""The draft of a decision: the facts so far and the state that they lead to."""

from collections import deque
from datetime import datetime

from engine import facts, ledger, steps
from engine.evolve import evolve
from engine.facts import Error
from engine.lookups import resolved
from engine.reasons import Reason
from engine.rules import Rules
from engine.state import ScopeState, StepState, TaskState
from fragments.bounds import Amounts
from fragments.references import Unresolvable
from schemas.values import Json, JsonObject


class Draft:
    """Collects the facts of one decision.

    Steps that became ready and scopes that can end wait in queues, so that a chain of a thousand empty loops is a loop here and
    not a recursion; endings go first, so that nothing starts in a scope that failed.
    """

    __slots__ = ("beginnings", "bodies", "chance", "endings", "now", "rules", "state")

    def __init__(self, state: TaskState, *, rules: Rules, now: datetime, chance: float) -> None:
        """Begin with the state before the decision."""
        self.state, self.rules, self.now, self.chance = state, rules, now, chance
        self.bodies: list[facts.Body] = []
        self.beginnings: deque[str] = deque()
        self.endings: deque[tuple[str, Error | None]] = deque()

    def add(self, body: facts.Body) -> None:
        """Write one more fact."""
        self.state = evolve(self.state, body, at=self.now)
        self.bodies.append(body)

    def open(self, opened: facts.ScopeOpened) -> None:
        """Make the steps of a scope and begin those that wait for none."""
        self.add(opened)
        scope = self.state.scopes[opened.scope]
        if not scope.blueprint.runnable:
            says = "its steps wait for one another in a circle"
            self.endings.append((scope.path, Error(type=Reason.GRAPH_INVALID, message=says, step=scope.owner or "")))
            return
        for name, needs in scope.blueprint.depends_on.items():
            if not needs:
                self._ready(scope.step(name))
        if scope.remaining == 0:
            self.endings.append((scope.path, None))

    def complete(
        self, step: StepState, output: Json, *, spent: JsonObject, usage: JsonObject | None = None, logs: tuple[str, ...] = ()
    ) -> None:
        """Give a step its output, and begin the steps that waited for it alone."""
        self.add(
            facts.StepCompleted(step=step.path, attempt=step.attempt, output=output, spent=spent, usage=usage or {}, logs=logs)
        )
        scope = self.state.scopes[step.scope]
        for name in scope.blueprint.dependents[step.definition.name]:
            if self.state.steps[scope.step(name)].waiting_on == 0:
                self._ready(scope.step(name))
        if scope.remaining == 0:
            self.endings.append((scope.path, None))

    def fail(self, step: StepState, error: Error) -> None:
        """End a step and everything below it; its scope ends with the same error."""
        step = self.state.steps[step.path]
        self._abandon_below(step, f"step {step.path} failed")
        self.add(facts.StepFailed(step=step.path, error=error, spent=_rest(step)))
        self.endings.append((step.scope, error))

    def abandon(self, scope: ScopeState, reason: str) -> None:
        """Cancel every step of a scope that is not finished, and everything below."""
        for step in list(self.state.steps_in(scope)):
            if not step.finished:
                self._abandon_below(step, reason)
                self.add(facts.StepCancelled(step=step.path, reason=reason, spent=_rest(step)))

    def resolved(self, step: StepState, value: Json) -> Json:
        """Put values in place of references as `step` sees them; an `Error` where one goes nowhere."""
        try:
            return resolved(self.state, self.state.scopes[step.scope], value)
        except Unresolvable as missing:
            return Error(type=Reason.REFERENCE_UNRESOLVED, message=str(missing), step=step.path)

    def lacking(self, step: StepState, wanted: Amounts) -> Error | None:
        """Say which bound `wanted` would exceed, as the error that the step fails with."""
        bound = ledger.lacking(self.state.ledger, self.state.account_of(step), wanted)
        return None if bound is None else exhausted(step.path, bound)

    def _ready(self, path: str) -> None:
        self.add(facts.StepReady(step=path))
        self.beginnings.append(path)

    def _abandon_below(self, step: StepState, reason: str) -> None:
        for child in sorted(step.children):
            self.abandon(self.state.scopes[child], reason)
            error = Error(type=Reason.CANCELLED, message=reason, step=step.path)
            self.add(facts.ScopeClosed(scope=child, error=error))


def exhausted(step: str, bound: str) -> Error:
    """Name the bound that is used up."""
    return Error(type=Reason.BOUNDS_EXHAUSTED, message=f"too little is left of the bound {bound}", step=step)


def running(state: TaskState, path: str, attempt: int) -> StepState | None:
    """Give the step where this very attempt is under way; None for a late answer, which counts for nothing."""
    step = state.steps.get(path)
    if step is None or step.status is not steps.Status.RUNNING or step.attempt != attempt:
        return None
    return step


def _rest(step: StepState) -> JsonObject:
    """Charge what was under way in full, since nobody will learn what it used."""
    return {} if step.reserved == ledger.NOTHING else step.reserved.to_json()
