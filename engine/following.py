"""What follows a step of a running task, in its own plan and in every plan around: what an approver answers for."""

from dataclasses import replace
from functools import partial

from catalog.capability import Capability
from engine.rules import Rules
from engine.state import ScopeState, StepState, TaskState
from fragments.following import Follower, following
from schemas.values import JsonObject

MOST_TOLD = 200
"""As many calls are listed; the count tells of the others."""


def follows(state: TaskState, step: StepState, rules: Rules) -> JsonObject:
    """Write what follows a step: `{steps: [{step, handler, effect, writes, hosts, channels}], count}`, nearest first."""
    found: list[Follower] = []
    closed = state.scopes[state.scopes[step.scope].closed_in]
    while True:
        found += _in_scope(state, closed, step, rules)
        if closed.owner is None:
            break
        step = state.steps[closed.owner]
        closed = state.scopes[state.scopes[step.scope].closed_in]
    return {"steps": [one.to_json() for one in found[:MOST_TOLD]], "count": len(found)}


def address_in(closed: ScopeState, step: StepState) -> str:
    """Give the address of a step within its document, without the numbers of items."""
    within = step.path.removeprefix(f"{closed.path}/") if closed.path else step.path
    names = within.split("/")[::2]
    # A loop without nested steps is a scope of its own, whose only step has the same name.
    return "/".join(names[:-1] if names[-2:] == [step.definition.name] * 2 else names)


def capability_of(state: TaskState, rules: Rules, handler: str) -> Capability | None:
    """Give the capability that a step's `handler` means in a task; None where there is none."""
    found = rules.pinned(state.known, handler)
    return found if isinstance(found, Capability) else None


def _in_scope(state: TaskState, closed: ScopeState, step: StepState, rules: Rules) -> list[Follower]:
    steps = tuple(closed.blueprint.definitions.values())
    found = following(steps, address_in(closed, step), partial(capability_of, state, rules))
    way = f"{closed.path}/" if closed.path else ""
    return [replace(one, step=f"{way}{one.step}") for one in found]
