"""Schemas of what is written, from schemas of what flows: where a value may come by reference, a reference may stand."""

from collections.abc import Callable, Mapping

from fragments.schemas.fitting import takes_all
from fragments.schemas.inlining import inlined, is_unknown
from schemas.values import Json, Schema

REFERENCE: Schema = {"type": "string", "pattern": r"\{\{", "description": "A reference, or a text that holds some."}

_AS_WRITTEN = {
    *("type", "required", "propertyNames", "minProperties", "maxProperties", "dependentRequired", "minItems", "maxItems"),
    *(
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "format",
    ),
    *("title", "description", "default", "examples", "deprecated"),
}
"""Keywords that mean the same of what is written: a number, a list's length and a key are never behind a reference."""


def written(schema: Schema) -> Schema:
    """Give a schema without `$ref` of all that may be written where a value of `schema` is wanted at run time.

    It accepts every text of a plan that can come to fit, and more: what compares whole values (`uniqueItems`, `not`, `if`,
    `contains`, constants that are objects or lists) says nothing of a value that holds references.
    """
    return _written(inlined(schema))


def of_literals(schema: Schema) -> Schema:
    """Give a schema without `$ref` of the literals that fit `schema`; where that refers to itself, of more than these."""
    plain = inlined(schema)
    return _literal(plain) if _holds_unknown(plain) else plain


def _literal(schema: Schema) -> Schema:
    if isinstance(schema, bool) or is_unknown(schema):
        return schema is not False
    return _mapped(schema, _literal, _literal)


def _written(schema: Schema) -> Schema:
    if isinstance(schema, bool) or is_unknown(schema):
        return schema is not False
    return _mapped(schema, _or_reference, _written)


def _or_reference(schema: Schema) -> Schema:
    loose = _written(schema)
    if isinstance(loose, bool) or takes_all(loose):
        return loose
    words = {key: loose[key] for key in ("title", "description", "deprecated") if key in loose}
    return {**words, "anyOf": [loose, REFERENCE]}


def _holds_unknown(schema: Json) -> bool:
    if isinstance(schema, Mapping):
        return is_unknown(schema) or any(map(_holds_unknown, schema.values()))
    return isinstance(schema, (list, tuple)) and any(map(_holds_unknown, schema))


def _mapped(schema: Mapping[str, Json], part: Callable[[Schema], Schema], whole: Callable[[Schema], Schema]) -> dict[str, Json]:
    """Keep what is said of the value itself; map the schemas of its parts, and those that speak of the whole of it."""
    found: dict[str, Json] = {key: value for key, value in schema.items() if key in _AS_WRITTEN}
    for key in ("properties", "patternProperties"):
        if key in schema:
            found[key] = {name: part(inner) for name, inner in schema[key].items()}
    for key in ("items", "additionalProperties"):
        if key in schema:
            found[key] = part(schema[key])
    if "prefixItems" in schema:
        found["prefixItems"] = [part(inner) for inner in schema["prefixItems"]]
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    if values and not any(isinstance(value, (Mapping, list, tuple)) for value in values):
        found["enum"] = list(values)
    combined: list[Schema] = [{"anyOf": [whole(inner) for inner in schema[key]]} for key in ("anyOf", "oneOf") if key in schema]
    combined.extend(whole(inner) for inner in schema.get("allOf", ()))
    return found | ({"allOf": combined} if combined else {})
