"""Submission, and the ends that come from outside: cancelled, out of time, interrupted."""

from engine import commands, facts, ledger, steps
from engine.contracts import misfit
from engine.decisions import attempts, planning
from engine.decisions.draft import Draft, exhausted
from engine.facts import Error
from engine.reasons import Reason
from engine.state import ROOT, StepState
from fragments.bounds import Amounts
from schemas.values import JsonObject, digest


def submit(draft: Draft, order: commands.Submit) -> None:
    """Begin a task; what can be known at once to be wrong ends it at once."""
    template = _document(order)
    draft.add(
        facts.TaskSubmitted(
            namespace=order.template.namespace,
            template=template,
            input=order.input,
            goal=order.goal,
            model=order.model,
            left=order.left.to_json(),
            hosts=order.hosts,
            catalog=order.catalog,
            digest=order.digest,
            authority=order.authority,
        )
    )
    wrong = _wrong(draft, order)
    if wrong:
        draft.add(facts.TaskFailed(error=wrong))
        return
    draft.open(_root(order, template))


def content(begun: facts.TaskSubmitted) -> str:
    """Name the content of a submission by its digest: two with the same began, or would have begun, the same work."""
    return digest([begun.template, begun.input, begun.goal, begun.model])


def content_of(order: commands.Submit) -> str:
    """Name the content of a submission that is still to come."""
    return digest([_document(order), order.input, order.goal, order.model])


def cancel(draft: Draft, order: commands.Cancel) -> None:
    """Cancel every step and end the task."""
    draft.add(facts.CancelRequested(reason=order.reason))
    draft.abandon(draft.state.scopes[ROOT], order.reason)
    draft.add(facts.ScopeClosed(scope=ROOT, error=Error(type=Reason.CANCELLED, message=order.reason)))
    draft.add(facts.TaskCancelled(reason=order.reason))


def expire(draft: Draft, order: commands.Expire) -> None:
    """Fail the task, or one planning step, whose time is used up."""
    says = "the bound wall_clock is used up"
    if order.step == ROOT:
        draft.endings.append((ROOT, Error(type=Reason.WALL_CLOCK_EXHAUSTED, message=says)))
        return
    step = draft.state.steps.get(order.step)
    if step is not None and not step.finished:
        draft.fail(step, Error(type=Reason.WALL_CLOCK_EXHAUSTED, message=says, step=step.path))


def under_way(draft: Draft) -> list[StepState]:
    """Give the steps that were doing something when the process died."""
    found = (step for _, step in draft.state.steps.items() if step.status is steps.Status.RUNNING)
    return sorted(found, key=lambda step: step.path)


def recover(draft: Draft, step: StepState) -> None:
    """Take up one step that was under way when the process died."""
    if step.planning is None:
        attempts.recover(draft, step)
    else:
        planning.recover(draft, step)


def _document(order: commands.Submit) -> JsonObject:
    document: JsonObject = order.template.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return document


def _wrong(draft: Draft, order: commands.Submit) -> Error | None:
    says = misfit(order.template.input_schema, order.input)
    if says is not None:
        return Error(type=Reason.INPUT_INVALID, message=f"the input does not fit the template: {says}")
    bound = ledger.lacking(draft.state.ledger, ROOT, Amounts(steps=len(order.template.steps)))
    return None if bound is None else exhausted("", bound)


def _root(order: commands.Submit, template: JsonObject) -> facts.ScopeOpened:
    return facts.ScopeOpened(
        scope=ROOT,
        kind="root",
        steps=tuple(template["steps"]),
        output=template.get("output"),
        input=order.input,
        left=order.left.to_json(),
    )
