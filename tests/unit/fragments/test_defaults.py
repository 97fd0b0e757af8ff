"""Defaults: what is filled in is known to be there, in every check, and nothing else is."""

from typing import Any

import pytest

from catalog.loader import load_catalog
from fragments.checks import check
from fragments.documents import Template
from fragments.frames import Frame
from fragments.schemas.defaults import after_filling, before_filling, filled
from fragments.schemas.validators import accepts
from schemas.values import Json
from service.goals import House, admit

CATALOG = load_catalog().catalog
INNER = {"type": "object", "properties": {"b": {"type": "integer", "default": 2}, "c": {"type": "string"}}}
ONE = {"type": "integer", "default": 1}


def objects(**properties: Json) -> dict[str, Json]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        pytest.param(objects(a=ONE), {}, {"a": 1}, id="a default"),
        pytest.param(objects(a=ONE), {"a": 5}, {"a": 5}, id="a value in its place"),
        pytest.param(objects(a=ONE), {"a": None}, {"a": None}, id="a null in its place"),
        pytest.param(objects(a={"default": None}), {}, {"a": None}, id="a default that is null"),
        pytest.param(objects(a={"default": False}), {}, {"a": False}, id="a default that is false"),
        pytest.param(objects(a=True), {}, {}, id="no schema"),
        pytest.param(objects(a=INNER), {}, {}, id="an object that is not there"),
        pytest.param(objects(a=INNER), {"a": {}}, {"a": {"b": 2}}, id="an object that is there"),
        pytest.param(objects(a={**INNER, "default": {}}), {}, {"a": {"b": 2}}, id="an object by default"),
        pytest.param(objects(a={**INNER, "default": {"b": 9}}), {}, {"a": {"b": 9}}, id="an object by default, with a value"),
        pytest.param(objects(a=objects(b=INNER)), {"a": {"b": {}}}, {"a": {"b": {"b": 2}}}, id="three levels"),
        pytest.param({"type": "array", "items": INNER}, [{}, {"b": 3}], [{"b": 2}, {"b": 3}], id="items"),
        pytest.param({"prefixItems": [INNER], "items": True}, [{}, {}], [{"b": 2}, {}], id="the first item"),
        pytest.param({"allOf": [objects(a=ONE), INNER]}, {}, {"a": 1, "b": 2}, id="every part"),
        pytest.param({"anyOf": [objects(a=ONE), INNER]}, {}, {}, id="one of several parts"),
        pytest.param({"if": objects(a=ONE)}, {}, {}, id="a condition"),
        pytest.param(
            {**objects(a={"$ref": "#/$defs/inner"}), "$defs": {"inner": INNER}}, {"a": {}}, {"a": {"b": 2}}, id="a reference"
        ),
        pytest.param(objects(a=INNER), {"a": "text"}, {"a": "text"}, id="another type"),
        pytest.param({"additionalProperties": INNER}, {"a": {}}, {"a": {}}, id="other properties"),
        pytest.param(True, {"a": 1}, {"a": 1}, id="any value"),
        pytest.param({"type": "array", "items": ONE}, [], [], id="no item"),
    ],
)
def test_defaults_are_filled_in_and_what_is_filled_in_is_required(schema: Json, value: Json, expected: Json) -> None:
    given = filled(schema, value)
    assert given == expected
    assert filled(schema, given) == given
    assert accepts(after_filling(schema), given) == accepts(schema, given)


def test_what_has_a_default_is_not_asked_for_before_it_is_filled_in() -> None:
    schema = {**objects(a={**INNER, "required": ["b", "c"]}, d=ONE), "required": ["a", "d"]}
    assert before_filling(schema) == {
        **objects(a={**INNER, "required": ["c"]}, d=ONE),
        "required": ["a"],
    }


INPUT = objects(
    vip={"type": "boolean", "default": False},
    limits={**objects(most={"type": "integer", "default": 3}, least={"type": "integer"}), "default": {}},
    rows={"type": "array", "items": objects(n={"type": "integer", "default": 0})},
)


def template(**step: Any) -> Template:
    one = {"name": "one", "handler": "transform", "config": {"expression": "1"}, "input": {"data": 1}, **step}
    return Template.model_validate({"name": "t", "input_schema": INPUT, "steps": [one], "output": "{{ steps.one.output }}"})


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        pytest.param({"when": "input.vip"}, [], id="a condition"),
        pytest.param({"when": "!input.vip && input.limits.most > 2"}, [], id="a condition on what is nested"),
        pytest.param({"when": "input.limits.least > 2"}, ["condition.path"], id="a condition on what has no default"),
        pytest.param({"input": {"data": "{{ input.limits.most }}"}}, [], id="a reference"),
        pytest.param({"input": {"data": "{{ input.limits.least }}"}}, ["reference.optional"], id="no default"),
        pytest.param(
            {"for_each": {"items": "{{ input.rows ?? [] }}", "as": "row"}, "when": "row.n > 0"}, [], id="an item's default"
        ),
    ],
)
def test_no_check_doubts_what_is_filled_in(step: dict[str, Any], expected: list[str]) -> None:
    problems = check(template(**step), CATALOG, Frame(input_schema=INPUT)).problems
    assert [problem.code for problem in problems if problem.code.startswith(("condition", "reference"))] == expected


def test_a_task_is_given_what_the_checks_count_on() -> None:
    house = House(left=Frame().left, hosts=("*",), channels=frozenset())
    admission = admit(template(), {"rows": [{}]}, catalog=CATALOG, house=house)
    submit = admission.submit
    assert submit is not None, admission.report.problems
    assert submit.input == {"vip": False, "limits": {"most": 3}, "rows": [{"n": 0}]}
