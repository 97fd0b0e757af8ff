from datetime import timedelta
from typing import Any

from engine import commands, facts
from engine.effects import WakeAt
from engine.steps import Status
from fragments.bounds import Amounts
from tests.support.clocks import NOON
from tests.support.planners import offered
from tests.support.templates import template
from tests.support.worlds import World, kinds

HOUR = timedelta(hours=1)
NOTHING = Amounts().to_json()
NONE: dict[str, Any] = {"steps": [], "count": 0}


def gated(**more: Any) -> World:
    made = World()
    made.submit(template({"name": "ask", "handler": "gate", **more}, output="{{ steps.ask.output }}"))
    return made


def received(**more: Any) -> dict[str, Any]:
    usual = {"signal": "approval", "sender": "tester", "groups": [], "body": {}, "at": NOON.isoformat(), "timed_out": False}
    return {**usual, **more}


def test_a_step_waits_with_what_it_asks_and_until_when() -> None:
    w = gated()
    bodies = w.waits("ask", asks={"title": "go?"}, timeout_s=3600.0, logs=("asked",))
    assert bodies == [
        facts.StepWaits(
            step="ask",
            attempt=1,
            signal="approval",
            asks={"title": "go?", "follows": NONE},
            until=NOON + HOUR,
            spent=NOTHING,
            logs=("asked",),
        )
    ]
    assert w.state.steps["ask"].status is Status.WAITING
    assert [e for e in w.owed if isinstance(e, WakeAt)] == [WakeAt(task="t1", step="ask", attempt=1, due=NOON + HOUR)]


def test_a_signal_runs_the_handler_again_with_all_that_was_received() -> None:
    w = gated()
    w.waits("ask")
    bodies = w.signal("ask", groups=("leads",), decision="approve")
    assert kinds(bodies) == ["SignalReceived ask", "StepStarted ask"]
    assert w.call("ask").attempt == 2
    assert w.call("ask").call.signals == (received(groups=["leads"], body={"decision": "approve"}),)
    w.ok("ask", {"approved": True})
    assert (w.state.status, w.state.output) == ("complete", {"approved": True})


def test_a_signal_that_comes_while_the_handler_runs_is_kept_for_it() -> None:
    w = gated()
    w.waits("ask")
    w.signal("ask", n=1)
    assert kinds(w.signal("ask", sender="ann", n=2)) == ["SignalReceived ask"]
    bodies = w.waits("ask")
    assert kinds(bodies) == ["StepWaits ask", "StepStarted ask"]
    assert [s["body"] for s in w.call("ask").call.signals] == [{"n": 1}, {"n": 2}]


def test_a_signal_of_another_name_or_for_another_step_changes_nothing() -> None:
    w = gated()
    w.waits("ask")
    assert w.signal("ask", "payment") == []
    assert w.signal("nobody") == []


def test_a_signal_before_the_step_waits_changes_nothing() -> None:
    assert gated().signal("ask") == []


def test_nobody_answering_in_time_is_told_to_the_handler() -> None:
    w = gated()
    w.waits("ask", timeout_s=60.0)
    bodies = w.wake("ask")
    assert kinds(bodies) == ["WaitTimedOut ask", "StepStarted ask"]
    late = NOON + timedelta(minutes=1)
    assert w.call("ask").call.signals == (received(sender="clock", at=late.isoformat(), timed_out=True),)


def test_a_signal_does_not_set_the_clock_back() -> None:
    w = gated()
    w.waits("ask", timeout_s=3600.0)
    w.pass_time(HOUR / 2)
    w.signal("ask")
    w.waits("ask", timeout_s=3600.0)
    assert [e.due for e in w.owed if isinstance(e, WakeAt)] == [NOON + HOUR]


def test_a_time_out_starts_the_clock_anew() -> None:
    w = gated()
    w.waits("ask", timeout_s=3600.0)
    w.wake("ask")
    w.waits("ask", timeout_s=3600.0)
    assert [e.due for e in w.owed if isinstance(e, WakeAt)] == [NOON + 2 * HOUR]


def test_a_crash_leaves_a_waiting_step_waiting_with_its_time_out() -> None:
    w = gated()
    w.waits("ask", timeout_s=3600.0)
    w.pass_time(HOUR / 2)
    assert w.crash() == []
    assert [e.due for e in w.owed if isinstance(e, WakeAt)] == [NOON + HOUR]
    assert kinds(w.signal("ask")) == ["SignalReceived ask", "StepStarted ask"]


