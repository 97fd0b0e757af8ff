"""What stands at a path of a value that satisfies a schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

from fragments.schemas.inference import union
from fragments.schemas.inlining import UNKNOWN, is_unknown
from schemas.values import Json, Schema

Key: TypeAlias = str | int

_COMBINED = ("allOf", "anyOf", "oneOf")
_BEYOND = ("$ref", "$dynamicRef", "if", "dependentSchemas", "patternProperties")
"""Keywords that may say something of a property that is not looked at here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The schema of what stands at the path. `certain`: every value has the path."""

    schema: Schema
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """No value has the path: `missing` is the part that is not there, `there` the keys that are, `schema` where they are."""

    missing: Key
    schema: Schema
    there: tuple[str, ...] = ()


Place: TypeAlias = Found | Impossible


def at_path(schema: Schema, path: tuple[Key, ...]) -> Place:
    """Follow a path into a schema without `$ref`.

    `Impossible` only where no value that satisfies the schema has the path; what is not known is `Found(schema=UNKNOWN)`.
    """
    certain = True
    for key in path:
        place = _at_key(schema, key)
        if isinstance(place, Impossible):
            return place
        schema, certain = place.schema, certain and place.certain
    return Found(schema=schema, certain=certain)


def _at_key(schema: Schema, key: Key) -> Place:
    if not isinstance(schema, (dict, Mapping)):  # dict first: asking the abstract class takes long
        return Found(schema=UNKNOWN, certain=False) if schema else Impossible(missing=key, schema=schema)
    if is_unknown(schema):
        return Found(schema=UNKNOWN, certain=False)
    if "const" in schema:
        return _in_value(schema["const"], key)
    if "enum" in schema:
        return _in_any([_in_value(value, key) for value in schema["enum"]], key, schema)
    if any(word in schema for word in _COMBINED):
        return _in_combined(schema, key)
    return _in_plain(schema, key)


def _in_value(value: Json, key: Key) -> Place:
    if isinstance(key, str) and isinstance(value, Mapping):
        return Found(schema={"const": value[key]}) if key in value else _missing(key, {"const": value})
    if isinstance(key, int) and isinstance(value, (list, tuple)) and -len(value) <= key < len(value):
        return Found(schema={"const": value[key]})
    return _missing(key, {"const": value})


def _in_combined(schema: Mapping[str, Json], key: Key) -> Place:
    own = _in_plain({word: part for word, part in schema.items() if word not in _COMBINED}, key)
    places = [own, *(_at_key(part, key) for part in schema.get("allOf", ()))]
    cases = (schema[word] for word in ("anyOf", "oneOf") if word in schema)
    places.extend(_in_any([_at_key(part, key) for part in case], key, schema) for case in cases)
    return _in_all(places)


def _in_any(places: list[Place], key: Key, schema: Schema) -> Place:
    found = [place for place in places if isinstance(place, Found)]
    if not found:
        there = dict.fromkeys(name for place in places if isinstance(place, Impossible) for name in place.there)
        return Impossible(missing=key, schema=schema, there=tuple(there))
    joined = union(place.schema for place in found)
    certain = len(found) == len(places) and all(place.certain for place in found)
    return Found(schema=UNKNOWN if joined is None else joined, certain=certain)


def _in_all(places: list[Place]) -> Place:
    for place in places:
        if isinstance(place, Impossible):
            return place
    found = [place for place in places if isinstance(place, Found)]
    known = [place.schema for place in found if not is_unknown(place.schema) and place.schema not in (True, {})]
    certain = any(place.certain for place in found)
    if not known:
        return Found(schema=UNKNOWN, certain=certain)
    return Found(schema=known[0] if len(known) == 1 else {"allOf": known}, certain=certain)


def _in_plain(schema: Mapping[str, Json], key: Key) -> Place:
    kinds = schema.get("type")
    wanted = "array" if isinstance(key, int) else "object"
    if kinds is not None and wanted not in (kinds if isinstance(kinds, (list, tuple)) else (kinds,)):
        return _missing(key, schema)
    only = isinstance(kinds, str) or (kinds is not None and len(kinds) == 1)
    place = _item(schema, key) if isinstance(key, int) else _property(schema, key)
    return place if only or isinstance(place, Impossible) else Found(schema=place.schema, certain=False)


def _property(schema: Mapping[str, Json], key: str) -> Place:
    properties = schema.get("properties", {})
    certain = key in schema.get("required", ())
    if key in properties:
        part = properties[key]
        if part is False:
            return _missing(key, schema)
        return Found(schema=part, certain=certain)
    others = schema.get("additionalProperties", True)
    if any(word in schema for word in _BEYOND):
        return Found(schema=UNKNOWN, certain=certain)
    if others is False:
        return _missing(key, schema)
    return Found(schema=others if isinstance(others, Mapping) else UNKNOWN, certain=certain)


def _item(schema: Mapping[str, Json], index: int) -> Place:
    if index < 0:
        return _item_from_end(schema, index)
    if index >= schema.get("maxItems", index + 1):
        return _missing(index, schema)
    first = schema.get("prefixItems", ())
    part = first[index] if index < len(first) else schema.get("items", True)
    if part is False:
        return _missing(index, schema)
    return Found(schema=part if isinstance(part, Mapping) else UNKNOWN, certain=index < schema.get("minItems", 0))


def _item_from_end(schema: Mapping[str, Json], index: int) -> Place:
    """Give what stands at a negative index: any member that lists of the possible lengths have there."""
    first = schema.get("prefixItems", ())
    closed = len(first) if schema.get("items") is False else inf
    least, most = schema.get("minItems", 0), min(schema.get("maxItems", inf), closed)
    if most < -index:
        return _missing(index, schema)
    begin, end = max(least, -index) + index, most + index
    named = [part for i, part in enumerate(first) if begin <= i <= end]
    others = [schema.get("items", True)] if end >= len(first) else []
    kinds = union(part if isinstance(part, Mapping) else UNKNOWN for part in (*named, *others) if part is not False)
    return Found(schema=UNKNOWN if kinds is None else kinds, certain=least >= -index)


def _missing(key: Key, schema: Mapping[str, Json]) -> Impossible:
    held = schema.get("const")
    names = list(held) if isinstance(held, Mapping) else list(schema.get("properties", {}))
    return Impossible(missing=key, schema=schema, there=tuple(str(name) for name in names) if isinstance(key, str) else ())
