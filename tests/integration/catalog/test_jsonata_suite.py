"""JSONata's own test-suite (tests/data/jsonata): what the library supports, in the sandbox and outside it."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import languages, outside

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Sandbox

SUITE: dict[str, Any] = json.loads((languages.DATA / "suite.json").read_text())
UNSUPPORTED: dict[str, dict[str, str]] = json.loads((languages.DATA / "unsupported.json").read_text())
TOO_MUCH, TOO_DEEP = UNSUPPORTED["too_much"], UNSUPPORTED["too_deep"]
CASES: dict[str, dict[str, Any]] = {name: case for name, case in SUITE["cases"] if name not in TOO_MUCH}


def call(case: dict[str, Any]) -> dict[str, Any]:
    data = case["data"] if "data" in case else SUITE["datasets"].get(case.get("dataset"))
    return {"config": {"expression": case["expr"]}, "input": {**case.get("bindings", {}), "data": data}}


def verdict(name: str, answered: dict[str, Any]) -> str:
    """Say how an answer compares with what the suite wants: `as_said`, or why not."""
    case, error = CASES[name], answered.get("error")
    if name in TOO_DEEP and error is not None and "nested too deeply" in error["message"]:
        return "too_deep"
    if error is not None and error["type"] == "expression_unsupported":
        return "refused"
    if "code" not in case:
        return "as_said" if error is None and answered["ok"] == case.get("result") else "other_value"
    if error is None:
        return "other_value"
    return "as_said" if error["message"].startswith(f"{case['code']}:") else "other_code"


def arguments(case: dict[str, Any]) -> dict[str, Any]:
    made = call(case)
    return {"config": made["config"], "given": made["input"]}


@pytest.fixture(scope="module")
def answers(sandbox: "Sandbox") -> dict[str, dict[str, Any]]:
    return {name: sandbox.run("transform", **arguments(case)) for name, case in CASES.items()}


@pytest.fixture(scope="module")
def answers_outside() -> dict[str, dict[str, Any]]:
    return dict(zip(CASES, outside.answers("transform", list(map(call, CASES.values()))), strict=True))


def test_the_suite_is_whole() -> None:
    assert len(SUITE["cases"]) == 1686
    assert set(TOO_MUCH) <= {name for name, _ in SUITE["cases"]}


def test_the_handler_answers_as_the_suite_says_but_for_what_is_listed(answers: dict[str, dict[str, Any]]) -> None:
    found: dict[str, set[str]] = {kind: set() for kind in UNSUPPORTED if kind != "too_much"}
    for name, answered in answers.items():
        judged = verdict(name, answered)
        if judged != "as_said":
            found[judged].add(name)

    assert found == {kind: set(cases) for kind, cases in UNSUPPORTED.items() if kind != "too_much"}


def test_the_sandbox_answers_as_the_library_does_outside_it(
    answers: dict[str, dict[str, Any]], answers_outside: dict[str, dict[str, Any]]
) -> None:
    different = {
        name: (answers[name], answered)
        for name, answered in answers_outside.items()
        if name not in TOO_DEEP
        and (answers[name].get("ok") != answered.get("ok") or ("error" in answers[name]) != ("error" in answered))
    }

    assert different == {}
