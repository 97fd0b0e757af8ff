from datetime import timedelta
from typing import Any

import pytest

from catalog.calls import Call, Grants, Ok, Usage
from catalog.registry import Catalog
from engine import commands, facts
from engine.effects import RunHandler, WakeAt
from engine.facts import Error
from engine.rules import Rules
from engine.steps import Status
from fragments.bounds import Amounts, Left
from tests.support.clocks import NOON
from tests.support.templates import CATALOG, RULES, capability, template
from tests.support.worlds import World, kinds

ONCE = {"max_attempts": 1}
NOTHING = Amounts().to_json()


def world(*steps: dict[str, Any], rules: Rules = RULES, output: Any = None, **more: Any) -> World:
    made = World(rules)
    made.submit(template(*steps, output=output), **more)
    return made


def test_a_step_without_dependencies_starts_with_the_task() -> None:
    w = World()
    bodies = w.submit(template({"name": "a"}, {"name": "b", "depends_on": ["a"]}))
    assert kinds(bodies) == ["TaskSubmitted", "ScopeOpened", "StepReady a", "StepStarted a"]
    assert w.running == ["a"]


def test_the_last_of_several_dependencies_makes_a_step_ready() -> None:
    w = world({"name": "a"}, {"name": "b"}, {"name": "c", "depends_on": ["a", "b"]})
    assert kinds(w.ok("b")) == ["StepCompleted b"]
    assert kinds(w.ok("a")) == ["StepCompleted a", "StepReady c", "StepStarted c"]


def test_a_reference_is_a_dependency_and_carries_the_value_with_its_type() -> None:
    w = world(
        {"name": "a"},
        {"name": "b", "input": {"list": "{{ steps.a.output.items }}", "text": "n={{ input.n }} of {{ task.id }}"}},
        input={"n": 3},
    )
    w.ok("a", {"items": [1, 2]})
    assert w.call("b").call.input == {"list": [1, 2], "text": "n=3 of t1"}


def test_a_task_completes_with_its_output() -> None:
    w = world({"name": "a"}, output={"answer": "{{ steps.a.output }}"})
    bodies = w.ok("a", 42, usage=Usage(wall_ms=1.5, host_calls=2, moved_bytes=3, output_bytes=4), logs=("hello",))
    usage = {"wall_ms": 1.5, "cpu_ms": 0.0, "host_calls": 2, "moved_bytes": 3, "output_bytes": 4, "log_bytes": 0}
    assert bodies == [
        facts.StepCompleted(step="a", attempt=1, output=42, spent=NOTHING, usage=usage, logs=("hello",)),
        facts.ScopeClosed(scope="", output={"answer": 42}),
        facts.TaskCompleted(output={"answer": 42}),
    ]
    assert (w.state.status, w.state.output, w.owed) == ("complete", {"answer": 42}, [])


def test_a_call_carries_exact_version_grants_and_a_key_that_is_the_same_for_every_attempt() -> None:
    config = {"url": "https://plan.example/x", "channel": "desk"}
    step = {"name": "a", "handler": "upsert@^1", "config": config, "input": {"y": 2}, "retry": {"max_attempts": 2}}
    reach = {"hosts": ["plan.example", "other.example"], "channels": ["desk", "ops"], "writes": ["a"]}
    w = world(step, authority=reach)
    expected = Call(
        handler="upsert@1.0.0",
        config=config,
        input={"y": 2},
        grants=Grants(hosts=frozenset({"plan.example"}), channels=frozenset({"desk"})),
        task="t1",
        used=Usage(),
        step="a",
        attempt=1,
        idempotency_key="t1/a",
    )
    assert w.call("a").call == expected
    w.failed("a", retryable=True)
    w.wake("a")
    assert w.call("a").call.idempotency_key == "t1/a"
    assert w.call("a").call.attempt == 2


@pytest.mark.parametrize(
    ("timeout", "expected"),
    [
        pytest.param("2s", 2.0, id="the step's own"),
        pytest.param(None, 70.0, id="the capability's limit and the time in the queue"),
    ],
)
def test_an_attempt_has_a_timeout(timeout: str | None, expected: float) -> None:
    w = world({"name": "a", **({"timeout": timeout} if timeout else {})})
    assert w.call("a").timeout_s == expected


