import asyncio
from pathlib import Path
from typing import Any

import pytest

from catalog.calls import Call, Ok, Outcome, Waits
from tests.support.handlers import ScriptedHandlers
from tests.support.planners import ScriptedPlanner
from tests.support.services import Scripted, served

GATE = {"name": "ask", "handler": "gate", "config": {"title": "Go?", "approvers": ["leads"]}}
TEMPLATE = {"name": "gated", "steps": [GATE], "output": {"by": "{{ steps.ask.output.approvals[0].sender }}"}}
ANSWER = {"type": "object", "required": ["decision"], "properties": {"decision": {"enum": ["approve", "reject"]}}}
PEOPLE = {
    "ann": {"token": "ann-s-own-secret-token", "groups": ["leads"]},
    "eve": {"token": "eve-s-own-secret-token", "groups": ["guests"]},
}
APPROVE = {"body": {"decision": "approve"}}


def gate(call: Call) -> Outcome:
    if not call.signals:
        return Waits(signal="approval", asks={"title": "Go?", "groups": ["leads"], "answer": ANSWER}, timeout_s=60.0)
    approvals = [{"sender": signal["sender"], "at": signal["at"], "comment": ""} for signal in call.signals]
    return Ok(output={"approved": True, "decision": "approved", "approvals": approvals, "rejections": [], "stage": 0})


def handlers() -> ScriptedHandlers:
    return ScriptedHandlers({"gate": gate})


async def waiting(app: Scripted) -> str:
    """Submit a gated task and come back when it waits."""
    task: str = (await app.http.post("/v1/tasks", json={"template": TEMPLATE})).json()["id"]
    after = 0
    while True:
        page = (await app.http.get(f"/v1/tasks/{task}/facts?after={after}&wait=60")).json()
        after = page["facts"][-1]["seq"]
        if any(fact["kind"] == "StepWaits" for fact in page["facts"]):
            return task


def token(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {PEOPLE[name]['token']}"}


async def test_an_approval_over_http_lets_the_task_go_on(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=handlers(), people=PEOPLE) as app:
        task = await waiting(app)
        inbox = (await app.http.get("/v1/waits")).json()["waits"]
        answer = await app.http.post(f"/v1/tasks/{task}/signals", json=APPROVE, headers=token("ann"))
        assert app.services.runner is not None
        row = await app.services.runner.finished(task)
        left = (await app.http.get("/v1/waits")).json()["waits"]
    assert [(wait["task"], wait["step"], wait["signal"], wait["asks"]["groups"]) for wait in inbox] == [
        (task, "ask", "approval", ["leads"])
    ]
    assert (answer.status_code, answer.json()) == (202, {"task": task, "step": "ask", "signal": "approval", "sender": "ann"})
    assert (row.status, row.output, left) == ("complete", {"by": "ann"}, [])


async def test_the_operator_answers_for_every_group(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=handlers()) as app:
        task = await waiting(app)
        answer = await app.http.post(f"/v1/tasks/{task}/signals", json={"step": "ask", **APPROVE})
        assert app.services.runner is not None
        row = await app.services.runner.finished(task)
    assert (answer.status_code, row.output) == (202, {"by": "operator"})


@pytest.mark.parametrize(
    ("body", "sender", "status", "says"),
    [
        pytest.param(APPROVE, "eve", 403, "Step ask asks leads; eve is in none of them.", id="of-another-group"),
        pytest.param({"body": {"decision": "maybe"}}, "ann", 422, "/decision", id="not-an-answer-that-is-asked-for"),
        pytest.param({"signal": "payment"}, "ann", 409, "These do: ask (signal approval).", id="another-signal"),
        pytest.param({"step": "nobody", **APPROVE}, "ann", 404, "nobody", id="no-such-step"),
    ],
)
async def test_an_answer_that_cannot_count_is_refused_and_the_step_waits_on(
    tmp_path: Path, body: dict[str, Any], sender: str, status: int, says: str
) -> None:
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=handlers(), people=PEOPLE) as app:
        task = await waiting(app)
        answer = await app.http.post(f"/v1/tasks/{task}/signals", json=body, headers=token(sender))
        waits = (await app.http.get("/v1/waits")).json()["waits"]
    assert (answer.status_code, len(waits)) == (status, 1)
    assert says in answer.json()["detail"]


