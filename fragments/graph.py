"""The graph of one scope: what each step waits for, declared and implied by references."""

from collections.abc import Iterator, Mapping, Sequence

import networkx as nx

from fragments.documents import Step
from fragments.pointers import braced_texts
from fragments.references import Reference, parse


def dependencies(steps: Sequence[Step]) -> dict[str, tuple[str, ...]]:
    """Map each step of one scope to the steps of the scope that it waits for: declared first, then those that it reads.

    What the steps of a loop's body read of the names around the loop counts for the loop. Names that are not in the scope, and
    the step itself, are left out.
    """
    found: dict[str, dict[str, None]] = {step.name: {} for step in steps}
    for step in steps:
        awaited = (*step.depends_on, *reads(step))
        found[step.name].update((name, None) for name in awaited if name in found and name != step.name)
    return {name: tuple(awaited) for name, awaited in found.items()}


def reads(step: Step) -> Iterator[str]:
    """Go through the names of steps around `step` whose outputs it reads, in document order, repeated as often as read."""
    yield from _named(step.input)
    if step.for_each is not None:
        yield from _named(step.for_each.items)
    inner = {nested.name for nested in step.steps or ()}
    for nested in step.steps or ():
        yield from (name for name in reads(nested) if name not in inner)
        yield from (name for name in nested.depends_on if name not in inner)
    if step.for_each is not None:
        yield from (name for name in _named(step.for_each.output) if name not in inner)


def layers(waits: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Order the steps of a scope: each layer waits only for earlier ones. Raises `networkx.NetworkXUnfeasible` for a cycle."""
    return [tuple(sorted(layer)) for layer in nx.topological_generations(_graph(waits))]


def cycles(waits: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Spell out a shortest circle through the first step of each knot: `(a, b)` where a waits for b and b for a."""
    graph = _graph(waits).reverse(copy=False)
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


def _circle(knot: "nx.DiGraph[str]", first: str) -> tuple[str, ...]:
    came_from = dict(nx.bfs_predecessors(knot, first))  # in the order of distance
    end = next(name for name in came_from if knot.has_edge(name, first))
    back = [end]
    while back[-1] != first:
        back.append(came_from[back[-1]])
    return tuple(back[::-1])


def last(waits: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Name the steps of a scope for which no other waits."""
    awaited = {name for names in waits.values() for name in names}
    return tuple(name for name in waits if name not in awaited)


def _graph(waits: Mapping[str, Sequence[str]]) -> "nx.DiGraph[str]":
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(waits)
    graph.add_edges_from((before, name) for name, befores in waits.items() for before in befores)
    return graph


def _named(value: object) -> Iterator[str]:
    parts = (part for text in braced_texts(value) for part in parse(text))
    return (part.step for part in parts if isinstance(part, Reference) and part.step is not None)
