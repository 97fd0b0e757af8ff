import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from catalog.calls import Call, Failed, Ok, Outcome
from tests.support.handlers import ScriptedHandlers
from tests.support.planners import ScriptedPlanner, declined, offered, rejected
from tests.support.services import Scripted, served

SUM = {"name": "total", "handler": "transform", "config": {"expression": "$sum(x)"}, "input": {"data": {"x": [1, 2]}}}
TEMPLATE = {"name": "sums", "steps": [SUM], "output": {"total": "{{ steps.total.output }}"}}
FRAGMENT = {"steps": [SUM], "output": {"answer": "{{ steps.total.output }}"}}


def three(_: Call) -> Outcome:
    return Ok(output=3)


def broken(_: Call) -> Outcome:
    return Failed(type="expression_failed", message="no such function")


async def ended(served: Scripted, task: str) -> dict[str, Any]:
    assert served.services.runner is not None
    await served.services.runner.finished(task)
    row: dict[str, Any] = (await served.http.get(f"/v1/tasks/{task}")).json()
    return row


async def test_a_goal_is_planned_run_and_answered(tmp_path: Path) -> None:
    planner = ScriptedPlanner([rejected("the first answer was wrong"), offered(FRAGMENT)])
    async with served(tmp_path, planner=planner, handlers=ScriptedHandlers({"transform": three})) as app:
        answer = await app.http.post("/v1/goals", json={"goal": "Add up", "inputs": {"x": [1, 2]}})
        row = await ended(app, answer.json()["id"])
        plans = (await app.http.get(f"/v1/tasks/{row['id']}/plans")).json()["plans"]
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/tasks/{row['id']}"
    assert (row["status"], row["output"], row["goal"]) == ("complete", {"answer": 3}, "Add up")
    assert [(plan["turn"], plan["status"]) for plan in plans] == [(1, "refused"), (2, "accepted")]
    assert planner.requests[1].transcript[0].problems[0].says == "the first answer was wrong"


async def test_a_template_is_run_and_its_log_reads_the_same_in_json_and_as_events(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=ScriptedHandlers({"transform": three})) as app:
        task = (await app.http.post("/v1/tasks", json={"template": TEMPLATE})).json()["id"]
        row = await ended(app, task)
        page = (await app.http.get(f"/v1/tasks/{task}/facts")).json()
        events = await app.http.get(f"/v1/tasks/{task}/facts", headers={"Accept": "text/event-stream", "Last-Event-ID": "2"})
    assert row["output"] == {"total": 3}
    assert page["ended"] is True
    assert [fact["seq"] for fact in page["facts"]] == list(range(1, row["seq"] + 1))
    sent = [json.loads(line.removeprefix("data:")) for line in events.text.splitlines() if line.startswith("data:")]
    assert sent == page["facts"][2:]
    ids = [line.removeprefix("id:").strip() for line in events.text.splitlines() if line.startswith("id:")]
    assert ids == [str(fact["seq"]) for fact in page["facts"][2:]]


async def test_waiting_for_facts_answers_as_soon_as_one_comes(tmp_path: Path) -> None:
    handlers = ScriptedHandlers({"transform": three})
    handlers.hold("total")
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=handlers) as app:
        task = (await app.http.post("/v1/tasks", json={"template": TEMPLATE})).json()["id"]
        await handlers.arrived("total")
        so_far = (await app.http.get(f"/v1/tasks/{task}/facts")).json()["facts"]
        waiting = asyncio.create_task(app.http.get(f"/v1/tasks/{task}/facts?after={so_far[-1]['seq']}&wait=60"))
        handlers.release("total")
        page = (await waiting).json()
    assert page["facts"][0]["seq"] == so_far[-1]["seq"] + 1


async def test_the_same_idempotency_key_gives_the_same_task(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=ScriptedHandlers({"transform": three})) as app:
        headers = {"Idempotency-Key": "order-17"}
        first = (await app.http.post("/v1/tasks", json={"template": TEMPLATE}, headers=headers)).json()
        again = (await app.http.post("/v1/tasks", json={"template": TEMPLATE}, headers=headers)).json()
        other = await app.http.post("/v1/tasks", json={"template": TEMPLATE | {"name": "others"}}, headers=headers)
        tasks = (await app.http.get("/v1/tasks")).json()["tasks"]
    assert first["id"] == again["id"]
    assert [task["id"] for task in tasks] == [first["id"]]
    assert (other.status_code, other.json()["problems"][0]["code"]) == (409, "request.key_reused")


