"""Schemas of OpenAPI 3.0 and 3.1 become JSON Schema 2020-12 that accepts the same values."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator

from catalog.openapi.nodes import Document, Unsupported
from catalog.openapi.schemas import Side, standing

NODE = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
PET = {
    "type": "object",
    "required": ["id", "name", "key"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "key": {"type": "string", "writeOnly": True},
    },
}


def document(version: str = "3.0.3", **schemas: Any) -> Document:
    return Document(root={"openapi": version, "components": {"schemas": schemas}}, version=version)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param({"type": "string", "nullable": True}, {"type": ["string", "null"]}, id="nullable"),
        pytest.param({"type": "string", "nullable": False}, {"type": "string"}, id="not nullable"),
        pytest.param(
            {"type": "string", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}, id="enum"
        ),
        pytest.param(
            {"allOf": [{"type": "string"}], "nullable": True},
            {"anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]},
            id="nullable beside a combination",
        ),
        pytest.param(
            {"minimum": 1, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False},
            {"exclusiveMinimum": 1, "maximum": 9},
            id="bounds",
        ),
        pytest.param({"exclusiveMinimum": True}, {}, id="a bound of nothing"),
        pytest.param({"type": "integer", "example": 3}, {"type": "integer", "examples": [3]}, id="example"),
        pytest.param(
            {"type": "object", "discriminator": {"propertyName": "kind"}, "xml": {}, "externalDocs": {}, "x-order": 1},
            {"type": "object"},
            id="what says nothing about values",
        ),
        pytest.param(
            {"type": "object", "properties": {"nullable": {"type": "string"}, "x-a": {"type": "string"}}},
            {"type": "object", "properties": {"nullable": {"type": "string"}, "x-a": {"type": "string"}}},
            id="names of properties are no keywords",
        ),
        pytest.param(
            {"enum": [{"nullable": True, "example": 1}, {"xml": 1}], "default": {"xml": 1}},
            {"enum": [{"nullable": True, "example": 1}, {"xml": 1}], "default": {"xml": 1}},
            id="values are left alone",
        ),
        pytest.param(
            {"type": "array", "items": {"not": {"additionalProperties": {"type": "string", "nullable": True}}}},
            {"type": "array", "items": {"not": {"additionalProperties": {"type": ["string", "null"]}}}},
            id="at every depth",
        ),
        pytest.param({"type": "string", "pattern": "^a+$"}, {"type": "string", "pattern": "^a+$"}, id="a pattern"),
        pytest.param(
            {"type": "string", "pattern": "^(?=a)"}, {"type": "string", "$comment": "pattern: ^(?=a)"}, id="a foreign pattern"
        ),
    ],
)
def test_a_schema_of_3_0_is_written_in_2020_12(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    assert standing(schema, document(), Side.RESPONSE) == expected


def test_what_is_referred_to_comes_along_once_and_may_refer_to_itself() -> None:
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/Node", "nullable": True}}

    assert standing(schema, document(Node=NODE, Other={"type": "string"}), Side.RESPONSE) == {
        "type": "array",
        "items": {"$ref": "#/$defs/Node"},  # by the letter of 3.0 what stands beside a reference counts for nothing
        "$defs": {"Node": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/$defs/Node"}}}},
    }


def test_in_3_1_what_stands_beside_a_reference_counts() -> None:
    schema = {"$ref": "#/components/schemas/a~1b", "description": "A thing."}

    assert standing(schema, document("3.1.0", **{"a/b": {"type": ["string", "null"]}}), Side.REQUEST) == {
        "$ref": "#/$defs/a_1b",
        "description": "A thing.",
        "$defs": {"a_1b": {"type": ["string", "null"]}},
    }


@pytest.mark.parametrize(
    ("side", "kept"),
    [pytest.param(Side.REQUEST, ["name", "key"], id="sent"), pytest.param(Side.RESPONSE, ["id", "name"], id="answered")],
)
def test_what_goes_one_way_only_is_asked_for_that_way_only(side: Side, kept: list[str]) -> None:
    made = standing(PET, document(), side)
    assert (made["required"], list(made["properties"])) == (kept, kept)


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        pytest.param({"$ref": "other.yaml#/Pet"}, "which is not read", id="another document"),
        pytest.param({"$ref": "#/components/schemas/None"}, "nothing is there", id="nowhere"),
        pytest.param({"items": {"$dynamicRef": "#node"}}, "$dynamicRef", id="dynamic"),
        pytest.param({"$ref": "#/components/schemas/Loop"}, "in a circle", id="a circle of references"),
    ],
)
def test_what_cannot_be_followed_is_refused(schema: dict[str, Any], says: str) -> None:
    with pytest.raises(Unsupported) as refused:
        standing(schema, document(Loop={"$ref": "#/components/schemas/Loop"}), Side.RESPONSE)
    assert says in str(refused.value)


VALUES = [None, True, 0, 1, 1.5, 9, 10, "a", "b", "", [], [1], ["a"], {}, {"id": 1, "name": "n"}, {"name": "n", "key": "k"}]
SCHEMAS = [
    {"type": "string", "nullable": True},
    {"type": "string", "enum": ["a", None], "nullable": True},
    {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
    {"type": "number", "maximum": 9, "exclusiveMaximum": True},
    {"type": "number", "minimum": 1, "exclusiveMinimum": False},
    {"type": "array", "items": {"type": "string", "nullable": True}, "minItems": 1},
    {"type": "object", "additionalProperties": {"type": "string"}},
    {"oneOf": [{"type": "integer"}, {"type": "number"}]},
    {"not": {"type": "string"}},
    PET,
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@pytest.mark.parametrize(
    ("side", "judge"),
    [
        pytest.param(Side.REQUEST, OAS30WriteValidator, id="sent"),
        pytest.param(Side.RESPONSE, OAS30ReadValidator, id="answered"),
    ],
)
def test_the_same_values_fit_as_by_the_dialect_s_own_validator(schema: dict[str, Any], side: Side, judge: Any) -> None:
    made = Draft202012Validator(standing(schema, document(), side))
    # The validator refuses a value that goes the other way only; a description that does not name it lets it pass.
    values = [value for value in VALUES if not (isinstance(value, dict) and {"id", "key"} & value.keys())]
    assert [made.is_valid(value) for value in values] == [judge(schema).is_valid(value) for value in values]
