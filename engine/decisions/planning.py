"""Planning steps: one question at a time, every question on the ledger, and what follows from each answer."""

from dataclasses import replace
from datetime import datetime
from math import isfinite
from typing import TypedDict

from engine import commands, facts, ledger, retries
from engine.contracts import misfit
from engine.decisions.draft import Draft, exhausted, running
from engine.facts import Error
from engine.owed import frame_of
from engine.reasons import FINAL, Reason
from engine.state import PlanningState, ScopeState, StepState
from fragments.bounds import Amounts, Left
from fragments.checks import authority_of
from fragments.documents import Fragment
from fragments.planning import Declined, Offered, Provenance, Rejected, Unplanned
from fragments.problems import Problem, errors
from fragments.proofs import Report
from schemas.values import Json, JsonObject

_FREE = frozenset({"none", "template"})
"""Sources of an answer for which no model was called."""


class _Question(TypedDict):
    """What an answer is an answer to."""

    step: str
    phase: int
    turn: int
    attempt: int


def begin(draft: Draft, step: StepState) -> None:
    """Ask for the first turn of the first phase."""
    value = draft.resolved(step, step.definition.input)
    wrong = value if isinstance(value, Error) else _lacking(draft, step)
    if wrong:
        draft.fail(step, wrong)
    else:
        _ask(draft, step, phase=1, turn=1, attempt=1)


def again(draft: Draft, step: StepState) -> None:
    """Ask for the same turn once more, after a provider's error or a crash."""
    planning = _planning(step)
    wrong = _lacking(draft, step)
    if wrong:
        draft.fail(step, wrong)
    else:
        _ask(draft, step, phase=planning.phase, turn=planning.turn, attempt=step.attempt + 1)


def report(draft: Draft, order: commands.ReportPlan) -> None:
    """Take an answer. An answer to a question that no longer stands says nothing."""
    step = running(draft.state, order.step, order.attempt)
    if step is None or step.planning is None or (step.planning.phase, step.planning.turn) != (order.phase, order.turn):
        return
    reply = replace(order.reply, provenance=_counted(step, order.reply.provenance))
    if isinstance(reply, Offered) and reply.report.ok:
        _accepted(draft, step, reply)
    elif isinstance(reply, Offered):
        _refused(draft, step, reply.report.problems, reply.provenance)
    elif isinstance(reply, Rejected):
        _refused(draft, step, reply.problems, reply.provenance)
    elif isinstance(reply, Declined):
        _declined(draft, step, reply)
    else:
        _unplanned(draft, step, reply)


def recover(draft: Draft, step: StepState) -> None:
    """Ask again what was asked when the process died; the lost call counts as if it had cost all that was reserved."""
    says = f"the process that asked for turn {_planning(step).turn} ended before the answer came"
    error = Error(type=Reason.INTERRUPTED, message=says, retryable=True, step=step.path)
    stop = step.interruptions >= draft.rules.interruptions
    draft.add(_unanswered(step, error, None if stop else draft.now, provenance={}, spent=step.reserved.to_json()))
    if stop:
        draft.fail(step, Error(type=Reason.TOO_MANY_INTERRUPTIONS, message=says, step=step.path))
    else:
        again(draft, draft.state.steps[step.path])


def after_phase(draft: Draft, path: str, output: Json, error: Error | None) -> None:
    """Complete the step with the output of its plan; plan again after a failure, while phases and ledger allow."""
    step = draft.state.steps[path]
    planning = _planning(step)
    if error is None:
        draft.complete(step, output, spent={})
        return
    allowed = ledger.left(draft.state.ledger, path).phases
    if error.type in FINAL or planning.phase >= allowed or _lacking(draft, step):
        draft.fail(step, error)
    else:
        _ask(draft, step, phase=planning.phase + 1, turn=1, attempt=1)


def breach(draft: Draft, scope: ScopeState, output: Json) -> str | None:
    """Say why the output of a plan does not meet the contract of its step; None where it does."""
    contract = draft.state.steps[scope.owner or ""].definition.must_produce
    says = None if contract is None else misfit(contract, output)
    return None if says is None else f"the output does not fit must_produce: {says}"


def _ask(draft: Draft, step: StepState, *, phase: int, turn: int, attempt: int) -> None:
    allowance = min(_left(draft, step).cost_usd, draft.rules.plan_call_usd)
    reserved = Amounts(model_calls=1, cost_usd=round(allowance, 9)).to_json()
    draft.add(facts.PlanAsked(step=step.path, phase=phase, turn=turn, attempt=attempt, reserved=reserved))


def _lacking(draft: Draft, step: StepState) -> Error | None:
    """Name the bound that forbids one more question, as an error."""
    left = _left(draft, step)
    if step.planning is None and left.depth < 1:
        return exhausted(step.path, "depth")
    if left.model_calls < 1:
        return exhausted(step.path, "model_calls")
    if ledger.penniless(draft.state.ledger, draft.state.account_of(step)):
        return exhausted(step.path, "cost_usd")
    return None


def _left(draft: Draft, step: StepState) -> Left:
    have = ledger.left(draft.state.ledger, draft.state.account_of(step))
    if step.planning is not None:
        return have
    narrowed = have.narrowed(step.definition.bounds)
    return Left.from_json(narrowed.to_json() | {"depth": have.depth})  # its own bound of depth is for what it plans


