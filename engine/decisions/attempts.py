"""Attempts of handlers: begun, answered, made again."""

from datetime import timedelta

from catalog.calls import Failed, Ok, Usage, Waits
from catalog.capability import Capability
from engine import commands, facts, retries
from engine.decisions.draft import Draft, running
from engine.facts import Error
from engine.following import follows
from engine.reasons import Reason
from engine.state import StepState
from fragments.bounds import Amounts
from schemas.values import JsonObject

_CUT_SHORT = frozenset({Reason.TIMED_OUT, Reason.INTERNAL_ERROR, "worker_lost", "trapped"})
_NO_USAGE = Usage()
_NOTHING = Amounts().to_json()


def begin(draft: Draft, step: StepState) -> None:
    """Order the next attempt, or fail the step where it cannot be made."""
    capability = _capability(draft, step)
    if isinstance(capability, Error):
        draft.fail(step, capability)
        return
    price = Amounts(cost_usd=capability.cost_usd) if capability.cost_usd else None
    value = draft.resolved(step, step.definition.input) if step.definition.input else None
    wrong = value if isinstance(value, Error) else price and draft.lacking(step, price)
    if wrong:
        draft.fail(step, wrong)
        return
    reserved = price.to_json() if price else _NOTHING
    draft.add(facts.StepStarted(step=step.path, attempt=step.attempt + 1, handler=capability.id, reserved=reserved))


def report(draft: Draft, order: commands.ReportStep) -> None:
    """Take the outcome of an attempt. An attempt that is no longer under way says nothing."""
    step = running(draft.state, order.step, order.attempt)
    if step is None or step.planning is not None:
        return
    outcome = order.outcome
    if isinstance(outcome, Ok):
        draft.complete(step, outcome.output, spent=_spent(step), usage=_usage(outcome.usage), logs=outcome.logs)
    elif isinstance(outcome, Waits):
        _wait(draft, step, outcome)
    else:
        _failed(draft, step, outcome)


def recover(draft: Draft, step: StepState) -> None:
    """Make an attempt again whose process died; fail the step where a second one might do harm."""
    says = f"the process that ran attempt {step.attempt} ended before it did"
    error = Error(type=Reason.INTERRUPTED, message=says, retryable=True, step=step.path)
    stop = _why_not_again(draft, step)
    retry_at = None if stop else draft.now
    draft.add(
        facts.AttemptFailed(
            step=step.path, attempt=step.attempt, error=error, spent=_spent(step), retry_at=retry_at, interrupted=True
        )
    )
    if stop:
        draft.fail(step, stop)
    else:
        begin(draft, draft.state.steps[step.path])


def _wait(draft: Draft, step: StepState, outcome: Waits) -> None:
    """Wait for what the handler asked for; run it again at once where a signal came while it ran."""
    since = draft.now if step.wait is None else step.wait.since
    until = None if outcome.timeout_s is None else since + timedelta(seconds=outcome.timeout_s)
    draft.add(
        facts.StepWaits(
            step=step.path,
            attempt=step.attempt,
            signal=outcome.signal,
            asks={**outcome.asks, "follows": follows(draft.state, step, draft.rules)},
            until=until,
            spent=_spent(step),
            usage=_usage(outcome.usage),
            logs=outcome.logs,
        )
    )
    waiting = draft.state.steps[step.path]
    assert waiting.wait is not None, "the fact says so"
    if len(waiting.wait.received) > waiting.wait.seen:
        begin(draft, waiting)


def _capability(draft: Draft, step: StepState) -> Capability | Error:
    wanted = step.handler or step.definition.handler or ""
    found = draft.rules.pinned(draft.state.known, wanted)
    if isinstance(found, Capability):
        return found
    unknown = found is Reason.HANDLER_UNKNOWN
    says = f"the catalog has no handler {wanted}" if unknown else f"handler {wanted} is not the one that the task began with"
    return Error(type=found, message=says, step=step.path)


def _failed(draft: Draft, step: StepState, outcome: Failed) -> None:
    error = Error(type=outcome.type, message=outcome.message, retryable=outcome.retryable, step=step.path)
    if _uncertain(outcome) and not draft.rules.repeatable(step):
        error = _effect_unknown(step, f"{outcome.type}: {outcome.message}")
    retry_at = retries.next_try(
        step.definition.retry or draft.rules.retry,
        attempt=step.tries + 1,
        error=error,
        now=draft.now,
        chance=draft.chance,
        retry_after_s=outcome.retry_after_s,
    )
    draft.add(
        facts.AttemptFailed(
            step=step.path,
            attempt=step.attempt,
            error=error,
            spent=_spent(step),
            retry_at=retry_at,
            usage=_usage(outcome.usage),
        )
    )
    if retry_at is None:
        draft.fail(step, error)


def _uncertain(outcome: Failed) -> bool:
    """Say whether the attempt was cut short, so that nobody knows how far it came."""
    cut_short = outcome.type in _CUT_SHORT or outcome.type.startswith(("limit_", "task_limit_"))
    return outcome.begun and cut_short


def _why_not_again(draft: Draft, step: StepState) -> Error | None:
    if not draft.rules.repeatable(step):
        return _effect_unknown(step, "the process that made the attempt ended")
    if step.interruptions >= draft.rules.interruptions:
        says = f"the process ended {step.interruptions + 1} times while this step was under way"
        return Error(type=Reason.TOO_MANY_INTERRUPTIONS, message=says, step=step.path)
    return None


def _effect_unknown(step: StepState, why: str) -> Error:
    says = (
        f"attempt {step.attempt} of {step.handler} may or may not have taken effect ({why}). Look whether it did; "
        "then submit the task again, or mark the step `idempotent` if it may be repeated"
    )
    return Error(type=Reason.EFFECT_UNKNOWN, message=says, step=step.path)


def _spent(step: StepState) -> JsonObject:
    """Charge the price of the attempt: it was made, whatever came of it."""
    return step.reserved.to_json() if step.reserved.cost_usd else _NOTHING


def _usage(usage: Usage) -> JsonObject:
    if usage == _NO_USAGE:
        return {}
    return {
        "wall_ms": usage.wall_ms,
        "cpu_ms": usage.cpu_ms,
        "host_calls": usage.host_calls,
        "moved_bytes": usage.moved_bytes,
        "output_bytes": usage.output_bytes,
        "log_bytes": usage.log_bytes,
    }
