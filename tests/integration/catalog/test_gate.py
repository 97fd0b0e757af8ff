"""A gate as its approvers find it: what it asks, what opens and closes it."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Recorder, Sandbox

GATE = {"title": "Publish {{name}}?", "approvers": ["leads"]}
TIMED = {**GATE, "timeout": "2h"}


def said(sender: str, decision: str, *groups: str, comment: str | None = None) -> dict[str, Any]:
    body = {"decision": decision} | ({"comment": comment} if comment else {})
    return {"signal": "approval", "sender": sender, "groups": list(groups), "body": body, "at": "T1", "timed_out": False}


LATE = {"signal": "approval", "sender": "clock", "groups": [], "body": {}, "at": "T2", "timed_out": True}


def shown(sender: str, comment: str = "") -> dict[str, str]:
    return {"sender": sender, "at": "T1", "comment": comment}


def result(**more: Any) -> dict[str, Any]:
    usual = {"approved": True, "decision": "approved", "approvals": [], "rejections": [], "stage": 0}
    return {"ok": {**usual, **more}}


def asked(sandbox: "Sandbox", config: dict[str, Any], *signals: dict[str, Any], host: "Recorder | None" = None) -> Any:
    return sandbox.run("gate", config, {"name": "left-pad"}, host, signals=signals)


def test_a_gate_says_what_it_asks_whom_and_what_an_answer_looks_like(sandbox: "Sandbox") -> None:
    wait = asked(sandbox, {**TIMED, "text": "By {{name}}."})["wait"]
    assert (wait["signal"], wait["timeout_s"]) == ("approval", 7200)
    assert {key: wait["asks"][key] for key in ("title", "text", "groups")} == {
        "title": "Publish left-pad?",
        "text": "By left-pad.",
        "groups": ["leads"],
    }
    assert wait["asks"]["answer"]["properties"]["decision"] == {"enum": ["approve", "reject"]}


def test_without_a_timeout_a_gate_waits_for_as_long_as_the_task_has_time(sandbox: "Sandbox") -> None:
    assert asked(sandbox, GATE)["wait"]["timeout_s"] is None


@pytest.mark.parametrize(
    ("config", "signals", "expected"),
    [
        pytest.param({}, [said("ann", "approve", "leads")], result(approvals=[shown("ann")]), id="one-approval"),
        pytest.param(
            {},
            [said("op", "approve", "*", comment="go")],
            result(approvals=[shown("op", "go")]),
            id="who-answers-for-every-group",
        ),
        pytest.param(
            {"required": 2},
            [said("ann", "approve", "leads"), said("bob", "approve", "leads")],
            result(approvals=[shown("ann"), shown("bob")]),
            id="two-of-two",
        ),
        pytest.param(
            {"approvers": ["leads", "law"], "of": "each"},
            [said("ann", "approve", "leads"), said("bob", "approve", "law")],
            result(approvals=[shown("ann"), shown("bob")]),
            id="one-of-each-group",
        ),
        pytest.param(
            {"on_reject": "return"},
            [said("ann", "reject", "leads", comment="not yet")],
            result(approved=False, decision="rejected", rejections=[shown("ann", "not yet")]),
            id="rejected-and-returned",
        ),
        pytest.param(
            {},
            [said("ann", "reject", "leads", comment="not yet")],
            {"error": {"type": "rejected", "message": "rejected by ann: not yet", "retryable": False}},
            id="rejected",
        ),
        pytest.param(
            {"timeout": "1h", "on_timeout": "approve"}, [LATE], result(decision="timed_out", stage=1), id="late-is-yes"
        ),
        pytest.param(
            {"timeout": "1h", "on_timeout": "reject", "on_reject": "return"},
            [LATE],
            result(approved=False, decision="timed_out", stage=1),
            id="late-is-no",
        ),
        pytest.param(
            {"timeout": "1h"},
            [LATE],
            {"error": {"type": "gate_timed_out", "message": "nobody answered in time, after 1 time-outs", "retryable": False}},
            id="late-fails",
        ),
    ],
)
def test_answers_decide(sandbox: "Sandbox", config: dict[str, Any], signals: list[dict[str, Any]], expected: Any) -> None:
    answer = asked(sandbox, {**GATE, **config}, *signals)
    if "error" in answer:
        answer["error"].pop("retry_after_s", None)
    assert answer == expected


@pytest.mark.parametrize(
    ("config", "signals"),
    [
        pytest.param({}, [said("eve", "approve", "guests")], id="of-another-group"),
        pytest.param({"required": 2}, [said("ann", "approve", "leads")] * 2, id="one-person-twice"),
        pytest.param(
            {"required": 2}, [said("ann", "approve", "leads"), said("eve", "approve", "guests")], id="one-of-two-belongs"
        ),
        pytest.param(
            {"approvers": ["leads", "law"], "of": "each"},
            [said("ann", "approve", "leads"), said("bob", "approve", "leads")],
            id="two-of-one-group",
        ),
        pytest.param(
            {"required": 2, "rejections": 2},
            [said("ann", "approve", "leads"), said("ann", "reject", "leads")],
            id="who-changed-their-mind",
        ),
        pytest.param({}, [{**said("ann", "approve", "leads"), "body": {"decision": "maybe"}}], id="no-answer-at-all"),
    ],
)
def test_the_gate_waits_on(sandbox: "Sandbox", config: dict[str, Any], signals: list[dict[str, Any]]) -> None:
    assert "wait" in asked(sandbox, {**GATE, **config}, *signals)


def test_a_time_out_asks_the_next_as_well(sandbox: "Sandbox") -> None:
    config = {**TIMED, "escalation": [{"approvers": ["board"], "timeout": "30m"}, {"approvers": ["owner"]}]}
    waits = [asked(sandbox, config, *[LATE] * stage)["wait"] for stage in range(3)]
    assert [(w["asks"]["groups"], w["timeout_s"]) for w in waits] == [
        (["leads"], 7200),
        (["leads", "board"], 1800),
        (["leads", "board", "owner"], 7200),
    ]
    assert asked(sandbox, config, *[LATE] * 3)["error"]["type"] == "gate_timed_out"


def test_a_channel_is_told_once_per_stage(sandbox: "Sandbox", host: "Recorder") -> None:
    host.notify = lambda message: {"ok": {"channel": message["channel"], "delivered": True, "status": 202}}
    config = {**TIMED, "required": 2, "channel": "desk", "escalation": [{"approvers": ["board"]}]}
    first = said("ann", "approve", "leads")
    for signals in ([], [first], [first, LATE], [first, LATE, said("eve", "approve", "guests")]):
        assert "wait" in asked(sandbox, config, *signals, host=host)
    assert [(m["channel"], m["subject"], m["idempotency_key"]) for m in host.asked] == [
        ("desk", "Publish left-pad?", "task/step#0"),
        ("desk", "Publish left-pad?", "task/step#1"),
    ]
    assert "goalwright approve task step" in host.asked[0]["text"]


def test_what_the_channel_refuses_fails_the_attempt(sandbox: "Sandbox", host: "Recorder") -> None:
    host.notify = lambda _: {"error": {"type": "delivery_failed", "message": "down", "retryable": True}}
    answer = asked(sandbox, {**GATE, "channel": "desk"}, host=host)
    assert (answer["error"]["type"], answer["error"]["retryable"]) == ("delivery_failed", True)
