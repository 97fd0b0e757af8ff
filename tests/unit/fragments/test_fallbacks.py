from typing import Any

import pytest

from fragments.checks.flows import Flows
from fragments.checks.view import View
from fragments.documents import Fragment
from tests.support.catalogs import FRAME, loop, planning, step
from tests.support.constructs import CHOOSING, body, found, report_on, switch

INSTEAD = {"output": {"why": "{{ failure.message }}", "type": "{{ failure.type }}"}}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([step("a", fallback=INSTEAD)], [], id="a value"),
        pytest.param([step("a", fallback={"output": None})], [], id="null"),
        pytest.param(
            [step("a", fallback=body(handler="transform", config={"expression": "$"}, input={"data": "{{ failure.type }}"}))],
            [],
            id="a handler",
        ),
        pytest.param([step("a", for_each={"items": [1]}, fallback={"output": "{{ item }}"})], [], id="per item"),
        pytest.param([planning("a", fallback=INSTEAD)], [], id="of a plan"),
        pytest.param(
            [{"name": "a", "type": "workflow", "workflow": "child", "input": {"a": 1}, "fallback": INSTEAD}],
            [],
            id="of a workflow",
        ),
        pytest.param([switch(body(when="input.floor > 3"), default=body(), name="a", fallback=INSTEAD)], [], id="of a switch"),
        pytest.param([loop("a", step("x"), items=[1]) | {"fallback": INSTEAD}], [], id="of an item with a body"),
        pytest.param([step("a", fallback={})], [("shape.combination", "/steps/0/fallback")], id="neither"),
        pytest.param([step("a", fallback=body(output=1))], [("shape.combination", "/steps/0/fallback")], id="both"),
        pytest.param(
            [step("a", fallback={"output": 1, "input": {}})],
            [("shape.combination", "/steps/0/fallback/input")],
            id="an input alone",
        ),
        pytest.param(
            [loop("a", step("x"), items=[1], on_failure="continue") | {"fallback": INSTEAD}],
            [("shape.combination", "/steps/0/fallback")],
            id="of a loop that goes on",
        ),
        pytest.param(
            [step("a", fallback=body(handler="gone"))],
            [("handler.unknown", "/steps/0/fallback/handler")],
            id="an unknown handler",
        ),
        pytest.param(
            [step("a", fallback=body(input={"numbers": "{{ failure.type }}"}))],
            [("input.mismatch", "/steps/0/fallback/input/numbers")],
            id="an input that does not fit",
        ),
        pytest.param(
            [step("a", fallback={"output": "{{ failure.code }}"})],
            [("reference.path", "/steps/0/fallback/output")],
            id="no such part",
        ),
        pytest.param(
            [step("a", fallback={"output": "{{ steps.a.output }}"})],
            [("reference.itself", "/steps/0/fallback/output")],
            id="itself",
        ),
        pytest.param(
            [step("a", input={"data": "{{ failure }}"}, fallback={"output": 1})],
            [("reference.unknown_root", "/steps/0/input/data")],
            id="the failure outside of it",
        ),
        pytest.param(
            [step("a", for_each={"items": [1], "as": "failure"})],
            [("names.reserved", "/steps/0/for_each/as")],
            id="a loop's name",
        ),
        pytest.param(
            [step("a", fallback={"output": "{{ steps.b.output }}"}), step("b", input={"data": "{{ steps.a.output }}"})],
            [("graph.cycle", "/steps/0")],
            id="a circle through it",
        ),
    ],
)
def test_a_fallback_is_checked_as_a_steps_own_body(steps: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert found(steps) == expected


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        pytest.param({"on_failure": "continue", "failure_threshold": {"count": 2}}, [], id="a count"),
        pytest.param({"on_failure": "continue", "failure_threshold": {"share": 0.5}}, [], id="a share"),
        pytest.param({"on_failure": "continue", "failure_threshold": {}}, [""], id="neither"),
        pytest.param({"on_failure": "continue", "failure_threshold": {"count": 0, "share": 0}}, [""], id="both"),
        pytest.param({"failure_threshold": {"count": 2}}, [""], id="where the first failure ends the loop"),
    ],
)
def test_a_threshold_says_how_many_items_may_fail(loop: dict[str, Any], expected: list[str]) -> None:
    where = "/steps/0/for_each/failure_threshold"
    assert found([step("a", for_each={"items": [1], **loop})]) == [("shape.combination", where) for _ in expected]


def test_the_output_of_a_step_is_its_own_or_that_of_its_fallback() -> None:
    given = {"name": "a", **body(), "fallback": {"output": {"sum": "{{ failure.message }}"}}}
    flows = Flows(View(Fragment.model_validate({"steps": [given], "output": 1}), CHOOSING, FRAME))
    instead = {"type": "object", "properties": {"sum": {"type": "string"}}, "required": ["sum"], "additionalProperties": False}
    assert flows.output(flows.view.nodes[0]) == {"anyOf": [CHOOSING.capabilities["total@1.0.0"].output_schema, instead]}


def test_what_only_a_fallback_may_reach_is_in_the_manifest() -> None:
    tell = {"handler": "notify", "config": {"channel": "desk", "template": "x"}}
    authority = report_on([step("a", fallback=tell)]).authority
    assert authority is not None
    assert (authority.handlers, authority.channels, authority.writes) == (
        ("notify@1.0.0", "transform@1.0.0"),
        ("desk",),
        ("a/fallback",),
    )


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([step("a", tags=["x", "y"], publishes=["a.done"], priority=-5)], [], id="as they should be"),
        pytest.param(
            [step("a", tags=["x", "y", "x"], publishes=["e", "e"])],
            [("shape.duplicate", "/steps/0/publishes/1"), ("shape.duplicate", "/steps/0/tags/2")],
            id="twice",
        ),
        pytest.param(
            [step("a", tags=[" x"], publishes=["E"], priority=101)],
            [("shape.value", "/steps/0/publishes/0"), ("shape.value", "/steps/0/tags/0"), ("shape.value", "/steps/0/priority")],
            id="as they must not be",
        ),
    ],
)
def test_events_and_tags_are_named_once(steps: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert found(steps) == expected
