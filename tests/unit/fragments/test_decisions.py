from typing import Any

import pytest

from fragments.checks.flows import Flows
from fragments.checks.view import View
from fragments.documents import Fragment
from fragments.mending import check_and_mend
from fragments.problems import Severity
from fragments.reading import read_fragment
from tests.support.catalogs import FRAME, reading, step
from tests.support.constructs import CHOOSING, body, decision, found, report_on

A, B, C = step("a"), step("b", depends_on=["choose"]), step("c", depends_on=["choose"])
JOIN = {"name": "join", "type": "deferred", "depends_on": ["b", "c"]}


def flows_of(*steps: dict[str, Any]) -> Flows:
    return Flows(View(Fragment.model_validate({"steps": list(steps), "output": 1}), CHOOSING, FRAME))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([A, decision("choose", "b", "c"), B, C], [], id="one of two"),
        pytest.param([A, decision("choose"), B], [], id="by what only its handler knows"),
        pytest.param(
            [A, decision("choose", "b", retry={"max_attempts": 1}, timeout="5s", when="input.floor > 3"), B],
            [],
            id="with a condition",
        ),
        pytest.param(
            [A, decision("choose", "b", fallback={"output": {"outcome": "no_branches"}}), B],
            [],
            id="with a decision to fall back on",
        ),
        pytest.param([A, decision("choose", "b"), B, step("d", depends_on=["b"])], [], id="steps behind a branch"),
        pytest.param([decision("choose", "b", input={}), B], [("decision.placement", "/steps/0")], id="nothing before it"),
        pytest.param(
            [A, decision("choose", input={"x": "{{ steps.a.output }}"})],
            [("decision.placement", "/steps/1")],
            id="nothing behind it",
        ),
        pytest.param(
            [A, decision("choose"), step("b", input={"data": "{{ steps.choose.output }}"})],
            [("decision.placement", "/steps/1")],
            id="only read",
        ),
        pytest.param(
            [A, decision("choose", "b", "gone"), B],
            [("decision.branch", "/steps/1/config/rules/0/create/1")],
            id="a step that there is not",
        ),
        pytest.param(
            [A, decision("choose", "b", "a"), B],
            [("decision.branch", "/steps/1/config/rules/0/create/1")],
            id="a step before it",
        ),
        pytest.param(
            [A, decision("choose", "b", config={"otherwise": "d"}), B, step("d", input={"data": "{{ steps.b.output }}"})],
            [("decision.branch", "/steps/1/config/otherwise")],
            id="a step behind a branch",
        ),
        pytest.param(
            [A, decision("choose", "b", "join"), B, C, JOIN | {"depends_on": ["choose", "b"]}],
            [("decision.branch", "/steps/1/config/rules/0/create/1")],
            id="a deferred step",
        ),
        pytest.param(
            [A, decision("choose", handler="total", config={}, input={"numbers": ["{{ steps.a.output.n }}"]}), B],
            [
                ("decision.output", "/steps/1/handler"),
                ("reference.untyped", "/steps/1/input/numbers/0"),
                ("input.unproved", "/steps/1/input/numbers/0"),
            ],
            id="a handler that cannot decide",
        ),
        pytest.param(
            [A, decision("choose", "b", fallback=body()), B],
            [("decision.output", "/steps/1/fallback/handler")],
            id="a fallback that cannot decide",
        ),
        pytest.param(
            [A, decision("choose", "b", fallback={"output": {"outcome": "maybe"}}), B],
            [("decision.output", "/steps/1/fallback/output")],
            id="a value that is no decision",
        ),
        pytest.param(
            [A, {"name": "choose", "type": "decision", "input": {"x": "{{ steps.a.output }}"}}, B],
            [("shape.combination", "/steps/1")],
            id="no handler",
        ),
        pytest.param(
            [A, decision("choose", "b", for_each={"items": [1]}), B],
            [("shape.combination", "/steps/1/for_each")],
            id="per item",
        ),
    ],
)
def test_a_decision_stands_between_steps_and_chooses_its_own(
    steps: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    assert found(steps) == expected


def test_a_branch_that_does_not_say_so_is_made_to_depend_on_its_decision() -> None:
    apart = [A, decision("choose", "b", "c", "d"), B, step("c"), step("d", depends_on=["a"])]
    mended = check_and_mend(read_fragment({"steps": apart, "output": reading("b", "c", "d")}), read_fragment, CHOOSING, FRAME)
    assert mended.report.problems == ()
    assert mended.applied == (
        {"op": "add", "path": "/steps/3/depends_on", "value": ["choose"]},
        {"op": "add", "path": "/steps/4/depends_on/-", "value": "choose"},
    )


def test_a_misspelt_branch_is_mended() -> None:
    (problem,) = report_on([A, decision("choose", "branch", "brnch"), step("branch", depends_on=["choose"])]).problems
    assert problem.patch is not None
    assert problem.patch[1] == {"op": "replace", "path": "/steps/1/config/rules/0/create/1", "value": "branch"}


def test_a_decision_is_known_to_choose_only_its_branches() -> None:
    flows = flows_of(A, decision("choose", "b"), B)
    output: Any = flows.output(flows.view.nodes[1])
    assert output["allOf"][1]["anyOf"][0]["properties"]["steps"] == {"type": "array", "items": {"enum": ["b"]}}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([A, decision("choose", "b", "c"), B, C, JOIN], [], id="behind two branches"),
        pytest.param([A, step("b", when="input.floor > 3"), JOIN | {"depends_on": ["a", "b"]}], [], id="behind a condition"),
        pytest.param(
            [A, decision("choose", "b"), B, {**body(), **JOIN, "depends_on": ["b"], "when": "input.floor > 3"}],
            [],
            id="with a handler and a condition",
        ),
        pytest.param([A, {"name": "join", "type": "deferred"}], [("deferred.nothing", "/steps/1")], id="behind nothing"),
        pytest.param(
            [A, {"name": "join", "type": "deferred", "depends_on": ["a"]}],
            [("deferred.needless", "/steps/1/type")],
            id="behind what always runs",
        ),
        pytest.param(
            [A, step("b", when="input.floor > 3"), JOIN | {"depends_on": ["b"], "input": {}, "retry": {}}],
            [("shape.combination", "/steps/2/input"), ("shape.combination", "/steps/2/retry")],
            id="keys of a handler without one",
        ),
        pytest.param(
            [A, step("b", when="input.floor > 3"), JOIN | {"depends_on": ["b"], "for_each": {"items": [1]}}],
            [("shape.combination", "/steps/2/for_each")],
            id="a loop",
        ),
    ],
)
def test_a_deferred_step_waits_for_steps_that_may_not_come_to_exist(
    steps: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    used = reading(*(one["name"] for one in steps if "for_each" not in one))
    assert found(steps, used) == expected


def test_a_deferred_step_that_need_not_be_is_a_warning() -> None:
    (problem,) = report_on([A, {"name": "join", "type": "deferred", "depends_on": ["a"]}]).problems
    assert problem.severity is Severity.WARNING


def test_a_deferred_step_without_a_handler_gives_what_came_to_exist() -> None:
    typed = {"expression": "$", "output_schema": {"type": "integer"}}
    flows = flows_of(
        step("a", config=typed),
        decision("choose", "b"),
        step("b", config=typed, depends_on=["choose"]),
        JOIN | {"depends_on": ["a", "b"]},
    )
    assert flows.output(flows.view.nodes[3]) == {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
        "required": ["a", "b"],
        "additionalProperties": False,
    }
