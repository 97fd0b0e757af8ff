from typing import Any

import pytest

from catalog.calls import Ok
from engine import commands, facts
from engine.facts import Error
from engine.rules import Rules
from fragments.bounds import Amounts, Left
from tests.support.planners import offered, rejected
from tests.support.templates import CATALOG, template
from tests.support.worlds import World, kinds

PLAN = {"name": "plan", "type": "planning", "goal": "g"}


def world(*steps: dict[str, Any], **more: Any) -> World:
    made = World(Rules(catalog=CATALOG, interruptions=2))
    made.submit(template(*steps), **more)
    return made


@pytest.mark.parametrize(
    ("more", "left", "error"),
    [
        pytest.param(
            {"input_schema": {"type": "object", "required": ["x"]}},
            Left(),
            Error(
                type="input_invalid",
                message="the input does not fit the template: at the top: 'x' is a required property",
            ),
            id="input that does not fit",
        ),
        pytest.param(
            {}, Left(steps=0), Error(type="bounds_exhausted", message="too little is left of the bound steps"), id="steps"
        ),
    ],
)
def test_a_task_that_cannot_begin_fails_at_once(more: dict[str, Any], left: Left, error: Error) -> None:
    w = World()
    bodies = w.submit(template({"name": "a"}, **more), left=left)
    assert bodies[1:] == [facts.TaskFailed(error=error)]
    assert w.owed == []


def test_a_task_is_submitted_once() -> None:
    w = world({"name": "a"})
    assert w.submit(template({"name": "other"})) == []


def test_cancelling_ends_everything_that_has_not_ended() -> None:
    w = world({"name": "done"}, {"name": "a", "handler": "paid"}, {"name": "b", "depends_on": ["a"]}, PLAN)
    w.ok("done")
    bodies = w.command(commands.Cancel(reason="changed my mind"))
    paid = Amounts(cost_usd=0.1).to_json()
    asked = Amounts(model_calls=1, cost_usd=0.25).to_json()
    reason = "changed my mind"
    assert bodies == [
        facts.CancelRequested(reason=reason),
        facts.StepCancelled(step="a", reason=reason, spent=paid),
        facts.StepCancelled(step="b", reason=reason),
        facts.StepCancelled(step="plan", reason=reason, spent=asked),
        facts.ScopeClosed(scope="", error=Error(type="cancelled", message=reason)),
        facts.TaskCancelled(reason=reason),
    ]
    assert w.state.status == "cancelled"
    assert w.state.ledger[""].reserved == Amounts()


def test_what_comes_after_the_end_says_nothing() -> None:
    w = world({"name": "a"})
    w.command(commands.Cancel(reason="enough"))
    late: list[commands.Order] = [
        commands.ReportStep(step="a", attempt=1, outcome=Ok(output=1)),
        commands.Cancel(reason="again"),
        commands.Expire(),
        commands.Wake(step="a", attempt=1),
        commands.Recover(),
    ]
    assert [w.command(order) for order in late] == [[]] * len(late)


def test_a_command_for_a_task_that_was_never_submitted_says_nothing() -> None:
    assert World().command(commands.Cancel(reason="what?")) == []


def test_an_order_for_a_step_that_is_not_there_says_nothing() -> None:
    w = world({"name": "a"})
    orders: list[commands.Order] = [
        commands.ReportStep(step="x", attempt=1, outcome=Ok(output=1)),
        commands.Wake(step="x", attempt=1),
        commands.Expire(step="x"),
        commands.Wake(step="a", attempt=1),
    ]
    assert [w.command(order) for order in orders] == [[]] * len(orders)


def test_when_the_wall_clock_is_used_up_the_task_fails_with_what_it_has() -> None:
    w = world({"name": "a"}, {"name": "b"})
    w.ok("a", 1)
    w.expire()
    error = Error(type="wall_clock_exhausted", message="the bound wall_clock is used up")
    assert (w.state.status, w.state.error, w.state.output) == ("failed", error, {"a": 1})


def test_steps_that_wait_in_a_circle_fail_the_task_and_do_not_hang_it() -> None:
    w = world({"name": "a", "depends_on": ["b"]}, {"name": "b", "depends_on": ["a"]})
    assert w.state.error == Error(type="graph_invalid", message="its steps wait for one another in a circle")


def test_an_attempt_under_way_at_a_crash_is_made_again_at_once_and_does_not_count_as_a_try() -> None:
    w = world({"name": "a", "retry": {"max_attempts": 2}})
    assert kinds(w.crash()) == ["AttemptFailed a", "StepStarted a"]
    assert w.call("a").attempt == 2
    w.failed("a", retryable=True)
    w.wake("a")
    assert w.call("a").attempt == 3


def test_a_write_under_way_at_a_crash_is_not_made_again() -> None:
    w = world({"name": "a", "handler": "write"}, {"name": "b"})
    w.crash()
    assert w.state.error is not None
    assert w.state.error.type == "effect_unknown"
    assert w.state.error.message == (
        "attempt 1 of write@1.0.0 may or may not have taken effect (the process that made the attempt ended). Look whether it "
        "did; then submit the task again, or mark the step `idempotent` if it may be repeated"
    )


@pytest.mark.parametrize(
    "step",
    [
        pytest.param({"handler": "fetch"}, id="a read"),
        pytest.param({"handler": "upsert"}, id="a write that may be repeated"),
        pytest.param({"handler": "write", "idempotent": True}, id="a step that may be repeated"),
    ],
)
def test_what_does_no_harm_is_made_again(step: dict[str, Any]) -> None:
    w = world({"name": "a", **step})
    w.crash()
    assert w.call("a").attempt == 2


def test_a_finished_step_does_not_run_again() -> None:
    w = world({"name": "a"}, {"name": "b", "depends_on": ["a"]})
    w.ok("a", 1)
    w.crash()
    assert w.running == ["b"]


def test_a_lost_call_is_charged_in_full_and_asked_again() -> None:
    w = world(PLAN)
    w.reply("plan", rejected("bad", cost_usd=0.05))
    assert kinds(w.crash()) == ["PlanRefused plan", "PlanAsked plan"]
    plan = w.plan("plan")
    assert (plan.request.turn, plan.attempt, len(plan.request.transcript)) == (2, 2, 1)
    assert w.state.ledger[""].spent == Amounts(steps=1, model_calls=2, cost_usd=0.3)


def test_a_wait_is_armed_again_after_a_crash() -> None:
    w = world({"name": "a", "retry": {"max_attempts": 2}})
    w.failed("a", retryable=True)
    assert w.crash() == []
    w.wake("a")
    assert w.call("a").attempt == 2


@pytest.mark.parametrize(
    "step", [pytest.param({"name": "a"}, id="handler"), pytest.param({**PLAN, "name": "a"}, id="planning")]
)
def test_a_step_that_is_under_way_at_every_crash_fails_in_the_end(step: dict[str, Any]) -> None:
    w = world(step)
    w.crash()
    w.crash()
    w.crash()
    assert w.state.error is not None
    assert w.state.error.type == "too_many_interruptions"


def test_steps_of_a_plan_are_taken_up_where_they_were() -> None:
    w = world(PLAN)
    fragment = {"steps": [{"name": "a", "handler": "echo"}, {"name": "b", "handler": "echo"}], "output": "{{ steps.a.output }}"}
    w.reply("plan", offered(fragment))
    w.ok("plan/1/a", 1)
    w.crash()
    assert w.running == ["plan/1/b"]
    w.ok("plan/1/b", 2)
    assert w.state.steps["plan"].output == 1
