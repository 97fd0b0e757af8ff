"""Check 9: what a run uses at worst, against what is left.

Loops count with all their items, of branches the costliest, a fallback with all that it may add, plans within with all that
they may use.
"""

from collections.abc import Iterator
from math import isfinite

from fragments.bounds import Bounds, Left
from fragments.checks.flows import Flows
from fragments.checks.worst import worst_case
from fragments.problems import Problem
from fragments.workflows import WorkflowInterface


def check_bounds(flows: Flows) -> Iterator[Problem]:
    """Find documents that may use more than is left."""
    bound, left = worst_case(flows).bound, flows.view.left
    loops = _widest(flows)
    if bound.steps > left.steps:
        says = f"At worst {bound.steps:,} steps run; {left.steps:,} are left."
        yield Problem(code="bounds.steps", where="/steps", says=says, hint=loops or "Use fewer steps.")
    if bound.model_calls > left.model_calls:
        calls = f"{bound.model_calls:,} model call{' is' if bound.model_calls == 1 else 's are'}"
        says = f"At worst {calls} made; {left.model_calls:,} are left."
        yield Problem(code="bounds.model_calls", where="/steps", says=says, hint=_plans(flows))
    if bound.cost_usd > left.cost_usd:
        spent = f"At worst {bound.cost_usd:g} USD are spent" if isfinite(bound.cost_usd) else "Nothing bounds what is spent"
        says = f"{spent}; {left.cost_usd:g} USD are left."
        yield Problem(code="bounds.cost", where="/steps", says=says, hint=loops or _plans(flows))


def check_prices(flows: Flows) -> Iterator[Problem]:
    """Find handlers of which nobody knows what a call costs: an unknown price is not free."""
    for body in flows.view.bodies:
        if body.capability is not None and not isfinite(body.capability.cost_usd):
            says = f"{body.label}: nothing says what a call of {body.capability.id} costs."
            advice = "Use another handler, or have its description say a price."
            yield Problem(code="bounds.price", where=f"{body.pointer}/handler", says=says, hint=advice)


def check_allowances(flows: Flows) -> Iterator[Problem]:
    """Find planning steps that ask for more than is left, or for which nothing is left."""
    left = flows.view.left
    for node in flows.view.nodes:
        if isinstance(node.child, WorkflowInterface) and node.child.bound.depth > left.depth:
            says = (
                f"{node.label} runs a workflow that plans within planning {node.child.bound.depth} deep; {left.depth} are left."
            )
            yield Problem(code="bounds.depth", where=f"{node.pointer}/workflow", says=says, hint="Give it less to plan.")
        if not node.planning:
            continue
        if left.depth < 1:
            says = f'Step "{node.step.name}" plans; no further planning within planning is left.'
            yield Problem(code="bounds.depth", where=node.pointer, says=says, hint="Plan the steps themselves.")
        asked = node.step.bounds or Bounds()
        for key, code, want, have in _asked(asked, left):
            if want is not None and want > have:
                says = f'Step "{node.step.name}" asks for {key} {want:g}; {have:g} are left.'
                yield Problem(code=code, where=f"{node.pointer}/bounds/{key}", says=says, hint=f"At most {have:g}.")


def _asked(bounds: Bounds, left: Left) -> list[tuple[str, str, float | None, float]]:
    wall = bounds.wall_clock.total_seconds() if bounds.wall_clock is not None else None
    return [
        ("steps", "bounds.steps", bounds.steps, left.steps),
        ("phases", "bounds.phases", bounds.phases, left.phases),
        ("model_calls", "bounds.model_calls", bounds.model_calls, left.model_calls),
        ("cost_usd", "bounds.cost", bounds.cost_usd, left.cost_usd),
        ("wall_clock", "bounds.wall_clock", wall, left.wall_clock_s),
    ]


def _widest(flows: Flows) -> str:
    loops = sorted(
        ((flows.width(node), node.step.name) for node in flows.view.nodes if node.step.for_each is not None), reverse=True
    )
    shown = ", ".join(f"{name} ({width:,} item{'' if width == 1 else 's'})" for width, name in loops[:3])
    return f"Lower max_items of the loops: {shown}." if shown else ""


def _plans(flows: Flows) -> str:
    names = ", ".join(node.step.name for node in flows.view.nodes if node.planning)
    return f'Give the planning steps smaller "bounds": {names}.' if names else ""
