"""Schemas by chance for what steps give, and what kinds of value a schema lets out."""

from collections.abc import Mapping
from random import Random
from typing import Any

from schemas.values import Json, Schema

_KEYS = ("a", "b", "c", "id", "mag")
_SCALARS: tuple[Schema, ...] = (
    {"type": "string"},
    {"type": "string", "maxLength": 20},
    {"type": "integer"},
    {"type": "integer", "minimum": 0},
    {"type": "number"},
    {"type": "number", "minimum": -5, "maximum": 100},
    {"type": "boolean"},
    {"enum": ["a", "b"]},
    {"enum": [1, 2, 3]},
    {"const": "a"},
    {"type": ["string", "null"]},
    {"type": ["integer", "null"]},
)
ALL_KINDS = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})


def shape(random: Random, depth: int = 2) -> dict[str, Json]:
    """Make a schema of a scalar, an object, a list, or of either of two."""
    form = random.choice(("scalar", "scalar", "object", "object", "list", "list", "nullable") if depth else ("scalar",))
    if form == "object":
        return object_shape(random, depth)
    if form == "list":
        return list_shape(random, depth)
    if form == "nullable":
        return {"anyOf": [shape(random, depth - 1), {"type": "null"}]}
    return dict(random.choice(_SCALARS))  # type: ignore[arg-type] # all of them are objects


def object_shape(random: Random, depth: int = 2) -> dict[str, Json]:
    """Make a schema of an object; most of its keys are required."""
    keys = random.sample(_KEYS, random.randint(1, 3))
    made: dict[str, Any] = {"type": "object", "properties": {key: shape(random, depth - 1) for key in keys}}
    made["required"] = [key for key in keys if random.random() < 0.8]
    if random.random() < 0.3:
        made["additionalProperties"] = False
    return made


def list_shape(random: Random, depth: int = 2) -> dict[str, Json]:
    """Make a schema of a list."""
    made: dict[str, Any] = {"type": "array", "items": shape(random, depth - 1)}
    if random.random() < 0.4:
        made["minItems"] = random.randint(1, 2)
    if random.random() < 0.5:
        made["maxItems"] = random.randint(2, 3)
    return made


def with_definitions(random: Random) -> dict[str, Json]:
    """Make a schema that refers to a part of itself."""
    part = {"$ref": "#/$defs/part"}
    return {"type": "object", "properties": {"a": part, "b": {"type": "array", "items": part}}, "required": ["a", "b"]} | {
        "$defs": {"part": shape(random, 1)}
    }


def kinds_of(schema: Schema) -> frozenset[str]:
    """Name the JSON types of the values that a schema lets out, as far as is plain to see."""
    if not isinstance(schema, Mapping):
        return ALL_KINDS
    if "const" in schema or "enum" in schema:
        return frozenset(_kind(value) for value in schema.get("enum", [schema.get("const")]))
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return frozenset().union(*(kinds_of(part) for part in schema[word]))
    kinds = schema.get("type")
    if kinds is None:
        return ALL_KINDS
    return frozenset(kinds) if isinstance(kinds, (list, tuple)) else frozenset({str(kinds)})


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {type(None): "null", str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names[type(value)]
