"""Null in schemas: whether it may come out, and the schema of what else may."""

from collections.abc import Mapping

from fragments.schemas.fitting import Fit, fits
from fragments.schemas.inlining import is_unknown
from schemas.values import Json, Schema

NULL: Schema = {"type": "null"}


def or_null(schema: Schema) -> Schema:
    """Give a schema of the same values and null."""
    return schema if is_unknown(schema) else {"anyOf": [schema, NULL]}


def may_be_null(schema: Schema) -> bool:
    """Say whether null may come out; True also where that is not known."""
    return fits(NULL, schema) is not Fit.NO


def without_null(schema: Schema) -> Schema:
    """Give a schema of the same values without null, as far as that is plain to see; `False` where nothing else is left."""
    if not isinstance(schema, Mapping) or is_unknown(schema):
        return schema
    if "const" in schema or "enum" in schema:
        kept = [value for value in schema.get("enum", (schema.get("const"),)) if value is not None]
        return ({**schema, "enum": kept} if "enum" in schema else schema) if kept else False
    if "anyOf" in schema:
        return _any_of(schema)
    kinds = schema.get("type")
    if isinstance(kinds, (list, tuple)):
        return {**schema, "type": [kind for kind in kinds if kind != "null"]} if "null" in kinds else schema
    return False if kinds == "null" else schema


def _any_of(schema: Mapping[str, Json]) -> Schema:
    rest = {key: part for key, part in schema.items() if key != "anyOf"}
    parts = [part for part in map(without_null, schema["anyOf"]) if part is not False]
    if not parts:
        return False
    return parts[0] if len(parts) == 1 and not rest else {**rest, "anyOf": parts}
