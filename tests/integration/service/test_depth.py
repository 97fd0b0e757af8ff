"""Values as deep as they come: taken whole and shown everywhere, or refused where they enter."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.calls import Call, Failed, Ok, Outcome
from schemas.limits import DEPTH
from tests.support.handlers import ScriptedHandlers
from tests.support.planners import ScriptedPlanner
from tests.support.services import Scripted, served

STEP = {"name": "a", "handler": "transform", "config": {"expression": "$"}, "input": {"data": "{{ input.x }}"}}
THEN = {"name": "b", "handler": "transform", "config": {"expression": "1"}, "input": {"data": 1}, "depends_on": ["a"]}
TEMPLATE = {
    "name": "deep",
    "version": "1.0.0",
    "steps": [STEP, THEN | {"retry": {"max_attempts": 1}}],
    "output": {"a": "{{ steps.a.output }}"},
}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


async def shown(app: Scripted, task: str) -> dict[str, Any]:
    """Wait for a task's end, and read all that shows it."""
    facts = await app.http.get(f"/v1/tasks/{task}/facts", headers={"accept": "text/event-stream"})
    pages = [f"/v1/tasks/{task}/facts", f"/v1/tasks/{task}/plans", "/v1/tasks", f"/v1/tasks/{task}"]
    answers = [await app.http.get(page) for page in pages]
    assert [facts.status_code, *(answer.status_code for answer in answers)] == [200] * 5
    row: dict[str, Any] = answers[-1].json()
    return row


@pytest.mark.parametrize("depth", [1, 60, 100, 121, 122, 123, 124, 125, 128, 129, 260, 977, 5_000, 100_000])
async def test_an_input_is_refused_at_the_door_or_shown_everywhere(tmp_path: Path, depth: int) -> None:
    handlers = ScriptedHandlers({"transform": lambda call: Ok(output=call.input.get("data"))})
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=handlers) as app:
        text = f'{{"template": {json.dumps(TEMPLATE)}, "input": {{"x": {"[" * depth}1{"]" * depth}}}}}'
        made = await app.http.post("/v1/tasks", content=text, headers={"content-type": "application/json"})
        if made.status_code == 201:
            assert (await shown(app, made.json()["id"]))["status"] == "complete"
        else:
            assert (made.status_code, depth > DEPTH - 10) == (422, True)
        assert (await app.http.get("/v1/tasks")).status_code == 200


@pytest.mark.parametrize("depth", [60, DEPTH, DEPTH + 1, 260, 970, 977, 990, 3_000])
async def test_an_output_is_refused_or_kept_in_what_is_told_of_a_failed_task(tmp_path: Path, depth: int) -> None:
    def run(call: Call) -> Outcome:
        return Failed(type="boom", message="no") if call.step == "b" else Ok(output=nested(depth))

    async with served(tmp_path, planner=ScriptedPlanner(), handlers=ScriptedHandlers({"transform": run})) as app:
        made = await app.http.post("/v1/tasks", json={"template": TEMPLATE, "input": {"x": 1}})
        row = await shown(app, made.json()["id"])

    assert (row["status"], row["error"]["type"]) == ("failed", "boom" if depth <= DEPTH else "output_invalid")
