"""`evolve(state, body, at) -> state`: what each fact means. Replaying a log with it gives the state that wrote the log."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from catalog.calls import Usage
from catalog.values import JsonObject
from engine import facts, ledger, steps, tasks
from engine.blueprints import Blueprint
from engine.ledger import amounts
from engine.reasons import Reason
from engine.state import ROOT, LoopState, PlanningState, ScopeState, StepState, TaskInfo, TaskState, WaitState
from fragments.bounds import Amounts, Left
from fragments.documents import Step
from fragments.planning import Turn
from fragments.problems import Problem, Severity


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
    return _put(state, replace(step, status=_to(step, steps.Status.READY)))


def _step_started(state: TaskState, body: facts.StepStarted, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    if body.items is not None:
        loop = LoopState(blueprint=Blueprint.of_body(step.definition), count=body.items)
        return _put(state, replace(step, status=_to(step, steps.Status.WAITING), attempt=body.attempt, loop=loop))
    reserved = amounts(body.reserved)
    started = replace(
        step,
        status=_to(step, steps.Status.RUNNING),
        attempt=body.attempt,
        handler=body.handler,
        reserved=reserved,
        retry_at=None,
        wait=step.wait and replace(step.wait, seen=len(step.wait.received)),
    )
    return _put(state, started, ledger.charged(state.ledger, state.account_of(step), reserved=reserved))


def _attempt_failed(state: TaskState, body: facts.AttemptFailed, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    ended = replace(
        step,
        status=step.status if body.retry_at is None else _to(step, steps.Status.RETRYING),
        tries=step.tries + (not body.interrupted),
        interruptions=step.interruptions + body.interrupted,
        reserved=ledger.NOTHING,
        retry_at=body.retry_at,
        error=body.error,
    )
    return _put(state, ended, _settled(state, step, body.spent))


def _step_waits(state: TaskState, body: facts.StepWaits, at: datetime) -> TaskState:
    step = state.steps[body.step]
    before = step.wait
    wait = WaitState(
        signal=body.signal,
        asks=body.asks,
        since=at if before is None else before.since,
        until=body.until,
        received=() if before is None else before.received,
        seen=0 if before is None else before.seen,
    )
    waiting = replace(step, status=_to(step, steps.Status.WAITING), reserved=ledger.NOTHING, wait=wait)
    return _put(state, waiting, _settled(state, step, body.spent))


def _signal_received(state: TaskState, body: facts.SignalReceived, at: datetime) -> TaskState:
    signal = {
        "signal": body.signal,
        "sender": body.sender,
        "groups": list(body.groups),
        "body": body.body,
        "at": at.isoformat(),
        "timed_out": False,
    }
    return _with_signal(state, body.step, signal, None)


def _wait_timed_out(state: TaskState, body: facts.WaitTimedOut, at: datetime) -> TaskState:
    signal = {"signal": body.signal, "sender": "clock", "groups": [], "body": {}, "at": at.isoformat(), "timed_out": True}
    return _with_signal(state, body.step, signal, at)


def _with_signal(state: TaskState, path: str, signal: JsonObject, since: datetime | None) -> TaskState:
    step = state.steps[path]
    assert step.wait is not None, "a signal answers a wait"
    received = (*step.wait.received, signal)
    return _put(state, replace(step, wait=replace(step.wait, received=received, since=since or step.wait.since)))


def _plan_asked(state: TaskState, body: facts.PlanAsked, at: datetime) -> TaskState:
    step = state.steps[body.step]
    if step.planning is None:
        state = _with_account(state, step)
    reserved = amounts(body.reserved)
    state = replace(state, ledger=ledger.charged(state.ledger, state.account_of(step), reserved=reserved))
    planning = _asked(state, step, body, at)
    same_turn = step.planning is not None and (step.planning.phase, step.planning.turn) == (body.phase, body.turn)
    asked = replace(
        step,
        status=_to(step, steps.Status.RUNNING),
        attempt=body.attempt,
        tries=step.tries if same_turn else 0,
        reserved=reserved,
        retry_at=None,
        planning=planning,
    )
    return _put(state, asked)


def _with_account(state: TaskState, step: StepState) -> TaskState:
    above = state.scopes[step.scope].account
    allowance = ledger.left(state.ledger, above).narrowed(step.definition.bounds)
    inside = replace(allowance, depth=min(allowance.depth, ledger.left(state.ledger, above).depth - 1))
    return replace(state, ledger=ledger.opened(state.ledger, step.path, above=above, allowance=inside))


def _asked(state: TaskState, step: StepState, body: facts.PlanAsked, at: datetime) -> PlanningState:
    before = step.planning
    deadline = before.deadline if before else _deadline(step, at)
    until = min([state.known.deadline, *_deadlines(state, step), *([deadline] if deadline else [])])
    left = replace(ledger.left(state.ledger, step.path), wall_clock_s=max(0.0, (until - at).total_seconds()))
    if before is None:
        return PlanningState(phase=body.phase, turn=body.turn, asked_at=at, left=left, deadline=deadline)
    transcript = before.transcript if before.phase == body.phase else ()
    return replace(before, phase=body.phase, turn=body.turn, asked_at=at, left=left, transcript=transcript)


def _deadline(step: StepState, at: datetime) -> datetime | None:
    bounds = step.definition.bounds
    return at + bounds.wall_clock if bounds and bounds.wall_clock else None


def _deadlines(state: TaskState, step: StepState) -> Iterable[datetime]:
    around = state.owners(state.scopes[step.scope])
    return (owner.planning.deadline for owner in around if owner.planning and owner.planning.deadline)


def _plan_refused(state: TaskState, body: facts.PlanRefused, _at: datetime) -> TaskState:
    step, planning = _planning(state, body.step)
    interrupted = body.error is not None and body.error.type == Reason.INTERRUPTED
    transcript = planning.transcript
    if body.error is None:
        answer = str(body.provenance.get("answer", ""))
        transcript = (*transcript, Turn(answer=answer, problems=tuple(_problem(p) for p in body.problems)))
    refused = replace(
        step,
        status=_to(step, steps.Status.RETRYING),
        tries=step.tries + (not interrupted),
        interruptions=step.interruptions + interrupted,
        reserved=ledger.NOTHING,
        retry_at=body.retry_at,
        planning=replace(planning, transcript=transcript),
    )
    return _put(state, refused, _settled(state, step, body.spent))


def _problem(value: JsonObject) -> Problem:
    patch = value.get("patch")
    return Problem(
        code=value["code"],
        where=value["where"],
        says=value["says"],
        hint=value.get("hint", ""),
        severity=Severity(value.get("severity", Severity.ERROR)),
        patch=None if patch is None else tuple(patch),
    )


def _plan_accepted(state: TaskState, body: facts.PlanAccepted, _at: datetime) -> TaskState:
    step, planning = _planning(state, body.step)
    accepted = replace(
        step,
        status=_to(step, steps.Status.WAITING),
        reserved=ledger.NOTHING,
        planning=replace(planning, authority=body.report.get("authority") or {}),
    )
    return _put(state, accepted, _settled(state, step, body.spent))


def _plan_declined(state: TaskState, body: facts.PlanDeclined, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    return _put(state, replace(step, reserved=ledger.NOTHING), _settled(state, step, body.spent))


def _step_completed(state: TaskState, body: facts.StepCompleted, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    scope = state.scopes[step.scope]
    status = _to(step, steps.Status.COMPLETE)
    changed = {step.path: replace(step, status=status, output=body.output, reserved=ledger.NOTHING, error=None)}
    for name in scope.blueprint.dependents[step.definition.name]:
        dependent = state.steps[scope.step(name)]
        changed[dependent.path] = replace(dependent, waiting_on=dependent.waiting_on - 1)
    return replace(
        state,
        steps=state.steps.update(changed),
        scopes=state.scopes.set(scope.path, replace(scope, remaining=scope.remaining - 1)),
        ledger=_settled(state, step, body.spent),
    )


def _step_failed(state: TaskState, body: facts.StepFailed, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    status = _to(step, steps.Status.FAILED)
    failed = replace(step, status=status, error=body.error, reserved=ledger.NOTHING, retry_at=None)
    return _put(state, failed, _settled(state, step, body.spent))


def _step_cancelled(state: TaskState, body: facts.StepCancelled, _at: datetime) -> TaskState:
    step = state.steps[body.step]
    status = _to(step, steps.Status.CANCELLED)
    return _put(state, replace(step, status=status, reserved=ledger.NOTHING, retry_at=None), _settled(state, step, body.spent))


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


def _planning(state: TaskState, path: str) -> tuple[StepState, PlanningState]:
    step = state.steps[path]
    assert step.planning is not None, "an answer follows a question"
    return step, step.planning


def _to(step: StepState, status: steps.Status) -> steps.Status:
    return steps.move(step.path, step.status, status)


def _put(state: TaskState, step: StepState, books: ledger.Ledger | None = None) -> TaskState:
    return replace(state, steps=state.steps.set(step.path, step), ledger=state.ledger if books is None else books)


def _settled(state: TaskState, step: StepState, spent: JsonObject) -> ledger.Ledger:
    if not spent and step.reserved is ledger.NOTHING:
        return state.ledger
    return ledger.settled(state.ledger, state.account_of(step), reserved=step.reserved, spent=amounts(spent))


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
    facts.PlanAsked: _plan_asked,
    facts.PlanRefused: _plan_refused,
    facts.PlanAccepted: _plan_accepted,
    facts.PlanDeclined: _plan_declined,
    facts.StepCompleted: _step_completed,
    facts.StepFailed: _step_failed,
    facts.StepCancelled: _step_cancelled,
    facts.ScopeClosed: _scope_closed,
    facts.CancelRequested: _unchanged,
    facts.TaskCompleted: _task_completed,
    facts.TaskFailed: _task_failed,
    facts.TaskRefused: _task_refused,
    facts.TaskCancelled: _task_cancelled,
}