OTHER = {
    "another step": {"template": TEMPLATE | {"steps": [SUM | {"config": {"expression": "$max(x)"}}]}},
    "another output": {"template": TEMPLATE | {"output": {"sum": "{{ steps.total.output }}"}}},
    "other bounds": {"template": TEMPLATE | {"bounds": {"steps": 5}}},
    "another namespace": {"template": TEMPLATE | {"namespace": "beta"}},
    "another version": {"template": TEMPLATE | {"version": "2.0.0"}},
    "another description": {"template": TEMPLATE | {"description": "d"}},
    "another input": {"template": TEMPLATE, "input": {"y": 1}},
    "another retry": {"template": TEMPLATE | {"steps": [SUM | {"retry": {"max_attempts": 1}}]}},
    "one more step": {"template": TEMPLATE | {"steps": [SUM, SUM | {"name": "more"}]}},
}
GOALS = {
    "another sentence": {"goal": "Add it up"},
    "other inputs": {"goal": "Add up", "inputs": {"x": [1]}},
    "other bounds": {"goal": "Add up", "bounds": {"cost_usd": 0.5}},
    "another namespace": {"goal": "Add up", "namespace": "beta"},
    "another contract": {"goal": "Add up", "must_produce": {"type": "object"}},
    "narrower allowance": {"goal": "Add up", "allow": {"handlers": ["transform"]}},
    "another model": {"goal": "Add up", "model": "openai/gpt-4o"},
}


@pytest.mark.parametrize("other", [pytest.param(given, id=name) for name, given in OTHER.items()])
async def test_a_key_belongs_to_the_content_of_its_template(tmp_path: Path, other: dict[str, Any]) -> None:
    await _held_to_its_content(tmp_path, "/v1/tasks", {"template": TEMPLATE}, other)


@pytest.mark.parametrize("other", [pytest.param(given, id=name) for name, given in GOALS.items()])
async def test_a_key_belongs_to_the_content_of_its_goal(tmp_path: Path, other: dict[str, Any]) -> None:
    await _held_to_its_content(tmp_path, "/v1/goals", {"goal": "Add up"}, other)


async def _held_to_its_content(folder: Path, path: str, given: dict[str, Any], other: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": "k"}
    models: dict[str, Any] = {"model": "openai/gpt-5", "models": {"openai/gpt-4o": {}}}
    handlers = ScriptedHandlers({"transform": three})
    async with served(folder, planner=ScriptedPlanner(), handlers=handlers, **models) as app:
        first = await app.http.post(path, json=given, headers=headers)
        answers = [await app.http.post(path, json=body, headers=headers) for body in (other, given)]
    assert [first.status_code, *(answer.status_code for answer in answers)] == [201, 409, 201], answers[0].text
    assert answers[0].json()["problems"][0]["code"] == "request.key_reused"
    assert answers[1].json()["id"] == first.json()["id"]


async def test_of_two_submissions_at_once_with_one_key_one_is_taken(tmp_path: Path) -> None:
    headers = {"Idempotency-Key": "k"}
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=ScriptedHandlers({"transform": three})) as app:
        bodies = [{"template": TEMPLATE | {"name": name}} for name in ("a", "b", "a", "b")]
        sent = await asyncio.gather(*(app.http.post("/v1/tasks", json=body, headers=headers) for body in bodies))
        tasks = (await app.http.get("/v1/tasks")).json()["tasks"]
    codes = [answer.status_code for answer in sent]
    assert sorted(codes) == [201, 201, 409, 409]
    assert codes[:2] == codes[2:]
    assert len(tasks) == 1


