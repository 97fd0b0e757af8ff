"""The end of a scope: its output or its error, and what follows for the step or the task that it belongs to."""

from engine import facts, steps
from engine.decisions import loops, planning
from engine.decisions.draft import Draft
from engine.facts import Error
from engine.lookups import resolved
from engine.reasons import Reason
from engine.state import ROOT, ScopeState, TaskState
from fragments.references import Unresolvable
from schemas.values import Json


def end(draft: Draft, path: str, error: Error | None) -> None:
    """Close a scope whose steps are all complete, or that cannot go on because of `error`."""
    scope = draft.state.scopes[path]
    if scope.ended:
        return
    output: Json = None
    if error is None:
        output, error = _output(draft, scope)
    if error is not None:
        draft.abandon(scope, f"{error.type} in step {error.step}" if error.step else error.type)
    draft.add(facts.ScopeClosed(scope=path, output=output, error=error))
    if scope.owner is None:
        _end_task(draft, output, error)
    elif scope.kind == "item":
        loops.after_item(draft, scope.owner, error)
    else:
        planning.after_phase(draft, scope.owner, output, error)


def _output(draft: Draft, scope: ScopeState) -> tuple[Json, Error | None]:
    owner = scope.owner or ROOT
    try:
        output = written_output(draft.state, scope)
    except Unresolvable as missing:
        return None, Error(type=Reason.REFERENCE_UNRESOLVED, message=f"the output: {missing}", step=owner)
    says = planning.breach(draft, scope, output) if scope.kind == "plan" else None
    return (output, None) if says is None else (None, Error(type=Reason.MUST_PRODUCE_VIOLATED, message=says, step=owner))


def written_output(state: TaskState, scope: ScopeState) -> Json:
    """Give what the output of a scope comes to, as its document writes it. Raises `Unresolvable`."""
    return _default(state, scope) if _unwritten(state, scope) else resolved(state, scope, scope.output)


def _default(state: TaskState, scope: ScopeState) -> Json:
    """Give an item's output where none is written: that of its only last step."""
    last = scope.blueprint.last
    return state.steps[scope.step(last[0])].output if len(last) == 1 else None


def _unwritten(state: TaskState, scope: ScopeState) -> bool:
    """Say whether an item's output is left to the default; a null that somebody wrote is an output."""
    if scope.kind != "item":
        return False
    loop = state.steps[scope.owner or ROOT].definition.for_each
    return loop is not None and "output" not in loop.model_fields_set


def _end_task(draft: Draft, output: Json, error: Error | None) -> None:
    if error is None:
        draft.add(facts.TaskCompleted(output=output))
        return
    done = draft.state.steps_in(draft.state.scopes[ROOT])
    partial = {step.definition.name: step.output for step in done if step.status is steps.Status.COMPLETE}
    draft.add(facts.TaskFailed(error=error, partial=partial))
