"""Rules in the sandbox: what they choose, what they mean, how they fail."""

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from fragments.conditions import Kind
from tests.support import cel, languages

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Sandbox

TABLE: dict[str, Any] = json.loads((languages.CONDITIONS / "table.json").read_text())
SEMANTICS: dict[str, Any] = json.loads((languages.CONDITIONS / "semantics.json").read_text())
OTHER_ROOTS = re.compile(r"\b(steps|task|item)\b")  # a rule sees its input alone
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


def in_the_sandbox(sandbox: "Sandbox", text: str, given: dict[str, Any]) -> bool | str:
    config = {"gives": "value", "rules": [{"when": text, "value": True}], "default_value": False}
    answered = sandbox.run("decide", config, given)
    return answered["ok"]["value"] if "ok" in answered else str(answered["error"]["type"])


def wanted(outcome: bool | str) -> bool | str:  # noqa: FBT001 - what a row says
    if isinstance(outcome, bool):
        return outcome
    return "condition_invalid" if outcome == Kind.SYNTAX else "condition_failed"


@pytest.mark.parametrize("section", SEMANTICS["sections"])
def test_a_condition_means_in_the_sandbox_what_it_means_outside(sandbox: "Sandbox", section: str) -> None:
    rows = [(text, outcome) for text, outcome in SEMANTICS["sections"][section] if not OTHER_ROOTS.search(text)]
    given = SEMANTICS["roots"]["input"]

    assert [(text, in_the_sandbox(sandbox, text, given)) for text, _ in rows] == [(text, wanted(said)) for text, said in rows]


def test_the_conformance_suite_comes_out_in_the_sandbox_as_outside(sandbox: "Sandbox") -> None:
    def evaluated(text: str, _roots: cel.Roots) -> bool | str:
        return (
            str(answer).removeprefix("condition_") if isinstance(answer := in_the_sandbox(sandbox, text, {}), str) else answer
        )

    unlike = {name for names in cel.unlike().values() for name in names}
    tried = [case for case in cel.cases() if not case.roots and not case.foreign][::4]

    assert [case.name for case in tried if cel.is_as_expected(case, evaluated) == (case.name in unlike)] == []


@pytest.mark.parametrize(("kind", "outcome"), [("true", True), ("false", False)])
def test_rows_of_an_earlier_table_hold_as_well(sandbox: "Sandbox", kind: str, outcome: bool) -> None:  # noqa: FBT001 - as above
    answers = [in_the_sandbox(sandbox, text, TABLE["input"]) for text in TABLE[kind]]

    assert answers == [outcome] * len(answers)


@pytest.mark.parametrize("text", [pytest.param(text, id=text or "nothing") for text in TABLE["error"]])
def test_what_is_an_error_outside_is_one_in_the_sandbox(sandbox: "Sandbox", text: str) -> None:
    assert str(in_the_sandbox(sandbox, text, TABLE["input"])).startswith("condition_")


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
            "rule big: The condition is not CEL at character 9: token recognition error at: '= '. CEL compares with ==.",
            id="no CEL",
        ),
        pytest.param(
            {"rules": [{"when": "input.x > 1", "choose": []}]},
            "condition_failed",
            'rule 1: input has no "x".',
            id="a name that is not there",
        ),
        pytest.param(
            {"rules": [{"when": "input.n > 'a'", "choose": []}]},
            "condition_failed",
            "rule 1: > cannot work on int and string.",
            id="kinds that do not compare",
        ),
        pytest.param(
            {"rules": [{"when": "input.n + 1", "choose": []}]},
            "condition_failed",
            "rule 1: The condition gives a number, and not true or false.",
            id="no truth value",
        ),
        pytest.param(
            {"rules": [{"when": "(" * 2000 + "1" + ")" * 2000, "choose": []}]},
            "condition_invalid",
            "rule 1: The condition is nested more than 32 deep. "
            "Split the condition: let a step work parts of it out, and read its output.",
            id="brackets",
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