async def test_a_running_task_is_cancelled_once(tmp_path: Path) -> None:
    handlers = ScriptedHandlers({"transform": three})
    handlers.hold("total")
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=handlers) as app:
        task = (await app.http.post("/v1/tasks", json={"template": TEMPLATE})).json()["id"]
        await handlers.arrived("total")
        first = await app.http.post(f"/v1/tasks/{task}/cancel", json={"reason": "changed my mind"})
        second = await app.http.post(f"/v1/tasks/{task}/cancel")
    assert (first.status_code, first.json()["status"]) == (202, "cancelled")
    assert (second.status_code, second.json()["detail"]) == (409, f"Task {task} has ended: cancelled.")


async def test_a_failed_task_says_why_and_keeps_what_was_done(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=ScriptedHandlers({"transform": broken})) as app:
        row = await ended(app, (await app.http.post("/v1/tasks", json={"template": TEMPLATE})).json()["id"])
    assert row["status"] == "failed"
    assert (row["error"]["type"], row["error"]["message"]) == ("expression_failed", "no such function")


async def test_a_goal_that_the_planner_declines_ends_as_refused(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner([declined("there is no handler for that")])) as app:
        row = await ended(app, (await app.http.post("/v1/goals", json={"goal": "Fly to the moon"})).json()["id"])
    assert (row["status"], row["error"]["message"]) == ("refused", "there is no handler for that")


async def test_a_bad_template_is_refused_with_all_its_problems_at_once(tmp_path: Path) -> None:
    steps = [
        {"name": "one", "handler": "transfrom", "config": {"expression": "1"}, "input": {"data": 1}},
        {"name": "two", "handler": "transform", "config": {"expression": "1"}, "input": {"data": "{{ steps.thre.output }}"}},
        {"name": "three", "handler": "transform", "config": {"expression": "1"}, "input": {"data": "{{ steps.four.output }}"}},
        {"name": "four", "handler": "transform", "config": {"expression": "1"}, "input": {"data": "{{ steps.three.output }}"}},
        {
            "name": "many",
            "handler": "transform",
            "config": {"expression": "1"},
            "for_each": {"items": "{{ input.list }}", "max_items": 5000},
            "input": {"data": 1},
        },
    ]
    async with served(tmp_path, planner=ScriptedPlanner()) as app:
        refused = await app.http.post(
            "/v1/tasks", json={"template": {"name": "bad", "steps": steps, "output": "{{ steps.many.output }}"}}
        )
        tasks = (await app.http.get("/v1/tasks")).json()["tasks"]
    codes = {problem["code"] for problem in refused.json()["problems"] if problem["severity"] == "error"}
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert codes >= {"handler.unknown", "reference.unknown_step", "graph.cycle", "bounds.steps"}
    assert tasks == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "/v1/tasks/nothing", None, 404, id="unknown task"),
        pytest.param("GET", "/v1/tasks/nothing/facts", None, 404, id="facts of an unknown task"),
        pytest.param("POST", "/v1/tasks/nothing/cancel", None, 404, id="cancelling an unknown task"),
        pytest.param("GET", "/v1/handlers/nothing", None, 404, id="unknown handler"),
        pytest.param("GET", "/v1/elsewhere", None, 404, id="unknown path"),
        pytest.param("DELETE", "/v1/tasks", None, 405, id="wrong method"),
        pytest.param("POST", "/v1/goals", {"goals": "misspelt"}, 422, id="unknown key"),
        pytest.param("POST", "/v1/goals", {"goal": ""}, 422, id="empty goal"),
        pytest.param("POST", "/v1/goals", {"goal": "x", "bounds": {"steps": 10**5}}, 422, id="bounds beyond the operator's"),
        pytest.param("POST", "/v1/goals", {"goal": "x", "must_produce": {"type": "objekt"}}, 422, id="no schema"),
        pytest.param("POST", "/v1/tasks", {}, 422, id="no template"),
        pytest.param("POST", "/v1/tasks", {"name": "nothing"}, 422, id="unknown template"),
        pytest.param("POST", "/v1/tasks", {"text": "{[}"}, 422, id="broken YAML"),
        pytest.param("POST", "/v1/tasks", {"name": "quakes", "text": "x"}, 422, id="two templates"),
        pytest.param("GET", "/v1/tasks?limit=0", None, 422, id="bad query"),
    ],
)
async def test_every_refusal_is_a_problem_document(tmp_path: Path, method: str, path: str, body: object, status: int) -> None:
    async with served(tmp_path, planner=ScriptedPlanner()) as app:
        refused = await app.http.request(method, path, json=body)
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= refused.json().keys()


