"""Check 9: what a run uses at worst, against what is left.

Loops count with all their items, plans within with all that they may use.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fragments.bounds import Bounds, Left
from fragments.checks.flows import Flows
from fragments.checks.view import Node, Scope
from fragments.documents import Retry
from fragments.problems import Problem
from fragments.proofs import Bound

MOST_ATTEMPTS = 20
"""Attempts that any `retry` may ask for: what a step of a plan not yet made may cost."""

_USUAL = Retry()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The worst case; `open_plans` says whether plans within may take all that is left."""

    bound: Bound
    open_plans: bool


def worst_case(flows: Flows) -> Worst:
    """Compute what no run exceeds. A plan within that has no bound of its own may use all that is left."""
    left = flows.view.left
    sums = _Sums()
    _add_scope(flows, flows.view.root, 1, sums)
    static = Bound(
        steps=sums.steps,
        handler_calls=sums.handler_calls,
        model_calls=sums.model_calls,
        cost_usd=round(sums.cost_usd, 9),
        depth=_depth(flows),
    )
    return Worst(bound=static if not sums.open_plans else _with_all_left(static, sums, left), open_plans=sums.open_plans > 0)


def check_bounds(flows: Flows) -> Iterator[Problem]:
    """Find documents that may use more than is left."""
    bound, left = worst_case(flows).bound, flows.view.left
    loops = _widest(flows)
    if bound.steps > left.steps:
        says = f"At worst {bound.steps:,} steps run; {left.steps:,} are left."
        yield Problem(code="bounds.steps", where="/steps", says=says, hint=loops or "Use fewer steps.")
    if bound.model_calls > left.model_calls:
        says = f"At worst {bound.model_calls:,} model calls are made; {left.model_calls:,} are left."
        yield Problem(code="bounds.model_calls", where="/steps", says=says, hint=_plans(flows))
    if bound.cost_usd > left.cost_usd:
        says = f"At worst {bound.cost_usd:g} USD are spent; {left.cost_usd:g} are left."
        yield Problem(code="bounds.cost", where="/steps", says=says, hint=loops or _plans(flows))


def check_allowances(flows: Flows) -> Iterator[Problem]:
    """Find planning steps that ask for more than is left, or for which nothing is left."""
    left = flows.view.left
    for node in flows.view.nodes:
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


@dataclass(slots=True)
class _Sums:
    steps: int = 0
    handler_calls: int = 0
    model_calls: int = 0
    cost_usd: float = 0.0
    open_plans: int = 0  # instances of planning steps that leave steps, calls or money unbounded
    open_steps: bool = False
    open_calls: bool = False
    open_cost: bool = False


def _add_scope(flows: Flows, scope: Scope, times: int, sums: _Sums) -> None:
    for node in scope.nodes:
        sums.steps += times
        inner = times
        if node.step.for_each is not None:
            inner = times * flows.width(node)
        if node.inner is not None and node.step.steps is not None:
            _add_scope(flows, node.inner, inner, sums)
        elif node.planning:
            _add_plan(node, times, sums)
        else:
            sums.steps += inner if node.step.for_each is not None else 0
            attempts = inner * (node.step.retry or _USUAL).max_attempts
            sums.handler_calls += attempts
            sums.cost_usd += attempts * (node.capability.cost_usd if node.capability is not None else 0.0)


def _add_plan(node: Node, times: int, sums: _Sums) -> None:
    asked = node.step.bounds or Bounds()
    steps = 1 if asked.steps is None else asked.steps  # at least one, where it takes what is left
    sums.steps += times * steps
    sums.handler_calls += times * steps * MOST_ATTEMPTS
    sums.model_calls += times * (1 if asked.model_calls is None else max(1, asked.model_calls))
    sums.cost_usd += times * (asked.cost_usd or 0.0)
    sums.open_steps |= asked.steps is None
    sums.open_calls |= asked.model_calls is None
    sums.open_cost |= asked.cost_usd is None
    sums.open_plans += times if asked.steps is None or asked.model_calls is None or asked.cost_usd is None else 0


def _with_all_left(static: Bound, sums: _Sums, left: Left) -> Bound:
    steps = max(static.steps, left.steps) if sums.open_steps else static.steps
    return Bound(
        steps=steps,
        handler_calls=static.handler_calls + (steps - static.steps) * MOST_ATTEMPTS,
        model_calls=max(static.model_calls, left.model_calls) if sums.open_calls else static.model_calls,
        cost_usd=max(static.cost_usd, left.cost_usd) if sums.open_cost else static.cost_usd,
        depth=static.depth,
    )


def _depth(flows: Flows) -> int:
    within = max(0, flows.view.left.depth - 1)
    asked = [node.step.bounds.depth if node.step.bounds else None for node in flows.view.nodes if node.planning]
    return max((1 + min(within, within if depth is None else depth) for depth in asked), default=0)


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
    shown = ", ".join(f"{name} ({width:,} items)" for width, name in loops[:3])
    return f"Lower max_items of the loops: {shown}." if shown else ""


def _plans(flows: Flows) -> str:
    names = ", ".join(node.step.name for node in flows.view.nodes if node.planning)
    return f'Give the planning steps smaller "bounds": {names}.' if names else ""
