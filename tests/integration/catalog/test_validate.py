"""Validation in the sandbox: the same verdicts as on the host, and partitions that tell what is wrong."""

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from schemas.limits import DEPTH

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Sandbox

PERSON = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
PEOPLE = [{"name": "ann"}, {"age": 3}, {"name": "bob", "age": "x"}]
INVALID = [
    {"index": 1, "value": {"age": 3}, "errors": [{"path": "", "message": "'name' is a required property"}]},
    {"index": 2, "value": {"name": "bob", "age": "x"}, "errors": [{"path": "/age", "message": "'x' is not of type 'integer'"}]},
]
COUNTS = {"valid_count": 1, "invalid_count": 2, "ok": False}


@pytest.mark.parametrize(
    ("config", "given", "output"),
    [
        pytest.param(
            {"schema": PERSON, "on_invalid": "flag"},
            {"data": PEOPLE},
            {"data": PEOPLE, "valid": PEOPLE[:1], "invalid": INVALID, **COUNTS},
            id="flag leaves the data as it is",
        ),
        pytest.param(
            {"schema": PERSON, "on_invalid": "filter"},
            {"data": PEOPLE},
            {"data": PEOPLE[:1], "valid": PEOPLE[:1], "invalid": INVALID, **COUNTS},
            id="filter keeps what is valid",
        ),
        pytest.param(
            {"on_invalid": "filter"},
            {"data": {"age": 3}, "schema": PERSON},
            {
                "data": None,
                "valid": [],
                "invalid": [
                    {"index": 0, "value": {"age": 3}, "errors": [{"path": "", "message": "'name' is a required property"}]}
                ],
                "valid_count": 0,
                "invalid_count": 1,
                "ok": False,
            },
            id="one value, filtered out",
        ),
        pytest.param(
            {"schema": {"type": "array", "maxItems": 3}, "as_whole": True},
            {"data": PEOPLE},
            {"data": PEOPLE, "valid": [PEOPLE], "invalid": [], "valid_count": 1, "invalid_count": 0, "ok": True},
            id="a list as a whole",
        ),
        pytest.param(
            {"schema": False},
            {"data": []},
            {"data": [], "valid": [], "invalid": [], "valid_count": 0, "invalid_count": 0, "ok": True},
            id="an empty list is valid",
        ),
    ],
)
def test_data_is_split_into_what_fits_and_what_does_not(
    sandbox: "Sandbox", config: dict[str, Any], given: dict[str, Any], output: dict[str, Any]
) -> None:
    assert sandbox.run("validate", config, given) == {"ok": output}


