from datetime import date, timedelta
from math import nan
from typing import Any

import pytest

from engine import commands, facts
from engine.constructs import RUNS
from engine.effects import ExpireAt
from engine.facts import Error
from engine.rules import Rules
from fragments.bounds import Amounts, Left
from fragments.documents import Allow
from fragments.frames import Frame
from fragments.planning import PlanReply, PlanRequest, Provenance, Turn, Unplanned
from fragments.problems import Problem
from tests.support.clocks import NOON
from tests.support.planners import declined, offered, rejected
from tests.support.templates import CATALOG, template
from tests.support.worlds import World, kinds

ONE = {"steps": [{"name": "a", "handler": "echo", "retry": {"max_attempts": 1}}], "output": {"got": "{{ steps.a.output }}"}}
RULES = Rules(catalog=CATALOG, turns=3, plan_call_usd=0.2, channels=frozenset({"desk"}), operator_hosts=("*.example",))


def planning(**more: Any) -> dict[str, Any]:
    return {"name": "plan", "type": "planning", "goal": "reach it", **more}


def world(*steps: dict[str, Any], rules: Rules = RULES, **more: Any) -> World:
    made = World(rules)
    made.submit(template(*(steps or (planning(),)), output="{{ steps.plan.output }}"), **more)
    return made


def test_a_planning_step_asks_for_one_turn_with_everything_that_the_planner_may_know() -> None:
    step = planning(
        input={"x": "{{ input.x }}"},
        must_produce={"type": "object"},
        allow={"hosts": ["*.example"], "handlers": ["echo"]},
        bounds={"steps": 10, "wall_clock": "60s"},
    )
    given = {"x": ["https://a.example/", "https://b.test/"], "y": "https://c.example/"}
    hosts = ("a.example", "b.test", "c.example")
    w = world(step, input=given, hosts=hosts, goal="the user's words", model="some/model")
    assert w.plan("plan").request == PlanRequest(
        task="t1",
        step="plan",
        phase=1,
        turn=1,
        goal="reach it",
        frame=Frame(
            input={"x": given["x"]},
            must_produce={"type": "object"},
            allows=(Allow(hosts=("*.example",), handlers=("echo",)),),
            left=Left(steps=10, depth=2, phases=3, model_calls=9, cost_usd=0.8, wall_clock_s=60.0),
            input_hosts={"x": frozenset({"a.example"})},
            channels=frozenset({"desk"}),
            operator_hosts=("*.example",),
            depth=1,
            runs=RUNS,
        ),
        input={"x": given["x"]},
        allowance_usd=0.2,
        model="some/model",
        handlers=tuple(sorted(w.rules.catalog.digests)),
        today=NOON.date(),
    )


def test_a_planner_may_be_told_another_day() -> None:
    w = world(rules=Rules(catalog=CATALOG, planning_date=date(2020, 1, 1)))
    assert w.plan("plan").request.today == date(2020, 1, 1)


def test_an_accepted_plan_becomes_a_closed_scope_whose_output_is_the_steps() -> None:
    w = world(planning(input={"x": 1}), {"name": "beside"})
    bodies = w.reply("plan", offered(ONE, cost_usd=0.05))
    assert kinds(bodies) == ["PlanAccepted plan", "ScopeOpened plan/1", "StepReady plan/1/a", "StepStarted plan/1/a"]
    opened = bodies[1]
    assert isinstance(opened, facts.ScopeOpened)
    assert (opened.kind, opened.input, opened.output) == ("plan", {"x": 1}, {"got": "{{ steps.a.output }}"})
    assert opened.left is not None
    assert opened.left["cost_usd"] == 0.95
    assert kinds(w.ok("plan/1/a", 5)) == ["StepCompleted plan/1/a", "ScopeClosed plan/1", "StepCompleted plan"]
    assert w.state.steps["plan"].output == {"got": 5}


def test_a_plan_sees_its_own_input_and_no_step_around_it() -> None:
    w = world({"name": "outer"}, planning(depends_on=["outer"], input={"x": 1}))
    w.ok("outer", "O")
    w.reply(
        "plan", offered({"steps": [{"name": "a", "handler": "echo", "input": {"o": "{{ steps.outer.output }}"}}], "output": 1})
    )
    assert w.state.steps["plan/1/a"].error is not None
    assert w.state.steps["plan/1/a"].error.type == "reference_unresolved"


