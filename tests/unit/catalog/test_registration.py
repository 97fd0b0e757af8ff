"""What a capability must be before it is registered."""

from typing import Any

import pytest

from catalog.capability import Capability
from catalog.registration import misfits

OBJECT = {"type": "object", "additionalProperties": False, "properties": {}}
ERROR = {"type": "failed", "retryable": False, "description": "It failed."}
SCHEMA = {"type": ["object", "boolean"], "format": "json-schema"}


def found(**changes: Any) -> list[tuple[str, str]]:
    described: dict[str, Any] = {
        "name": "noop",
        "version": "1.0.0",
        "summary": "Does nothing.",
        "description": "Does nothing.",
        "config_schema": OBJECT,
        "input_schema": {"type": "object"},
        "output_schema": {"type": "null"},
        "errors": [ERROR],
        "effect": "pure",
    }
    return list(misfits(Capability.model_validate(described | changes)))


def with_config(**properties: Any) -> dict[str, Any]:
    return {**OBJECT, "properties": properties}


def test_a_sound_capability_has_no_misfits() -> None:
    assert found(examples=[{"title": "Nothing"}]) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"output_schema": {"type": "nothing"}},
            [("/output_schema/type", "not a JSON Schema (2020-12): 'nothing' is not valid under any of the given schemas")],
            id="a schema is a schema",
        ),
        pytest.param(
            {"input_schema": {"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}},
            [("/input_schema/$schema", "schemas are draft 2020-12, not http://json-schema.org/draft-07/schema#")],
            id="schemas are of one draft",
        ),
        pytest.param(
            {"input_schema": {"type": "array"}},
            [("/input_schema", "describes an object: say type: object")],
            id="an input is an object",
        ),
        pytest.param(
            {"config_schema": {"type": "object"}},
            [("/config_schema", "says additionalProperties: false, so that a misspelt name is refused and not ignored")],
            id="a config refuses unknown names",
        ),
        pytest.param(
            {"errors": []},
            [("/errors", "lists every way to fail, and there is at least one")],
            id="there is an error",
        ),
        pytest.param(
            {"errors": [ERROR, ERROR]},
            [("/errors", "the type failed stands 2 times")],
            id="an error stands once",
        ),
        pytest.param(
            {"effect": "write"},
            [("/effect", "a handler that imports nothing from outside cannot write")],
            id="who writes imports",
        ),
        pytest.param(
            {
                "imports": ["http"],
                "input_schema": {"type": "object", "properties": {"url": {}}},
                "authority": {"hosts": ["/input/url"]},
            },
            [("/imports", "a handler whose effect is pure reaches nothing outside")],
            id="who is pure imports nothing",
        ),
        pytest.param(
            {"idempotent": True},
            [("/idempotent", "is said of writes and waits only")],
            id="only writes are idempotent",
        ),
        pytest.param(
            {"effect": "write", "imports": ["http"], "input_schema": {"type": "object", "properties": {"url": {}}}},
            [("/authority/hosts", "goes with the import http: both or none")],
            id="who asks over http says where the hosts stand",
        ),
        pytest.param(
            {"effect": "write", "imports": ["notify"], "authority": {"channels": ["/config/channel", "/channel", "/config"]}},
            [
                ("/authority/channels", "/config/channel is neither in config_schema nor in input_schema"),
                ("/authority/channels", "/channel is neither in config_schema nor in input_schema"),
                ("/authority/channels", "/config is neither in config_schema nor in input_schema"),
            ],
            id="authority stands in config or input",
        ),
        pytest.param(
            {"approval": {"unless": {"/gone": True}}},
            [
                ("/approval", "is said of a handler that waits for people"),
                ("/approval/unless", "/gone is not in config_schema"),
            ],
            id="an approval waits for people",
        ),
        pytest.param(
            {
                "effect": "write",
                "imports": ["notify"],
                "config_schema": with_config(channel={"type": "string"}),
                "authority": {"channels": ["/config/channel"]},
                "effect_by": {"at": "/method", "is": {"GET": "read"}},
            },
            [("/effect_by/at", "/method is not in config_schema")],
            id="an effect follows a config property",
        ),
        pytest.param(
            {"output_from": {"/properties/x": "/shape"}},
            [
                ("/output_from", "there is nothing at /properties/x of output_schema"),
                ("/output_from", "/shape is not a config property of format json-schema"),
            ],
            id="output_from points from somewhere to somewhere",
        ),
        pytest.param(
            {
                "config_schema": with_config(shape=SCHEMA),
                "output_from": {"": "/shape"},
                "output_cases": [{"output_schema": {}}],
            },
            [("/output_cases/0", "a case says when it holds: give `given` or `equals`")],
            id="a case says when it holds",
        ),
        pytest.param(
            {"output_cases": [{"given": ["/paging"], "output_schema": {"type": 1}}]},
            [
                (
                    "/output_cases/0/output_schema/type",
                    "not a JSON Schema (2020-12): 1 is not valid under any of the given schemas",
                ),
                ("/output_cases/0", "/paging is not in config_schema"),
            ],
            id="a case follows config and has a schema",
        ),
        pytest.param(
            {"config_schema": with_config(shape={"type": "string", "format": "json-schema"}, code={"format": "jsonata"})},
            [
                ("/config_schema/properties/shape", "a property of format json-schema is an object or a boolean"),
                ("/config_schema/properties/code", "a property of format jsonata is a string"),
            ],
            id="code is text, a schema is an object",
        ),
        pytest.param(
            {"hints": {"before": ["noop"]}},
            [("/hints", "neighbours are other handlers")],
            id="a handler is not its own neighbour",
        ),
        pytest.param(
            {
                "examples": [
                    {"title": "a", "config": {"x": 1}},
                    {"title": "b", "output": 1},
                    {"title": "c", "error": "lost"},
                    {"title": "d", "error": "failed"},
                ]
            },
            [
                ("/examples/0/config", "Additional properties are not allowed ('x' was unexpected)"),
                ("/examples/1/output", "1 is not of type 'null'"),
                ("/examples/2/error", "lost is not one of the capability's errors"),
            ],
            id="examples keep to the schemas",
        ),
        pytest.param(
            {"output_schema": {"$ref": "https://example.org/schema"}, "examples": [{"title": "a"}]},
            [("/output_schema/$ref", "refers to https://example.org/schema, which is not in it")],
            id="nothing is fetched",
        ),
        pytest.param(
            {"input_schema": {"type": "object", "properties": {"a": {"items": {"$ref": "#/$defs/b"}}}, "$defs": {"c": {}}}},
            [("/input_schema/properties/a/items/$ref", "refers to #/$defs/b, which is not in it")],
            id="a reference leads somewhere",
        ),
        pytest.param(
            {"output_schema": {"const": {"$ref": "#/nowhere"}}},
            [],
            id="a value that looks like a reference is a value",
        ),
        pytest.param(
            {"input_schema": {"type": "objekt", "required": "a"}},
            [
                (
                    "/input_schema/type",
                    "not a JSON Schema (2020-12): 'objekt' is not valid under any of the given schemas",
                ),
                ("/input_schema/required", "not a JSON Schema (2020-12): 'a' is not of type 'array'"),
                ("/input_schema", "describes an object: say type: object"),
            ],
            id="all that is wrong with a schema",
        ),
        pytest.param(
            {
                "config_schema": with_config(
                    most={"type": "integer", "default": "ten"}, least={"$ref": "#/$defs/n", "default": 1}
                )
            },
            [
                ("/config_schema/properties/least/$ref", "refers to #/$defs/n, which is not in it"),
            ],
            id="defaults are looked at where references lead somewhere",
        ),
        pytest.param(
            {"config_schema": with_config(most={"type": "integer", "default": "ten"}, least={"type": "integer", "default": 1})},
            [("/config_schema/properties/most/default", '"ten" does not fit its own schema')],
            id="a default fits",
        ),
        pytest.param(
            {"version": "01.0.0"},
            [("/version", "numbers of a version (semver.org) have no zeros before them")],
            id="a version is semver",
        ),
        pytest.param(
            {"deprecated": " "},
            [("/deprecated", "is one line that says why, and what to use instead")],
            id="a note of deprecation says something",
        ),
        pytest.param(
            {
                "effect": "write",
                "imports": ["http"],
                "config_schema": with_config(method={"enum": ["GET"]}, auth={"properties": {"token": {"type": "string"}}}),
                "input_schema": {"type": "object", "properties": {"url": {}}},
                "authority": {"hosts": ["/input/url"], "secrets": ["/config/auth/token", "/config/auth/key"]},
                "effect_by": {"at": "/method", "is": {"GET": "read", "GETS": "read"}},
            },
            [
                ("/effect_by/is", "GETS is not one of the values of /method"),
                ("/authority/secrets", "/config/auth/key is neither in config_schema nor in input_schema"),
            ],
            id="an effect follows values that there are, and secrets go where something is",
        ),
        pytest.param(
            {"input_schema": {"type": "object", "properties": {"key": {}}}, "authority": {"secrets": ["/input/key"]}},
            [("/authority/secrets", "goes with the import http: a secret leaves the sandbox nowhere else")],
            id="a secret that could go nowhere",
        ),
        pytest.param(
            {
                "config_schema": with_config(
                    rules={"type": "array", "items": {"type": "object", "properties": {"then": {"type": "string"}}}}
                ),
                "chooses": ["/config/rules/*/then", "/config/rules/*/else", "/rules/*/then", "/config", "config"],
            },
            [
                ("/chooses/1", "/config/rules/*/else leads to nothing in config_schema or input_schema"),
                ("/chooses/2", "/rules/*/then leads to nothing in config_schema or input_schema"),
                ("/chooses/3", "/config leads to nothing in config_schema or input_schema"),
                ("/chooses/4", "config leads to nothing in config_schema or input_schema"),
            ],
            id="what chooses leads somewhere",
        ),
        pytest.param(
            {
                "config_schema": with_config(gives={"enum": ["all", "one"]}),
                "output_cases": [{"equals": {"/gives": "some"}, "output_schema": {}}],
            },
            [("/output_cases/0/equals", '"some" is not one of the values of /gives, so the case never holds')],
            id="a case that never holds",
        ),
    ],
)
def test_every_misfit_is_found_and_named(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(**changes) == expected


def test_examples_are_held_against_what_their_config_fixes() -> None:
    example = {"title": "a", "config": {"shape": {"type": "integer"}}, "output": "x"}
    changes: dict[str, Any] = {"config_schema": with_config(shape=SCHEMA), "output_schema": {}, "output_from": {"": "/shape"}}

    assert found(**changes, examples=[example]) == [("/examples/0/output", "'x' is not of type 'integer'")]
