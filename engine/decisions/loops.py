"""Loops: a scope for every item, so many at a time, and one output from all of them."""

from engine import facts
from engine.decisions.draft import Draft
from engine.facts import Error
from engine.lookups import resolved
from engine.reasons import Reason
from engine.state import LoopState, StepState, TaskState
from fragments.bounds import Amounts
from fragments.documents import ForEach, OnFailure
from schemas.values import Json

_NAMES = {dict: "an object", str: "a text", bool: "a boolean", type(None): "null"}


def begin(draft: Draft, step: StepState) -> None:
    """Start a loop: as many items as may run side by side; no items at all complete it."""
    loop = _for_each(step)
    items = draft.resolved(step, loop.items)
    wrong = items if isinstance(items, Error) else _unfit(step, loop, items)
    if wrong:
        draft.fail(step, wrong)
        return
    draft.add(facts.StepStarted(step=step.path, attempt=1, handler=None, reserved={}, items=len(items)))
    _go_on(draft, step.path)


def after_item(draft: Draft, path: str, error: Error | None) -> None:
    """Begin the next item, or end the loop."""
    step = draft.state.steps[path]
    loop = _for_each(step)
    if error is not None and (loop.on_failure is OnFailure.FAIL_FAST or error.type == Reason.BOUNDS_EXHAUSTED):
        draft.fail(step, error)
        return
    _go_on(draft, path)


def _go_on(draft: Draft, path: str) -> None:
    step = draft.state.steps[path]
    loop, progress = _for_each(step), _progress(step)
    while progress.opened < progress.count and len(step.children) < loop.max_parallel:
        wrong = draft.lacking(step, Amounts(steps=len(progress.blueprint.definitions)))
        if wrong:
            draft.fail(step, wrong)
            return
        draft.open(
            facts.ScopeOpened(
                scope=f"{path}/{progress.opened}",
                kind="item",
                steps=(),
                output=loop.output,
                bindings={loop.as_: item(draft.state, step, progress.opened), loop.index: progress.opened},
            )
        )
        step = draft.state.steps[path]
        progress = _progress(step)
    if not step.children:
        draft.complete(step, output(progress), spent={})


def item(state: TaskState, step: StepState, index: int) -> Json:
    """Look one item up where it stands: kept in the state, every list would be there twice. Raises `Unresolvable`."""
    items, scope = _for_each(step).items, state.scopes[step.scope]
    if isinstance(items, (list, tuple)):
        return resolved(state, scope, items[index])
    return resolved(state, scope, items)[index]


def _unfit(step: StepState, loop: ForEach, items: Json) -> Error | None:
    if not isinstance(items, (list, tuple)):
        says = f"for_each goes over a list; its items are {_NAMES.get(type(items), 'a number')}"
        return Error(type=Reason.ITEMS_INVALID, message=says, step=step.path)
    if len(items) > loop.max_items:
        says = f"there are {len(items)} items and max_items is {loop.max_items}"
        return Error(type=Reason.TOO_MANY_ITEMS, message=says, step=step.path)
    return None


def output(progress: LoopState) -> Json:
    """Give what a loop comes to: the outputs and failures of its items."""
    failures = progress.failures
    return {
        "outputs": [progress.outputs.get(index) for index in range(progress.count)],
        "item_count": progress.count,
        "success_count": progress.count - len(failures),
        "failure_count": len(failures),
        "failures": [{"index": index, "error": _shown(failures[index])} for index in sorted(failures)],
    }


def _shown(error: Error) -> Json:
    return {"type": error.type, "message": error.message, "step": error.step}


def _for_each(step: StepState) -> ForEach:
    assert step.definition.for_each is not None, "only loops come here"
    return step.definition.for_each


def _progress(step: StepState) -> LoopState:
    assert step.loop is not None, "a loop that was begun has its progress"
    return step.loop
