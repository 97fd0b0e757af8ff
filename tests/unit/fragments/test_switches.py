from typing import Any

import pytest

from fragments.checks.flows import Flows
from fragments.checks.view import View
from fragments.documents import Fragment
from fragments.problems import Severity
from tests.support.catalogs import FRAME, step
from tests.support.constructs import CHOOSING, body, found, report_on, switch

MODE = {"type": "object", "required": ["mode"], "properties": {"mode": {"enum": ["a", "b", 1, None]}}}
ASK = step("ask", handler="transform@^1", config={"expression": "$", "output_schema": MODE}, input={"data": 1})
TELL = {"name": "tell", "handler": "notify", "config": {"channel": "desk", "template": "x"}}
VALUE = "{{ steps.ask.output.mode }}"
ALL = [body(equals="a"), body(equals="b"), body(equals=1.0), body(equals=None)]


def case(**more: Any) -> dict[str, Any]:
    return body(when="input.floor > 3", **more)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(switch(case(), default=body()), [], id="a condition and a default"),
        pytest.param(switch(body(equals="a"), value=VALUE, default=body()), [], id="a literal and a default"),
        pytest.param(switch(*ALL, value=VALUE), [], id="every value"),
        pytest.param(switch(case(), *ALL, value=VALUE), [], id="every value behind a condition"),
        pytest.param(
            switch({"when": "input.floor > 3", "steps": [step("x")], "output": "{{ steps.x.output }}"}, default=body()),
            [],
            id="nested steps",
        ),
        pytest.param(
            switch(case(), default=body(), for_each={"items": [1]}, retry={"max_attempts": 2}, timeout="5s"), [], id="per item"
        ),
        pytest.param(switch(case(), default=body(), config={}), ["config"], id="a config of its own"),
        pytest.param(switch(case(), default=body(), input={}), ["input"], id="an input of its own"),
        pytest.param(switch(case(), default=body(), handler="total"), ["handler", "input!"], id="a handler beside"),
        pytest.param(switch(body(equals=1), default=body()), ["switch"], id="a literal and no value"),
        pytest.param(switch(case(), value=VALUE, default=body()), ["switch/value"], id="a value and no literal"),
        pytest.param(switch(body(), default=body()), ["switch/cases/0"], id="neither a literal nor a condition"),
        pytest.param(
            switch(body(equals=1, when="input.floor > 3"), value=VALUE, default=body()), ["switch/cases/0"], id="both of them"
        ),
        pytest.param(switch({"when": "input.floor > 3"}, default=body()), ["switch/cases/0"], id="an empty branch"),
        pytest.param(switch(case(), default={}), ["switch/default"], id="an empty default"),
        pytest.param(
            switch(case(steps=[step("x")]), default=body()),
            ["switch/cases/0", "switch/cases/0/input"],
            id="a handler and steps",
        ),
        pytest.param(switch(case(), default={"steps": []}), ["switch/default/steps"], id="an empty list of steps"),
        pytest.param(switch(case(output=1), default=body()), ["switch/cases/0/output"], id="an output beside a handler"),
        pytest.param(
            switch(case(), default={"steps": [step("x")], "config": {}}), ["switch/default/config"], id="a config beside steps"
        ),
    ],
)
def test_the_keys_of_a_switch_stand_together_as_the_language_wants(given: dict[str, Any], expected: list[str]) -> None:
    told = found([ASK, given], {"a": VALUE, "r": "{{ steps.route.output }}"})
    wanted = [
        ("input.missing" if key.endswith("!") else "shape.combination", f"/steps/1/{key.rstrip('!')}") for key in expected
    ]
    assert sorted(told) == sorted(wanted)


@pytest.mark.parametrize(
    ("given", "code", "where"),
    [
        pytest.param(switch(case()), "switch.not_covered", "", id="conditions alone"),
        pytest.param(switch(*ALL[:3], value=VALUE), "switch.not_covered", "", id="a value left out"),
        pytest.param(
            switch(body(equals=1), value="{{ index }}", for_each={"items": [1]}), "switch.not_covered", "", id="open values"
        ),
        pytest.param(switch(body(equals=3), value="{{ input.floor }}"), "switch.not_covered", "", id="the value of this time"),
        pytest.param(
            switch(*ALL, body(equals=1), value=VALUE),
            "switch.unreachable",
            "/cases/4/equals",
            id="equal to an earlier one by value",
        ),
        pytest.param(
            switch(body(equals="c"), value=VALUE, default=body()),
            "switch.unreachable",
            "/cases/0/equals",
            id="what it cannot be",
        ),
        pytest.param(
            switch(body(equals="a"), value="{{ index }}", default=body(), for_each={"items": [1]}),
            "switch.unreachable",
            "/cases/0/equals",
            id="another type",
        ),
        pytest.param(
            switch({**case(), "handler": None, "steps": [TELL, {**TELL, "name": "again"}]}, default=body()),
            "switch.output",
            "/cases/0",
            id="two last steps",
        ),
    ],
)
def test_some_case_is_sure_to_match_and_none_is_there_for_nothing(given: dict[str, Any], code: str, where: str) -> None:
    given["switch"]["cases"] = [
        {k: v for k, v in one.items() if k not in ("handler", "input") or "steps" not in one}
        for one in given["switch"]["cases"]
    ]
    assert found([ASK, given], {"a": VALUE, "r": "{{ steps.route.output }}"}) == [(code, f"/steps/1/switch{where}")]