def test_problems_go_back_as_the_next_turn_and_every_turn_is_charged() -> None:
    w = world()
    bodies = w.reply("plan", rejected("no such handler", answer='{"x": 1}', cost_usd=0.125))
    assert kinds(bodies) == ["PlanRefused plan", "PlanAsked plan"]
    request = w.plan("plan").request
    assert (request.turn, request.frame.left.model_calls) == (2, 8)
    problem = Problem(code="wrong", where="/steps", says="no such handler")
    assert request.transcript == (Turn(answer='{"x": 1}', problems=(problem,)),)
    assert w.state.ledger[""].spent == Amounts(steps=1, model_calls=1, cost_usd=0.125)
    assert w.state.ledger[""].reserved == Amounts(model_calls=1, cost_usd=0.2)


def test_the_last_turn_fails_the_step_with_its_problems() -> None:
    w = world()
    for _ in range(2):
        w.reply("plan", rejected("bad"))
    w.reply("plan", rejected("worse", "worst"))
    says = "none of 3 answers passed the checks. The last: wrong at /steps: worse; wrong at /steps: worst."
    assert w.state.error == Error(type="planning_failed", message=says, step="plan")


def test_an_offer_whose_own_report_has_errors_is_refused() -> None:
    w = world()
    bad = offered(ONE)
    report = type(bad.report)(problems=(Problem(code="c", where="", says="s"),))
    assert kinds(w.reply("plan", type(bad)(fragment=bad.fragment, report=report, provenance=bad.provenance))) == [
        "PlanRefused plan",
        "PlanAsked plan",
    ]


def test_a_planner_that_declines_ends_the_task_as_refused() -> None:
    w = world(planning(), {"name": "beside", "handler": "paid"})
    bodies = w.reply("plan", declined("that would do harm"))
    assert kinds(bodies) == ["PlanDeclined plan", "StepCancelled plan", "StepCancelled beside", "ScopeClosed", "TaskRefused"]
    assert w.state.status == "refused"
    assert w.state.ledger[""].reserved == Amounts()
    assert w.state.ledger[""].spent == Amounts(steps=2, model_calls=1, cost_usd=0.1)


def test_a_provider_that_may_answer_later_is_asked_again_in_the_same_turn() -> None:
    w = world()
    bodies = w.reply("plan", Unplanned(type="provider", message="busy", retryable=True, retry_after_s=7.0))
    refused = bodies[0]
    assert isinstance(refused, facts.PlanRefused)
    assert refused.retry_at == NOON + timedelta(seconds=7)
    assert kinds(w.wake("plan")) == ["PlanAsked plan"]
    assert (w.plan("plan").request.turn, w.plan("plan").attempt) == (1, 2)


def test_no_answer_for_good_fails_the_step_with_the_planners_words() -> None:
    w = world()
    w.reply("plan", Unplanned(type="no_model", message="set GOALWRIGHT_MODEL"))
    assert w.state.error == Error(type="no_model", message="set GOALWRIGHT_MODEL", step="plan")
    assert w.state.ledger[""].spent == Amounts(steps=1)


def test_an_output_that_breaks_the_contract_fails_the_phase_and_is_planned_again() -> None:
    w = world(planning(must_produce={"type": "object", "required": ["summary"]}))
    w.reply("plan", offered(ONE))
    assert kinds(w.ok("plan/1/a", 5)) == ["StepCompleted plan/1/a", "ScopeClosed plan/1", "PlanAsked plan"]
    request = w.plan("plan").request
    failure = {
        "type": "must_produce_violated",
        "message": "the output does not fit must_produce: at the top: 'summary' is a required property",
        "step": "plan",
        "completed": {"a": 5},
    }
    assert (request.phase, request.turn, request.transcript) == (2, 1, ())
    assert request.previous == {"failure": failure}
    assert request.frame.input == {"previous": {"failure": failure}}


def test_a_later_phase_sees_what_the_one_before_left() -> None:
    w = world()
    w.reply("plan", offered(ONE))
    w.failed("plan/1/a")
    seeing = {"steps": [{"name": "b", "handler": "echo", "input": {"was": "{{ input.previous.failure.type }}"}}], "output": 1}
    w.reply("plan", offered(seeing))
    assert w.call("plan/2/b").call.input == {"was": "boom"}


def test_phases_end_and_the_last_failure_is_the_steps() -> None:
    w = world(planning(bounds={"phases": 2}))
    for phase in (1, 2):
        w.reply("plan", offered(ONE))
        w.failed(f"plan/{phase}/a")
    assert w.state.error == Error(type="boom", message="boom happened", step="plan/2/a")


def test_a_phase_is_not_planned_again_when_the_ledger_cannot_pay_for_it() -> None:
    w = world(left=Left(model_calls=1))
    w.reply("plan", offered(ONE))
    w.failed("plan/1/a")
    assert w.state.error == Error(type="boom", message="boom happened", step="plan/1/a")


