"""Types of conditions: which kinds of CEL values a part can give, and the JSON Schema behind them where there is one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TypeAlias

from fragments.schemas.inference import union
from fragments.schemas.inlining import UNKNOWN, is_unknown
from schemas.conditions.evaluation import is_int
from schemas.values import Json, Schema

Kinds: TypeAlias = frozenset[str] | None
"""Names of kinds; None: nothing is known."""

JSON_KINDS = frozenset({"null", "bool", "int", "double", "string", "list", "map"})
NULL = frozenset({"null"})
_LIST = frozenset({"list"})
_MAP = frozenset({"map"})

_OF_SCHEMA = {
    "null": NULL,
    "boolean": frozenset({"bool"}),
    "integer": frozenset({"int"}),  # a whole number becomes an int however it was spelled
    "number": frozenset({"int", "double"}),
    "string": frozenset({"string"}),
    "array": frozenset({"list"}),
    "object": frozenset({"map"}),
}
_WORDS = {
    "null": "null",
    "bool": "true or false",
    "int": "a whole number",
    "uint": "an unsigned number",
    "double": "a fractional number",
    "string": "a text",
    "bytes": "bytes",
    "list": "a list",
    "map": "an object",
    "type": "a type",
    "timestamp": "a timestamp",
    "duration": "a duration",
}
_OPAQUE = ("$ref", "$dynamicRef", "not", "if")


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """What a part of a condition can give. `items` is known of lists that the condition itself makes."""

    kinds: Kinds = None
    schema: Schema = field(default_factory=lambda: UNKNOWN)
    items: "Type | None" = None

    def can_be(self, kinds: frozenset[str]) -> bool:
        """Say whether the value can be of one of `kinds`; what is not known can."""
        return self.kinds is None or bool(self.kinds & kinds)

    @property
    def may_be_null(self) -> bool:
        """Say whether it is known that the value can be null."""
        return self.kinds is not None and "null" in self.kinds


ANY = Type()


def of_kind(*kinds: str) -> Type:
    """Make a type without a schema."""
    return Type(kinds=frozenset(kinds))


def of_schema(schema: Schema) -> Type:
    """Make the type of values that satisfy a schema without local references."""
    return Type(kinds=_kinds(schema), schema=schema)


def joined(types: Iterable[Type]) -> Type:
    """Make the type of a value that has one of `types`."""
    found = list(types)
    kinds = [one.kinds for one in found]
    known = None if None in kinds else frozenset().union(*(one for one in kinds if one is not None))
    schema = union(one.schema for one in found) if all(not is_unknown(one.schema) for one in found) else None
    items = [one.items for one in found if one.items is not None]
    return Type(kinds=known, schema=schema or UNKNOWN, items=joined(items) if items and len(items) == len(found) else None)


def not_null(one: Type) -> Type:
    """Make the type of a value that is known not to be null; any, where it is never anything else: then nobody gets here."""
    if one.kinds is None:
        return one
    if one.kinds == NULL:
        return ANY
    return replace(one, kinds=one.kinds - NULL, schema=_without_null(one.schema))


def items_of(one: Type) -> Type:
    """Make the type of what a macro goes through: the items of a list, the keys of an object."""
    if one.items is not None:
        return one.items
    if one.kinds == _MAP:
        return of_kind("string")
    if one.kinds == _LIST and isinstance(one.schema, Mapping) and not is_unknown(one.schema):
        return _items_of_schema(one.schema)
    return ANY


def literals_of(one: Type) -> tuple[Json, ...] | None:
    """Give the only values that there can be, where a schema lists them."""
    if not isinstance(one.schema, Mapping):
        return None
    if "const" in one.schema:
        return (one.schema["const"],)
    return tuple(one.schema["enum"]) if "enum" in one.schema else None


def in_words(kinds: Kinds) -> str:
    """Describe kinds for a sentence: `a text or null`."""
    if kinds is None:
        return "any value"
    if kinds >= {"int", "double"}:
        rest = kinds - {"int", "double"}
        return " or ".join(["a number", *(_WORDS[kind] for kind in sorted(rest))])
    return " or ".join(_WORDS[kind] for kind in sorted(kinds, key=lambda kind: (kind == "null", kind))) or "no value"


def kind_of(value: Json) -> str:
    """Name the kind that a JSON value has in a condition."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "int" if is_int(value) else "double"
    if isinstance(value, str):
        return "string"
    return "map" if isinstance(value, Mapping) else "list"


def _kinds(schema: Schema) -> Kinds:
    if not isinstance(schema, Mapping) or is_unknown(schema) or any(word in schema for word in _OPAQUE):
        return None
    if "const" in schema:
        return frozenset({kind_of(schema["const"])})
    if "enum" in schema:
        return frozenset(kind_of(value) for value in schema["enum"])
    parts = [_any_of([_kinds(part) for part in schema[word]]) for word in ("anyOf", "oneOf") if word in schema]
    parts.extend(_kinds(part) for part in schema.get("allOf", ()))
    if "type" in schema:
        named = schema["type"]
        parts.append(_any_of([_OF_SCHEMA.get(one) for one in ([named] if isinstance(named, str) else named)]))
    return reduce(_both, parts, None)


def _any_of(cases: list[Kinds]) -> Kinds:
    return None if None in cases else frozenset().union(*(case for case in cases if case is not None))


def _both(one: Kinds, other: Kinds) -> Kinds:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _without_null(schema: Schema) -> Schema:
    if not isinstance(schema, Mapping):
        return schema
    kept = dict(schema)
    if isinstance(kept.get("type"), (list, tuple)):
        kept["type"] = [one for one in kept["type"] if one != "null"]
    if "enum" in kept:
        kept["enum"] = [value for value in kept["enum"] if value is not None]
    for word in ("anyOf", "oneOf"):
        if word in kept:
            kept[word] = [_without_null(part) for part in kept[word] if _kinds(part) != NULL]
    return kept["anyOf"][0] if kept.keys() == {"anyOf"} and len(kept["anyOf"]) == 1 else kept


def _items_of_schema(schema: Mapping[str, Json]) -> Type:
    if "const" in schema:
        return joined(of_schema({"const": item}) for item in schema["const"]) if schema["const"] else ANY
    if any(word in schema for word in ("anyOf", "oneOf", "allOf", "enum", "prefixItems")):
        return ANY
    items = schema.get("items", True)
    return of_schema(items if isinstance(items, Mapping) else UNKNOWN)