def test_a_call_is_told_what_the_calls_before_it_used_also_after_a_crash() -> None:
    w = world({"name": "a", "retry": {"max_attempts": 3}}, {"name": "b", "depends_on": ["a"]})
    w.failed("a", retryable=True, usage=Usage(wall_ms=5, cpu_ms=2, host_calls=1))
    w.wake("a")
    w.ok("a", usage=Usage(wall_ms=7, cpu_ms=3, log_bytes=10))
    used = Usage(wall_ms=12, cpu_ms=5, host_calls=1, log_bytes=10)
    assert w.call("b").call.used == used
    w.crash()
    assert w.call("b").call.used == used


@pytest.mark.parametrize("type_", ["limit_wall", "task_limit_cpu", "worker_lost"])
def test_a_write_that_was_cut_short_is_not_made_again(type_: str) -> None:
    w = world({"name": "a", "handler": "write"})
    w.failed("a", type_, retryable=True)
    assert w.state.steps["a"].error is not None
    assert w.state.steps["a"].error.type == "effect_unknown"


def test_a_task_keeps_the_versions_in_force_when_it_was_submitted() -> None:
    w = World()
    w.submit(template({"name": "a"}, {"name": "b", "depends_on": ["a"]}))
    newer = Catalog.of([*CATALOG, capability("echo", version="1.1.0")])
    w.rules = Rules(catalog=newer)
    w.ok("a")
    assert w.call("b").call.handler == "echo@1.0.0"


@pytest.mark.parametrize(
    ("catalog", "error"),
    [
        pytest.param(
            Catalog.of([capability("fetch")]),
            Error(type="handler_unknown", message="the catalog has no handler echo", step="b"),
            id="gone",
        ),
        pytest.param(
            Catalog.of([capability("echo", summary="another")]),
            Error(type="handler_changed", message="handler echo is not the one that the task began with", step="b"),
            id="changed",
        ),
    ],
)
def test_a_handler_that_is_no_longer_the_same_fails_the_step(catalog: Catalog, error: Error) -> None:
    w = world({"name": "a"}, {"name": "b", "depends_on": ["a"]})
    w.rules = Rules(catalog=catalog)
    w.ok("a", 1)
    assert w.state.error == error


def test_a_reference_to_a_path_that_is_not_there_fails_the_step() -> None:
    w = world({"name": "a"}, {"name": "b", "input": {"x": "{{ steps.a.output.no }}"}})
    w.ok("a", {"yes": 1})
    assert w.state.error == Error(
        type="reference_unresolved",
        message="{{ steps.a.output.no }}: there is no .no; there is an object with yes",
        step="b",
    )
    assert w.state.output == {"a": {"yes": 1}}


def test_a_failure_for_good_cancels_the_rest_and_gives_partial_outputs() -> None:
    w = world({"name": "a"}, {"name": "b", "retry": ONCE}, {"name": "c"}, {"name": "d", "depends_on": ["b"]})
    w.ok("a", "kept")
    bodies = w.failed("b", retryable=True)
    boom = Error(type="boom", message="boom happened", retryable=True, step="b")
    assert bodies == [
        facts.AttemptFailed(step="b", attempt=1, error=boom, spent=NOTHING, retry_at=None),
        facts.StepFailed(step="b", error=boom),
        facts.StepCancelled(step="c", reason="boom in step b"),
        facts.StepCancelled(step="d", reason="boom in step b"),
        facts.ScopeClosed(scope="", error=boom),
        facts.TaskFailed(error=boom, partial={"a": "kept"}),
    ]
    assert w.owed == []


def test_a_retryable_error_is_tried_again_after_a_wait_and_not_before() -> None:
    w = world({"name": "a", "retry": {"max_attempts": 2, "base": "10s", "jitter": 0}})
    assert kinds(w.failed("a", retryable=True)) == ["AttemptFailed a"]
    assert [e for e in w.owed if isinstance(e, WakeAt)] == [
        WakeAt(task="t1", step="a", attempt=1, due=NOON + timedelta(seconds=10))
    ]
    assert kinds(w.wake("a")) == ["StepStarted a"]
    assert kinds(w.failed("a", retryable=True))[:2] == ["AttemptFailed a", "StepFailed a"]


def test_a_step_without_a_policy_of_its_own_has_the_default_one() -> None:
    w = world({"name": "a"})
    for _ in range(2):
        w.failed("a", retryable=True)
        w.wake("a")
    w.failed("a", retryable=True)
    assert w.state.status == "failed"


def test_a_late_report_says_nothing() -> None:
    w = world({"name": "a"})
    w.failed("a", retryable=True)
    w.wake("a")
    assert w.command(commands.ReportStep(step="a", attempt=1, outcome=Ok(output=1))) == []
    assert w.state.steps["a"].status is Status.RUNNING