def test_a_crash_while_the_handler_looks_at_a_signal_shows_it_the_signal_again() -> None:
    w = gated()
    w.waits("ask")
    w.signal("ask", n=1)
    assert kinds(w.crash()) == ["AttemptFailed ask", "StepStarted ask"]
    assert [s["body"] for s in w.call("ask").call.signals] == [{"n": 1}]


def test_a_failing_handler_is_retried_and_then_sees_the_signals_of_both_times() -> None:
    w = gated()
    w.waits("ask", timeout_s=3600.0)
    w.signal("ask", n=1)
    w.failed("ask", retryable=True)
    assert kinds(w.signal("ask", sender="ann", n=2)) == ["SignalReceived ask"]
    w.wake("ask")
    assert [s["body"] for s in w.call("ask").call.signals] == [{"n": 1}, {"n": 2}]


def test_items_of_a_loop_wait_each_for_itself() -> None:
    w = gated(for_each={"items": [1, 2]})
    w.waits("ask/0/ask")
    w.waits("ask/1/ask")
    assert kinds(w.signal("ask/1/ask")) == ["SignalReceived ask/1/ask", "StepStarted ask/1/ask"]
    assert w.state.steps["ask/0/ask"].status is Status.WAITING


def test_cancelling_ends_what_waits() -> None:
    w = gated()
    w.waits("ask", timeout_s=60.0)
    w.command(commands.Cancel(reason="no"))
    assert (w.state.status, w.owed) == ("cancelled", [])


def test_the_view_shows_what_a_step_waits_for_until_it_is_answered() -> None:
    w = gated()
    w.waits("ask", asks={"title": "go?"}, timeout_s=3600.0)
    waits = {"signal": "approval", "asks": {"title": "go?", "follows": NONE}, "until": (NOON + HOUR).isoformat()}
    assert [change.waits for change in w.appends[-1][1] if hasattr(change, "waits")] == [waits]
    w.signal("ask")
    assert [change.waits for change in w.appends[-1][1] if hasattr(change, "waits")] == [None]


def test_a_step_that_waits_tells_what_follows_it_in_its_plan_and_around() -> None:
    made = World()
    made.submit(template({"name": "plan", "type": "planning", "goal": "g"}, {"name": "last", "depends_on": ["plan"]}))
    inner = [{"name": "ask", "handler": "gate"}, {"name": "send", "handler": "write", "depends_on": ["ask"]}]
    loop = {"name": "each", "for_each": {"items": [1]}, "steps": inner}
    made.reply("plan", offered({"steps": [loop], "output": 1}))
    made.waits("plan/1/each/0/ask", asks={"follows": "nothing, believe me"})
    wait = made.state.steps["plan/1/each/0/ask"].wait
    assert wait is not None
    follows = wait.asks["follows"]
    assert follows["count"] == 2
    assert [(one["step"], one["handler"], one["writes"]) for one in follows["steps"]] == [
        ("plan/1/each/send", "write@1.0.0", True),
        ("last", "echo@1.0.0", False),
    ]


def test_an_answer_counts_once_however_often_it_is_sent() -> None:
    w = gated()
    w.waits("ask", asks={"title": "go?"})
    assert w.signal("ask", decision="approve") != []
    assert w.signal("ask", decision="approve") == []  # while the handler looks at the first
    w.waits("ask", asks={"title": "go?"})
    assert w.signal("ask", decision="approve") == []  # while it waits on, for others
    assert w.signal("ask", decision="reject") == []  # nor can it be changed
    w.crash()
    assert w.signal("ask", decision="approve") == []
    assert kinds(w.signal("ask", sender="ann", decision="approve")) == ["SignalReceived ask", "StepStarted ask"]


def test_another_question_can_be_answered_by_who_answered_the_one_before() -> None:
    w = gated()
    w.waits("ask", asks={"title": "go?"})
    w.signal("ask", key="k1", n=1)
    w.waits("ask", asks={"title": "really?"})
    assert w.signal("ask", key="k1", n=1) == []  # what is late is no answer to it
    assert w.signal("ask", key="k2", n=1) != []


def test_after_a_time_out_what_was_answered_stays_answered() -> None:
    w = gated()
    w.waits("ask", asks={"title": "go?"}, timeout_s=60.0)
    w.signal("ask", n=1)
    w.waits("ask", asks={"title": "go?"}, timeout_s=60.0)
    w.wake("ask")
    w.waits("ask", asks={"title": "go?"}, timeout_s=60.0)
    assert w.signal("ask", n=2) == []
