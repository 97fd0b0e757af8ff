"""What facts about planning mean; a part of `engine.evolve`."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from engine import facts, ledger, steps
from engine.ledger import amounts
from engine.reasons import Reason
from engine.state import PlanningState, StepState, TaskState
from engine.transitions import moved, put, settled
from fragments.planning import Turn
from fragments.problems import Problem, Severity
from fragments.proofs import Manifest
from schemas.values import JsonObject


def plan_asked(state: TaskState, body: facts.PlanAsked, at: datetime) -> TaskState:
    """Ask a planner: the step runs one turn, its call reserved."""
    step = state.steps[body.step]
    if step.planning is None:
        state = _with_account(state, step)
    reserved = amounts(body.reserved)
    state = replace(state, ledger=ledger.charged(state.ledger, state.account_of(step), reserved=reserved))
    planning = _asked(state, step, body, at)
    same_turn = step.planning is not None and (step.planning.phase, step.planning.turn) == (body.phase, body.turn)
    asked = replace(
        step,
        status=moved(step, steps.Status.RUNNING),
        attempt=body.attempt,
        tries=step.tries if same_turn else 0,
        reserved=reserved,
        retry_at=None,
        planning=planning,
    )
    return put(state, asked)


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


def plan_refused(state: TaskState, body: facts.PlanRefused, _at: datetime) -> TaskState:
    """Take an answer that did not pass, or none: the turn is over."""
    step, planning = _planning(state, body.step)
    interrupted = body.error is not None and body.error.type == Reason.INTERRUPTED
    transcript = planning.transcript
    if body.error is None:
        answer = str(body.provenance.get("answer", ""))
        transcript = (*transcript, Turn(answer=answer, problems=tuple(_problem(p) for p in body.problems)))
    refused = replace(
        step,
        status=moved(step, steps.Status.RETRYING),
        tries=step.tries + (not interrupted),
        interruptions=step.interruptions + interrupted,
        reserved=ledger.NOTHING,
        retry_at=body.retry_at,
        planning=replace(planning, transcript=transcript),
    )
    return put(state, refused, settled(state, step, body.spent))


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


def plan_accepted(state: TaskState, body: facts.PlanAccepted, _at: datetime) -> TaskState:
    """Take a plan: the step waits for its scope."""
    step, planning = _planning(state, body.step)
    authority = body.report.get("authority") or {}
    manifest = Manifest.from_json(authority)
    reached = manifest if planning.reached is None else planning.reached.joined(manifest)
    accepted = replace(
        step,
        status=moved(step, steps.Status.WAITING),
        reserved=ledger.NOTHING,
        planning=replace(planning, authority=authority, reached=reached),
    )
    return put(state, accepted, settled(state, step, body.spent))


def plan_declined(state: TaskState, body: facts.PlanDeclined, _at: datetime) -> TaskState:
    """Take that the planner declines: what it used is settled."""
    step = state.steps[body.step]
    return put(state, replace(step, reserved=ledger.NOTHING), settled(state, step, body.spent))


def _planning(state: TaskState, path: str) -> tuple[StepState, PlanningState]:
    step = state.steps[path]
    assert step.planning is not None, "an answer follows a question"
    return step, step.planning