async def test_a_second_answer_finds_nobody_waiting(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=handlers()) as app:
        task = await waiting(app)
        await app.http.post(f"/v1/tasks/{task}/signals", json=APPROVE)
        assert app.services.runner is not None
        await app.services.runner.finished(task)
        answer = await app.http.post(f"/v1/tasks/{task}/signals", json={"body": {"decision": "reject"}})
    assert answer.status_code == 409
    assert "None of its steps does." in answer.json()["detail"]


async def test_a_person_reads_and_answers_and_does_nothing_else(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=handlers(), people=PEOPLE) as app:
        task = await waiting(app)
        shown = await app.http.get(f"/v1/tasks/{task}", headers=token("eve"))
        mine = (await app.http.get("/v1/waits?mine=true", headers=token("eve"))).json()["waits"]
        theirs = (await app.http.get("/v1/waits?mine=true", headers=token("ann"))).json()["waits"]
        submitted = await app.http.post("/v1/tasks", json={"template": TEMPLATE}, headers=token("ann"))
        cancelled = await app.http.post(f"/v1/tasks/{task}/cancel", headers=token("ann"))
        stranger = await app.http.get("/v1/waits", headers={"Authorization": "Bearer of-somebody-else"})
    assert (shown.status_code, shown.json()["steps"][0]["waits"]["signal"]) == (200, "approval")
    assert (mine, len(theirs)) == ([], 1)
    assert (submitted.status_code, cancelled.status_code, stranger.status_code) == (403, 403, 401)


def both(call: Call) -> Outcome:
    """Wait until two signals came."""
    if len(call.signals) < 2:
        return Waits(signal="approval", asks={"title": "Go?", "groups": ["leads"], "answer": ANSWER}, timeout_s=60.0)
    approvals = [{"sender": signal["sender"], "at": signal["at"], "comment": ""} for signal in call.signals]
    return Ok(output={"approved": True, "decision": "approved", "approvals": approvals, "rejections": [], "stage": 0})


async def test_an_answer_sent_twice_counts_once_and_gets_the_same_receipt(tmp_path: Path) -> None:
    scripted = ScriptedHandlers({"gate": both})
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=scripted, people=PEOPLE) as app:
        task = await waiting(app)
        path = f"/v1/tasks/{task}/signals"
        answers = await asyncio.gather(*(app.http.post(path, json=APPROVE, headers=token("ann")) for _ in range(5)))
        changed = await app.http.post(path, json={"body": {"decision": "reject"}}, headers=token("ann"))
        facts = (await app.http.get(f"/v1/tasks/{task}/facts")).json()["facts"]
        await app.http.post(path, json=APPROVE)
        assert app.services.runner is not None
        row = await app.services.runner.finished(task)
        late = await app.http.post(path, json=APPROVE, headers=token("ann"))
    receipt = {"task": task, "step": "ask", "signal": "approval", "sender": "ann"}
    assert [(answer.status_code, answer.json()) for answer in [*answers, late]] == [(202, receipt)] * 6
    assert [fact["kind"] for fact in facts].count("SignalReceived") == 1
    assert changed.status_code == 409
    assert 'with {"decision":"approve"}. An answer counts once and cannot be changed.' in changed.json()["detail"]
    assert row.status == "complete"


async def test_the_key_of_an_answer_belongs_to_its_content(tmp_path: Path) -> None:
    scripted = ScriptedHandlers({"gate": both})
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=scripted, people=PEOPLE) as app:
        task = await waiting(app)
        path, headers = f"/v1/tasks/{task}/signals", token("ann") | {"Idempotency-Key": "a1"}
        first = await app.http.post(path, json=APPROVE, headers=headers)
        again = await app.http.post(path, json=APPROVE, headers=headers)
        other = await app.http.post(path, json={"body": {"decision": "reject"}}, headers=headers)
    assert (first.status_code, again.status_code, first.json()) == (202, 202, again.json())
    assert (other.status_code, other.json()["problems"][0]["code"]) == (409, "request.key_reused")
