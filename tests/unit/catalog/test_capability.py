"""What a capability says of a step, given the step's config."""

from typing import Any

import pytest

from catalog.capability import Capability, Effect

ANY_LIST = {"type": "array", "items": {}}
PLAIN = {"type": "object", "properties": {"body": {}}}
PAGED = {"type": "object", "properties": {"items": ANY_LIST}}
NAMED = {"type": "object", "required": ["name"]}


def capability(**changes: Any) -> Capability:
    described: dict[str, Any] = {
        "name": "fetch",
        "version": "1.0.0",
        "summary": "Fetch.",
        "description": "Fetches.",
        "config_schema": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "method": {"enum": ["GET", "POST"], "default": "GET"},
                "paging": {"type": "object", "properties": {"style": {"default": "link"}}},
                "on_error": {"default": "fail"},
                "response_schema": {"type": ["object", "boolean"], "format": "json-schema"},
            },
        },
        "input_schema": {"type": "object"},
        "output_schema": PLAIN,
        "output_from": {"/properties/body": "/response_schema"},
        "output_cases": [
            {"given": ["/paging"], "output_schema": PAGED, "output_from": {"/properties/items/items": "/response_schema"}},
            {"equals": {"/on_error": "return"}, "output_schema": {"type": "string"}},
        ],
        "errors": [{"type": "failed", "retryable": False, "description": "It failed."}],
        "effect": "write",
        "effect_by": {"at": "/method", "is": {"GET": "read"}},
    }
    return Capability.model_validate(described | changes)


@pytest.mark.parametrize(
    ("config", "schema"),
    [
        pytest.param({}, PLAIN, id="as written when config fixes nothing"),
        pytest.param({"response_schema": NAMED}, {"type": "object", "properties": {"body": NAMED}}, id="config fixes a part"),
        pytest.param({"response_schema": False}, {"type": "object", "properties": {"body": False}}, id="a schema may be false"),
        pytest.param({"paging": {}}, PAGED, id="a case holds when its config is given"),
        pytest.param(
            {"paging": {}, "response_schema": NAMED},
            {"type": "object", "properties": {"items": {"type": "array", "items": NAMED}}},
            id="a case has its own places",
        ),
        pytest.param({"on_error": "return"}, {"type": "string"}, id="a case holds when a value is equal"),
        pytest.param({"on_error": "fail"}, PLAIN, id="a case does not hold for another value"),
        pytest.param({"on_error": "return", "paging": {}}, PAGED, id="the first case that fits wins"),
    ],
)
def test_the_output_of_a_step_is_typed_by_its_config(config: dict[str, Any], schema: dict[str, Any]) -> None:
    assert capability().output_of(config) == schema


def test_a_whole_output_can_come_from_config() -> None:
    transform = capability(output_schema={"description": "any"}, output_from={"": "/response_schema"}, output_cases=[])

    assert transform.output_of({"response_schema": NAMED}) == NAMED
    assert transform.output_of({"response_schema": True}) is True
    assert transform.output_of({}) == {"description": "any"}


def test_a_schema_from_config_keeps_its_own_root_for_its_references() -> None:
    recursive = {"$defs": {"n": {"type": "integer"}}, "$ref": "#/$defs/n"}

    typed = capability().output_of({"response_schema": recursive})

    assert typed == {"type": "object", "properties": {"body": {"$id": "urn:goalwright:config:response_schema", **recursive}}}


def test_the_output_does_not_change_the_capability() -> None:
    fetch = capability()

    fetch.output_of({"response_schema": NAMED})

    assert fetch.output_schema == PLAIN


def test_a_case_that_a_default_satisfies_holds() -> None:
    fetch = capability(output_cases=[{"equals": {"/paging/style": "link"}, "output_schema": PAGED}])

    assert fetch.output_of({}) == PAGED


@pytest.mark.parametrize(
    ("config", "effect"),
    [
        pytest.param({}, Effect.READ, id="the default counts"),
        pytest.param({"method": "GET"}, Effect.READ, id="GET reads"),
        pytest.param({"method": "POST"}, Effect.WRITE, id="what is not listed has the usual effect"),
    ],
)
def test_the_effect_of_a_step_follows_its_config(config: dict[str, Any], effect: Effect) -> None:
    assert capability().effect_of(config) is effect