@pytest.mark.parametrize(
    ("config", "given", "type_", "message"),
    [
        pytest.param(
            {"schema": PERSON},
            {"data": PEOPLE},
            "invalid_data",
            "2 of 3 items do not fit the schema: item 1 at its root: 'name' is a required property; "
            "item 2 at /age: 'x' is not of type 'integer'",
            id="failing names the items",
        ),
        pytest.param(
            {"schema": {"type": "string"}},
            {"data": [1, 2, 3, 4, 5]},
            "invalid_data",
            "5 of 5 items do not fit the schema: item 0 at its root: 1 is not of type 'string'; "
            "item 1 at its root: 2 is not of type 'string'; "
            "item 2 at its root: 3 is not of type 'string'; and 2 more items",
            id="failing names the first few",
        ),
        pytest.param(
            {"schema": PERSON},
            {"data": 1},
            "invalid_data",
            "the value does not fit the schema: at its root: 1 is not of type 'object'",
            id="one value",
        ),
        pytest.param(
            {},
            {"data": 1},
            "schema_invalid",
            "neither config.schema nor input.schema is given; give exactly one",
            id="no schema",
        ),
        pytest.param(
            {"schema": {}},
            {"data": 1, "schema": {}},
            "schema_invalid",
            "both config.schema and input.schema are given; give exactly one",
            id="two schemas",
        ),
        pytest.param(
            {},
            {"data": 1, "schema": {"type": "strin"}},
            "schema_invalid",
            "the schema is not valid at /type: 'strin' is not valid under any of the given schemas",
            id="no schema at all",
        ),
        pytest.param(
            {},
            {"data": 1, "schema": {"$schema": "https://example.org/mine"}},
            "schema_invalid",
            "its dialect 'https://example.org/mine' is unknown; use https://json-schema.org/draft/2020-12/schema "
            "(known: 2020-12, 2019-09, draft-07, draft-06, draft-04)",
            id="an unknown dialect",
        ),
        pytest.param(
            {},
            {"data": 1, "schema": {"$ref": "http://169.254.169.254/latest"}},
            "schema_invalid",
            "whether the value fits is undecided: the schema refers to http://169.254.169.254/latest, which it does not hold; "
            "nothing is fetched",
            id="a remote reference",
        ),
        pytest.param(
            {},
            {"data": 1, "schema": {"$ref": "#"}},
            "schema_invalid",
            "whether the value fits is undecided: it is nested too deep to be compared with its schema, or the schema refers "
            "to itself without end",
            id="a circle",
        ),
        pytest.param(
            {},
            {"data": "a", "schema": {"pattern": "("}},
            "schema_invalid",
            "the schema is not valid at /pattern: The pattern '(' is no regular expression of ECMA-262: ( is never closed "
            "(character 1).",
            id="no pattern",
        ),
    ],
)
def test_what_goes_wrong_is_said(
    sandbox: "Sandbox", config: dict[str, Any], given: dict[str, Any], type_: str, message: str
) -> None:
    answered = sandbox.run("validate", config, given)

    assert answered == {"error": {"type": type_, "message": message, "retryable": False, "retry_after_s": None}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param(
            {"$defs": {"n": {"type": "integer"}}, "items": {"$ref": "#/$defs/n"}}, [1, "a", 2.0, 2.5], id="references"
        ),
        pytest.param(
            {"$defs": {"t": {"properties": {"t": {"$ref": "#/$defs/t"}, "v": {"type": "null"}}}}, "$ref": "#/$defs/t"},
            {"t": {"t": {"v": 1}}},
            id="a tree",
        ),
        pytest.param(
            {"$ref": "https://json-schema.org/draft/2020-12/schema"},
            {"type": "strin", "items": 3},
            id="the specification itself",
        ),
        pytest.param({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, 3, id="one of"),
        pytest.param({"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]}, "abc", id="any of"),
        pytest.param({"not": {"const": 1}, "enum": [1, 2]}, 1, id="not"),
        pytest.param(
            {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "dependentRequired": {"a": ["c"]}}, {"a": 1}, id="if"
        ),
        pytest.param(
            {"prefixItems": [{"type": "string"}], "items": False, "uniqueItems": True, "contains": {"const": 5}},
            ["a", 1, 1],
            id="tuples",
        ),
        pytest.param(
            {"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": False}, {"a": 1, "b": 2}, id="unevaluated"
        ),
        pytest.param(
            {
                "patternProperties": {"^x-": {"type": "string"}},
                "additionalProperties": False,
                "propertyNames": {"maxLength": 3},
            },
            {"x-a": 1, "y": 2, "long": 3},
            id="names",
        ),
        pytest.param(
            {"$dynamicAnchor": "n", "properties": {"c": {"items": {"$dynamicRef": "#n"}}, "v": {"type": "integer"}}},
            {"c": [{"v": "x"}]},
            id="dynamic references",
        ),
        pytest.param({"multipleOf": 0.1, "exclusiveMaximum": 1}, 1.05, id="numbers"),
        pytest.param({"type": "integer"}, 1.0, id="a whole number"),
        pytest.param({"type": ["integer", "boolean"]}, True, id="a boolean is no number"),
        pytest.param({"const": {"a": [1, True]}}, {"a": [1, 1]}, id="a constant"),
        *(
            pytest.param({"items": {"format": kind}}, values, id=kind)
            for kind, values in {
                "date": ["2026-11-21", "2026-13-01", 3],
                "date-time": ["2026-11-21T10:00:00Z", "2026-11-21 10:00", "x"],
                "time": ["10:00:00Z", "25:00:00Z"],
                "email": ["a@b", "none"],
                "hostname": ["example.org", "-bad-.org", "a b"],
                "ipv4": ["127.0.0.1", "256.0.0.1", "1"],
                "ipv6": ["::1", "12345::", "x"],
                "uri": ["https://example.org/a?b#c", "no uri", "//x"],
                "uri-reference": ["/a/b", "a b\\c"],
                "uuid": ["123e4567-e89b-12d3-a456-426614174000", "123"],
                "regex": ["a+", "("],
                "json-pointer": ["/a/0", "a"],
                "relative-json-pointer": ["1/a", "/a"],
                "unheard-of": ["anything"],
            }.items()
        ),
    ],
)
def test_the_sandbox_finds_what_the_host_finds(sandbox: "Sandbox", schema: dict[str, Any], value: Any) -> None:
    host = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    found = [best_match([error]) or error for error in host.iter_errors(value)]
    expected = [{"path": "".join(f"/{part}" for part in e.absolute_path), "message": e.message} for e in found]

    answered = sandbox.run("validate", {"schema": schema, "on_invalid": "flag", "as_whole": True}, {"data": value})

    assert [entry["errors"] for entry in answered["ok"]["invalid"]] == ([expected] if expected else [])


@pytest.mark.parametrize(
    "dialect",
    [
        pytest.param("http://json-schema.org/draft-04/schema#", id="draft 4"),
        pytest.param("http://json-schema.org/draft-06/schema#", id="draft 6"),
        pytest.param("http://json-schema.org/draft-07/schema#", id="draft 7"),
        pytest.param("https://json-schema.org/draft/2019-09/schema", id="draft 2019-09"),
        pytest.param("https://json-schema.org/draft/2020-12/schema", id="draft 2020-12"),
    ],
)
def test_a_fetched_schema_may_be_of_an_older_draft(sandbox: "Sandbox", dialect: str) -> None:
    schema = {"$schema": dialect, "definitions": {"n": {"type": "integer"}}, "properties": {"n": {"$ref": "#/definitions/n"}}}

    answered = sandbox.run("validate", {"on_invalid": "flag"}, {"data": [{"n": 1}, {"n": "x"}], "schema": schema})

    assert (answered["ok"]["valid_count"], answered["ok"]["invalid_count"]) == (1, 1)


def test_a_value_with_many_faults_shows_the_first_of_them(sandbox: "Sandbox") -> None:
    config = {"schema": {"items": {"type": "string"}}, "on_invalid": "flag", "as_whole": True}

    answered = sandbox.run("validate", config, {"data": list(range(1000))})

    assert len(answered["ok"]["invalid"][0]["errors"]) == 20


def nested(depth: int, *, within: str) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if within == "items" else {"a": value}
    return value


DEEP = DEPTH - 4  # what holds the data in a call is as deep as may be
FOLLOWED = 40  # levels that a schema which refers to itself follows on a guest's stack


@pytest.mark.parametrize(
    ("within", "depth", "schema"),
    [
        pytest.param("items", DEEP, {"type": "array", "uniqueItems": True}, id="items that differ"),
        pytest.param("properties", DEEP, {"const": nested(DEEP, within="properties")}, id="a constant"),
        pytest.param("items", DEEP, {"enum": [*range(20), nested(DEEP, within="items")]}, id="one of many"),
        pytest.param("items", FOLLOWED, {"items": {"$ref": "#"}}, id="lists"),
        pytest.param("properties", FOLLOWED, {"properties": {"a": {"$ref": "#"}}}, id="objects"),
        pytest.param("items", FOLLOWED, {"anyOf": [{"type": "integer"}, {"items": {"$ref": "#"}}]}, id="choices"),
    ],
)
def test_deep_values_are_judged(sandbox: "Sandbox", within: str, depth: int, schema: dict[str, Any]) -> None:
    data = {"data": nested(depth, within=within), "schema": schema}

    answered = sandbox.run("validate", {"as_whole": True, "on_invalid": "flag"}, data)

    assert answered["ok"]["ok"] is True


def test_a_value_too_deep_for_a_schema_that_refers_to_itself_is_undecided(sandbox: "Sandbox") -> None:
    data = {"data": nested(DEEP, within="items"), "schema": {"items": {"$ref": "#"}}}

    answered = sandbox.run("validate", {"as_whole": True, "on_invalid": "flag"}, data)

    assert answered["error"]["type"] == "schema_invalid"
    assert "whether the value fits is undecided: it is nested too deep" in answered["error"]["message"]
