"""What a condition reads: paths into its roots."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from schemas.conditions.parsing import MOST_CHARACTERS, Condition, parse
from schemas.conditions.trees import Call, Field, Literal, Loop, Name, Node, children

Key: TypeAlias = str | int
"""One step of a path: a field's name, or an index of a list."""

_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
TYPES = ("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint")
"""Names of types: values of CEL, which `type(x) == string` compares with."""


class Path(NamedTuple):
    """One path that a condition looks up, from a root on; `text` is how CEL writes it."""

    root: str
    keys: tuple[Key, ...]
    text: str


def paths_read(text: str) -> tuple[Path, ...]:
    """Give the longest paths that a condition looks up, each once; names bound by its macros are none. Total."""
    return _paths_read(text) if len(text) <= MOST_CHARACTERS else ()


@lru_cache(maxsize=10_000)  # one for every step that a document may have: asked for in turn, fewer would all be forgotten
def _paths_read(text: str) -> tuple[Path, ...]:
    parsed = parse(text)
    if not isinstance(parsed, Condition):
        return ()
    found = sorted(_read(parsed.tree, frozenset()), key=lambda pair: pair[0])
    return tuple(dict.fromkeys(path for _, path in found))


def written(root: str, *path: Key) -> str:
    """Write a path as CEL has it: `.items[0]["odd-key"]`."""
    return root + "".join(
        f".{key}" if isinstance(key, str) and _NAME.fullmatch(key) else f"[{json.dumps(key)}]" for key in path
    )


def path_of(node: Node) -> tuple[Name, tuple[Key, ...]] | None:
    """Give the name and the fixed path that a node looks up: `a.b["c"][0]`; None where it is anything else."""
    path: list[Key] = []
    while not isinstance(node, Name):
        step = _step(node)
        if step is None:
            return None
        node, key = step
        path.append(key)
    return node, tuple(reversed(path))


def _step(node: Node) -> tuple[Node, Key] | None:
    if isinstance(node, Field):
        return node.operand, node.name
    if isinstance(node, Call) and node.function == "_[_]" and isinstance(node.arguments[1], Literal):
        key = node.arguments[1]
        if key.kind == "string" or (key.kind == "int" and key.value >= 0):
            return node.arguments[0], key.value
    return None


def _read(node: Node, bound: frozenset[str]) -> Iterator[tuple[int, Path]]:
    found = path_of(node)
    if found is not None:
        name, path = found
        if name.name not in bound and not (name.name in TYPES and not path):
            yield name.at, Path(name.name, path, written(name.name, *path))
        return
    if isinstance(node, Loop):
        yield from _read(node.items, bound)
        inner = bound | {node.name}
        for part in (node.body, node.only):
            yield from _read(part, inner) if part is not None else ()
        return
    for part in children(node):
        yield from _read(part, bound)
