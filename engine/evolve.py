"""`evolve(state, body, at) -> state`: what each fact means. Replaying a log with it gives the state that wrote the log."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from catalog.calls import Usage
from engine import facts, ledger, planned, steps, tasks
from engine.blueprints import Blueprint
from engine.errors import FactUnreadableError
from engine.ledger import amounts
from engine.state import ROOT, LoopState, PlanningState, ScopeState, StepState, TaskInfo, TaskState, WaitState
from engine.transitions import moved, put, settled
from fragments.bounds import Amounts, Left
from fragments.documents import Step
from schemas.values import JsonObject


def evolve(state: TaskState, body: facts.Body, *, at: datetime) -> TaskState:
    """Give the state after one more fact. Raises `IllegalMoveError` where a machine's table forbids it."""
    after = _MEANINGS[type(body)](state, body, at)
    usage = body.usage if isinstance(body, _USING) else None
    return replace(after, used=after.used.plus(Usage(**usage))) if usage else after


def replay(task: str, log: Iterable[facts.Fact]) -> TaskState:
    """Give the state that a task's facts come to."""
    state = TaskState(task=task)
    for fact in log:
        state = evolve(state, fact.body, at=fact.at)
    return state


def _submitted(state: TaskState, body: facts.TaskSubmitted, at: datetime) -> TaskState:
    allowance = Left.from_json(body.left)
    info = TaskInfo(
        namespace=body.namespace,
        name=str(body.template["name"]),
        goal=body.goal,
        model=body.model,
        input=body.input,
        hosts=body.hosts,
        authority=body.authority,
        catalog=body.catalog,
        handlers=tuple(sorted(body.catalog)),
        submitted_at=at,
        deadline=at + timedelta(seconds=allowance.wall_clock_s),
    )
    return replace(state, info=info, ledger=ledger.opened(state.ledger, ledger.ROOT, above=None, allowance=allowance))


def _scope_opened(state: TaskState, body: facts.ScopeOpened, _at: datetime) -> TaskState:
    scope = _scope(state, body)
    opened = {
        scope.step(name): StepState(
            path=scope.step(name),
            scope=scope.path,
            definition=definition,
            waiting_on=len(scope.blueprint.depends_on[name]),
            position=position,
        )
        for position, (name, definition) in enumerate(scope.blueprint.definitions.items(), len(state.steps))
    }
    if scope.owner is not None:
        opened[scope.owner] = _owner_opened(state.steps[scope.owner], scope.path)
    return replace(
        state,
        steps=state.steps.update(opened),
        scopes=state.scopes.set(scope.path, scope),
        ledger=ledger.charged(state.ledger, scope.account, spent=Amounts(steps=scope.remaining)),
    )


def _scope(state: TaskState, body: facts.ScopeOpened) -> ScopeState:
    owner = None if body.scope == ROOT else state.steps[body.scope.rpartition("/")[0]]
    blueprint = _blueprint(owner, body)
    around = None if owner is None else state.scopes[owner.scope]
    item = body.kind == "item"
    return ScopeState(
        path=body.scope,
        kind=body.kind,
        owner=None if owner is None else owner.path,
        blueprint=blueprint,
        remaining=len(blueprint.definitions),
        output=body.output,
        closed_in=around.closed_in if item and around else body.scope,
        account=ROOT if owner is None else state.account_of(owner),
        input=body.input or {},
        bindings=body.bindings,
        authority=_authority(state, owner),
    )


def _authority(state: TaskState, owner: StepState | None) -> JsonObject:
    if owner is None:
        return state.known.authority
    return owner.planning.authority if owner.planning else {}


def _blueprint(owner: StepState | None, body: facts.ScopeOpened) -> Blueprint:
    if owner is not None and owner.loop is not None:
        return owner.loop.blueprint
    return Blueprint.of([Step.model_validate(step) for step in body.steps])


def _owner_opened(owner: StepState, scope: str) -> StepState:
    loop = None if owner.loop is None else replace(owner.loop, opened=owner.loop.opened + 1)
    return replace(owner, children=owner.children.set(scope, None), loop=loop)