def test_a_report_given_twice_counts_once() -> None:
    w = world({"name": "a"}, {"name": "b"})
    effect = w.call("a")
    w.ok("a", 1)
    again = commands.ReportStep(step="a", attempt=effect.attempt, outcome=Ok(output=2))
    assert w.command(again) == []
    assert w.state.steps["a"].output == 1


@pytest.mark.parametrize(
    ("handler", "step", "error", "status"),
    [
        pytest.param("echo", {}, "timed_out", Status.RETRYING, id="pure"),
        pytest.param("fetch", {}, "worker_lost", Status.RETRYING, id="read"),
        pytest.param("upsert", {}, "timed_out", Status.RETRYING, id="a write that may be repeated"),
        pytest.param("write", {"idempotent": True}, "timed_out", Status.RETRYING, id="a step that may be repeated"),
        pytest.param("write", {}, "timed_out", Status.FAILED, id="a write that timed out"),
        pytest.param("write", {}, "limit_wall", Status.FAILED, id="a write that met a limit"),
        pytest.param("write", {}, "http_503", Status.RETRYING, id="a write that says itself that it may be retried"),
    ],
)
def test_an_attempt_cut_short_is_made_again_only_where_that_does_no_harm(
    handler: str, step: dict[str, Any], error: str, status: Status
) -> None:
    w = world({"name": "a", "handler": handler, **step})
    w.failed("a", error, retryable=True)
    assert w.state.steps["a"].status is status
    if status is Status.FAILED:
        assert w.state.error is not None
        assert w.state.error.type == "effect_unknown"


@pytest.mark.parametrize("error", ["timed_out", "worker_lost", "limit_wall", "closing", "overloaded"])
def test_a_write_that_was_not_begun_is_made_again(error: str) -> None:
    w = world({"name": "a", "handler": "write"})
    w.failed("a", error, retryable=True, begun=False)
    assert w.state.steps["a"].status is Status.RETRYING


@pytest.mark.parametrize("error", ["internal_error", "trapped", "task_limit_cpu"])
def test_a_write_that_was_not_begun_fails_for_the_reason_that_it_has(error: str) -> None:
    w = world({"name": "a", "handler": "write"})
    w.failed("a", error, begun=False)
    assert w.state.error is not None
    assert w.state.error.type == error


def test_the_price_of_a_call_is_reserved_and_then_charged() -> None:
    w = world({"name": "a", "handler": "paid"}, left=Left(cost_usd=0.25))
    assert w.state.ledger[""].reserved == Amounts(cost_usd=0.1)
    w.failed("a", retryable=True)
    assert (w.state.ledger[""].reserved, w.state.ledger[""].spent) == (Amounts(), Amounts(steps=1, cost_usd=0.1))


def test_a_call_that_the_ledger_cannot_pay_is_not_made() -> None:
    w = world({"name": "a", "handler": "paid"}, left=Left(cost_usd=0.15))
    w.failed("a", retryable=True)
    w.wake("a")
    expected = Error(type="bounds_exhausted", message="too little is left of the bound cost_usd", step="a")
    assert w.state.error == expected
    assert w.state.ledger[""].spent == Amounts(steps=1, cost_usd=0.1)


def test_two_calls_side_by_side_cannot_spend_the_same_money() -> None:
    w = world({"name": "a", "handler": "paid"}, {"name": "b", "handler": "paid"}, left=Left(cost_usd=0.15))
    assert w.state.status == "failed"
    assert w.state.ledger[""].spent == Amounts(steps=2, cost_usd=0.1)


def test_an_output_that_cannot_be_made_fails_the_task() -> None:
    w = world({"name": "a"}, output="{{ steps.a.output.x }}")
    w.ok("a", 1)
    assert w.state.error is not None
    assert w.state.error.type == "reference_unresolved"


def test_a_chain_of_steps_needs_no_stack() -> None:
    empty: dict[str, Any] = {"for_each": {"items": []}}
    steps = [{"name": f"s{i}", **empty, **({"depends_on": [f"s{i - 1}"]} if i else {})} for i in range(1_500)]
    w = world(*steps, left=Left(steps=2_000))
    assert w.state.status == "complete"


def test_only_handlers_are_owed_for_a_running_step() -> None:
    w = world({"name": "a"})
    assert [type(e) for e in w.owed if e.step == "a"] == [RunHandler]