def test_a_write_of_unknown_effect_is_not_planned_around() -> None:
    w = world()
    w.reply("plan", offered({"steps": [{"name": "a", "handler": "write"}], "output": 1}))
    w.failed("plan/1/a", "worker_lost", retryable=True)
    assert w.state.error is not None
    assert w.state.error.type == "effect_unknown"


@pytest.mark.parametrize(
    ("left", "bound"),
    [
        pytest.param(Left(model_calls=0), "model_calls", id="no model call"),
        pytest.param(Left(depth=0), "depth", id="no depth"),
    ],
)
def test_a_question_that_the_ledger_cannot_pay_is_not_asked(left: Left, bound: str) -> None:
    w = world(left=left)
    says = f"too little is left of the bound {bound}"
    assert w.state.error == Error(type="bounds_exhausted", message=says, step="plan")


def test_when_all_money_is_used_up_no_further_turn_is_asked() -> None:
    w = world(left=Left(cost_usd=0.2))
    w.reply("plan", rejected("bad", cost_usd=0.2))
    assert w.state.error == Error(type="bounds_exhausted", message="too little is left of the bound cost_usd", step="plan")


def test_where_no_money_was_allowed_free_answers_are_asked_for() -> None:
    w = world(left=Left(cost_usd=0.0))
    assert w.plan("plan").request.allowance_usd == 0.0


def test_a_plan_with_more_steps_than_are_left_fails_the_step() -> None:
    w = world(planning(bounds={"steps": 1}))
    two = {"steps": [{"name": "a", "handler": "echo"}, {"name": "b", "handler": "echo"}], "output": 1}
    w.reply("plan", offered(two))
    assert w.state.error == Error(type="bounds_exhausted", message="too little is left of the bound steps", step="plan")


def test_a_plan_within_a_plan_has_less_depth_and_what_it_uses_counts_for_both() -> None:
    w = world()
    w.reply(
        "plan",
        offered({"steps": [{"name": "sub", "type": "planning", "goal": "g", "allow": {"handlers": ["echo"]}}], "output": 1}),
    )
    frame = w.plan("plan/1/sub").request.frame
    assert (frame.depth, frame.left.depth, frame.left.model_calls) == (2, 1, 8)
    w.reply("plan/1/sub", offered(ONE, cost_usd=0.1))
    used = Amounts(steps=1, model_calls=1, cost_usd=0.1)
    assert w.state.ledger["plan/1/sub"].spent == used
    assert w.state.ledger["plan"].spent == Amounts(steps=2, model_calls=2, cost_usd=0.1)
    assert w.state.ledger[""].spent == Amounts(steps=3, model_calls=2, cost_usd=0.1)


def test_a_planning_step_has_a_wall_clock_of_its_own() -> None:
    w = world(planning(bounds={"wall_clock": "30s"}))
    assert [e for e in w.owed if isinstance(e, ExpireAt)] == [
        ExpireAt(task="t1", due=NOON + timedelta(minutes=30)),
        ExpireAt(task="t1", due=NOON + timedelta(seconds=30), step="plan"),
    ]
    w.reply("plan", offered(ONE))
    w.expire("plan")
    assert w.state.error == Error(type="wall_clock_exhausted", message="the bound wall_clock is used up", step="plan")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(offered(ONE), id="offered"),
        pytest.param(rejected("late"), id="rejected"),
        pytest.param(declined("late"), id="declined"),
        pytest.param(Unplanned(type="late", message="late"), id="unplanned"),
    ],
)
def test_an_answer_to_an_earlier_turn_says_nothing(reply: PlanReply) -> None:
    w = world()
    w.reply("plan", rejected("bad"))
    late = commands.ReportPlan(step="plan", phase=1, turn=1, attempt=1, reply=reply)
    assert w.command(late) == []


@pytest.mark.parametrize(
    ("provenance", "spent"),
    [
        pytest.param(Provenance(source="model", cost_usd=0.03), Amounts(steps=1, model_calls=1, cost_usd=0.03), id="a model"),
        pytest.param(Provenance(source="recorded"), Amounts(steps=1, model_calls=1), id="a recorded answer"),
        pytest.param(Provenance(source="template"), Amounts(steps=1), id="a template"),
        pytest.param(Provenance(source="model", cost_usd=nan), Amounts(steps=1, model_calls=1, cost_usd=0.2), id="no figure"),
    ],
)
def test_an_answer_is_charged_for_what_it_says_that_it_cost(provenance: Provenance, spent: Amounts) -> None:
    w = world()
    w.reply("plan", Unplanned(type="t", message="m", provenance=provenance))
    assert w.state.ledger[""].spent == spent
