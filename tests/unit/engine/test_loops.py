from typing import Any

import pytest

from engine import facts
from engine.facts import Error
from fragments.bounds import Left
from tests.support.planners import offered
from tests.support.templates import template
from tests.support.worlds import World, kinds

ONCE = {"max_attempts": 1}


def world(*steps: dict[str, Any], **more: Any) -> World:
    made = World()
    made.submit(template(*steps, output="{{ steps.each.output }}"), **more)
    return made


def each(items: Any, **more: Any) -> dict[str, Any]:
    loop = {key: more.pop(key) for key in list(more) if key in {"as", "index", "max_parallel", "max_items", "on_failure"}}
    return {"name": "each", "input": {"value": "{{ item }}"}, "for_each": {"items": items, **loop}, **more}


def gathered(outputs: list[Any], failures: list[Any]) -> dict[str, Any]:
    return {
        "outputs": outputs,
        "item_count": len(outputs),
        "success_count": len(outputs) - len(failures),
        "failure_count": len(failures),
        "failures": failures,
    }


def test_a_step_runs_once_per_item_and_gathers_outputs_in_the_order_of_the_items() -> None:
    w = world(each("{{ input.list }}"), input={"list": ["a", "b"]})
    assert w.running == ["each/0/each", "each/1/each"]
    assert [w.call(s).call.input for s in w.running] == [{"value": "a"}, {"value": "b"}]
    w.ok("each/1/each", "B")
    w.ok("each/0/each", "A")
    assert w.state.output == gathered(["A", "B"], [])


def test_an_empty_list_completes_at_once() -> None:
    w = world(each([]))
    assert w.state.output == gathered([], [])


def test_only_so_many_items_run_side_by_side() -> None:
    w = world(each([1, 2, 3], max_parallel=2))
    assert w.running == ["each/0/each", "each/1/each"]
    w.ok("each/1/each")
    assert w.running == ["each/0/each", "each/2/each"]


def test_items_may_be_a_literal_list_with_references_in_it() -> None:
    w = world(each(["{{ input.x }}", "y"], max_parallel=1), input={"x": 7})
    w.ok("each/0/each", 1)
    assert w.call("each/1/each").call.input == {"value": "y"}


@pytest.mark.parametrize(
    ("items", "more", "error"),
    [
        pytest.param(
            "{{ input.x }}", {}, ("items_invalid", "for_each goes over a list; its items are a number"), id="a number"
        ),
        pytest.param("{{ input.none }}", {}, ("items_invalid", "for_each goes over a list; its items are null"), id="null"),
        pytest.param([1, 2], {"max_items": 1}, ("too_many_items", "there are 2 items and max_items is 1"), id="too many"),
    ],
)
def test_what_is_no_list_of_the_right_length_fails_the_step(items: Any, more: dict[str, Any], error: tuple[str, str]) -> None:
    w = world(each(items, **more), input={"x": 1, "none": None})
    assert w.state.error == Error(type=error[0], message=error[1], step="each")


def test_fail_fast_cancels_what_runs_and_what_has_not_begun() -> None:
    w = world(each([1, 2, 3], max_parallel=2, retry=ONCE))
    bodies = w.failed("each/0/each")
    assert kinds(bodies) == [
        "AttemptFailed each/0/each",
        "StepFailed each/0/each",
        "ScopeClosed each/0",
        "StepCancelled each/1/each",
        "ScopeClosed each/1",
        "StepFailed each",
        "ScopeClosed",
        "TaskFailed",
    ]
    assert w.state.error == Error(type="boom", message="boom happened", step="each/0/each")


def test_continue_gathers_failures_beside_outputs() -> None:
    w = world(each(["a", "b", "c"], on_failure="continue", max_parallel=1, retry=ONCE))
    w.ok("each/0/each", "A")
    w.failed("each/1/each")
    w.ok("each/2/each", "C")
    failure = {"index": 1, "error": {"type": "boom", "message": "boom happened", "step": "each/1/each"}}
    assert w.state.output == gathered(["A", None, "C"], [failure])


def test_an_item_is_tried_again_by_itself() -> None:
    w = world(each([1, 2], retry={"max_attempts": 2}))
    w.failed("each/0/each", retryable=True)
    assert w.running == ["each/1/each"]
    w.wake("each/0/each")
    assert w.call("each/0/each").attempt == 2


