"""What is taken for a schema at a glance is one by the metaschema, too."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.shapes import SHAPES, well_formed
from schemas.validation import PATTERNS

META = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=PATTERNS)
VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.5, "", "a", "string", "(", "^a$", "date", [], [1], ["a"], ["a", "a"]),
    *([None], [{}], [True], [["a"]], ["string", "null"], ["string", "text"], {}, {"a": 1}, {"a": {}}),
    *({"a": ["b"]}, {"a": ["b", "b"]}, {"(": {}}, {"$ref": "#"}, {"type": 3}, [{"type": 3}]),
]
KEYS = [
    *SHAPES,
    *("$ref", "$comment", "$defs", "properties", "patternProperties", "dependentSchemas", "items", "not", "if", "then"),
    *("else", "contains", "propertyNames", "additionalProperties", "unevaluatedItems", "unevaluatedProperties"),
    *("allOf", "anyOf", "oneOf", "prefixItems", "contentSchema", "$id", "$anchor", "$dynamicRef", "$schema", "x-word"),
]


@pytest.mark.parametrize("key", KEYS)
def test_what_is_well_formed_is_a_schema(key: str) -> None:
    for value in VALUES:
        for schema in ({key: value}, {"items": {key: value}}, {"properties": {key: {key: value}}}):
            assert not well_formed(schema) or META.is_valid(schema), schema


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        {
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"$ref": "#/$defs/b"}},
            "$defs": {"b": {"type": ["string", "null"]}},
        },
        {"anyOf": [{"enum": [1, None]}, {"const": {"type": 3}}], "default": {"type": 3}, "examples": [3]},
        {"patternProperties": {"^a$": {"minimum": 1, "multipleOf": 0.1}}, "additionalProperties": False},
    ],
)
def test_usual_schemas_are_seen_at_a_glance(schema: Any) -> None:
    assert well_formed(schema)
    assert META.is_valid(schema)
