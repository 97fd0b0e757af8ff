"""What a part of a condition proves for the parts beside it: `has(a.b) && a.b > 3` never meets an absent `a.b`."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from schemas.conditions.reading import Key, path_of
from schemas.conditions.trees import Call, Field, Literal, Node

Path: TypeAlias = tuple[str, tuple[Key, ...]]

_FLIPPED = {"_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_", "_==_": "_==_", "_!=_": "_!=_"}
_NEGATED = {"_<_": "_>=_", "_<=_": "_>_", "_>_": "_<=_", "_>=_": "_<_", "_==_": "_!=_", "_!=_": "_==_"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known where a part is evaluated: paths that are there, paths that are not null, lists that are long enough.

    `ways` lead to what was tested: they are there and not null where the test came out, which fails where they are not.
    """

    present: frozenset[Path] = frozenset()
    not_null: frozenset[Path] = frozenset()
    longer: frozenset[tuple[Path, int]] = frozenset()  # (list, n): it has more than n items
    ways: frozenset[Path] = frozenset()

    def __or__(self, other: "Facts") -> "Facts":
        """Know both."""
        present, not_null = self.present | other.present, self.not_null | other.not_null
        return Facts(present, not_null, self.longer | other.longer, self.ways | other.ways)

    def without_ways(self) -> "Facts":
        """Forget the ways: tests on either side of each other would vouch for them in turn, and both fail."""
        return replace(self, ways=frozenset())

    def is_there(self, path: Path | None) -> bool:
        """Say whether a path is known to be there."""
        return path in self.present or path in self.ways

    def is_not_null(self, path: Path | None) -> bool:
        """Say whether what stands at a path is known not to be null."""
        return path in self.not_null or path in self.ways

    def without(self, name: str) -> "Facts":
        """Forget what is known of a name: a macro binds it anew."""
        return Facts(
            frozenset(path for path in self.present if path[0] != name),
            frozenset(path for path in self.not_null if path[0] != name),
            frozenset(fact for fact in self.longer if fact[0][0] != name),
            frozenset(path for path in self.ways if path[0] != name),
        )

    def has_item(self, path: Path, index: int) -> bool:
        """Say whether a list is known to have an item at `index`."""
        return any(known == path and most >= index for known, most in self.longer)


def key(node: Node) -> Path | None:
    """Name the path that a node looks up, as facts know it."""
    found = path_of(node)
    return None if found is None else (found[0].name, found[1])


def proved(node: Node, *, when: bool) -> Facts:
    """Collect what is known when a part has come out true, or false.

    `&&` and `||` let one operand decide although the other failed, so what one proves protects the other on either side.
    """
    if isinstance(node, Field) and node.tested and when:
        return _tested(key(node))
    if not isinstance(node, Call):
        return Facts()
    if node.function == "!_":
        return proved(node.arguments[0], when=not when)
    return _of_operator(node, when=when)


def _of_operator(node: Call, *, when: bool) -> Facts:
    if node.function == ("_&&_" if when else "_||_"):
        return proved(node.arguments[0], when=when) | proved(node.arguments[1], when=when)
    if node.function == "@in" and when:
        return _member(*node.arguments)
    if node.function not in _FLIPPED:
        return Facts()
    function = node.function if when else _NEGATED[node.function]
    left, right = node.arguments
    return _compared(left, function, right) | _compared(right, _FLIPPED[function], left)


def _member(item: Node, holder: Node) -> Facts:
    path = key(holder)
    if path is None or not isinstance(item, Literal) or item.kind != "string":
        return Facts()
    return _tested((path[0], (*path[1], item.value)))


def _compared(left: Node, function: str, right: Node) -> Facts:
    if not isinstance(right, Literal):
        return Facts()
    path = key(left)
    if path is not None:
        unlike_null = (right.kind == "null") == (function == "_!=_")
        return Facts(not_null=frozenset({path})) if unlike_null and function in ("_==_", "_!=_") else Facts()
    return _longer(left, function, right)


def _longer(left: Node, function: str, right: Literal) -> Facts:
    if not isinstance(left, Call) or left.function != "size" or len(left.operands) != 1 or right.kind != "int":
        return Facts()
    path = key(left.operands[0])
    most = {"_>_": right.value, "_>=_": right.value - 1, "_==_": right.value - 1}.get(function)
    if function == "_!=_" and right.value == 0:
        most = 0
    return Facts() if path is None or most is None else Facts(longer=frozenset({(path, most)}))


def _tested(path: Path | None) -> Facts:
    """Know that a path is there, and every part of it on the way an object."""
    if path is None:
        return Facts()
    name, keys = path
    return Facts(present=frozenset({path}), ways=frozenset((name, keys[:i]) for i in range(len(keys))))
