"""The tree of a condition: what it is made of, with the place in the text."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from schemas.values import Json

LOOPS = ("all", "exists", "exists_one", "filter", "map")
"""The macros that go through a list or the keys of an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A value as written. `kind` is the CEL type's name; `value` is None for null, `bytes` for bytes."""

    at: int
    kind: str
    value: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A root, a name that a macro binds, or the name of a type."""

    at: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`operand.name`; `tested`: the argument of `has()`."""

    at: int
    operand: "Node"
    name: str
    tested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function, a method (with `target`) or an operator, which is named as CEL names it: `_+_`."""

    at: int
    function: str
    target: "Node | None"
    arguments: tuple["Node", ...]

    @property
    def operands(self) -> tuple["Node", ...]:
        """Give the target, where there is one, and the arguments."""
        return self.arguments if self.target is None else (self.target, *self.arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """`[a, b]`."""

    at: int
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    """`{"a": 1}`: keys and values."""

    at: int
    entries: tuple[tuple["Node", "Node"], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """`items.macro(name, body)`; `only` is the middle argument of a `map` that has three."""

    at: int
    macro: str
    items: "Node"
    name: str
    body: "Node"
    only: "Node | None" = None


Node: TypeAlias = Literal | Name | Field | Call | ListOf | MapOf | Loop


def children(node: Node) -> tuple[Node, ...]:
    """Give the parts directly below a node, in the order of the text."""
    match node:
        case Field():
            return (node.operand,)
        case Call():
            return node.operands
        case ListOf():
            return node.items
        case MapOf():
            return tuple(part for entry in node.entries for part in entry)
        case Loop():
            return (node.items, node.body) if node.only is None else (node.items, node.only, node.body)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Go through a node and everything below it."""
    pending = [node]
    while pending:
        part = pending.pop()
        yield part
        pending.extend(children(part))


def begin(node: Node) -> int:
    """Give the offset at which a node begins: an operator stands between its operands, a function's name before its bracket."""
    return min(part.at - _named_before(part) for part in walk(node))


def _named_before(node: Node) -> int:
    if isinstance(node, Call) and node.target is None and node.function.isidentifier() and not node.function.startswith("_"):
        return len(node.function)
    return len("has") if isinstance(node, Field) and node.tested else 0
