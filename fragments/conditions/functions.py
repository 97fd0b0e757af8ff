"""The operators and functions of conditions: CEL's own (cel-spec, Language Definition: List of Standard Definitions)."""

from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from fragments.conditions.kinds import Kinds, Type

ANY: Kinds = None
_NUMBERS = frozenset({"int", "uint", "double"})
_ORDERED = ("bool", "string", "bytes", "timestamp", "duration")
_KEYS = frozenset({"string", "int", "uint", "double", "bool"})  # a double finds a whole number of its value
_SIZED = frozenset({"string", "bytes", "list", "map"})


def _k(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


@dataclass(frozen=True, slots=True)
class Overload:
    """One form of a function: what it takes, a target first, and what it gives."""

    takes: tuple[Kinds, ...]
    gives: Kinds


Overloads: TypeAlias = tuple[Overload, ...]

_COMPARES: Overloads = (
    Overload((_NUMBERS, _NUMBERS), _k("bool")),  # by value, across the number types
    *(Overload((_k(kind), _k(kind)), _k("bool")) for kind in _ORDERED),
)
_EQUALS: Overloads = (Overload((ANY, ANY), _k("bool")),)
_LOGIC: Overloads = (Overload((_k("bool"), _k("bool")), _k("bool")),)


def _same(*kinds: str) -> Overloads:
    return tuple(Overload((_k(kind), _k(kind)), _k(kind)) for kind in kinds)


def _to(kind: str, *kinds: str) -> Overloads:
    return (Overload((_k(*kinds),), _k(kind)),)


OPERATORS: dict[str, Overloads] = {
    "_&&_": _LOGIC,
    "_||_": _LOGIC,
    "!_": _to("bool", "bool"),
    "-_": (*_to("int", "int"), *_to("double", "double")),
    "_==_": _EQUALS,
    "_!=_": _EQUALS,
    "_<_": _COMPARES,
    "_<=_": _COMPARES,
    "_>_": _COMPARES,
    "_>=_": _COMPARES,
    "_+_": (
        *_same("int", "uint", "double", "string", "bytes", "list", "duration"),
        Overload((_k("timestamp"), _k("duration")), _k("timestamp")),
        Overload((_k("duration"), _k("timestamp")), _k("timestamp")),
    ),
    "_-_": (
        *_same("int", "uint", "double", "duration"),
        Overload((_k("timestamp"), _k("timestamp")), _k("duration")),
        Overload((_k("timestamp"), _k("duration")), _k("timestamp")),
    ),
    "_*_": _same("int", "uint", "double"),
    "_/_": _same("int", "uint", "double"),
    "_%_": _same("int", "uint"),
    "@in": (Overload((ANY, _k("list")), _k("bool")), Overload((_KEYS, _k("map")), _k("bool"))),
    "_[_]": (Overload((_k("list"), _k("int", "uint")), ANY), Overload((_k("map"), _KEYS), ANY)),
}
SPELLED = {"@in": "in", "_[_]": "[...]"}
"""Operators that are not written as their names say without underscores."""

FUNCTIONS: dict[str, Overloads] = {
    "size": (Overload((_SIZED,), _k("int")),),
    "type": (Overload((ANY,), _k("type")),),
    "dyn": (Overload((ANY,), ANY),),
    "bool": _to("bool", "bool", "string"),
    "bytes": _to("bytes", "bytes", "string"),
    "double": _to("double", "double", "int", "uint", "string"),
    "duration": _to("duration", "duration", "string"),
    "int": _to("int", "int", "uint", "double", "string", "timestamp"),
    "string": _to("string", "string", "bool", "int", "uint", "double", "bytes", "timestamp", "duration"),
    "timestamp": _to("timestamp", "timestamp", "string", "int"),
    "uint": _to("uint", "uint", "int", "double", "string"),
    "matches": (Overload((_k("string"), _k("string")), _k("bool")),),
}

_TEXTS: Overloads = (Overload((_k("string"), _k("string")), _k("bool")),)
_OF_TIME: Overloads = (Overload((_k("timestamp"),), _k("int")), Overload((_k("timestamp"), _k("string")), _k("int")))
_OF_SPAN: Overloads = (*_OF_TIME, Overload((_k("duration"),), _k("int")))
METHODS: dict[str, Overloads] = {
    "size": FUNCTIONS["size"],
    "contains": _TEXTS,
    "endsWith": _TEXTS,
    "matches": _TEXTS,
    "startsWith": _TEXTS,
    **dict.fromkeys(
        ("getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getMonth"),
        _OF_TIME,
    ),
    **dict.fromkeys(("getHours", "getMilliseconds", "getMinutes", "getSeconds"), _OF_SPAN),
}
MACROS = {"all": (2,), "exists": (2,), "exists_one": (2,), "filter": (2,), "map": (2, 3)}
"""Macros on lists and objects, with how many arguments they take; `has` takes one path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What comes of applying a function to types: the kinds it can give, and the kinds of arguments that it cannot work on.

    `gives` means nothing where `works` is false.
    """

    works: bool
    gives: Kinds
    misses: tuple[tuple[str | None, ...], ...]


def applied(overloads: Overloads, types: tuple[Type, ...]) -> Applied:
    """Try every combination of kinds that the arguments can have; None in a miss stands for an argument not known."""
    fitting = [one for one in overloads if len(one.takes) == len(types)]
    options: list[tuple[str | None, ...]] = [(None,) if one.kinds is None else tuple(sorted(one.kinds)) for one in types]
    combinations = list(product(*options))
    met = [[one for one in fitting if _takes(one, combination)] for combination in combinations]
    given = [one.gives for found in met for one in found]
    misses = tuple(combination for combination, found in zip(combinations, met, strict=True) if not found)
    gives = None if None in given else frozenset().union(*(kinds for kinds in given if kinds is not None))
    return Applied(works=len(misses) < len(combinations), gives=gives, misses=misses)


def takes_count(overloads: Overloads, count: int) -> bool:
    """Say whether some form takes as many arguments."""
    return any(len(one.takes) == count for one in overloads)


def _takes(overload: Overload, combination: tuple[str | None, ...]) -> bool:
    pairs = zip(overload.takes, combination, strict=True)
    return all(kinds is None or kind is None or kind in kinds for kinds, kind in pairs)
