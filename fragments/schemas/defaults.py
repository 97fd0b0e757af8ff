"""Defaults of a schema: what is filled in, and what is therefore known to be there. One walk for both.

Filled in are properties that are not there and have a `default`, within objects that are there: those of `properties`, of
`items` and `prefixItems`, of every part of an `allOf`, and of the defaults themselves. Of `anyOf`, `oneOf` and `if` it depends
on the value which part holds, so nothing is filled in there.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fragments.schemas.soundness import sound
from schemas.values import Json, Schema

_EACH = ("items",)
_LISTED = ("prefixItems", "allOf")


def filled(schema: Schema, value: Json) -> Json:
    """Give `value` with its defaults filled in; the value itself stays as it is."""
    return _filled(sound(schema), value)


def after_filling(schema: Schema) -> Schema:
    """Give the schema of values that were filled in: what has a default is required. Takes a schema without `$ref`."""
    return _rewritten(schema, lambda needed, defaulted: [*needed, *(name for name in defaulted if name not in needed)])


def before_filling(schema: Schema) -> Schema:
    """Give the schema of values that are yet to be filled in: what has a default is not required. Takes one without `$ref`."""
    return _rewritten(schema, lambda needed, defaulted: [name for name in needed if name not in defaulted])


def _filled(schema: Schema, value: Json) -> Json:
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, Mapping):
        value = _object(schema, value)
    elif isinstance(value, (list, tuple)):
        first = schema.get("prefixItems", ())
        value = [_filled(first[i] if i < len(first) else schema.get("items", True), part) for i, part in enumerate(value)]
    for part in schema.get("allOf", ()):
        value = _filled(part, value)
    return value


def _object(schema: Mapping[str, Json], value: Mapping[str, Json]) -> dict[str, Json]:
    given = dict(value)
    for name, part in schema.get("properties", {}).items():
        if name in given:
            given[name] = _filled(part, given[name])
        elif isinstance(part, Mapping) and "default" in part:
            given[name] = _filled(part, part["default"])
    return given


def _rewritten(schema: Schema, required: Callable[[list[str], list[str]], list[str]]) -> Schema:
    if not isinstance(schema, Mapping):
        return schema
    changed: dict[str, Any] = {}
    named = schema.get("properties")
    if isinstance(named, Mapping):
        changed["properties"] = {name: _rewritten(part, required) for name, part in named.items()}
        defaulted = [name for name, part in named.items() if isinstance(part, Mapping) and "default" in part]
        needed = required(list(schema.get("required", ())), defaulted) if defaulted else []
        if needed or (defaulted and "required" in schema):
            changed["required"] = needed
    changed |= {word: _rewritten(schema[word], required) for word in _EACH if word in schema}
    changed |= {word: [_rewritten(part, required) for part in schema[word]] for word in _LISTED if word in schema}
    return {**schema, **changed} if changed else schema