def test_a_body_of_steps_sees_the_names_around_it_and_gives_its_last_output() -> None:
    w = world(
        {"name": "before"},
        {
            "name": "each",
            "for_each": {"items": [10, 20], "as": "n", "index": "i"},
            "steps": [
                {
                    "name": "first",
                    "handler": "echo",
                    "input": {"n": "{{ n }}", "i": "{{ i }}", "b": "{{ steps.before.output }}"},
                },
                {"name": "second", "handler": "echo", "input": {"f": "{{ steps.first.output }}"}},
            ],
        },
    )
    w.ok("before", "B")
    assert w.call("each/1/first").call.input == {"n": 20, "i": 1, "b": "B"}
    w.ok("each/1/first", "F")
    assert w.call("each/1/second").call.input == {"f": "F"}
    w.ok("each/1/second", "S1")
    w.ok("each/0/first", "F")
    w.ok("each/0/second", "S0")
    assert w.state.output == gathered(["S0", "S1"], [])


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param({"got": "{{ steps.a.output }}", "n": "{{ item }}"}, {"got": 1, "n": 5}, id="a mapping"),
        pytest.param(None, None, id="a null that somebody wrote"),
    ],
)
def test_a_body_gives_the_output_that_is_written(output: Any, expected: Any) -> None:
    w = world({"name": "each", "for_each": {"items": [5], "output": output}, "steps": [{"name": "a", "handler": "echo"}]})
    w.ok("each/0/a", 1)
    assert w.state.output == gathered([expected], [])


def test_loops_nest_and_inner_names_come_first() -> None:
    inner = {
        "name": "inner",
        "for_each": {"items": "{{ row }}", "as": "cell"},
        "handler": "echo",
        "input": {"cell": "{{ cell }}", "row": "{{ row }}"},
    }
    w = world({"name": "each", "for_each": {"items": [[1], [2, 3]], "as": "row"}, "steps": [inner]})
    assert w.running == ["each/0/inner/0/inner", "each/1/inner/0/inner", "each/1/inner/1/inner"]
    assert w.call("each/1/inner/1/inner").call.input == {"cell": 3, "row": [2, 3]}
    for step in list(w.running):
        w.ok(step, step[-1])
    assert w.state.output["outputs"] == [gathered(["r"], []), gathered(["r", "r"], [])]


def test_items_are_charged_when_they_begin_and_exhaustion_fails_the_loop_even_where_it_would_go_on() -> None:
    w = world(each([1, 2, 3], max_parallel=1, on_failure="continue"), left=Left(steps=3))
    w.ok("each/0/each")
    w.ok("each/1/each")
    assert w.state.error == Error(type="bounds_exhausted", message="too little is left of the bound steps", step="each")
    assert w.state.ledger[""].spent.steps == 3


def test_a_loop_over_a_planning_step_plans_for_every_item() -> None:
    step = {"name": "each", "type": "planning", "goal": "g", "input": {"x": "{{ item }}"}, "for_each": {"items": [1, 2]}}
    w = world(step)
    assert w.plan("each/1/each").request.input == {"x": 2}
    fragment = {"steps": [{"name": "a", "handler": "echo", "input": {"x": "{{ input.x }}"}}], "output": "{{ steps.a.output }}"}
    for index in (0, 1):
        w.reply(f"each/{index}/each", offered(fragment))
        assert w.call(f"each/{index}/each/1/a").call.input == {"x": index + 1}
        w.ok(f"each/{index}/each/1/a", index)
    assert w.state.output == gathered([0, 1], [])


def test_a_loop_says_how_many_items_it_has() -> None:
    w = world({"name": "before"}, each([1, 2], depends_on=["before"]))
    started = facts.StepStarted(step="each", attempt=1, handler=None, reserved={}, items=2)
    assert started in w.ok("before")


def test_an_item_whose_input_cannot_be_made_fails_alone_where_the_loop_goes_on() -> None:
    step = each([{"a": 1}, {}], on_failure="continue")
    w = world({**step, "input": {"value": "{{ item.a }}"}})
    w.ok("each/0/each", "A")
    assert w.state.output["outputs"] == ["A", None]
    assert w.state.output["failures"][0]["error"]["type"] == "reference_unresolved"


def test_bodies_that_can_never_start_fail_the_loop_once() -> None:
    body = [{"name": "a", "handler": "echo", "depends_on": ["b"]}, {"name": "b", "handler": "echo", "depends_on": ["a"]}]
    w = World()
    bodies = w.submit(template({"name": "each", "for_each": {"items": [1, 2]}, "steps": body}))
    closed = [body.scope for body in bodies if isinstance(body, facts.ScopeClosed)]
    assert closed == ["each/0", "each/1", ""]
    assert w.state.error == Error(type="graph_invalid", message="its steps wait for one another in a circle", step="each")
