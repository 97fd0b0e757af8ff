from typing import Any

import pytest

from engine.constructs import RUNS
from fragments.checks.engines import not_run
from fragments.constructs import Construct, constructs_of
from fragments.documents import Fragment, Template
from fragments.problems import Severity
from tests.support.catalogs import loop, step, told
from tests.support.constructs import body, decision, found, report_on, switch

CASES: list[tuple[Any, dict[str, Any], list[tuple[Construct, str]]]] = [
    ("when", step(when="input.x > 1"), [(Construct.WHEN, "/steps/0/when")]),
    ("switch", switch(body(when="input.x > 1"), default=body()), [(Construct.SWITCH, "/steps/0/switch")]),
    ("fallback", step(fallback={"output": 1}), [(Construct.FALLBACK, "/steps/0/fallback")]),
    ("decision", decision(), [(Construct.DECISION, "/steps/0/type")]),
    ("deferred", {"name": "a", "type": "deferred"}, [(Construct.DEFERRED, "/steps/0/type")]),
    ("workflow", {"name": "a", "type": "workflow", "workflow": "w"}, [(Construct.WORKFLOW, "/steps/0/type")]),
    (
        "a threshold",
        step(for_each={"items": [], "failure_threshold": {"count": 1}}),
        [(Construct.FAILURE_THRESHOLD, "/steps/0/for_each/failure_threshold")],
    ),
    ("events", step(publishes=["a.b"]), [(Construct.PUBLISHES, "/steps/0/publishes")]),
    ("a priority", step(priority=1), [(Construct.PRIORITY, "/steps/0/priority")]),
    ("a priority of nothing", step(priority=0, tags=["x"]), []),
    ("a status", step(input={"data": ["{{ steps.b.status }}"]}), [(Construct.STATUS_REFERENCE, "/steps/0/input/data/0")]),
    (
        "a status with a default",
        step(input={"data": "{{ input.x ?? steps.b.status }}"}),
        [(Construct.STATUS_REFERENCE, "/steps/0/input/data")],
    ),
    (
        "a status of items",
        step(for_each={"items": "{{ steps.b.status }}"}),
        [(Construct.STATUS_REFERENCE, "/steps/0/for_each/items")],
    ),
    ("a secret in config", step(config={"x": "{{ secrets.y }}"}), [(Construct.SECRETS, "/steps/0/config/x")]),
    ("a secret in input", step(input={"data": "{{ secrets.y }}"}), [(Construct.SECRETS, "/steps/0/input/data")]),
    ("a template that names secrets", step(config={"x": "a {{ secrets.y }}"}), []),
    ("within a loop", loop("l", step(when="input.x > 1")), [(Construct.WHEN, "/steps/0/steps/0/when")]),
    (
        "within a branch",
        switch(
            {"when": "input.x > 1", "steps": [step(priority=2)]},
            default={"handler": "x", "input": {"y": "{{ steps.b.status }}"}},
        ),
        [
            (Construct.SWITCH, "/steps/0/switch"),
            (Construct.PRIORITY, "/steps/0/switch/cases/0/steps/0/priority"),
            (Construct.STATUS_REFERENCE, "/steps/0/switch/default/input/y"),
        ],
    ),
    (
        "within a fallback",
        step(fallback={"output": "{{ steps.b.status }}"}),
        [(Construct.FALLBACK, "/steps/0/fallback"), (Construct.STATUS_REFERENCE, "/steps/0/fallback/output")],
    ),
]


@pytest.mark.parametrize(("given", "expected"), [pytest.param(given, expected, id=name) for name, given, expected in CASES])
def test_constructs_are_found_where_they_stand(given: dict[str, Any], expected: list[tuple[Construct, str]]) -> None:
    document = Fragment.model_validate({"steps": [given], "output": "{{ input.x[-1] ?? 1 }}"})
    assert list(constructs_of(document)) == expected


def test_every_construct_is_found_somewhere() -> None:
    assert {construct for _, _, expected in CASES for construct, _ in expected} == set(Construct)


def test_the_priority_of_a_template_is_one() -> None:
    template = Template.model_validate({"name": "t", "steps": [step()], "priority": 3, "tags": ["x"]})
    assert list(constructs_of(template)) == [(Construct.PRIORITY, "/priority")]


def test_what_the_engine_lacks_is_refused_where_a_document_is_to_be_run() -> None:
    steps = [step("a", when="input.floor > 1", priority=2)]
    assert found(steps) == []
    assert found(steps, runs=frozenset(Construct)) == []
    assert found(steps, runs=frozenset({Construct.WHEN})) == [("language.not_run", "/steps/0/priority")]
    (problem,) = report_on(steps, runs=frozenset({Construct.WHEN})).problems
    assert problem.says == "priority can be checked; the engine does not run it yet."


def test_whoever_only_checks_is_warned() -> None:
    document = Fragment.model_validate({"steps": [step("a", when="input.floor > 1")], "output": 1})
    (problem,) = not_run(document, frozenset(), Severity.WARNING)
    assert (told((problem,)), problem.severity) == ([("language.not_run", "/steps/0/when")], Severity.WARNING)


def test_what_the_engine_runs_is_of_the_language() -> None:
    assert set(Construct) >= RUNS
