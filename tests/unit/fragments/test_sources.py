from typing import Any

import pytest

from catalog.capability import Capability
from fragments.documents import Step
from fragments.sources import Sources, origins
from tests.support.catalogs import CATALOG


def find(handler: str) -> Capability | None:
    found = CATALOG.resolve(handler)
    return found if isinstance(found, Capability) else None


def made_of(*inputs: tuple[str | int, ...], world: bool = False) -> Sources:
    return Sources(frozenset(inputs), world)


def shape(name: str, data: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "handler": "transform", "config": {"expression": "$"}, "input": {"data": data}, **more}


def get(name: str, url: Any = "{{ input.feed }}", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "handler": "http_request",
        "config": {"url": "{+u}"},
        "input": {"url_params": {"u": url}},
        **more,
    }


CASES = [
    pytest.param([shape("a", 1)], "a", made_of(), id="a literal"),
    pytest.param([shape("a", "{{ input.x.y[0] }}")], "a", made_of(("x", "y", 0)), id="a path of the input"),
    pytest.param([shape("a", "{{ input }}")], "a", made_of(()), id="the whole input"),
    pytest.param([shape("a", ["{{ input.x }}", {"k": "{{ input.y }}"}])], "a", made_of(("x",), ("y",)), id="two inputs"),
    pytest.param([shape("a", "{{ input.x ?? input.y }}")], "a", made_of(("x",), ("y",)), id="a choice"),
    pytest.param([shape("a", "{{ task.id }}")], "a", made_of(), id="the task"),
    pytest.param([get("f"), shape("a", "{{ steps.f.output.body }}")], "a", made_of(("feed",), world=True), id="a response"),
    pytest.param(
        [get("f"), shape("t", "{{ steps.f.output }}"), shape("a", "{{ steps.t.output }}")],
        "a",
        made_of(("feed",), world=True),
        id="a response over a transform",
    ),
    pytest.param(
        [shape("t", "{{ input.x }}"), shape("a", "{{ steps.t.output }}")],
        "a",
        made_of(("x",)),
        id="the input over a transform",
    ),
    pytest.param([get("f"), shape("a", 1, depends_on=["f"])], "a", made_of(), id="order is no data"),
    pytest.param([get("f"), shape("a", "{{ steps.f.status }}")], "a", made_of(), id="a status is no data"),
    pytest.param(
        [shape("a", "{{ item }}", for_each={"items": "{{ input.xs }}"})],
        "a",
        made_of(("xs",)),
        id="an item",
    ),
    pytest.param(
        [shape("a", "{{ index }}", for_each={"items": "{{ input.xs }}"})],
        "a",
        made_of(),
        id="a number of an item",
    ),
    pytest.param(
        [get("f"), shape("a", "{{ q }}", for_each={"items": "{{ steps.f.output.body }}", "as": "q"})],
        "a",
        made_of(("feed",), world=True),
        id="an item of a response",
    ),
    pytest.param(
        [
            {
                "name": "each",
                "for_each": {"items": "{{ input.feeds }}"},
                "steps": [get("f", "{{ item }}"), shape("t", "{{ steps.f.output }}")],
            },
            shape("a", "{{ steps.each.output.outputs }}"),
        ],
        "a",
        made_of(("feeds",), world=True),
        id="what a loop gathered",
    ),
    pytest.param(
        [{"name": "each", "for_each": {"items": [1]}, "steps": [shape("a", "{{ input.x }}")]}],
        "each/a",
        made_of(("x",)),
        id="the input within a loop",
    ),
    pytest.param(
        [{"name": "each", "for_each": {"items": [1]}, "steps": [shape("t", 1)]}, shape("a", "{{ steps.each.output }}")],
        "a",
        made_of(),
        id="what a pure loop gathered",
    ),
    pytest.param(
        [
            {"name": "p", "type": "planning", "goal": "g", "input": {"x": "{{ input.x }}"}},
            shape("a", "{{ steps.p.output }}"),
        ],
        "a",
        made_of(("x",), world=True),
        id="the answer of a plan",
    ),
    pytest.param(
        [
            {"name": "p", "type": "planning", "goal": "g", "input": {"x": "{{ input.x }}"}, "allow": {"effects": ["pure"]}},
            shape("a", "{{ steps.p.output }}"),
        ],
        "a",
        made_of(("x",)),
        id="the answer of a plan that may only compute",
    ),
    pytest.param(
        [{"name": "w", "type": "workflow", "workflow": "other"}, shape("a", "{{ steps.w.output }}")],
        "a",
        made_of(world=True),
        id="the answer of a workflow",
    ),
    pytest.param(
        [
            {
                "name": "s",
                "switch": {"cases": [{"when": "true", "steps": [get("f")]}], "default": {"steps": [shape("t", 1)]}},
            },
            shape("a", "{{ steps.s.output }}"),
        ],
        "a",
        made_of(("feed",), world=True),
        id="any branch of a switch",
    ),
    pytest.param(
        [shape("t", "{{ input.x }}", fallback={"output": "{{ input.y }}"}), shape("a", "{{ steps.t.output }}")],
        "a",
        made_of(("x",), ("y",)),
        id="a step or its fallback",
    ),
    pytest.param(
        [get("f", fallback={"handler": "transform", "input": {"data": "{{ failure.message }}"}})],
        "f/fallback",
        made_of(("feed",), world=True),
        id="a message of a failure",
    ),
    pytest.param(
        [get("f"), {"name": "d", "type": "deferred", "depends_on": ["f"]}, shape("a", "{{ steps.d.output }}")],
        "a",
        made_of(("feed",), world=True),
        id="what a deferred step gathered",
    ),
    pytest.param(
        [shape("a", "{{ steps.b.output }}"), shape("b", "{{ steps.a.output }}")],
        "a",
        made_of(world=True),
        id="a circle",
    ),
    pytest.param([shape("a", "{{ steps.gone.output }}")], "a", made_of(world=True), id="a step that there is not"),
    pytest.param(
        [{"name": "u", "handler": "gone"}, shape("a", "{{ steps.u.output }}")],
        "a",
        made_of(world=True),
        id="a handler that there is not",
    ),
]


@pytest.mark.parametrize(("steps", "address", "expected"), CASES)
def test_a_value_is_traced_to_where_it_came_from(steps: list[dict[str, Any]], address: str, expected: Sources) -> None:
    assert origins([Step.model_validate(step) for step in steps], find).reads[address] == expected


def test_every_key_of_what_a_plan_is_given_is_traced_by_itself() -> None:
    plan = {
        "name": "plan",
        "type": "planning",
        "goal": "g",
        "input": {"page": "{{ steps.f.output.body }}", "limit": "{{ input.limit }}", "n": 1},
    }
    found = origins([Step.model_validate(step) for step in (get("f"), plan)], find)
    assert found.keys == {"plan": {"page": made_of(("feed",), world=True), "limit": made_of(("limit",)), "n": made_of()}}