def test_a_case_that_is_never_taken_is_a_warning() -> None:
    (problem,) = report_on([ASK, switch(body(equals="c"), value=VALUE, default=body())]).problems
    assert problem.severity is Severity.WARNING
    assert problem.says == 'Step "route": case 0 is never taken; the value is one of "a", "b", 1, null.'


def test_an_input_that_is_known_makes_no_case_unreachable() -> None:
    steps = [switch(body(equals="a"), body(equals="b"), value="{{ input.names[0] }}")]
    assert found(steps) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(switch(case(handler="gone"), default=body()), [("handler.unknown", "cases/0/handler")], id="handler"),
        pytest.param(
            switch(case(config={"rund": True}), default=body()), [("config.unknown_key", "cases/0/config/rund")], id="config"
        ),
        pytest.param(
            switch(case(config={"round": "{{ input.floor }}"}), default=body()),
            [("config.type", "cases/0/config/round"), ("config.reference", "cases/0/config/round")],
            id="a reference in config",
        ),
        pytest.param(
            switch(case(), default=body(input={"numbers": "{{ input.feed }}"})),
            [("input.mismatch", "default/input/numbers")],
            id="input",
        ),
        pytest.param(
            switch(case(), default={"handler": "transform", "config": {"expression": "$gone"}, "input": {"data": 1}}),
            [("config.variable", "default/config/expression")],
            id="code",
        ),
        pytest.param(
            switch(case(), default={"handler": "notify", "config": {"channel": "nowhere", "template": "x"}}),
            [("authority.channel", "default/config/channel")],
            id="a channel",
        ),
        pytest.param(
            switch(case(), default={"steps": [step("x", input={"data": "{{ steps.gone.output }}"})]}),
            [("reference.unknown_step", "default/steps/0/input/data")],
            id="a reference of a nested step",
        ),
        pytest.param(
            switch(case(), default={"steps": [TELL], "output": "{{ steps.y.output }}"}),
            [("reference.unknown_step", "default/output")],
            id="a branch's output",
        ),
        pytest.param(
            switch(case(), default={"steps": [step("ask")]}), [("names.shadowed", "default/steps/0/name")], id="a hidden name"
        ),
        pytest.param(
            switch(case(), default={"steps": [step("x", input={"data": "{{ steps.route.output }}"})]}),
            [("reference.itself", "default/steps/0/input/data")],
            id="the switch itself",
        ),
        pytest.param(
            switch(case(input={"numbers": [1], "label": "{{ failure }}"}), default=body()),
            [("reference.unknown_root", "cases/0/input/label")],
            id="a failure",
        ),
        pytest.param(
            switch(body(equals="{{ input.feed }}"), value=VALUE, default=body()),
            [("reference.place", "cases/0/equals"), ("switch.unreachable", "cases/0/equals")],
            id="a reference for a literal",
        ),
    ],
)
def test_the_body_of_a_branch_is_checked_as_a_steps_own(given: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    told = found([ASK, given], {"a": VALUE, "r": "{{ steps.route.output }}"})
    assert sorted(told) == sorted((code, f"/steps/1/switch/{where}") for code, where in expected)


def test_two_branches_may_use_the_same_names() -> None:
    branch = {"steps": [step("x"), step("y", input={"data": "{{ steps.x.output }}"})]}
    assert found([switch({"when": "input.floor > 3", **branch}, default=branch)]) == []


def test_what_a_branch_reads_its_switch_waits_for() -> None:
    late = switch(case(input={"numbers": ["{{ steps.b.output.sum }}"]}), default={"steps": [step("x", input={"data": VALUE})]})
    steps = [late, ASK, {"name": "b", **body(), "depends_on": ["route"]}]
    assert ("graph.cycle", "/steps/0") in found(steps)


def test_the_output_of_a_switch_is_that_of_one_of_its_branches() -> None:
    given = switch(
        body(equals="a"),
        {"equals": "b", "steps": [step("x")], "output": {"sum": "{{ input.floor }}"}},
        value=VALUE,
        default={
            "handler": "transform",
            "config": {"expression": "$", "output_schema": {"type": "null"}},
            "input": {"data": 1},
        },
    )
    view = View(Fragment.model_validate({"steps": [ASK, given], "output": 1}), CHOOSING, FRAME)
    sums = {"type": "object", "properties": {"sum": {"const": 4.5}}, "required": ["sum"], "additionalProperties": False}
    assert Flows(view).output(view.nodes[1]) == {
        "anyOf": [CHOOSING.capabilities["total@1.0.0"].output_schema, sums, {"type": "null"}]
    }


def test_a_nested_step_has_the_address_of_its_branch() -> None:
    inner = switch(
        case(), name="inner", default={"steps": [TELL], "output": 1}, for_each={"items": [1], "as": "i", "index": "n"}
    )
    report = report_on(
        [switch({"when": "input.floor > 3", "steps": [inner]}, default={k: v for k, v in TELL.items() if k != "name"})]
    )
    assert report.authority is not None
    assert report.authority.writes == ("route/0/inner/*/default/tell", "route/default")
