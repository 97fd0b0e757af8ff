"""Shapes: JSON Schemas and JSON values in a short notation that a model reads more surely than JSON Schema itself.

    {
      url: string (format uri),  // where to ask
      method?: "GET" | "HEAD" = "GET",
      headers?: {[key]: string},
    }

A keyword that the notation has no sign for is written as it stands.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from schemas.values import Json, JsonObject, Schema

_BOUNDS: Final = {
    "minimum": ">= {}",
    "exclusiveMinimum": "> {}",
    "maximum": "<= {}",
    "exclusiveMaximum": "< {}",
    "multipleOf": "multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "pattern {}",
    "format": "format {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} keys",
    "maxProperties": "at most {} keys",
    "uniqueItems": "all different",
}
_KNOWN: Final = frozenset(_BOUNDS) | {
    "$defs",
    "$id",
    "$schema",
    "additionalProperties",
    "anyOf",
    "const",
    "default",
    "description",
    "enum",
    "examples",
    "items",
    "oneOf",
    "properties",
    "required",
    "title",
    "type",
}
_LOOKED_AT = 200  # items of a list; a list of more is summed up by the first ones


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    defs: Mapping[str, Json] = field(default_factory=dict)
    described: bool = True
    within: tuple[str, ...] = ()  # definitions being written: one that comes again is named only
    indent: int = 0

    def deeper(self) -> "_Style":
        return replace(self, indent=self.indent + 2)


def sketch(schema: Schema, *, described: bool = True) -> str:
    """Write a JSON Schema in the short notation; without its descriptions if not `described`."""
    defs = schema.get("$defs", {}) if isinstance(schema, Mapping) else {}
    return _sketch(schema, _Style(defs=defs, described=described))


def shape(value: Json) -> str:
    """Write what a value is made of: types, keys, numbers of items; none of its texts or numbers."""
    return sketch(inferred(value))


def sample(value: Json, *, items: int = 2, characters: int = 160) -> Json:
    """Cut a value down: the first `items` of every list, the first `characters` of every text."""
    if isinstance(value, str):
        return value if len(value) <= characters else f"{value[:characters]}..."
    if isinstance(value, Mapping):
        return {key: sample(part, items=items, characters=characters) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [sample(part, items=items, characters=characters) for part in value[:items]]
    return value


def inferred(value: Json) -> dict[str, Json]:
    """Give the narrowest simple schema that the value fits: a key that only some items of a list have is optional."""
    if isinstance(value, Mapping):
        properties = {str(key): inferred(value[key]) for key in sorted(value)}
        return {"type": "object", "properties": properties, "required": sorted(properties)}
    if isinstance(value, (list, tuple)):
        told = {"type": "array", "x-count": len(value)}
        return told | {"items": _merged([inferred(part) for part in value[:_LOOKED_AT]])} if value else told
    return {"type": _type_of(value)}


def _type_of(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "integer" if isinstance(value, int) else "number"


def _merged(schemas: list[dict[str, Json]]) -> dict[str, Json]:
    kinds = {schema["type"]: [s for s in schemas if s["type"] == schema["type"]] for schema in schemas}
    if {"integer", "number"} <= kinds.keys():
        del kinds["integer"]
    merged = [_merged_kind(kind, kinds[kind]) for kind in sorted(kinds)]
    return merged[0] if len(merged) == 1 else {"anyOf": merged}


def _merged_kind(kind: str, alike: list[dict[str, Json]]) -> dict[str, Json]:
    if kind == "object":
        keys = list(dict.fromkeys(key for schema in alike for key in schema["properties"]))
        return {
            "type": kind,
            "properties": {key: _merged(_parts(alike, key)) for key in keys},
            "required": sorted(key for key in keys if all(key in schema["properties"] for schema in alike)),
        }
    if kind == "array":
        inner = [schema["items"] for schema in alike if "items" in schema]
        told = {"type": kind, "x-count": alike[0]["x-count"]} if len(alike) == 1 else {"type": kind}
        return told | {"items": _merged(_flat(inner))} if inner else told
    return {"type": kind}


def _parts(alike: list[dict[str, Json]], key: str) -> list[dict[str, Json]]:
    return _flat([schema["properties"][key] for schema in alike if key in schema["properties"]])


def _flat(schemas: Iterable[dict[str, Json]]) -> list[dict[str, Json]]:
    return [part for schema in schemas for part in schema.get("anyOf", [schema])]


def _sketch(schema: Schema, style: _Style) -> str:
    if isinstance(schema, bool):
        return "any" if schema else "nothing"
    if "$ref" in schema:
        return _referred(schema, style)
    return f"{_kind(schema, style)}{_limits(schema)}{_rest(schema)}"


def _referred(schema: JsonObject, style: _Style) -> str:
    name = str(schema["$ref"]).rpartition("/")[2]
    if name in style.within or name not in style.defs:
        return name
    beside = {key: value for key, value in schema.items() if key not in {"$ref", "default", "description"}}
    return f"{_sketch(style.defs[name], replace(style, within=(*style.within, name)))}{_limits(beside)}{_rest(beside)}"


def _kind(schema: JsonObject, style: _Style) -> str:
    if "const" in schema:
        return _json(schema["const"])
    if "enum" in schema:
        return " | ".join(_json(value) for value in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _either(schema, several, style)
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return " | ".join(_of_type(schema, kind, style) for kind in kinds)
    return _of_type(schema, kinds or _implied(schema), style)


def _either(schema: JsonObject, several: str, style: _Style) -> str:
    written = dict.fromkeys(_sketch(one, style) for one in schema[several])
    own = {key: value for key, value in schema.items() if key not in {several, "default", "description"}}
    both = f" & {_sketch(own, style)}" if {"properties", "required", "items"} & own.keys() else ""
    return " | ".join(written) + both


def _implied(schema: JsonObject) -> str:
    if {"properties", "required", "additionalProperties"} & schema.keys():
        return "object"
    return "array" if "items" in schema else "any"


def _of_type(schema: JsonObject, kind: str, style: _Style) -> str:
    if kind == "object":
        return _object(schema, style)
    if kind == "array":
        inner = _sketch(schema["items"], style) if "items" in schema else "any"
        return f"[{inner}, ...{schema['x-count']} items]" if "x-count" in schema else f"[{inner}, ...]"
    return kind


def _object(schema: JsonObject, style: _Style) -> str:
    lines = [*_properties(schema, style.deeper())]
    if not lines and _open(schema):
        return f"{{[key]: {_sketch(schema.get('additionalProperties', True), style)}}}"
    if not lines:
        return "{}"
    if _open(schema) and isinstance(schema.get("additionalProperties"), Mapping):
        lines.append(f"[any other key]: {_sketch(schema['additionalProperties'], style.deeper())},")
    elif schema.get("additionalProperties") is True:
        lines.append("[any other key]: any,")
    pad = " " * style.indent
    body = "".join(f"{pad}  {line}\n" for line in lines)
    return f"{{\n{body}{pad}}}"


def _open(schema: JsonObject) -> bool:
    return schema.get("additionalProperties", True) is not False


def _properties(schema: JsonObject, style: _Style) -> Iterator[str]:
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    for name, inner in properties.items():
        default = f" = {_json(inner['default'])}" if isinstance(inner, Mapping) and "default" in inner else ""
        yield f"{name}{'' if name in required else '?'}: {_sketch(inner, style)}{default},{_comment(inner, style)}"
    for name in required:
        if name not in properties:
            yield f"{name}: any,"


def _comment(schema: Schema, style: _Style) -> str:
    text = schema.get("description", "") if isinstance(schema, Mapping) else ""
    return f"  // {' '.join(str(text).split())}" if text and style.described else ""


def _limits(schema: JsonObject) -> str:
    told = [_BOUNDS[key].format(schema[key]) for key in _BOUNDS if key in schema and schema[key] is not False]
    return f" ({', '.join(told)})" if told else ""


def _rest(schema: JsonObject) -> str:
    rest = {key: value for key, value in schema.items() if key not in _KNOWN and not key.startswith("x-")}
    return f" & {_json(rest)}" if rest else ""


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
