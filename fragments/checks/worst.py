"""The worst case of a document: no run uses more steps, calls, money or time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from math import ceil
from typing import Any, NamedTuple

from catalog.capability import OUTSIDE, Capability, Effect
from fragments.bounds import Bounds, Left
from fragments.checks.flows import Flows
from fragments.checks.layout import Arm, Body, Node, Scope
from fragments.documents import Backoff, Retry
from fragments.proofs import Bound
from fragments.workflows import WorkflowInterface

MOST_ATTEMPTS = 20
"""Attempts that any `retry` may ask for: what a step of a plan not yet made may cost."""

LONGEST_RETRY_AFTER_S = 300.0
"""As long as the engine waits at most because an answer asked for it, where the policy's own cap is not longer."""

_USUAL = Retry()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The worst case; `open_plans` says whether plans within may take all that is left."""

    bound: Bound
    open_plans: bool


class _Sums(NamedTuple):
    """What is used at worst; `open_...` counts the planning steps that leave an amount unbounded."""

    steps: int = 0
    handler_calls: int = 0
    model_calls: int = 0
    cost_usd: float = 0.0
    wall_clock_s: float = 0.0
    open_steps: int = 0
    open_calls: int = 0
    open_cost: int = 0

    def times(self, count: int, *, in_turn: int) -> "_Sums":
        """Use everything so many times, `in_turn` of them one after another."""
        product: list[Any] = [amount * count for amount in self]
        return _Sums(*product)._replace(wall_clock_s=self.wall_clock_s * in_turn)


@lru_cache(maxsize=1)  # asked for twice in one check
def worst_case(flows: Flows) -> Worst:
    """Compute what no run exceeds. A plan within that has no bound of its own may use all that is left."""
    left = flows.view.left
    sums = _scope(flows, flows.view.root)
    open_plans = bool(sums.open_steps or sums.open_calls or sums.open_cost)
    static = Bound(
        steps=sums.steps,
        handler_calls=sums.handler_calls,
        model_calls=sums.model_calls,
        cost_usd=round(sums.cost_usd, 9),
        depth=_depth(flows),
        wall_clock_s=round(sums.wall_clock_s, 3),
    )
    return Worst(bound=static if not open_plans else _with_all_left(static, sums, left), open_plans=open_plans)


def _scope(flows: Flows, scope: Scope) -> _Sums:
    """Add the steps of a scope up; of their times, the longest way through the graph."""
    each = {node.step.name: _node(flows, node) for node in scope.nodes}
    ends: dict[str, float] = {}
    for name in scope.order[0]:
        begins = max([ends[before] for before in scope.waits[name]], default=0.0)
        ends[name] = begins + each[name].wall_clock_s
    return _all(each.values())._replace(wall_clock_s=max(ends.values(), default=0.0))


def _node(flows: Flows, node: Node) -> _Sums:
    loop = node.step.for_each
    once = _once(flows, node)
    if loop is None:
        return _Sums(once.steps + 1, *once[1:])
    width = flows.width(node)
    instances = 0 if node.step.steps is not None else 1  # an item of a handler is a step of its own
    items = once._replace(steps=once.steps + instances).times(width, in_turn=ceil(width / loop.max_parallel))
    return items._replace(steps=items.steps + 1)


def _once(flows: Flows, node: Node) -> _Sums:
    """Add up one run of a step, without the step itself."""
    left = flows.view.left
    if node.step.steps is not None and node.inner is not None:
        own = _scope(flows, node.inner)
    elif node.arms:
        own = _most([_arm(flows, arm) for arm in node.arms])
    elif node.planning:
        own = _plan(node.step.bounds or Bounds(), left)
    elif isinstance(node.child, WorkflowInterface):
        own = _child(node.child.bound)
    else:
        own = _Sums() if node.body is None else _body(node.body, left)
    return own if node.fallback is None else _all([own, _body(node.fallback, left)])


def _arm(flows: Flows, arm: Arm) -> _Sums:
    if arm.inner is not None:
        return _scope(flows, arm.inner)
    return _Sums() if arm.body is None else _body(arm.body, flows.view.left)


def _body(body: Body, left: Left) -> _Sums:
    retry = body.node.step.retry or _USUAL
    attempts = retry.max_attempts
    capability = body.capability
    cost = capability.cost_usd if capability is not None else 0.0
    return _Sums(handler_calls=attempts, cost_usd=attempts * cost, wall_clock_s=_lasts(body, retry, left))


def _lasts(body: Body, retry: Retry, left: Left) -> float:
    timeout, capability = body.node.step.timeout, body.capability
    if capability is not None and _may_wait(capability) and body.effect is Effect.WAIT:
        return left.wall_clock_s  # whoever is waited for may take all the time that there is
    attempt = timeout.total_seconds() if timeout is not None else capability.limits.wall_ms / 1000 if capability else 0.0
    waits = _waits(retry.max_attempts, retry.backoff, retry.base, retry.cap, retry.jitter)
    if capability is not None and OUTSIDE & set(
        capability.imports
    ):  # whoever is asked outside may ask for a longer wait than the policy's
        waits = max(retry.cap.total_seconds(), LONGEST_RETRY_AFTER_S) * (retry.max_attempts - 1)
    return attempt * retry.max_attempts + waits


def _may_wait(capability: Capability) -> bool:
    by = capability.effect_by
    return capability.effect is Effect.WAIT or (by is not None and Effect.WAIT in by.is_.values())


@lru_cache(maxsize=256)
def _waits(attempts: int, backoff: Backoff, base: timedelta, cap: timedelta, jitter: float) -> float:
    """Add up the longest waits between attempts."""
    longest, total = base.total_seconds() * (1 + jitter), 0.0
    for i in range(1, attempts):
        factor = {Backoff.NONE: 1, Backoff.LINEAR: i, Backoff.EXPONENTIAL: 1 << (i - 1)}[backoff]
        total += min(longest * factor, cap.total_seconds())
    return total


def _plan(asked: Bounds, left: Left) -> _Sums:
    steps = 1 if asked.steps is None else asked.steps  # at least one, where it takes what is left
    return _Sums(
        steps=steps,
        handler_calls=steps * MOST_ATTEMPTS,
        model_calls=1 if asked.model_calls is None else max(1, asked.model_calls),
        cost_usd=asked.cost_usd or 0.0,
        wall_clock_s=left.wall_clock_s if asked.wall_clock is None else asked.wall_clock.total_seconds(),
        open_steps=asked.steps is None,
        open_calls=asked.model_calls is None,
        open_cost=asked.cost_usd is None,
    )


def _child(bound: Bound) -> _Sums:
    return _Sums(bound.steps, bound.handler_calls, bound.model_calls, bound.cost_usd, bound.wall_clock_s)


def _all(parts: Iterable[_Sums]) -> _Sums:
    return _joined(sum, parts)


def _most(parts: Iterable[_Sums]) -> _Sums:
    return _joined(max, parts)


def _joined(join: Callable[..., Any], parts: Iterable[_Sums]) -> _Sums:
    return _Sums(*(join(amounts) for amounts in zip(*parts, strict=True)))


def _with_all_left(static: Bound, sums: _Sums, left: Left) -> Bound:
    steps = max(static.steps, left.steps) if sums.open_steps else static.steps
    return replace(
        static,
        steps=steps,
        handler_calls=static.handler_calls + (steps - static.steps) * MOST_ATTEMPTS,
        model_calls=max(static.model_calls, left.model_calls) if sums.open_calls else static.model_calls,
        cost_usd=max(static.cost_usd, left.cost_usd) if sums.open_cost else static.cost_usd,
    )


def _depth(flows: Flows) -> int:
    within = max(0, flows.view.left.depth - 1)
    asked = [node.step.bounds.depth if node.step.bounds else None for node in flows.view.nodes if node.planning]
    planned = (1 + min(within, within if depth is None else depth) for depth in asked)
    children = (node.child.bound.depth for node in flows.view.nodes if isinstance(node.child, WorkflowInterface))
    return max((*planned, *children), default=0)
