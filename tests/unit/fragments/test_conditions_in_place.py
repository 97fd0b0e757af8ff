from typing import Any

import pytest

from tests.support.catalogs import loop, step
from tests.support.constructs import body, found, switch

A = step(
    "a",
    config={"expression": "$", "output_schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "number"}}}},
)

ANYTHING = {"handler": "transform", "config": {"expression": "$"}, "input": {"data": 1}}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([A, step("b", when="steps.a.output.n > 3.0 && input.floor > 1")], [], id="what is there"),
        pytest.param([A, step("b", when='steps.a.status == "complete"')], [], id="a status"),
        pytest.param([A, step("b", when="item > 0 && index > 0", for_each={"items": [1, 2]})], [], id="item and index"),
        pytest.param([A, loop("l", step("b", when="item != 'x' && steps.a.output.n > 1"))], [], id="names around a loop"),
        pytest.param([A, step("b", when='task.namespace != "x"')], [], id="the task"),
        pytest.param([A, step("b", when="steps.a.output.n >")], [("condition.syntax", "/steps/1/when")], id="no CEL"),
        pytest.param(
            [A, step("b", when="steps.gone.output.n > 1")],
            [("condition.unknown_name", "/steps/1/when")],
            id="a step that there is not",
        ),
        pytest.param(
            [A, step("b", when="steps.a.outputs.n > 1.0")],
            [("condition.path", "/steps/1/when")],
            id="what a step does not have",
        ),
        pytest.param(
            [A, step("b", when="item > 1")], [("condition.unknown_name", "/steps/1/when")], id="a loop's name outside of it"
        ),
        pytest.param(
            [A, step("b", when='steps.a.output.n > "x"')], [("condition.type", "/steps/1/when")], id="a type that does not fit"
        ),
        pytest.param([A, step("b", when='failure.type == "x"')], [("condition.unknown_name", "/steps/1/when")], id="a failure"),
        pytest.param(
            [A, step("b", when='steps.b.status == "complete"')], [("reference.itself", "/steps/1/when")], id="the step itself"
        ),
        pytest.param(
            [A | {"when": "steps.b.output != null"}, step("b", depends_on=["a"])],
            [("graph.cycle", "/steps/0"), ("condition.untyped", "/steps/0/when")],
            id="a circle through a condition",
        ),
        pytest.param(
            [A, switch(body(when="steps.a.output.n > 1"), body(when="steps.a.output.n"), default=body())],
            [("condition.not_boolean", "/steps/1/switch/cases/1/when")],
            id="a case",
        ),
        pytest.param(
            [switch(ANYTHING | {"when": "input.floor > 1"}, default=body()), step("b", when="steps.route.output == 1")],
            [("condition.untyped", "/steps/1/when")],
            id="what has no schema in one case",
        ),
        pytest.param(
            [switch({"when": "input.floor > 1", "steps": [step("x", when="steps.y.output > 1")]}, default=body())],
            [("condition.unknown_name", "/steps/0/switch/cases/0/steps/0/when")],
            id="within a branch",
        ),
    ],
)
def test_conditions_are_checked_against_what_is_seen_where_they_stand(
    steps: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    assert [problem for problem in found(steps) if problem[0] != "graph.unused"] == expected


def test_a_step_that_only_a_condition_reads_is_used_and_waited_for() -> None:
    assert found([A, step("b", when="steps.a.output.n > 1")], {"b": "{{ steps.b.output }}"}) == []