def _step_ready(state: TaskState, body: facts.StepReady, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    return put(state, replace(step, status=moved(step, steps.Status.READY)))


def _step_started(state: TaskState, body: facts.StepStarted, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    if body.items is not None:
        loop = LoopState(blueprint=Blueprint.of_body(step.definition), count=body.items)
        return put(state, replace(step, status=moved(step, steps.Status.WAITING), attempt=body.attempt, loop=loop))
    reserved = amounts(body.reserved)
    started = replace(
        step,
        status=moved(step, steps.Status.RUNNING),
        attempt=body.attempt,
        handler=body.handler,
        reserved=reserved,
        retry_at=None,
        wait=step.wait and replace(step.wait, seen=len(step.wait.received)),
    )
    return put(state, started, ledger.charged(state.ledger, state.account_of(step), reserved=reserved))


def _attempt_failed(state: TaskState, body: facts.AttemptFailed, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    ended = replace(
        step,
        status=step.status if body.retry_at is None else moved(step, steps.Status.RETRYING),
        tries=step.tries + (not body.interrupted),
        interruptions=step.interruptions + body.interrupted,
        reserved=ledger.NOTHING,
        retry_at=body.retry_at,
        error=body.error,
    )
    return put(state, ended, settled(state, step, body.spent))


def _step_waits(state: TaskState, body: facts.StepWaits, at: datetime) -> TaskState:
    step = state.steps[body.step]
    before = step.wait
    if before is None:
        wait = WaitState(signal=body.signal, asks=body.asks, since=at, until=body.until)
    else:
        same = (before.signal, _question(before.asks)) == (body.signal, _question(body.asks))
        asked = before.asked if same else len(before.received)
        wait = replace(before, signal=body.signal, asks=body.asks, until=body.until, asked=asked)
    waiting = replace(step, status=moved(step, steps.Status.WAITING), reserved=ledger.NOTHING, wait=wait)
    return put(state, waiting, settled(state, step, body.spent))


def _question(asks: JsonObject) -> JsonObject:
    """Give what people are asked, without what the engine adds of what follows."""
    return {name: part for name, part in asks.items() if name != "follows"}


def _signal_received(state: TaskState, body: facts.SignalReceived, at: datetime) -> TaskState:
    signal = {
        "signal": body.signal,
        "sender": body.sender,
        "groups": list(body.groups),
        "body": body.body,
        "at": at.isoformat(),
        "timed_out": False,
    }
    after = _with_signal(state, body.step, signal, None)
    return _with_id(after, body) if body.id else after


def _with_id(state: TaskState, body: facts.SignalReceived) -> TaskState:
    step = state.steps[body.step]
    assert step.wait is not None, "a signal answers a wait"
    return put(state, replace(step, wait=replace(step.wait, ids=step.wait.ids | {(body.sender, body.id)})))


def _wait_timed_out(state: TaskState, body: facts.WaitTimedOut, at: datetime) -> TaskState:
    signal = {"signal": body.signal, "sender": "clock", "groups": [], "body": {}, "at": at.isoformat(), "timed_out": True}
    return _with_signal(state, body.step, signal, at)


def _with_signal(state: TaskState, path: str, signal: JsonObject, since: datetime | None) -> TaskState:
    step = state.steps[path]
    assert step.wait is not None, "a signal answers a wait"
    received = (*step.wait.received, signal)
    return put(state, replace(step, wait=replace(step.wait, received=received, since=since or step.wait.since)))


def _step_completed(state: TaskState, body: facts.StepCompleted, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    scope = state.scopes[step.scope]
    status = moved(step, steps.Status.COMPLETE)
    changed = {step.path: replace(step, status=status, output=body.output, reserved=ledger.NOTHING, error=None)}
    for name in scope.blueprint.dependents[step.definition.name]:
        dependent = state.steps[scope.step(name)]
        changed[dependent.path] = replace(dependent, waiting_on=dependent.waiting_on - 1)
    return replace(
        state,
        steps=state.steps.update(changed),
        scopes=state.scopes.set(scope.path, replace(scope, remaining=scope.remaining - 1)),
        ledger=settled(state, step, body.spent),
    )


def _step_failed(state: TaskState, body: facts.StepFailed, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    status = moved(step, steps.Status.FAILED)
    failed = replace(step, status=status, error=body.error, reserved=ledger.NOTHING, retry_at=None)
    return put(state, failed, settled(state, step, body.spent))


def _step_cancelled(state: TaskState, body: facts.StepCancelled, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    status = moved(step, steps.Status.CANCELLED)
    return put(state, replace(step, status=status, reserved=ledger.NOTHING, retry_at=None), settled(state, step, body.spent))


def _scope_closed(state: TaskState, body: facts.ScopeClosed, _at: datetime) -> TaskState:
    scope = state.scopes[body.scope]
    scopes = state.scopes.set(scope.path, replace(scope, ended=True))
    if scope.owner is None:
        return replace(state, scopes=scopes)
    owner = state.steps[scope.owner]
    after = replace(
        owner,
        children=owner.children.delete(scope.path),
        loop=owner.loop and _after_item(owner.loop, scope, body),
        planning=owner.planning and _after_phase(owner.planning, state, scope, body),
    )
    return replace(state, scopes=scopes, steps=state.steps.set(owner.path, after))


def _after_phase(planning: PlanningState, state: TaskState, scope: ScopeState, body: facts.ScopeClosed) -> PlanningState:
    if body.error is None:
        return planning
    return replace(planning, previous={"failure": _failure(state, scope, body.error)}, failure=body.error)


def _after_item(loop: LoopState, scope: ScopeState, body: facts.ScopeClosed) -> LoopState:
    index = int(scope.path.rpartition("/")[2])
    if body.error is not None:
        return replace(loop, failures=loop.failures.set(index, body.error))
    return replace(loop, outputs=loop.outputs.set(index, body.output))


def _failure(state: TaskState, scope: ScopeState, error: facts.Error) -> JsonObject:
    """Say what a later plan needs to know: what went wrong, and what was reached before it did."""
    completed = {s.definition.name: s.output for s in state.steps_in(scope) if s.status is steps.Status.COMPLETE}
    return {"type": error.type, "message": error.message, "step": error.step, "completed": completed}


def _unreadable(_state: TaskState, body: facts.Unreadable, _at: datetime) -> TaskState:
    raise FactUnreadableError(body.kind, body.why)


def _unchanged(state: TaskState, _body: facts.CancelRequested, _at: datetime) -> TaskState:
    return state


def _task_completed(state: TaskState, body: facts.TaskCompleted, _at: datetime) -> TaskState:
    return replace(_ended(state, tasks.Status.COMPLETE), output=body.output)


def _task_failed(state: TaskState, body: facts.TaskFailed, _at: datetime) -> TaskState:
    return replace(_ended(state, tasks.Status.FAILED), error=body.error, output=body.partial)


def _task_refused(state: TaskState, body: facts.TaskRefused, _at: datetime) -> TaskState:
    return replace(_ended(state, tasks.Status.REFUSED), error=facts.Error(type="refused", message=body.reason))


def _task_cancelled(state: TaskState, body: facts.TaskCancelled, _at: datetime) -> TaskState:
    return replace(_ended(state, tasks.Status.CANCELLED), error=facts.Error(type="cancelled", message=body.reason))


def _ended(state: TaskState, status: tasks.Status) -> TaskState:
    return replace(state, status=tasks.move(state.task, state.status, status))


_USING = (facts.StepCompleted, facts.StepWaits, facts.AttemptFailed)

_MEANINGS: dict[type, Callable[[TaskState, Any, datetime], TaskState]] = {
    facts.TaskSubmitted: _submitted,
    facts.ScopeOpened: _scope_opened,
    facts.StepReady: _step_ready,
    facts.StepStarted: _step_started,
    facts.AttemptFailed: _attempt_failed,
    facts.StepWaits: _step_waits,
    facts.SignalReceived: _signal_received,
    facts.WaitTimedOut: _wait_timed_out,
    facts.PlanAsked: planned.plan_asked,
    facts.PlanRefused: planned.plan_refused,
    facts.PlanAccepted: planned.plan_accepted,
    facts.PlanDeclined: planned.plan_declined,
    facts.StepCompleted: _step_completed,
    facts.StepFailed: _step_failed,
    facts.StepCancelled: _step_cancelled,
    facts.ScopeClosed: _scope_closed,
    facts.CancelRequested: _unchanged,
    facts.TaskCompleted: _task_completed,
    facts.TaskFailed: _task_failed,
    facts.TaskRefused: _task_refused,
    facts.TaskCancelled: _task_cancelled,
    facts.Unreadable: _unreadable,
}
