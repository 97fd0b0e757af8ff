"""Evaluation of a condition over the values of its roots."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

from schemas.conditions import costs, library
from schemas.conditions.parsing import Condition, parse
from schemas.conditions.reading import Key, paths_read, written
from schemas.conditions.trees import Call, Loop, walk
from schemas.limits import DEPTH
from schemas.values import Json

MOST_WORK: Final = 10_000_000
"""Units of `costs`: about a third of a second; two seconds where a pattern is made to be slow."""
MOST_VALUES: Final = 200_000
MOST_DEPTH: Final = DEPTH
_LEAST: Final = -(2**63)
_BEYOND: Final = 2**64
_MOST_DIGITS: Final = 40


class Kind(StrEnum):
    """Why a condition came to no answer."""

    SYNTAX = "syntax"  # the text is no condition
    MISSING = "missing"  # a name or a field is not there
    TYPE = "type"  # an operator or function met a type that it cannot work on, null among them
    VALUE = "value"  # a number, text, pattern or index of the right type that cannot be worked on
    NOT_BOOLEAN = "not_boolean"  # the answer is neither true nor false
    TOO_LARGE = "too_large"  # what is read, or the work on it, is beyond the caps


class ConditionError(Exception):
    """A condition came to no answer: `kind` says of what sort, `says` tells it in a sentence."""

    def __init__(self, kind: Kind, says: str) -> None:
        """Keep both; the sentence is the error's text."""
        super().__init__(says)
        self.kind, self.says = kind, says


def holds(text: str, lookup: Mapping[str, Json]) -> bool:
    """Say whether a condition is true. Depends on nothing but the text and the values.

    `lookup` maps roots to JSON values, of which any part may be a `Mapping` that looks up lazily; only what the condition reads
    is looked up. Raises `ConditionError`.
    """
    parsed = parse(text)
    if not isinstance(parsed, Condition):
        raise ConditionError(Kind.SYNTAX, parsed[0].says)
    data = _data(text, lookup)
    _afford(parsed, data)
    value = parsed.program.evaluate(data)
    if isinstance(value, bool):
        return value
    if isinstance(value, library.Failed):
        raise _error(value, text, data)
    says = f"The condition gives {_named(value)}, and not true or false."
    raise ConditionError(Kind.NOT_BOOLEAN, says)


def is_int(number: float) -> bool:
    """Say whether a JSON number is a whole number of 64 bits, however it is spelled."""
    return is_whole(number) and _LEAST <= number < -_LEAST


def is_whole(number: float) -> bool:
    """Say whether a JSON number is whole, however it is spelled."""
    return isinstance(number, int) or number.is_integer()


