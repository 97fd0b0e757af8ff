"""The graph of one scope: what each step waits for, declared and implied by references."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from fragments.conditions import steps_read
from fragments.documents import Step, Switch
from fragments.pointers import braced_texts
from fragments.references import parse, references_in
from schemas.values import Json

if TYPE_CHECKING:
    from networkx import DiGraph


def dependencies(steps: Sequence[Step]) -> dict[str, tuple[str, ...]]:
    """Map each step of one scope to the steps of the scope that it waits for: declared first, then those that it reads.

    Conditions and fallbacks read as inputs do. What the steps of a loop's or a branch's body read of the names around counts
    for the loop or the switch. Names that are not in the scope, and the step itself, are left out.
    """
    found: dict[str, dict[str, None]] = {step.name: {} for step in steps}
    for step in steps:
        awaited = (*step.depends_on, *reads(step))
        found[step.name].update((name, None) for name in awaited if name in found and name != step.name)
    return {name: tuple(awaited) for name, awaited in found.items()}


def reads(step: Step) -> Iterator[str]:
    """Go through the names of steps around `step` that it reads anywhere, in document order, repeated as often as read."""
    yield from _named(step.input)
    if step.when is not None:
        yield from steps_read(step.when)
    if step.for_each is not None:
        yield from _named(step.for_each.items)
    if step.for_each is not None or step.steps is not None:
        yield from _read_around(step.steps or (), step.for_each.output if step.for_each is not None else None)
    if step.switch is not None:
        yield from _read_by_switch(step.switch)
    if step.fallback is not None:
        yield from _named(step.fallback.input)
        yield from _named(step.fallback.output)


def _read_around(steps: Sequence[Step], output: Json) -> Iterator[str]:
    """Go through what the steps of an open scope, and its output, read of the names around it."""
    inner = {nested.name for nested in steps}
    for nested in steps:
        yield from (name for name in reads(nested) if name not in inner)
        yield from (name for name in nested.depends_on if name not in inner)
    yield from (name for name in _named(output) if name not in inner)


def _read_by_switch(switch: Switch) -> Iterator[str]:
    yield from _named(switch.value)
    for case in switch.cases:
        if case.when is not None:
            yield from steps_read(case.when)
    for branch in (*switch.cases, *((switch.default,) if switch.default is not None else ())):
        yield from _named(branch.input)
        yield from _read_around(branch.steps or (), branch.output)


def cycles(waits: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Spell out a shortest circle through the first step of each knot: `(a, b)` where a waits for b and b for a."""
    import networkx as nx  # noqa: PLC0415 - takes 0.15 s to load: only where steps wait in a circle

    graph: nx.DiGraph[str] = nx.DiGraph((name, before) for name, befores in waits.items() for before in befores)
    position = {name: i for i, name in enumerate(waits)}
    knots = [knot for knot in nx.strongly_connected_components(graph) if len(knot) > 1]
    firsts = {min(knot, key=lambda name: position[name]): knot for knot in knots}
    return [_circle(graph.subgraph(firsts[first]), first) for first in sorted(firsts, key=lambda name: position[name])]


def order(waits: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """Order the steps of a scope so that each comes after those that it waits for; those that wait for a circle come apart."""
    missing = {name: len(befores) for name, befores in waits.items()}
    after: dict[str, list[str]] = {name: [] for name in waits}
    for name, befores in waits.items():
        for before in befores:
            after[before].append(name)
    ready = [name for name, count in missing.items() if count == 0]
    for name in ready:  # grows while it is gone through
        for waiting in after[name]:
            missing[waiting] -= 1
            if missing[waiting] == 0:
                ready.append(waiting)
    return ready, [name for name, count in missing.items() if count > 0]


def _circle(knot: "DiGraph[str]", first: str) -> tuple[str, ...]:
    from networkx import bfs_predecessors  # noqa: PLC0415 - as above

    came_from = dict(bfs_predecessors(knot, first))  # in the order of distance
    end = next(name for name in came_from if knot.has_edge(name, first))
    back = [end]
    while back[-1] != first:
        back.append(came_from[back[-1]])
    return tuple(back[::-1])


def last(waits: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Name the steps of a scope for which no other waits."""
    awaited = {name for names in waits.values() for name in names}
    return tuple(name for name in waits if name not in awaited)


def _named(value: Json) -> Iterator[str]:
    parts = (part for text in braced_texts(value) for part in parse(text))
    return (reference.step for part in parts for reference in references_in(part) if reference.step is not None)