async def test_an_input_that_no_log_can_hold_is_refused(tmp_path: Path) -> None:
    body = '{"goal": "x", "inputs": {"half": "\\ud800"}}'
    async with served(tmp_path, planner=ScriptedPlanner()) as app:
        refused = await app.http.post("/v1/goals", content=body, headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")


async def test_a_check_answers_with_the_report_and_runs_nothing(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner()) as app:
        good = (await app.http.post("/v1/checks", json={"document": TEMPLATE})).json()
        bad = (await app.http.post("/v1/checks", json={"text": "name: x\nsteps: []\n"})).json()
        tasks = (await app.http.get("/v1/tasks")).json()["tasks"]
    assert (good["ok"], good["problems"], good["bound"]["steps"]) == (True, [], 1)
    assert good["authority"]["handlers"] == ["transform@1.0.0"]
    assert (bad["ok"], bad["bound"], bad["digest"]) == (False, None, None)
    assert [(p["code"], p["line"], p["column"]) for p in bad["problems"]] == [("shape.value", 2, 8)]
    assert tasks == []


async def test_problems_of_a_text_carry_line_and_column_and_those_of_its_input_do_not(tmp_path: Path) -> None:
    flow = """name: x
input_schema: {type: object, properties: {n: {type: integer}}}
steps:
  - name: one
    handler: transfrom
    config: {expression: "1"}
    input: {data: 1}
output: "{{ steps.one.output }}"
"""
    async with served(tmp_path, planner=ScriptedPlanner()) as app:
        submitted = await app.http.post("/v1/tasks", json={"text": flow, "input": {"n": "x"}})
        checked = await app.http.post("/v1/checks", json={"text": flow, "input": {"n": "x"}})
    told = [(p["code"], p.get("line"), p.get("column")) for p in submitted.json()["problems"] if p["severity"] == "error"]
    assert submitted.status_code == 422
    assert told == [("input.invalid", None, None), ("handler.unknown", 5, 14)]
    assert checked.json()["problems"] == submitted.json()["problems"]


async def test_handlers_and_health_and_the_schema_can_be_read(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner()) as app:
        handlers = (await app.http.get("/v1/handlers")).json()["handlers"]
        transform = (await app.http.get("/v1/handlers/transform@^1")).json()
        health = (await app.http.get("/healthz")).json()
        schema = (await app.http.get("/v1/schema")).json()
        plain = (await app.http.get("/v1/schema", params={"plain": "true"})).json()
        openapi = (await app.http.get("/openapi.json")).json()
    assert {handler["name"] for handler in handlers} == {
        "aggregate",
        "decide",
        "fan_out",
        "gate",
        "http_request",
        "notify",
        "transform",
        "validate",
    }
    assert transform["id"] == "transform@1.0.0"
    assert health == {"status": "ok", "handlers": 8, "planner": "scripted"}
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (plain["$id"], "HandlerUse" in plain["$defs"]) == ("urn:goalwright:language:1", False)
    assert schema["$id"].startswith(f"{plain['$id']}:catalog:")
    assert "/v1/goals" in openapi["paths"]


async def test_with_a_token_every_resource_asks_for_it_and_health_does_not(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner(), token="s3cret") as app:
        without = await app.http.get("/v1/tasks")
        wrong = await app.http.get("/v1/tasks", headers={"Authorization": "Bearer guess"})
        right = await app.http.get("/v1/tasks", headers={"Authorization": "Bearer s3cret"})
        health = await app.http.get("/healthz")
    assert [answer.status_code for answer in (without, wrong, right, health)] == [401, 401, 200, 200]


async def test_a_name_that_only_resolves_to_loopback_is_refused(tmp_path: Path) -> None:
    async with served(tmp_path, planner=ScriptedPlanner()) as app:
        rebound = await app.http.get("/v1/tasks", headers={"Host": "evil.example"})
    assert rebound.status_code == 400
