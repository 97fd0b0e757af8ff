"""Schemas of known values, and schemas in words."""

from collections.abc import Iterable, Mapping, Sequence

from schemas.values import Json, Schema, canonical

_MOST_KINDS = 20  # different members of a list that are told apart
_MOST_DEPTH = 8


def schema_of(value: Json, *, depth: int = _MOST_DEPTH) -> Schema:
    """Infer a schema that `value` satisfies: its structure without its texts and numbers. Below `depth` levels, anything."""
    if isinstance(value, Mapping):
        if depth == 0:
            return {"type": "object"}
        properties = {key: schema_of(part, depth=depth - 1) for key, part in value.items()}
        return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    if isinstance(value, (list, tuple)):
        counts = {"minItems": len(value), "maxItems": len(value)}
        return {"type": "array", **counts, **({"items": _any_of(value, depth - 1)} if value and depth else {})}
    return {"type": scalar_type(value)}


def scalar_type(value: Json) -> str:
    """Name the JSON type of a value that is no list and no object."""
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    if isinstance(value, str):
        return "string"
    return "integer" if isinstance(value, int) or float(value).is_integer() else "number"


def _any_of(values: Sequence[Json], depth: int) -> Schema:
    kinds = union(schema_of(value, depth=depth) for value in values)
    return kinds if kinds is not None else {}


def union(schemas: Iterable[Schema]) -> Schema | None:
    """Give a schema that whatever satisfies one of `schemas` satisfies; None where they are too many to tell apart."""
    kinds: dict[str, Schema] = {}
    for schema in schemas:
        kinds.setdefault(canonical(schema), schema)
        if len(kinds) > _MOST_KINDS:
            return None
    found = list(kinds.values())
    return found[0] if len(found) == 1 else {"anyOf": found}


def in_words(schema: Schema) -> str:
    """Describe a schema for a sentence: `an integer`, `a list of texts`, `an object with name, version`."""
    if not isinstance(schema, Mapping):
        return "any value" if schema else "no value"
    if "const" in schema:
        return in_words(schema_of(schema["const"], depth=2))
    if "enum" in schema:
        return f"one of {', '.join(canonical(value) for value in list(schema['enum'])[:6])}"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(in_words(part) for part in list(schema[key])[:4]))
    kind = schema.get("type")
    if isinstance(kind, (list, tuple)):
        return " or ".join(_kind_in_words(str(one), schema) for one in kind)
    return _kind_in_words(str(kind), schema) if kind else "any value"


def _kind_in_words(kind: str, schema: Mapping[str, Json]) -> str:
    if kind == "object":
        names = list(schema.get("properties", {}))
        return f"an object with {', '.join(names[:8])}" if names else "an object"
    if kind == "array":
        items = schema.get("items")
        plain = items.get("type") if isinstance(items, Mapping) else None
        return f"a list of {plain}s" if isinstance(plain, str) else "a list"
    words = {"string": "a text", "integer": "an integer", "number": "a number", "boolean": "a boolean", "null": "null"}
    return words.get(kind, kind)
