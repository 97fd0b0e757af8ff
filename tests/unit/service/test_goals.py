from typing import Any

import pytest

from catalog.loader import load_catalog
from fragments.bounds import Left
from fragments.documents import Template
from fragments.problems import Severity
from planner.library import Library
from service.door import Door
from service.goals import Goal, House, admit, template_of

CATALOG = load_catalog().catalog
HOUSE = House(left=Left(steps=20), hosts=("*",), channels=frozenset())


def schema_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [k for k, v in properties.items() if "default" not in v]}


def template(**more: Any) -> Template:
    step = {"name": "one", "handler": "transform", "config": {"expression": "$"}, "input": {"data": "{{ input.n }}"}}
    return Template.model_validate({"name": "case", "steps": [step], "output": "{{ steps.one.output }}", **more})


def test_a_goal_is_a_template_of_one_planning_step_that_sees_every_input() -> None:
    made = template_of(Goal(goal="Do it", inputs={"feed": 1, "a b": 2}, must_produce={"type": "object"}))
    assert made.steps[0].input == {"feed": "{{ input.feed }}", "a b": '{{ input["a b"] }}'}
    assert (made.steps[0].goal, made.steps[0].must_produce) == ("Do it", {"type": "object"})
    admission = admit(made, {"feed": 1, "a b": 2}, catalog=CATALOG, house=HOUSE)
    assert admission.report.problems == ()


def test_defaults_of_the_input_schema_are_filled_in() -> None:
    admission = admit(template(input_schema=schema_of(n={"default": 4})), {}, catalog=CATALOG, house=HOUSE)
    assert admission.submit is not None
    assert admission.submit.input == {"n": 4}


def test_hosts_of_urls_in_the_input_are_granted_and_no_others() -> None:
    given = {"n": [{"url": "https://Example.org/x"}, "http://127.0.0.1:8080/y", "see https://not.granted/ for more"]}
    admission = admit(template(), given, catalog=CATALOG, house=HOUSE)
    assert admission.submit is not None
    assert admission.submit.hosts == ("127.0.0.1:8080", "example.org")


def test_every_misfit_of_the_input_is_a_problem_with_its_place() -> None:
    schema = schema_of(n={"type": "integer"}, m={"type": "string"})
    admission = admit(template(input_schema=schema), {"n": "x"}, catalog=CATALOG, house=HOUSE)
    assert admission.submit is None
    found = {(problem.code, problem.where) for problem in admission.report.problems}
    assert {("input.invalid", "/input/n"), ("input.invalid", "/input")} <= found


@pytest.mark.parametrize(
    ("bounds", "where"),
    [
        pytest.param({"steps": 21}, "/bounds/steps", id="steps"),
        pytest.param({"cost_usd": 5}, "/bounds/cost_usd", id="money"),
        pytest.param({"wall_clock": "2h"}, "/bounds/wall_clock", id="time"),
    ],
)
def test_bounds_beyond_what_the_operator_allows_are_refused(bounds: dict[str, Any], where: str) -> None:
    admission = admit(template(bounds=bounds), {"n": 1}, catalog=CATALOG, house=HOUSE)
    assert [(p.code, p.where) for p in admission.report.problems] == [("bounds.operator", where)]
    assert (admission.report.digest, admission.submit) == (None, None)


def test_smaller_bounds_narrow_what_is_left() -> None:
    admission = admit(template(bounds={"steps": 2, "wall_clock": "90s"}), {"n": 1}, catalog=CATALOG, house=HOUSE)
    assert admission.submit is not None
    assert (admission.submit.left.steps, admission.submit.left.wall_clock_s) == (2, 90)


def test_what_the_engine_does_not_run_is_refused_whole_and_checked_where_nothing_is_to_run() -> None:
    step = {"name": "one", "handler": "transform", "config": {"expression": "$"}, "input": {"data": 1}}
    later = template(steps=[step | {"priority": 3}])
    refused = admit(later, {}, catalog=CATALOG, house=HOUSE)
    assert [(p.code, p.where) for p in refused.report.problems] == [("language.not_run", "/steps/0/priority")]
    assert (refused.submit, refused.report.digest) == (None, None)
    assert admit(later, {}, catalog=CATALOG, house=HOUSE, runs=None).report.ok
    door = Door(catalog=CATALOG, library=Library(), house=HOUSE)
    inputs: tuple[dict[str, Any] | None, ...] = ({}, None)
    for given in inputs:
        report = door.check(later.model_dump(mode="json", by_alias=True, exclude_unset=True), given=given)
        found = [(p.code, p.where, p.severity) for p in report.problems]
        assert found == [("language.not_run", "/steps/0/priority", Severity.WARNING)]