class _BeyondError(Exception):
    """A whole number that the library cannot hold."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(slots=True)
class _Wanted:
    """What is wanted of a value: some of its fields, or all of it."""

    whole: bool = False
    fields: dict[str, "_Wanted"] = field(default_factory=dict)


@lru_cache(maxsize=4_096)
def _plan(text: str) -> tuple[tuple[str, _Wanted], ...]:
    plan: dict[str, _Wanted] = {}
    for path in paths_read(text):
        wanted = plan.setdefault(path.root, _Wanted())
        for key in path.keys:
            if not isinstance(key, str):
                break
            wanted = wanted.fields.setdefault(key, _Wanted())
        else:
            wanted.whole = True
            continue
        wanted.whole = True
    return tuple(plan.items())


def _data(text: str, lookup: Mapping[str, Json]) -> dict[str, Json]:
    taken = _Taken()
    return {root: taken.root(root, lookup[root], wanted) for root, wanted in _plan(text) if root in lookup}


class _Taken:
    """Takes over what a condition reads, as the library wants it, and counts it."""

    def __init__(self) -> None:
        self.left = MOST_VALUES

    def root(self, name: str, value: Json, wanted: _Wanted) -> Json:
        """Take over what is wanted of a root; a number that cannot be held is told with its place."""
        try:
            return self.part(value, wanted)
        except _BeyondError as error:
            place = written(name, *_place(value, wanted))
            says = f"{place} is {_shown(error.number)}, a whole number beyond 64 bits, which conditions do not hold."
            raise ConditionError(Kind.VALUE, says) from None

    def part(self, value: Json, wanted: _Wanted) -> Json:
        if wanted.whole:
            return self.whole(value, 0)
        if isinstance(value, Mapping):
            return {key: self.part(value[key], inner) for key, inner in wanted.fields.items() if key in value}
        return [] if isinstance(value, (list, tuple)) else self.whole(value, 0)  # neither has fields: reading them will fail

    def whole(self, value: Json, depth: int) -> Json:
        kind = type(value)
        if kind is bool or value is None:
            return value
        if kind is str:
            return value if value.isascii() else _encodable(value)
        if kind is int or kind is float:
            return _number(value)
        if isinstance(value, str):  # a StrEnum's member, such as a step's status
            return _encodable(str(value))
        return self._many(value, depth + 1)

    def _many(self, value: Json, depth: int) -> Json:
        self.left -= len(value) + 1
        if self.left < 0 or depth > MOST_DEPTH:
            says = f"The condition reads more than {MOST_VALUES:,} values, or values nested more than {MOST_DEPTH} deep."
            raise ConditionError(Kind.TOO_LARGE, says)
        if isinstance(value, Mapping):
            return {_encodable(key): self.whole(part, depth) for key, part in value.items()}
        return [self.whole(part, depth) for part in value]


def _number(value: float) -> float:
    """Give a number as the library holds it exactly: whole ones of 64 bits, signed or unsigned, as `int`."""
    if not is_whole(value):
        return value
    if _LEAST <= value < _BEYOND:
        return int(value)
    if isinstance(value, int) or value == _BEYOND:
        raise _BeyondError(int(value))
    return value


def _shown(number: int) -> str:
    digits = str(number)
    return digits if len(digits) <= _MOST_DIGITS else f"{digits[:_MOST_DIGITS]}..."


def _place(value: Json, wanted: _Wanted | None = None) -> tuple[Key, ...]:
    """Find the number that cannot be held: the path to it."""
    pending: list[tuple[Json, tuple[Key, ...], _Wanted | None]] = [(value, (), wanted)]
    while pending:
        part, path, limits = pending.pop()
        if isinstance(part, Mapping):
            whole = limits is None or limits.whole
            names = [name for name in part if whole or name in limits.fields]  # type: ignore[union-attr]
            inner = {name: None if whole or limits is None else limits.fields[name] for name in names}
            pending.extend((part[name], (*path, name), inner[name]) for name in reversed(names))
        elif isinstance(part, (list, tuple)):
            pending.extend((part[i], (*path, i), None) for i in reversed(range(len(part))))
        elif isinstance(part, (int, float)) and not isinstance(part, bool) and _is_beyond(part):
            return path
    return ()


def _is_beyond(number: float) -> bool:
    try:
        _number(number)
    except _BeyondError:
        return True
    return False


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        says = f"A text that the condition reads holds half of a surrogate pair at character {error.start + 1}."
        raise ConditionError(Kind.VALUE, says) from None
    return text


def _afford(condition: Condition, data: dict[str, Json]) -> None:
    if _is_cheap(condition.text):
        return
    needed = costs.work(condition.tree, lambda root, path: _found(data, root, path))
    if needed > MOST_WORK:
        says = "Evaluating the condition could take too long for the size of what it reads; let a step narrow that down before."
        raise ConditionError(Kind.TOO_LARGE, says)


@lru_cache(maxsize=4_096)
def _is_cheap(text: str) -> bool:
    """Say whether a condition only compares and chooses: its work is linear in a text that was read anyway."""
    parsed = parse(text)
    assert isinstance(parsed, Condition)
    costly = ("_+_", "@in", "contains", "matches")
    return not any(isinstance(node, Loop) or (isinstance(node, Call) and node.function in costly) for node in walk(parsed.tree))


def _found(data: Json, root: str, path: tuple[Key, ...]) -> Json:
    value = data.get(root)
    for key in path:
        if isinstance(value, dict) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


_OVERLOAD = re.compile(r"No matching overloads found : (.*)", re.DOTALL)
_TYPES = {"int64": "int", "uint64": "uint", "null_type": "null"}
_MISTYPED = re.compile("Invalid container type|Invalid map key type|expected integer type")
_CALLED = re.compile(r"(?:\((?P<target>[^)]*)\)\.)?(?P<name>[^(]*)(?:\((?P<arguments>.*)\))?", re.DOTALL)
_INNER = {
    "<jump_condition>": "What stands before ? is neither true nor false, or a macro's test is not.",
    "<iter_range>": "A macro goes through something that is neither a list nor an object.",
}


def _error(failed: library.Failed, text: str, data: dict[str, Json]) -> ConditionError:
    if "ITERATION BUDGET" in failed.says.upper():
        says = f"The macros of the condition go through more than {library.MOST_ITERATIONS:,} items in all."
        return ConditionError(Kind.TOO_LARGE, says)
    if (found := _OVERLOAD.match(failed.says)) is not None:
        return ConditionError(Kind.TYPE, _mismatch(found[1]))
    if _MISTYPED.search(failed.says) is not None:
        return ConditionError(Kind.TYPE, f"The condition fails: {failed.says}.")
    if failed.kind == "NOT_FOUND" or "SELECT" in failed.says or "No value with name" in failed.says:
        return _missing(failed, text, data)
    return ConditionError(Kind.VALUE, f"The condition fails: {failed.says}.")


def _missing(failed: library.Failed, text: str, data: dict[str, Json]) -> ConditionError:
    """Name the first path of the condition that leads nowhere; within macros the library's own words have to do."""
    for path in paths_read(text):
        if path.root not in data:
            return ConditionError(Kind.MISSING, f'There is no "{path.root}" to read.')
        value: Json = data[path.root]
        for i, key in enumerate(path.keys):
            before = written(path.root, *path.keys[:i])
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, dict):
                return ConditionError(Kind.MISSING, f'{before} has no "{key}".')
            elif isinstance(value, list) and isinstance(key, int):
                value = value[key] if key < len(value) else None
            else:
                return ConditionError(Kind.TYPE, f"{before} is {_named(value)}, of which nothing can be read.")
    if failed.kind == "NOT_FOUND":
        return ConditionError(Kind.MISSING, f"An object has no {failed.says.rpartition(':')[2].strip()}.")
    return ConditionError(Kind.TYPE, "A field is read of something that is no object.")


def _mismatch(found: str) -> str:
    if found in _INNER:
        return _INNER[found]
    called = _CALLED.fullmatch(found)
    if called is None or not called["arguments"]:
        return f"{found.strip('_')} meets a type that it cannot work on."
    target = (called["target"],) if called["target"] else ()
    kinds = [_TYPES.get(kind.strip(), kind.strip()) for kind in (*target, *called["arguments"].split(","))]
    name = called["name"]
    what = f"{name}()" if name.isidentifier() and not name.startswith("_") else name.strip("_")
    return f"{what} cannot work on {' and '.join(kinds)}."


def _named(value: Json) -> str:
    words = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list"}
    return words.get(type(value), "an object" if isinstance(value, dict) else f"a {type(value).__name__}")
