"""Strategies for every keyword of JSON Schema that says something of a value."""

from typing import Any

from hypothesis import strategies as st

from tests.properties.strategies import SCALARS, schemas

_KEYS = st.sampled_from(["a", "b", "c"])
_PARTS: list[dict[str, Any]] = [
    {"type": "integer"},
    {"type": ["string", "null"]},
    {"minimum": 1},
    {"required": ["a"]},
    {},
    {"const": "a"},
]
_SCHEMA = st.sampled_from(_PARTS)
_LIMIT = st.sampled_from([-1, 0, 0.5, 1.0, 2])
_COUNT = st.integers(0, 3)
_SCHEMAS = st.lists(_SCHEMA, min_size=1, max_size=2)
_NAMES = st.lists(_KEYS, min_size=1, max_size=2, unique=True)

WORDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["integer", "number", ["null", "string"], ["array", "object"]]),
    "const": SCALARS,
    "enum": st.lists(SCALARS, min_size=1, max_size=4),
    "minimum": _LIMIT,
    "maximum": _LIMIT,
    "exclusiveMinimum": _LIMIT,
    "exclusiveMaximum": _LIMIT,
    "multipleOf": st.sampled_from([1, 2, 4, 0.5, 2.0]),
    "minLength": _COUNT,
    "maxLength": _COUNT,
    "pattern": st.sampled_from(["^a", "b$", ""]),
    "format": st.sampled_from(["uri", "date", "email"]),
    "items": _SCHEMA | st.just(value=False),
    "prefixItems": _SCHEMAS,
    "minItems": _COUNT,
    "maxItems": _COUNT,
    "uniqueItems": st.booleans(),
    "contains": _SCHEMA,
    "minContains": _COUNT,
    "maxContains": _COUNT,
    "properties": st.dictionaries(_KEYS, _SCHEMA | st.just(value=False), max_size=2),
    "required": _NAMES,
    "additionalProperties": _SCHEMA | st.booleans(),
    "patternProperties": st.fixed_dictionaries({"^a": _SCHEMA}),
    "propertyNames": st.sampled_from([{"pattern": "^a"}, {"maxLength": 0}]),
    "minProperties": _COUNT,
    "maxProperties": _COUNT,
    "dependentRequired": st.fixed_dictionaries({"a": _NAMES}),
    "dependentSchemas": st.fixed_dictionaries({"a": _SCHEMA}),
    "unevaluatedProperties": st.booleans(),
    "unevaluatedItems": st.booleans(),
    "anyOf": _SCHEMAS,
    "oneOf": _SCHEMAS,
    "allOf": _SCHEMAS,
    "not": _SCHEMA,
    "if": _SCHEMA,
    "then": _SCHEMA,
    "else": _SCHEMA,
    "$ref": st.sampled_from(["#/$defs/one", "#/$defs/two"]),
}


@st.composite
def using(draw: st.DrawFn, word: str) -> dict[str, Any]:
    """Draw a schema that uses a keyword beside others."""
    schema = draw(schemas(1))
    for other in (*draw(st.lists(st.sampled_from(sorted(WORDS)), max_size=2)), word):
        schema |= {other: draw(WORDS[other])}
    return schema | {"$defs": {"one": draw(_SCHEMA), "two": draw(schemas(1))}} if "$ref" in schema else schema
