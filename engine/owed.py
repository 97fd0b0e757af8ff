"""Effects that a task is owed, derived from its state: after a restart nothing else tells what the world was asked to do."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from catalog.calls import Call
from catalog.hosts import covered
from engine import facts, steps
from engine.authority import Authority
from engine.constructs import RUNS
from engine.effects import Effect, ExpireAt, Plan, RunHandler, WakeAt
from engine.lookups import resolved, secrets_in
from engine.rules import Rules
from engine.state import ROOT, PlanningState, StepState, TaskState
from fragments.frames import Frame
from fragments.planning import PlanRequest
from schemas.values import JsonObject

Claim: TypeAlias = tuple[object, ...]
"""What tells one effect of a step from every other: its kind and its numbers."""


def effects(state: TaskState, rules: Rules) -> list[Effect]:
    """Give everything that is owed: for a task that was just loaded."""
    if state.ended or state.info is None:
        return []
    owed: list[Effect] = [ExpireAt(task=state.task, due=state.info.deadline)]
    for path in sorted(state.steps):
        step = state.steps[path]
        owed += [_effect(state, step, claim, rules) for claim in _claims(step)]
    return owed


def effects_of(before: TaskState, after: TaskState, bodies: Sequence[facts.Body], rules: Rules) -> list[Effect]:
    """Give what became owed between two states: what `effects` says of `after` and did not say of `before`."""
    if after.ended or after.info is None:
        return []
    owed: list[Effect] = []
    if before.info is None:
        owed.append(ExpireAt(task=after.task, due=after.known.deadline))
    for path in dict.fromkeys(body.step for body in bodies if isinstance(body, _BEGINNINGS)):
        step, earlier = after.steps[path], before.steps.get(path)
        had = () if earlier is None else _claims(earlier)
        owed += [_effect(after, step, claim, rules) for claim in _claims(step) if claim not in had]
    return owed


def is_owed(state: TaskState, effect: Effect) -> bool:
    """Say whether an effect that was issued is still waited for."""
    if state.ended:
        return False
    if isinstance(effect, ExpireAt) and effect.step == ROOT:
        return True
    return claim_of(effect) in _claims(state.steps[effect.step])


_BEGINNINGS = (facts.StepStarted, facts.AttemptFailed, facts.StepWaits, facts.PlanAsked, facts.PlanRefused)


def _claims(step: StepState) -> tuple[Claim, ...]:
    found: list[Claim] = []
    planning = step.planning
    if step.status is steps.Status.RETRYING and step.retry_at is not None:
        found.append((WakeAt, step.attempt, step.retry_at))
    if step.status is steps.Status.WAITING and step.wait is not None and step.wait.until is not None:
        found.append((WakeAt, step.attempt, step.wait.until))
    if planning is not None and planning.deadline is not None and not step.finished:
        found.append((ExpireAt, planning.deadline))
    if step.status is steps.Status.RUNNING:
        found.append((RunHandler, step.attempt) if planning is None else (Plan, planning.phase, planning.turn, step.attempt))
    return tuple(found)


def claim_of(effect: Effect) -> Claim:
    """Tell an effect from every other of its step."""
    match effect:
        case RunHandler():
            return (RunHandler, effect.attempt)
        case Plan():
            return (Plan, effect.request.phase, effect.request.turn, effect.attempt)
        case WakeAt():
            return (WakeAt, effect.attempt, effect.due)
        case ExpireAt():
            return (ExpireAt, effect.due)


def _effect(state: TaskState, step: StepState, claim: Claim, rules: Rules) -> Effect:
    kind = claim[0]
    if kind is RunHandler:
        timeout_s = _timeout_s(step, rules)
        return RunHandler(
            task=state.task, step=step.path, attempt=step.attempt, call=_call(state, step, rules), timeout_s=timeout_s
        )
    if kind is WakeAt:
        due = claim[-1]
        assert isinstance(due, datetime), "the claim says so"
        return WakeAt(task=state.task, step=step.path, attempt=step.attempt, due=due)
    assert step.planning is not None, "the other claims are made by planning steps"
    if kind is ExpireAt:
        assert step.planning.deadline is not None, "the claim says so"
        return ExpireAt(task=state.task, step=step.path, due=step.planning.deadline)
    request = _request(state, step, step.planning, rules)
    timeout_s = _plan_timeout_s(step, rules)
    return Plan(task=state.task, step=step.path, attempt=step.attempt, request=request, timeout_s=timeout_s)


def _call(state: TaskState, step: StepState, rules: Rules) -> Call:
    assert step.handler is not None, "an attempt names its handler"
    definition = step.definition
    scope = state.scopes[step.scope]
    secrets = secrets_in({"config": definition.config, "input": definition.input})
    return Call(
        handler=step.handler,
        config=definition.config,
        input=resolved(state, scope, definition.input) if definition.input else {},
        grants=Authority(state, rules).grants(step, secrets.values()),
        secrets=secrets,
        namespace=state.known.namespace,
        used=state.used,
        task=state.task,
        step=step.path,
        attempt=step.attempt,
        idempotency_key=f"{state.task}/{step.path}",
        signals=() if step.wait is None else step.wait.received,
    )


def _timeout_s(step: StepState, rules: Rules) -> float | None:
    if step.definition.timeout is not None:
        return step.definition.timeout.total_seconds()
    capability = rules.catalog.capabilities.get(step.handler or "")
    return None if capability is None else capability.limits.wall_ms / 1000 + rules.call_grace_s


def _plan_timeout_s(step: StepState, rules: Rules) -> float:
    timeout = step.definition.timeout
    return rules.plan_timeout_s if timeout is None else timeout.total_seconds()


def _request(state: TaskState, step: StepState, planning: PlanningState, rules: Rules) -> PlanRequest:
    definition = step.definition
    value = resolved(state, state.scopes[step.scope], definition.input)
    return PlanRequest(
        task=state.task,
        step=step.path,
        phase=planning.phase,
        turn=planning.turn,
        goal=definition.goal or state.known.goal or definition.description or definition.name,
        frame=frame_of(state, step, planning, rules, value),
        input=value,
        allowance_usd=step.reserved.cost_usd,
        transcript=planning.transcript,
        previous=planning.previous,
        model=state.known.model,
        handlers=rules.usable(state.known),
        today=rules.planning_date or planning.asked_at.date(),
    )


def frame_of(state: TaskState, step: StepState, planning: PlanningState, rules: Rules, value: JsonObject) -> Frame:
    """Frame the next plan of a planning step, whose input is `value`: what it is checked against when made and accepted."""
    scope = state.scopes[step.scope]
    own = [] if step.definition.allow is None else [step.definition.allow]
    authority = Authority(state, rules)
    ceilings = authority.ceilings(step)
    written = [ceiling.written_hosts for ceiling in ceilings]
    return Frame(
        input=dict(value) if planning.previous is None else {**value, "previous": planning.previous},
        must_produce=step.definition.must_produce,
        allows=(*own, *authority.allows_around(scope), *(ceiling.allow for ceiling in ceilings)),
        left=planning.left,
        input_hosts=authority.input_hosts(step),
        written_hosts=_common(written) if written else None,
        channels=rules.channels,
        secrets=rules.secrets,
        operator_hosts=rules.operator_hosts,
        groups=rules.groups,
        depth=1 + sum(1 for owner in state.owners(scope) if owner.planning is not None),
        runs=RUNS,
    )


def _common(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Give the hosts that every list covers."""
    return tuple(host for host in lists[0] if all(covered(host, globs) for globs in lists[1:]))
