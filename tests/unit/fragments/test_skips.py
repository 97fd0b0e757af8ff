from typing import Any

import pytest

from tests.support.catalogs import loop, reading, step
from tests.support.constructs import body, decision, found

NUMBER = {"expression": "$", "output_schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "number"}}}}
MAYBE = step("maybe", config=NUMBER, when="input.floor > 3")
N = "{{ steps.maybe.output.n }}"


def wants_number(value: Any, **more: Any) -> dict[str, Any]:
    return {"name": "sum", "handler": "total", "input": {"numbers": [value]}, **more}


@pytest.mark.parametrize(
    ("steps", "output", "expected"),
    [
        pytest.param([MAYBE, wants_number(N)], 1, [], id="a step behind it runs only with it"),
        pytest.param(
            [MAYBE, step("next", depends_on=["maybe"])], 1, [("graph.unused", "/steps/1")], id="a step that only waits"
        ),
        pytest.param([MAYBE], {"m": "{{ steps.maybe.output }}"}, [], id="null in the document's output"),
        pytest.param([MAYBE], {"m": N}, [("reference.skipped", "/output/m")], id="a path in the document's output"),
        pytest.param([MAYBE], {"m": "{{ steps.maybe.output.n ?? 0 }}"}, [], id="a path with a default"),
        pytest.param([MAYBE], {"m": "{{ steps.maybe.status }}"}, [], id="a status"),
        pytest.param([MAYBE], {"m": "got {{ steps.maybe.output }}"}, [], id="null within a text"),
        pytest.param(
            [MAYBE, step("next", config=NUMBER, depends_on=["maybe"])],
            {"m": "{{ steps.next.output.n }}"},
            [("reference.skipped", "/output/m")],
            id="what is behind it is skipped as well",
        ),
        pytest.param(
            [step("a"), decision("choose", "maybe"), MAYBE | {"when": "true == true", "depends_on": ["choose"]}],
            {"m": N},
            [("condition.constant", "/steps/2/when"), ("reference.skipped", "/output/m")],
            id="a branch of a decision",
        ),
        pytest.param(
            [MAYBE, wants_number(N, type="deferred", depends_on=["maybe"])],
            reading("sum"),
            [("reference.skipped", "/steps/1/input/numbers/0")],
            id="a path in a deferred step",
        ),
        pytest.param(
            [MAYBE, wants_number("{{ steps.maybe.output.n ?? 0 }}", type="deferred", depends_on=["maybe"])],
            reading("sum"),
            [],
            id="a default in a deferred step",
        ),
        pytest.param(
            [MAYBE, wants_number("{{ steps.maybe.output ?? 0 }}", type="deferred", depends_on=["maybe"])],
            reading("sum"),
            [("input.unproved", "/steps/1/input/numbers/0")],
            id="a default of another type may be meant",
        ),
        pytest.param(
            [MAYBE, wants_number(1, type="deferred", depends_on=["maybe"], fallback={"output": N})],
            reading("sum"),
            [("reference.skipped", "/steps/1/fallback/output")],
            id="the fallback of a deferred step",
        ),
        pytest.param(
            [
                MAYBE,
                wants_number("{{ steps.join.output.maybe.n }}", depends_on=["join"]),
                {"name": "join", "type": "deferred", "depends_on": ["maybe"]},
            ],
            reading("sum"),
            [("reference.optional", "/steps/1/input/numbers/0")],
            id="through what a deferred step gathered",
        ),
        pytest.param(
            [MAYBE, loop("each", wants_number(N), items=[1, 2])], reading("each"), [], id="a loop around is skipped with it"
        ),
        pytest.param(
            [loop("each", MAYBE, items=[1], output=N)],
            reading("each"),
            [("reference.skipped", "/steps/0/for_each/output")],
            id="the output of a loop",
        ),
        pytest.param(
            [
                {
                    "name": "route",
                    "switch": {"cases": [{"when": "input.floor > 3", "steps": [MAYBE], "output": N}], "default": body()},
                }
            ],
            reading("route"),
            [("reference.skipped", "/steps/0/switch/cases/0/output")],
            id="the output of a branch",
        ),
        pytest.param(
            [step("each", config=NUMBER, when="item > 1", for_each={"items": [1, 2]})],
            {"m": "{{ steps.each.output.outputs[0].n }}"},
            [("reference.optional", "/output/m")],
            id="an item that is skipped",
        ),
        pytest.param(
            [
                step("each", config=NUMBER, when="item > 1", for_each={"items": [1, 2]}),
                wants_number("{{ steps.each.output.item_count }}"),
            ],
            reading("sum"),
            [],
            id="a loop itself is not skipped",
        ),
    ],
)
def test_a_step_that_may_be_skipped_is_null_for_whoever_may_run_without_it(
    steps: list[dict[str, Any]], output: Any, expected: list[tuple[str, str]]
) -> None:
    used = output if isinstance(output, dict) else reading(*(one["name"] for one in steps if one["name"] != "next"))
    assert found(steps, used) == expected


def test_what_may_be_null_does_not_prove_an_output() -> None:
    wanted = {"type": "object", "required": ["m"], "properties": {"m": {"type": "object"}}}
    assert found([MAYBE], {"m": "{{ steps.maybe.output }}"}, must_produce=wanted) == [("output.unproved", "/output/m")]
    assert found([MAYBE], {"m": "{{ steps.maybe.output ?? {} }}"}, must_produce=wanted) == []
    assert found([MAYBE], {"m": "{{ steps.maybe.output ?? 'no' }}"}, must_produce=wanted) == [("output.unproved", "/output/m")]


def test_a_default_that_is_never_needed_does_not_count() -> None:
    wanted = {"type": "object", "required": ["m"], "properties": {"m": {"type": "number"}}}
    assert found([step("a", config=NUMBER)], {"m": "{{ steps.a.output.n ?? 'no' }}"}, must_produce=wanted) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{{ input.gone ?? 1 }}", [], id="an input that may be given another time"),
        pytest.param("{{ input.gone }}", [("reference.path", "/output/x")], id="an input that is not there"),
        pytest.param("{{ input.names[-3] }}", [], id="the first from the end"),
        pytest.param("{{ input.names[-4] }}", [("reference.path", "/output/x")], id="before the first"),
        pytest.param("{{ steps.a.output.m ?? 1 }}", [("reference.path", "/output/x")], id="a path that can never be there"),
        pytest.param("{{ steps.gone.output ?? 1 }}", [("reference.unknown_step", "/output/x")], id="a step that there is not"),
        pytest.param("{{ nothing ?? 1 }}", [("reference.unknown_root", "/output/x")], id="a name that there is not"),
        pytest.param("{{ input.gone ?? steps.a.output.m }}", [("reference.path", "/output/x")], id="the last of a choice"),
    ],
)
def test_every_operand_of_a_choice_is_checked(text: str, expected: list[tuple[str, str]]) -> None:
    closed = {"expression": "$", "output_schema": {"type": "object", "additionalProperties": False, "properties": {"n": {}}}}
    assert found([step("a", config=closed)], {"a": "{{ steps.a.output }}", "x": text}) == expected
