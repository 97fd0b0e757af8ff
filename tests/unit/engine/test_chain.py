from dataclasses import replace
from datetime import timedelta

import pytest

from engine import facts
from engine.chain import GENESIS, Finding, Tip, fingerprint, seal, verify
from engine.codec import decode, encode
from engine.errors import FactUnreadableError, FactUnwritableError
from engine.facts import Body, Error, Fact
from tests.support.clocks import NOON
from tests.support.planners import offered, rejected
from tests.support.templates import template
from tests.support.worlds import World

PLAN = {"name": "plan", "type": "planning", "goal": "g"}


def finished() -> list[Fact]:
    """Give the log of a task that planned twice and completed."""
    w = World()
    w.submit(template(PLAN, output="{{ steps.plan.output }}"))
    w.reply("plan", rejected("bad", cost_usd=0.1))
    w.reply("plan", offered({"steps": [{"name": "a", "handler": "paid"}], "output": "ü"}, cost_usd=0.1))
    w.ok("plan/1/a", {"x": 1})
    assert w.state.status == "complete"
    return w.log


def says(log: list[Fact]) -> list[tuple[int, str]]:
    return [(f.seq, f.says) for f in verify("t1", log).findings]


def resealed(bodies: list[Body]) -> list[Fact]:
    """Forge a log whose chain is right, whatever it says."""
    return seal("t1", Tip(), bodies, actor="forger", at=NOON)[0]


def test_a_whole_log_has_nothing_wrong() -> None:
    log = finished()
    verdict = verify("t1", log)
    assert (verdict.ok, verdict.facts, verdict.tip, verdict.findings) == (True, len(log), log[-1].hash, ())


def test_the_first_fact_continues_nothing() -> None:
    assert finished()[0].prev == GENESIS


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"at": NOON + timedelta(seconds=1)}, id="time"),
        pytest.param({"actor": "somebody else"}, id="actor"),
        pytest.param({"text": '{"reason":"x"}'}, id="body"),
        pytest.param({"seq": 99}, id="number"),
        pytest.param({"task": "t2"}, id="task"),
        pytest.param({"prev": "0" * 64}, id="the one before"),
        pytest.param({"body": facts.TaskCancelled(reason="x")}, id="kind"),
    ],
)
def test_no_field_can_be_changed_without_its_hash(change: dict[str, object]) -> None:
    fact = finished()[3]
    assert fingerprint(replace(fact, **change)) != fact.hash  # type: ignore[arg-type]  # rows of one table, many types


def test_a_changed_line_is_found() -> None:
    log = finished()
    log[2] = replace(log[2], text=log[2].text.replace("plan", "plot"))
    assert says(log) == [(3, "the fact is not what its hash was made of")]


def test_a_missing_line_is_found() -> None:
    log = finished()
    del log[4]
    assert (6, "fact 5 is missing: after 4 comes 6") in says(log)
    assert (6, "the fact does not name the hash of the one before it") in says(log)


def test_lines_in_another_order_are_found() -> None:
    log = finished()
    log[2], log[3] = log[3], log[2]
    assert not verify("t1", log).ok


def test_an_empty_log_is_no_log() -> None:
    assert verify("t1", []).findings == (Finding(seq=0, says="the log is empty"),)


def test_a_log_of_another_task_is_found() -> None:
    assert verify("t2", finished()).findings[0] == Finding(seq=1, says="the fact belongs to task t1")


def test_a_well_chained_log_with_an_illegal_move_is_found() -> None:
    bodies = [fact.body for fact in finished()]
    bodies.insert(3, bodies[2])
    assert says(resealed(bodies)) == [(4, "StepReady cannot follow what came before: plan cannot go from ready to ready")]


def test_a_well_chained_log_that_spends_too_much_is_found() -> None:
    bodies = [fact.body for fact in finished()]
    at = next(i for i, body in enumerate(bodies) if isinstance(body, facts.PlanAccepted))
    accepted = bodies[at]
    assert isinstance(accepted, facts.PlanAccepted)
    bodies[at] = replace(accepted, spent={"steps": 0, "model_calls": 1, "cost_usd": 50.0})
    assert (at + 1, "the task used or reserved more than its bounds allow") in says(resealed(bodies))


def test_a_task_that_ends_before_its_steps_is_found() -> None:
    bodies = [fact.body for fact in finished()][:4]
    assert says(resealed([*bodies, facts.TaskCompleted(output=1)])) == [
        (5, "the task completes before its steps have come to their end"),
        (5, "the task ended while step plan had not"),
    ]


def test_what_comes_after_the_end_is_found() -> None:
    bodies = [*(fact.body for fact in finished()), facts.CancelRequested(reason="late")]
    assert says(resealed(bodies)) == [(len(bodies), "CancelRequested comes after the task ended")]


def test_a_body_is_read_as_it_was_written() -> None:
    for fact in finished():
        assert decode(fact.kind, encode(fact.body)) == fact.body


def test_times_and_errors_survive() -> None:
    error = Error(type="t", message="m", retryable=True, step="s")
    body = facts.AttemptFailed(step="s", attempt=1, error=error, spent={}, retry_at=NOON, interrupted=True)
    assert decode("AttemptFailed", encode(body)) == body


@pytest.mark.parametrize(
    "output",
    [
        pytest.param(float("nan"), id="not a number"),
        pytest.param("\ud800", id="half a character"),
        pytest.param({1, 2}, id="no JSON at all"),
    ],
)
def test_what_no_log_can_hold_is_refused(output: object) -> None:
    body = facts.StepCompleted(step="a", attempt=1, output=output, spent={})
    with pytest.raises(FactUnwritableError, match="a fact of kind StepCompleted cannot be written"):
        encode(body)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param("StepFlown", "{}", id="a kind that there is not"),
        pytest.param("StepReady", "{", id="no JSON"),
        pytest.param("StepReady", '{"stop": "a"}', id="other fields"),
        pytest.param("StepFailed", '{"step": "a", "error": {"no": 1}}', id="an error that is none"),
        pytest.param("StepReady", "[]", id="no object"),
    ],
)
def test_what_is_no_fact_is_refused(kind: str, text: str) -> None:
    with pytest.raises(FactUnreadableError, match=f"a fact of kind {kind} cannot be read"):
        decode(kind, text)
