"""Where the values of a document come from: the inputs that a step reads, over whatever way, and whether the world had a say.

Data flows from inputs and steps into the inputs of steps, into what loops go through, and into outputs. Whether a step runs
at all (`when`, `depends_on`) is not data. A step's output is of the world where its handler asks or waits for something
outside, or where it reads what is of the world.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from catalog.capability import Capability, Effect
from fragments.constructs import branches_of
from fragments.documents import Branch, Fallback, Step, StepType
from fragments.graph import dependencies, order
from fragments.reference_text import Key, spelled
from fragments.references import FAILURE, SECRETS, Reference, find
from schemas.values import Json

FindCapability: TypeAlias = Callable[[str], Capability | None]
"""Gives the capability that a step's `handler` means; None where there is none."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a value is made of: `inputs` are the paths below `input` that it was read from; `world`: not of those alone."""

    inputs: frozenset[tuple[Key, ...]] = frozenset()
    world: bool = False

    def __or__(self, other: "Sources") -> "Sources":
        """Join what two values are made of."""
        if self.inputs is other.inputs or not other.inputs:
            return self if self.world or not other.world else Sources(self.inputs, world=True)
        if not self.inputs and (other.world or not self.world):
            return other
        return Sources(self.inputs | other.inputs, self.world or other.world)

    @property
    def in_words(self) -> tuple[str, ...]:
        """Say which hosts whoever reads this may reach, where the inputs are not known yet."""
        return tuple(sorted(f"any host of input{spelled(*path)}" for path in self.inputs))


NOTHING = Sources()
WORLD = Sources(world=True)


@dataclass(slots=True)
class Origins:
    """The sources of one document, by address without item numbers (`pages/fetch`, `route/0`, `get/fallback`).

    `reads` holds what the input of each handler's call, plan or workflow is made of; `keys` the same for every key of what
    plans and workflows are given, whose names a closed scope knows.
    """

    reads: dict[str, Sources] = field(default_factory=dict)
    keys: dict[str, dict[str, Sources]] = field(default_factory=dict)

    def read(self, address: str) -> Sources:
        """Say what the input of a call, plan or workflow is made of; for one that cannot be reached, anything."""
        return self.reads.get(bare(address), WORLD)


def origins(steps: Sequence[Step], find_capability: FindCapability) -> Origins:
    """Trace every value of a document's steps back to where it came from."""
    found = Origins()
    _Trace(find_capability, found).scope(steps, {}, "")
    return found


def bare(address: str) -> str:
    """Leave the `*` of items out of an address as checks write it: `pages/*/fetch` is `pages/fetch`."""
    return "/".join(part for part in address.split("/") if part != "*")


_Names: TypeAlias = Mapping[tuple[str, str], Sources]
"""What names mean in a place: `("steps", NAME)`, and `("", NAME)` for what loops and fallbacks bind."""


class _Trace:
    """Goes through the scopes of a document, inner ones where they stand."""

    def __init__(self, find_capability: FindCapability, found: Origins) -> None:
        self._capability, self._found = find_capability, found

    def scope(self, steps: Sequence[Step], around: _Names, way: str) -> dict[tuple[str, str], Sources]:
        """Trace the steps of one scope; give what names mean behind them."""
        names = dict(around)
        by_name = {step.name: step for step in steps}
        ordered, stuck = order(dependencies(steps))
        names.update((("steps", name), WORLD) for name in stuck)  # a circle, which another check tells
        for name in (*ordered, *stuck):
            names["steps", name] = self._step(by_name[name], names, f"{way}{name}")
        return names

    def _step(self, step: Step, names: _Names, address: str) -> Sources:
        inner, gathered = dict(names), NOTHING
        if step.for_each is not None:
            gathered = _read(step.for_each.items, names)
            inner["", step.for_each.as_] = gathered
            inner["", step.for_each.index] = NOTHING
        gives = gathered | self._own(step, inner, address)
        for pointer, branch in branches_of(step, ""):
            gives |= self._body(branch, inner, f"{address}/{pointer.rpartition('/')[2]}")
        if step.fallback is not None:
            inner["", FAILURE] = gives
            gives |= self._body(step.fallback, inner, f"{address}/fallback")
        return gives

    def _own(self, step: Step, names: _Names, address: str) -> Sources:
        """Trace the output of a step's own part: its call, its plan, its workflow, or the steps within."""
        if step.type in (StepType.PLANNING, StepType.WORKFLOW):
            read = self._keyed(step, names, address)
            effects = step.allow.effects if step.allow is not None else None
            plans_purely = step.type is StepType.PLANNING and set(effects or Effect) <= {Effect.PURE}
            return read if plans_purely else read | WORLD
        if step.type is StepType.DEFERRED and step.handler is None:
            return _joined(names.get(("steps", name), WORLD) for name in step.depends_on)
        written = step.for_each.output if step.for_each is not None else None
        return self._body(step, names, address, written)

    def _body(self, body: Step | Branch | Fallback, names: _Names, address: str, output: Json = None) -> Sources:
        read = self._found.reads[address] = _read(body.input, names)
        gives = read if body.handler is not None else NOTHING
        if body.handler is not None and not self._is_pure(body.handler, body.config):
            gives |= WORLD
        if not isinstance(body, Fallback) and body.steps is not None:
            within = self.scope(body.steps, names, f"{address}/")
            gives |= _joined(within["steps", step.name] for step in body.steps)
            names = within
        if not isinstance(body, Step):
            output = body.output
        return gives | _read(output, names)

    def _keyed(self, step: Step, names: _Names, address: str) -> Sources:
        keys = {key: _read(value, names) for key, value in step.input.items()}
        self._found.keys[address] = keys
        self._found.reads[address] = _joined(keys.values())
        return self._found.reads[address]

    def _is_pure(self, handler: str, config: Json) -> bool:
        capability = self._capability(handler)
        return capability is not None and capability.effect_of(config) is Effect.PURE


def _read(value: Json, names: _Names) -> Sources:
    """Join the sources of every reference in a value."""
    return _joined(_meant(reference, names) for _, reference in find(value))


def _meant(reference: Reference, names: _Names) -> Sources:
    if reference.root == "input":
        return Sources(frozenset([reference.path]))
    if reference.root in ("task", SECRETS) or reference.reads_status:
        return NOTHING
    name = ("", reference.root) if reference.step is None else ("steps", reference.step)
    return names.get(name, WORLD)


def _joined(sources: Iterable[Sources] | Iterator[Sources]) -> Sources:
    joined = NOTHING
    for one in sources:
        joined |= one
    return joined
