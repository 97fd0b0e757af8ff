"""What the checks know of the core handlers: their conditions, their outputs by case, what they take."""

from functools import cache
from typing import Any

import pytest

from catalog.loader import load_catalog
from catalog.registry import Catalog
from fragments.bounds import Amounts
from fragments.checks import check
from fragments.checks.flows import Flows
from fragments.checks.view import View
from fragments.documents import Fragment
from fragments.frames import Frame
from tests.support.catalogs import told
from tests.support.telling import of_report

ASK = {"name": "ask", "handler": "http_request", "config": {"url": "https://api.example.org/"}}
FRAME = Frame(input_hosts={"url": frozenset({"api.example.org"})}, secrets=frozenset({"key"}))


@cache
def core() -> Catalog:
    return load_catalog().catalog


def found(*steps: dict[str, Any], output: Any) -> list[tuple[str, str]]:
    return told(check(Fragment.model_validate({"steps": list(steps), "output": output}), core(), FRAME))


def rated(when: str) -> dict[str, Any]:
    config = {"gives": "value", "rules": [{"when": when, "value": 1}]}
    return {"name": "rate", "handler": "decide", "config": config, "input": {"x": 3, "ask": "{{ steps.ask.output }}"}}


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param("input.x > 2 && input.ask.status == 200", [], id="what the step is given"),
        pytest.param("input.x >", ["condition.syntax"], id="no CEL"),
        pytest.param("input.y > 2", ["condition.path"], id="what it is not given"),
        pytest.param("input.ask.state == 200", ["condition.path"], id="what its input does not have"),
        pytest.param("input.x == 3 && input.x", ["condition.type"], id="a number for a test"),
        pytest.param("steps.ask.output.status == 200", ["condition.unknown_name"], id="a step"),
        pytest.param("input.ask.body.total > 2", ["condition.untyped"], id="what has no schema"),
    ],
)
def test_a_rule_sees_the_input_of_its_step_and_nothing_else(when: str, expected: list[str]) -> None:
    where = "/steps/1/config/rules/0/when"
    told_of = found(ASK, rated(when), output="{{ steps.rate.output }}")
    assert told_of == [(code, where) for code in expected]


def test_a_schema_from_config_takes_its_place_within_a_choice_of_schemas() -> None:
    schema = {"type": "object", "required": ["total"], "properties": {"total": {"type": "integer"}}}
    step = {**ASK, "config": {**ASK["config"], "on_error": "return", "response_schema": schema}}  # type: ignore[dict-item]
    flows = Flows(View(Fragment.model_validate({"steps": [step], "output": 1}), core(), FRAME))
    output: Any = flows.output(flows.view.nodes[0])
    assert output["properties"]["body"]["anyOf"] == [schema, {"type": "null"}]


@pytest.mark.parametrize("beside", ["auth", "query", "headers"])
def test_an_unknown_key_is_told_beside_keys_whose_schemas_refer_elsewhere(beside: str) -> None:
    values = {"auth": {"type": "bearer", "token": "{{ secrets.key }}"}, "query": {"q": 1}, "headers": {"X-A": "b"}}
    step = {**ASK, "config": {**ASK["config"], beside: values[beside], "further": 1}}  # type: ignore[dict-item]
    assert found(step, output="{{ steps.ask.output }}") == [("config.unknown_key", "/steps/0/config/further")]


def test_what_is_not_known_to_fit_is_told() -> None:
    count = {"name": "count", "handler": "aggregate", "config": {"strategy": "count"}}
    assert found(ASK, {**count, "input": {"items": "{{ steps.ask.output.body }}"}}, output="{{ steps.count.output }}") == [
        ("input.unproved", "/steps/1/input/items")
    ]
    assert found(ASK, {**count, "input": {"items": ["{{ steps.ask.output.body }}"]}}, output="{{ steps.count.output }}") == []


def test_a_loop_over_what_may_be_no_list_is_told() -> None:
    each = {"name": "each", "for_each": {"items": "{{ steps.ask.output.body }}"}, "handler": "transform"}
    each |= {"config": {"expression": "$"}, "input": {"data": "{{ item }}"}}
    assert found(ASK, each, output="{{ steps.each.output }}") == [("loop.unproved", "/steps/1/for_each/items")]


@pytest.mark.parametrize(
    ("one", "other", "unreachable"),
    [
        pytest.param([1], [1.0], True, id="a list and its equal"),
        pytest.param({"a": [1, {"b": 2}]}, {"a": [1.0, {"b": 2.0}]}, True, id="an object and its equal"),
        pytest.param({"a": 1}, {"a": 2}, False, id="objects with other values"),
        pytest.param([1], [True], False, id="a number and true"),
    ],
)
def test_values_are_equal_to_a_case_by_the_value_of_their_numbers(one: Any, other: Any, *, unreachable: bool) -> None:
    cases = [
        {"equals": value, "handler": "transform", "config": {"expression": "1"}, "input": {"data": 1}} for value in (one, other)
    ]
    route = {"name": "route", "switch": {"value": "{{ input }}", "cases": cases, "default": dict(cases[0])}}
    del route["switch"]["default"]["equals"]  # type: ignore[index]
    whole = Fragment.model_validate({"steps": [route], "output": "{{ steps.route.output }}"})
    told_of = [
        problem.says for problem in of_report(check(whole, core(), FRAME)).problems if problem.where.endswith("/cases/1/equals")
    ]
    assert any("matches the same" in says for says in told_of) is unreachable


def test_money_is_subtracted_to_the_nano_dollar() -> None:
    assert (Amounts(cost_usd=0.3) - Amounts(cost_usd=0.1)).cost_usd == 0.2
