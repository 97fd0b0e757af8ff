"""What follows from the facts before a fact, computed anew: a log that was sealed and lies is found by what it says.

Each judge looks at one kind of fact and yields sentences, and only at what its fact touches, so that a whole log takes
time in proportion to its length.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from engine import facts, ledger, steps
from engine.decisions import loops, scopes
from engine.facts import Error, Fact
from engine.lookups import resolved
from engine.state import ROOT, ScopeState, StepState, TaskState
from fragments.references import Unresolvable
from schemas.values import Json, JsonObject, canonical

Judged = Iterator[str]


@dataclass(slots=True)
class Judge:
    """Judges one log, fact by fact. It remembers what was submitted, the plans under way, and how scopes ended."""

    submitted: facts.TaskSubmitted | None = None
    plans: dict[str, JsonObject] = field(default_factory=dict)
    closed: dict[str, facts.ScopeClosed] = field(default_factory=dict)
    overdrawn: set[str] = field(default_factory=set)

    def judge(self, before: TaskState, after: TaskState, fact: Fact) -> Judged:
        """Say what is wrong with a fact that leads from one state to the next."""
        body = fact.body
        yield from _JUDGES.get(type(body), _nothing)(self, before, body)
        self._remember(body)
        yield from self._books(after, body)

    def _remember(self, body: facts.Body) -> None:
        if isinstance(body, facts.TaskSubmitted):
            self.submitted = body
        elif isinstance(body, facts.PlanAccepted):
            self.plans[body.step] = body.fragment
        elif isinstance(body, facts.ScopeClosed):
            self.closed[body.scope] = body

    def _books(self, after: TaskState, body: facts.Body) -> Judged:
        """Look at the accounts that the fact can have charged: its own and those above."""
        name = _account(after, body)
        while name is not None:
            account = after.ledger[name]
            if account.overdrawn and name not in self.overdrawn:
                self.overdrawn.add(name)
                yield f"{name or 'the task'} used or reserved more than its bounds allow"
            name = account.above


def _account(state: TaskState, body: facts.Body) -> str | None:
    if isinstance(body, facts.TaskSubmitted):
        return ROOT
    if isinstance(body, facts.ScopeOpened):
        return state.scopes[body.scope].account
    step = getattr(body, "step", None)
    return state.account_of(state.steps[step]) if isinstance(step, str) and step in state.steps else None


def _nothing(_judge: Judge, _before: TaskState, _body: object) -> Judged:
    return iter(())


def _submitted(_judge: Judge, before: TaskState, body: facts.TaskSubmitted) -> Judged:
    if before.info is not None:
        yield "the task is submitted a second time"
    beyond = sorted(set(body.authority.get("handlers", ())) - set(body.catalog))
    if beyond:
        yield f"the manifest names handlers that were not in force: {', '.join(beyond)}"


def _opened(judge: Judge, before: TaskState, body: facts.ScopeOpened) -> Judged:
    if body.kind == "root":
        yield from _root_opened(judge, body)
        return
    owner = before.steps[body.scope.rpartition("/")[0]]
    if owner.loop is not None:
        yield from _item_opened(before, owner, body)
    else:
        yield from _plan_opened(judge, before, owner, body)


def _root_opened(judge: Judge, body: facts.ScopeOpened) -> Judged:
    begun = judge.submitted
    if begun is None:
        yield "steps come to be before the task is submitted"
        return
    template = begun.template
    yield from _differs("its steps", list(body.steps), list(template.get("steps", ())), "the template's")
    yield from _differs("its output", body.output, template.get("output"), "the template's")
    yield from _differs("its input", body.input, begun.input, "what was submitted")
    yield from _differs("its bounds", body.left, begun.left, "what was submitted")


def _item_opened(before: TaskState, owner: StepState, body: facts.ScopeOpened) -> Judged:
    loop, progress = owner.definition.for_each, owner.loop
    assert loop is not None, "a loop's definition says over what"
    assert progress is not None, "a loop that was begun has its progress"
    if body.scope != f"{owner.path}/{progress.opened}" or progress.opened >= progress.count:
        yield f"item {body.scope} is not the next one of its loop"
        return
    try:
        item = loops.item(before, owner, progress.opened)
    except (Unresolvable, LookupError, TypeError) as wrong:
        yield f"the item of the loop cannot be looked up: {wrong}"
        return
    names = {loop.as_: item, loop.index: progress.opened}
    yield from _differs("what its names stand for", body.bindings, names, "the items of the loop")
    yield from _differs("its output", body.output, loop.output, "the loop's")


def _plan_opened(judge: Judge, before: TaskState, owner: StepState, body: facts.ScopeOpened) -> Judged:
    plan, planning = judge.plans.get(owner.path), owner.planning
    if plan is None or planning is None or body.scope != f"{owner.path}/{planning.phase}":
        yield f"scope {body.scope} opens without an accepted plan"
        return
    yield from _differs("its steps", list(body.steps), plan["steps"], "the accepted plan's")
    yield from _differs("its output", body.output, plan["output"], "the accepted plan's")
    yield from _differs("its bounds", body.left, ledger.left(before.ledger, owner.path).to_json(), "what the ledger had left")
    try:
        value = resolved(before, before.scopes[owner.scope], owner.definition.input)
    except Unresolvable as wrong:
        yield f"the input of the plan cannot be resolved: {wrong}"
        return
    given = value if planning.previous is None else {**value, "previous": planning.previous}
    yield from _differs("its input", body.input, given, "what its references resolve to")


def _ready(_judge: Judge, before: TaskState, body: facts.StepReady) -> Judged:
    if before.steps[body.step].waiting_on:
        yield f"step {body.step} is ready before all that it depends on is complete"


def _started(_judge: Judge, before: TaskState, body: facts.StepStarted) -> Judged:
    step = before.steps[body.step]
    if body.attempt != step.attempt + 1:
        yield f"attempt {body.attempt} of step {body.step} follows attempt {step.attempt}"
    value = step.definition.input if body.items is None else step.definition.for_each and step.definition.for_each.items
    try:
        found = resolved(before, before.scopes[step.scope], value)
    except Unresolvable as wrong:
        yield f"what step {body.step} refers to cannot be resolved: {wrong}"
        return
    if body.items is not None and (not isinstance(found, (list, tuple)) or body.items != len(found)):
        yield f"step {body.step} says that it has {body.items} items, and its list has another length"
    if body.handler is not None:
        yield from _handler(before, step, body.handler)


def _handler(before: TaskState, step: StepState, handler: str) -> Judged:
    wanted = (step.definition.handler or "").partition("@")[0]
    if handler not in before.known.catalog or handler.partition("@")[0] != wanted:
        yield f"step {step.path} runs the handler {handler}, and {step.definition.handler} was meant"
    allowed = before.scopes[step.scope].authority.get("handlers")
    if allowed and handler not in allowed:
        yield f"step {step.path} runs the handler {handler}, which its plan's manifest does not name"


def _answered(_judge: Judge, before: TaskState, body: Any) -> Judged:
    planning, attempt = before.steps[body.step].planning, before.steps[body.step].attempt
    asked = None if planning is None else (planning.phase, planning.turn, attempt)
    if asked != (body.phase, body.turn, body.attempt):
        yield f"the answer is none to what step {body.step} was asked"


def _asked(_judge: Judge, before: TaskState, body: facts.PlanAsked) -> Judged:
    step = before.steps[body.step]
    now = (body.phase, body.turn, body.attempt)
    follows = {(1, 1, 1)}
    if step.planning is not None:
        phase, turn = step.planning.phase, step.planning.turn
        follows = {(phase + 1, 1, 1), (phase, turn + 1, 1), (phase, turn, step.attempt + 1)}
    if now not in follows:
        yield f"step {body.step} is asked phase {body.phase}, turn {body.turn}, attempt {body.attempt} out of order"


def _accepted(judge: Judge, before: TaskState, body: facts.PlanAccepted) -> Judged:
    yield from _answered(judge, before, body)
    manifest = body.report.get("authority") or {}
    beyond = sorted(set(manifest.get("handlers", ())) - set(before.known.catalog))
    if beyond:
        yield f"the plan's manifest names handlers that were not in force: {', '.join(beyond)}"


def _completed(judge: Judge, before: TaskState, body: facts.StepCompleted) -> Judged:
    step = before.steps[body.step]
    if step.attempt != body.attempt:
        yield f"attempt {body.attempt} of step {body.step} completes, and attempt {step.attempt} is under way"
    if step.loop is not None:
        yield from _differs(f"the output of the loop {body.step}", body.output, loops.output(step.loop), "its items'")
    elif step.planning is not None:
        end = judge.closed.get(f"{step.path}/{step.planning.phase}")
        yield from _differs(f"the output of {body.step}", body.output, end and end.output, "its plan's")


def _settled(_judge: Judge, before: TaskState, body: facts.StepFailed | facts.StepCancelled) -> Judged:
    step = before.steps[body.step]
    owed = {} if step.reserved == ledger.NOTHING else step.reserved.to_json()
    yield from _differs(f"what step {body.step} is charged", body.spent, owed, "what it had reserved")


def _signal(_judge: Judge, before: TaskState, body: facts.SignalReceived) -> Judged:
    wait = before.steps[body.step].wait
    if wait is None or wait.signal != body.signal:
        yield f"step {body.step} receives the signal {body.signal}, for which it does not wait"


def _closed(_judge: Judge, before: TaskState, body: facts.ScopeClosed) -> Judged:
    scope = before.scopes[body.scope]
    if scope.ended:
        yield f"scope {body.scope or 'of the task'} ends a second time"
    if body.error is not None:
        return
    if scope.remaining:
        yield f"scope {body.scope or 'of the task'} ends with an output before all its steps are complete"
        return
    try:
        output = scopes.written_output(before, scope)
    except Unresolvable as wrong:
        yield f"the output cannot be resolved: {wrong}"
        return
    yield from _differs("its output", body.output, output, "what its references resolve to")


def _task_completed(judge: Judge, _before: TaskState, body: facts.TaskCompleted) -> Judged:
    end = judge.closed.get(ROOT)
    if end is None or end.error is not None:
        yield "the task completes before its steps have come to their end"
        return
    yield from _differs("the task's output", body.output, end.output, "that of its steps")


def _task_failed(judge: Judge, before: TaskState, body: facts.TaskFailed) -> Judged:
    root = before.scopes.get(ROOT)
    if root is None:
        return
    yield from _differs("what was reached", body.partial, _reached(before, root), "the outputs of its steps")
    end = judge.closed.get(ROOT)
    yield from _differs("the error", _error(body.error), _error(end.error if end else None), "that of its steps")


def _reached(state: TaskState, root: ScopeState) -> JsonObject:
    done = (step for step in state.steps_in(root) if step.status is steps.Status.COMPLETE)
    return {step.definition.name: step.output for step in done}


def _error(error: Error | None) -> Json:
    return None if error is None else [error.type, error.message, error.retryable, error.step]


def _differs(what: str, recorded: Json, computed: Json, whose: str) -> Judged:
    if recorded is not computed and canonical(recorded) != canonical(computed):
        yield f"{what} is not {whose}"


_JUDGES: dict[type, Callable[[Judge, TaskState, Any], Judged]] = {
    facts.TaskSubmitted: _submitted,
    facts.ScopeOpened: _opened,
    facts.StepReady: _ready,
    facts.StepStarted: _started,
    facts.PlanAsked: _asked,
    facts.PlanRefused: _answered,
    facts.PlanAccepted: _accepted,
    facts.PlanDeclined: _answered,
    facts.StepCompleted: _completed,
    facts.StepFailed: _settled,
    facts.StepCancelled: _settled,
    facts.SignalReceived: _signal,
    facts.ScopeClosed: _closed,
    facts.TaskCompleted: _task_completed,
    facts.TaskFailed: _task_failed,
}