def _accepted(draft: Draft, step: StepState, reply: Offered) -> None:
    """Take a plan over, unless it reaches more than the plan that it stands in and the frame allow."""
    planning = _planning(step)
    value = draft.resolved(step, step.definition.input)
    if isinstance(value, Error):
        draft.fail(step, value)
        return
    proof = _authority(draft, step, value, reply.fragment)
    if not proof.ok:
        _refused(draft, step, proof.problems, reply.provenance)
        return
    fragment = reply.fragment.model_dump(mode="json", by_alias=True, exclude_unset=True)
    draft.add(
        facts.PlanAccepted(
            **_question(step),
            fragment=fragment,
            report=replace(reply.report, authority=proof.authority, digest=proof.digest).to_json(),
            provenance=reply.provenance.to_json(),
            spent=_spent(reply.provenance),
        )
    )
    step = draft.state.steps[step.path]
    wrong = draft.lacking(step, Amounts(steps=len(reply.fragment.steps)))
    if wrong:
        draft.fail(step, wrong)
        return
    draft.open(
        facts.ScopeOpened(
            scope=f"{step.path}/{planning.phase}",
            kind="plan",
            steps=tuple(fragment["steps"]),
            output=fragment["output"],
            input=value if planning.previous is None else value | {"previous": planning.previous},
            left=ledger.left(draft.state.ledger, step.path).to_json(),
        )
    )


def _authority(draft: Draft, step: StepState, value: JsonObject, fragment: Fragment) -> Report:
    """Work out what a plan can reach, whatever the planner says of it."""
    state, rules = draft.state, draft.rules
    frame = frame_of(state, step, _planning(step), rules, value)
    return authority_of(fragment, rules.catalog.only(rules.usable(state.known)), frame)


def _refused(draft: Draft, step: StepState, problems: tuple[Problem, ...], provenance: Provenance) -> None:
    planning = _planning(step)
    draft.add(
        facts.PlanRefused(
            **_question(step),
            problems=tuple(problem.to_json() for problem in problems),
            provenance=provenance.to_json(),
            spent=_spent(provenance),
        )
    )
    step = draft.state.steps[step.path]
    wrong = _planning_failed(step, problems) if planning.turn >= draft.rules.turns else _lacking(draft, step)
    if wrong:
        draft.fail(step, wrong)
    else:
        _ask(draft, step, phase=planning.phase, turn=planning.turn + 1, attempt=1)


def _planning_failed(step: StepState, problems: tuple[Problem, ...]) -> Error:
    planning = _planning(step)
    found = errors(problems) or problems
    last = "; ".join(f"{problem.code} at {problem.where or '/'}: {problem.says}" for problem in found[:5])
    more = f" (and {len(found) - 5} more)" if len(found) > 5 else ""  # noqa: PLR2004 - as many as were shown
    after = f" After phase {planning.phase - 1} failed: {planning.failure.message}" if planning.failure else ""
    says = f"none of {planning.turn} answers passed the checks. The last: {last}{more}.{after}"
    return Error(type=Reason.PLANNING_FAILED, message=says, step=step.path)


def _declined(draft: Draft, step: StepState, reply: Declined) -> None:
    draft.add(
        facts.PlanDeclined(
            **_question(step),
            reason=reply.reason,
            provenance=reply.provenance.to_json(),
            spent=_spent(reply.provenance),
        )
    )
    root = draft.state.scopes[""]
    draft.abandon(root, "the planner declined")
    draft.add(facts.ScopeClosed(scope="", error=Error(type="refused", message=reply.reason, step=step.path)))
    draft.add(facts.TaskRefused(reason=reply.reason))


def _unplanned(draft: Draft, step: StepState, reply: Unplanned) -> None:
    error = Error(type=reply.type, message=reply.message, retryable=reply.retryable, step=step.path)
    retry_at = retries.next_try(
        step.definition.retry or draft.rules.retry,
        attempt=step.tries + 1,
        error=error,
        now=draft.now,
        chance=draft.chance,
        retry_after_s=reply.retry_after_s,
    )
    provenance = reply.provenance.to_json()
    draft.add(_unanswered(step, error, retry_at, provenance=provenance, spent=_spent(reply.provenance)))
    if retry_at is None:
        draft.fail(step, error)


def _unanswered(
    step: StepState, error: Error, retry_at: datetime | None, *, provenance: JsonObject, spent: JsonObject
) -> facts.PlanRefused:
    return facts.PlanRefused(**_question(step), problems=(), provenance=provenance, spent=spent, error=error, retry_at=retry_at)


def _question(step: StepState) -> _Question:
    planning = _planning(step)
    return {"step": step.path, "phase": planning.phase, "turn": planning.turn, "attempt": step.attempt}


def _counted(step: StepState, provenance: Provenance) -> Provenance:
    """Put what was reserved in place of a cost that cannot be counted: an unknown price is not free."""
    if isfinite(provenance.cost_usd) and provenance.cost_usd >= 0:
        return provenance
    notes = (*provenance.notes, f"reported a cost of {provenance.cost_usd}: charged as reserved")
    return replace(provenance, cost_usd=step.reserved.cost_usd, notes=notes)


def _spent(provenance: Provenance) -> JsonObject:
    calls = 0 if provenance.source in _FREE else 1
    return Amounts(model_calls=calls, cost_usd=round(provenance.cost_usd, 9)).to_json()


def _planning(step: StepState) -> PlanningState:
    assert step.planning is not None, "a planning step that was begun has its conversation"
    return step.planning
