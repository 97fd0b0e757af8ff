"""Rules in the sandbox: what they choose, what they mean, how they fail."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from fragments.conditions import library
from tests.support import outside

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Sandbox

TABLE: dict[str, Any] = json.loads((outside.ROOT / "tests" / "data" / "conditions" / "table.json").read_text())
ROWS = [pytest.param(text, kind, id=text or "nothing") for kind in ("true", "false", "error") for text in TABLE[kind]]
STRONG = {"name": "strong", "when": "input.mag >= 6.0", "choose": ["alert", "report"]}
FELT = {"when": "input.mag > 4", "choose": ["report", "note"]}


def decide(sandbox: "Sandbox", config: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Call, and hold config and output against what the capability promises."""
    capability = sandbox.loaded.catalog.capabilities["decide@1.0.0"]
    Draft202012Validator(capability.config_schema).validate(config)
    answered: dict[str, Any] = sandbox.run("decide", config, given)
    if "ok" in answered:
        Draft202012Validator(capability.output_of(config)).validate(answered["ok"])
    return answered


def on_the_host(text: str) -> str:
    program = library.compiled(text)
    if isinstance(program, library.Unreadable):
        return "error"
    value = program.evaluate({"input": TABLE["input"]})
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else "error"


def in_the_sandbox(sandbox: "Sandbox", text: str) -> str:
    config = {"gives": "value", "rules": [{"when": text, "value": "true"}], "default_value": "false"}
    answered = sandbox.run("decide", config, TABLE["input"])
    if "ok" in answered:
        return str(answered["ok"]["value"])
    assert answered["error"]["type"] in ("condition_invalid", "condition_failed")
    return "error"


@pytest.mark.parametrize(("text", "meaning"), ROWS)
def test_a_condition_means_the_same_in_the_sandbox_and_on_the_host(sandbox: "Sandbox", text: str, meaning: str) -> None:
    assert (in_the_sandbox(sandbox, text), on_the_host(text)) == (meaning, meaning)


@pytest.mark.parametrize(
    ("config", "given", "output"),
    [
        pytest.param(
            {"rules": [STRONG, FELT]},
            {"mag": 6},
            {"outcome": "create_steps", "steps": ["alert", "report"], "matched": ["strong"]},
            id="the first rule that holds",
        ),
        pytest.param(
            {"rules": [STRONG, FELT]},
            {"mag": 5.5},
            {"outcome": "create_steps", "steps": ["report", "note"], "matched": ["2"]},
            id="a rule without a name has its number",
        ),
        pytest.param(
            {"rules": [STRONG, FELT], "match": "all"},
            {"mag": 7},
            {"outcome": "create_steps", "steps": ["alert", "report", "note"], "matched": ["strong", "2"]},
            id="all rules that hold, each step once",
        ),
        pytest.param(
            {"rules": [STRONG], "default": ["note"]},
            {"mag": 1},
            {"outcome": "create_steps", "steps": ["note"], "matched": []},
            id="the default",
        ),
        pytest.param(
            {"rules": [STRONG]},
            {"mag": 1},
            {"outcome": "no_branches", "reason": "no rule holds", "matched": []},
            id="no rule",
        ),
        pytest.param(
            {"rules": [{"when": "true", "choose": []}], "default": ["note"]},
            {},
            {"outcome": "no_branches", "reason": "the rule that holds chooses no step", "matched": ["1"]},
            id="a rule that chooses nothing",
        ),
        pytest.param(
            {"gives": "value", "rules": [{"when": "input.n in [1, 2]", "value": {"a": 1}}]},
            {"n": 2.0},
            {"value": {"a": 1}, "matched": ["1"]},
            id="a value",
        ),
        pytest.param(
            {"gives": "value", "rules": [{"when": "false", "value": 1}], "value_schema": {"type": "integer"}},
            {},
            {"value": None, "matched": []},
            id="no value",
        ),
        pytest.param(
            {"gives": "value", "rules": [{"when": "false", "value": 1}], "default_value": 3},
            {},
            {"value": 3, "matched": []},
            id="the default value",
        ),
        pytest.param(
            {
                "gives": "value",
                "match": "all",
                "rules": [{"when": "true", "value": 1}, {"name": "b", "when": "true", "value": 2}],
            },
            {},
            {"value": [1, 2], "matched": ["1", "b"]},
            id="all values",
        ),
    ],
)
def test_rules_choose(sandbox: "Sandbox", config: dict[str, Any], given: dict[str, Any], output: dict[str, Any]) -> None:
    assert decide(sandbox, config, given) == {"ok": output}


@pytest.mark.parametrize(
    ("config", "type_", "message"),
    [
        pytest.param(
            {"rules": [{"name": "big", "when": "input.n = 1", "choose": []}]},
            "condition_invalid",
            "rule big: not CEL at line 1, column 9: input.n = 1; CEL writes &&, ||, ! and ==, without braces",
            id="no CEL",
        ),
        pytest.param(
            {"rules": [{"when": "input.x > 1", "choose": []}]},
            "condition_failed",
            "rule 1: there is no 'x' in input.x > 1",
            id="a name that is not there",
        ),
        pytest.param(
            {"rules": [{"when": "input.n > 'a'", "choose": []}]},
            "condition_failed",
            "rule 1: > does not work on a number and a text in input.n > 'a'",
            id="kinds that do not compare",
        ),
        pytest.param(
            {"rules": [{"when": "input.n + 1", "choose": []}]},
            "condition_failed",
            "rule 1: a condition is true or false; this one gives a number: input.n + 1",
            id="no truth value",
        ),
        pytest.param(
            {"rules": [{"when": "(" * 2000 + "1" + ")" * 2000, "choose": []}]},
            "condition_invalid",
            "rule 1: the condition is nested too deeply",
            id="brackets",
        ),
        pytest.param(
            {"rules": [{"when": "timestamp('2026-01-01T00:00:00Z').getHours('Europe/Paris') == 1", "choose": []}]},
            "condition_failed",
            "rule 1: Unparsable timezone: 'Europe/Paris' in timestamp('2026-01-01T00:00:00Z').getHours('Europe/Paris') == 1",
            id="a named time zone",
        ),
        pytest.param(
            {"gives": "value", "rules": [{"when": "false", "value": "a"}], "value_schema": {"type": "integer"}},
            "value_mismatch",
            "the value of rule 1 does not fit value_schema: at its root: 'a' is not of type 'integer'",
            id="a value of another type",
        ),
    ],
)
def test_what_goes_wrong_is_said(sandbox: "Sandbox", config: dict[str, Any], type_: str, message: str) -> None:
    answered = decide(sandbox, config, {"n": 1})

    assert answered == {"error": {"type": type_, "message": message, "retryable": False, "retry_after_s": None}}


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"rules": [{"when": "true", "value": 1}]}, id="a value where steps are chosen"),
        pytest.param({"gives": "value", "rules": [{"when": "true", "choose": []}]}, id="steps where a value is given"),
        pytest.param({"rules": [{"when": "true", "choose": []}], "default_value": 1}, id="a default value of no use"),
        pytest.param({"rules": []}, id="no rule"),
    ],
)
def test_a_config_that_mixes_both_uses_is_refused(sandbox: "Sandbox", config: dict[str, Any]) -> None:
    schema = sandbox.loaded.catalog.capabilities["decide@1.0.0"].config_schema

    assert not Draft202012Validator(schema).is_valid(config)
