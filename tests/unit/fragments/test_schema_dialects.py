"""Schemas of older dialects are held against their own rules when they are checked, and their types are not guessed."""

from typing import Any

import pytest

from catalog.loader import load_catalog
from fragments.checks.outputs import handler_output
from fragments.schemas.inlining import is_unknown
from fragments.schemas.soundness import schema_flaw, sound
from fragments.schemas.validators import accepts
from schemas.dialects import DIALECTS
from schemas.values import JsonObject

OLDER = {name: uri for uri in DIALECTS[1:] for name in ("2019-09", "draft-07", "draft-06", "draft-04") if name in uri}
UNKNOWN_DIALECT = (
    "its dialect 'https://example.org/mine' is unknown; use https://json-schema.org/draft/2020-12/schema "
    "(known: 2020-12, 2019-09, draft-07, draft-06, draft-04)"
)
TEXT = {"a": {"type": "string"}}


@pytest.mark.parametrize(
    ("dialect", "schema", "value", "fitting"),
    [
        pytest.param("draft-04", {"minimum": 1, "exclusiveMinimum": True}, 1, False, id="booleans of draft 4"),
        pytest.param("draft-04", {"id": "http://example.org/", "type": "null"}, None, True, id="an id of draft 4"),
        pytest.param("draft-06", {"const": 1, "exclusiveMinimum": 0}, 1, True, id="numbers of draft 6"),
        pytest.param("draft-07", {"$ref": "#/definitions/a", "maxLength": 1, "definitions": TEXT}, "ab", True, id="siblings"),
        pytest.param("draft-07", {"items": [{"type": "null"}], "additionalItems": False}, [None, 1], False, id="tuples"),
        pytest.param("draft-07", {"dependencies": {"a": {"required": ["b"]}}}, {"a": 1}, False, id="dependencies"),
        pytest.param("2019-09", {"$ref": "#/$defs/a", "maxLength": 1, "$defs": TEXT}, "ab", False, id="siblings that count"),
        pytest.param("2019-09", {"dependentRequired": {"a": ["b"]}}, {"a": 1}, False, id="dependentRequired"),
    ],
)
def test_a_schema_of_an_older_dialect_is_sound_by_its_own_rules(
    dialect: str, schema: JsonObject, value: Any, *, fitting: bool
) -> None:
    whole = {"$schema": f"{OLDER[dialect]}#", **schema}
    assert schema_flaw(whole) is None
    assert accepts(whole, value) is fitting
    assert is_unknown(sound(whole))


@pytest.mark.parametrize(
    ("schema", "flaw"),
    [
        pytest.param(
            {"minimum": 1, "exclusiveMinimum": True}, (("exclusiveMinimum",), "True is not of type 'number'"), id="2020"
        ),
        pytest.param(
            {"$schema": OLDER["draft-07"], "exclusiveMinimum": True},
            (("exclusiveMinimum",), "True is not of type 'number'"),
            id="a boolean of draft 4 in draft 7",
        ),
        pytest.param(
            {"$schema": OLDER["draft-04"], "minimum": 1, "exclusiveMinimum": 1},
            (("exclusiveMinimum",), "1 is not of type 'boolean'"),
            id="a number of draft 6 in draft 4",
        ),
        pytest.param(
            {"$schema": OLDER["draft-07"], "dependencies": {"a": {"pattern": "(?=a)"}}},
            (
                ("dependencies", "a", "pattern"),
                "The pattern '(?=a)' cannot be evaluated here: look-around is not supported.",
            ),
            id="a pattern in a dependency",
        ),
        pytest.param(
            {"$schema": OLDER["draft-07"], "items": [{"$ref": "http://example.org/"}]},
            (("items", 0, "$ref"), "it refers to http://example.org/, outside of this schema"),
            id="a reference elsewhere, in a tuple",
        ),
        pytest.param(
            {"$schema": OLDER["draft-07"], "dependencies": {"a": {"$ref": "#/definitions/b"}}},
            (("dependencies", "a", "$ref"), "#/definitions/b leads nowhere; a reference is #/$defs/NAME"),
            id="a reference to nothing, in a dependency",
        ),
        pytest.param(
            {"$schema": OLDER["draft-07"], "dependencies": {"a": {"$ref": "#"}}},
            (("dependencies", "a", "$ref"), "it leads back to itself without going into the value"),
            id="a circle through a dependency",
        ),
        pytest.param(
            {"$schema": OLDER["draft-04"], "properties": {"a": {"id": "http://example.org/"}}},
            (("properties", "a", "id"), "a schema within a schema has an id"),
            id="an id within",
        ),
        pytest.param(
            {"$schema": OLDER["2019-09"], "properties": {"a": {"$recursiveRef": "#"}}},
            (("properties", "a", "$recursiveRef"), "$recursiveRef is not supported; use $ref"),
            id="a recursive reference",
        ),
        pytest.param(
            {"properties": {"a": {"$schema": OLDER["draft-07"]}}},
            (("properties", "a", "$schema"), "a schema within a schema names another dialect"),
            id="another dialect within",
        ),
        pytest.param(
            {"$schema": "https://example.org/mine"},
            (
                ("$schema",),
                UNKNOWN_DIALECT,
            ),
            id="a dialect of one's own",
        ),
    ],
)
def test_what_is_wrong_by_the_rules_of_a_dialect_is_found_with_its_place(schema: JsonObject, flaw: Any) -> None:
    assert schema_flaw(schema) == flaw


def test_the_output_of_a_handler_is_not_typed_by_a_schema_of_an_older_dialect() -> None:
    validate = load_catalog().catalog.capabilities["validate@1.0.0"]
    config = {"schema": {"$schema": OLDER["draft-07"], "$ref": "#/definitions/a", "maxLength": 1, "definitions": TEXT}}

    typed = handler_output(validate, config)

    assert isinstance(typed, dict)
    assert is_unknown(typed["properties"]["valid"]["items"])
    assert validate.output_of(config) == validate.output_schema
