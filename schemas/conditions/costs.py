"""What an evaluation can cost at worst, worked out before it: nothing that a condition reads can make it hang or eat memory.

Costs are linear forms over the sizes of the variables that macros bind. The items of a list together are no larger than the
list, so going through them costs what the list is large, and only going through one list within another multiplies.

The library gathers what `map` and `filter` give by copying the list for each item, 32 bytes an item: that is their square.

A unit is about what comparing one item takes (35 ns on the machine on which it was measured), or 32 characters.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from schemas.conditions.patterns import states, weight
from schemas.conditions.reading import Key, path_of
from schemas.conditions.trees import Call, Field, ListOf, Literal, Loop, MapOf, Name, Node, children
from schemas.values import Json

CHARACTERS = 32
"""Characters that count as one unit: texts are read faster than lists are gone through."""

_JOINING = 16  # what is joined is also held: 32 bytes an item
_DEAREST = 1e12  # what is refused in any case
_COMPILING = 15  # per letter of a pattern, which is compiled each time that it is used
_MATCHING = CHARACTERS / 4  # per character and state, where an automaton is too large to be built whole

Form: TypeAlias = Mapping[str, float]
"""A sum: what each variable's size is multiplied with; under `""` what is added."""

Resolve: TypeAlias = Callable[[str, tuple[Key, ...]], Json]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a part costs: the work of evaluating it, the size of its value, how many items that has, and the largest of them."""

    work: Form
    size: Form
    count: Form
    largest: float | None = None  # None: as large as the whole


def _texts(value: Json) -> Iterator[str]:
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, Mapping):
            pending.extend((*part, *part.values()))
        elif isinstance(part, (list, tuple)):
            pending.extend(part)


def size_of(value: Json) -> float:
    """Measure a value in units: its items, and the characters of its texts."""
    total = 0.0
    pending = [value]
    while pending:
        part = pending.pop()
        total += 1
        if isinstance(part, str):
            total += len(part) / CHARACTERS
        elif isinstance(part, Mapping):
            total += sum(len(key) for key in part) / CHARACTERS
            pending.extend(part.values())
        elif isinstance(part, (list, tuple)):
            pending.extend(part)
    return total


def work(tree: Node, resolve: Resolve) -> float:
    """Bound the work of evaluating a condition; `resolve` looks up what a path that it reads holds."""
    return _Estimate(resolve).of(tree).work[""]


_COMPARING = ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_")
_CONVERTING = ("bytes", "dyn", "string")
_ONE: Form = {"": 1.0}
_NONE: Form = {"": 0.0}


class _Estimate:
    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self.bound: dict[str, float] = {}  # the most that a variable's value can measure
        self.sizes: dict[tuple[str, tuple[Key, ...]], Cost] = {}
        self.texts: dict[str, list[str] | None] = {}  # what a variable's value can be a text of, where that is known

    def of(self, node: Node) -> Cost:
        match node:
            case Literal():
                return Cost(_ONE, {"": size_of(node.value) if isinstance(node.value, str) else 1.0}, _NONE)
            case Loop():
                return self._loop(node)
            case Call():
                return self._looked_up(node) or self._call(node, [self.of(part) for part in children(node)])
            case Name() | Field():
                return self._looked_up(node) or self._within(node)
            case ListOf() | MapOf():
                parts = [self.of(part) for part in children(node)]
                size = _sum([_ONE, *(part.size for part in parts)])
                return Cost(_sum([_ONE, *(part.work for part in parts)]), size, {"": float(len(parts))})

    def _looked_up(self, node: Node) -> Cost | None:
        found = path_of(node)
        if found is None or found[0].name in self.bound:
            return None
        place = (found[0].name, found[1])
        if place not in self.sizes:
            value = self.resolve(*place)
            count = float(len(value)) if isinstance(value, (list, tuple, Mapping)) else 0.0
            # a text is copied each time that it is read
            once = 1 + len(value) / CHARACTERS if isinstance(value, str) else 1.0
            largest = max(map(size_of, value), default=0.0) if isinstance(value, (list, tuple)) else None
            self.sizes[place] = Cost({"": once}, {"": size_of(value)}, {"": count}, largest)
        return self.sizes[place]

    def _within(self, node: Name | Field) -> Cost:
        """Cost what is read of a variable: it is no larger than the variable, and has no more items than that measures."""
        if isinstance(node, Name):
            size = {"": 0.0, node.name: 1.0}
            return Cost(_sum([_ONE, size]), size, size)
        held = self.of(node.operand)
        return Cost(_sum([_ONE, held.work]), held.size, held.size)

    def _call(self, node: Call, parts: list[Cost]) -> Cost:
        effort = _sum([_ONE, *(part.work for part in parts)])
        sizes = [part.size for part in parts]
        match node.function:
            case "_+_":
                joined = _sum(sizes)
                return Cost(_sum([effort, _times(joined, _JOINING)]), joined, _sum(part.count for part in parts))
            case "_?_:_":
                return Cost(effort, _most(sizes[1:]), _most(part.count for part in parts[1:]))
            case "_[_]":
                return Cost(effort, sizes[0], sizes[0])
            case _:
                return Cost(_sum([effort, self._own(node, sizes)]), *_given(node, sizes))

    def _own(self, node: Call, sizes: list[Form]) -> Form:
        """Cost what a function itself does."""
        if node.function in _COMPARING:
            return min(sizes, key=self._numeric)
        if node.function == "contains":  # a text is searched by comparing 64 characters at once, at worst everywhere
            return _times(sizes[0], 1 + self._numeric(sizes[-1]) / 2)
        if node.function == "matches":
            return self._matching(node.operands[-1], sizes[0])
        return _sum(sizes)

    def _matching(self, pattern: Node, size: Form) -> Form:
        texts = self._patterns(pattern)
        if texts is None:
            return {"": _DEAREST}
        many, heavy = max(map(states, texts), default=0), max(map(weight, texts), default=0)
        return _sum([_times(size, max(1.0, many * _MATCHING)), {"": heavy * _COMPILING}])

    def _patterns(self, pattern: Node) -> list[str] | None:
        """Collect the texts that a pattern can be; None where it is put together."""
        if isinstance(pattern, Literal):
            return [pattern.value] if isinstance(pattern.value, str) else []
        found = path_of(pattern)
        if found is None:
            return None
        if found[0].name not in self.bound:
            return list(_texts(self.resolve(found[0].name, found[1])))
        return self.texts.get(found[0].name)

    def _gone_through(self, items: Node) -> list[str] | None:
        """Collect the texts in a list that is read or written; None for one that is worked out."""
        found = path_of(items)
        if found is not None:
            bound = found[0].name in self.bound
            return self.texts.get(found[0].name) if bound else list(_texts(self.resolve(found[0].name, found[1])))
        if isinstance(items, ListOf) and all(isinstance(item, Literal) for item in items.items):
            return [item.value for item in items.items if isinstance(item, Literal) and isinstance(item.value, str)]
        return None

    def _loop(self, node: Loop) -> Cost:
        items = self.of(node.items)
        hidden = (self.bound[node.name], self.texts[node.name]) if node.name in self.bound else None
        self.texts[node.name] = self._gone_through(node.items)
        self.bound[node.name] = self._numeric(items.size) if items.largest is None else items.largest
        only = self.of(node.only).work if node.only is not None else _NONE
        body = self.of(node.body)
        once = _sum([_ONE, only, body.work])
        gathered = self._numeric(items.count) ** 2 if node.macro in ("map", "filter") else 0.0
        effort = _sum([items.work, self._repeated(node.name, items, once), {"": gathered}])
        size = self._repeated(node.name, items, body.size)
        if hidden is None:
            del self.bound[node.name]
        else:
            self.bound[node.name], self.texts[node.name] = hidden
        if node.macro == "map":
            return Cost(effort, _sum([_ONE, size]), items.count)
        if node.macro == "filter":
            return Cost(effort, items.size, items.count, items.largest)
        return Cost(effort, _ONE, _NONE)

    def _repeated(self, name: str, items: Cost, once: Form) -> Form:
        """Add a cost up over all items: their sizes add up to the list's, what does not depend on them is multiplied."""
        times = self._numeric(items.count)
        of_items = _times(items.size, once.get(name, 0.0))
        others = {other: factor * times for other, factor in once.items() if other not in (name, "")}
        return _sum([of_items, _times(items.count, once[""]), {"": 0.0, **others}])

    def _numeric(self, form: Form) -> float:
        return sum(factor * (self.bound[name] if name else 1.0) for name, factor in form.items())


def _given(node: Call, sizes: list[Form]) -> tuple[Form, Form]:
    """Give the size and the count of what a function gives: those of conversions are as large as what they convert."""
    if node.function in _CONVERTING:
        return _sum([_ONE, *sizes]), _sum(sizes)
    return _ONE, _NONE


def _sum(forms: Iterable[Form]) -> Form:
    total: dict[str, float] = {"": 0.0}
    for form in forms:
        for name, factor in form.items():
            total[name] = total.get(name, 0.0) + factor
    return total


def _most(forms: Iterable[Form]) -> Form:
    total: dict[str, float] = {"": 0.0}
    for form in forms:
        for name, factor in form.items():
            total[name] = max(total.get(name, 0.0), factor)
    return total


def _times(form: Form, factor: float) -> Form:
    return {name: one * factor for name, one in form.items()}
