"""No request of any size holds the event loop, which answers everybody, for longer than a tenth of a second."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.calls import Call, Ok, Outcome
from schemas.limits import REQUEST_BYTES
from tests.support.handlers import ScriptedHandlers
from tests.support.lag import watched
from tests.support.planners import ScriptedPlanner, declined
from tests.support.services import Scripted, served

MOST_S = 0.1
TOKEN = "operator-token-of-the-tests"
OWN = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
ROOM = REQUEST_BYTES - 1_000


def filled(unit: str, before: str = "[", after: str = "]", *, room: int = ROOM) -> str:
    return before + ",".join([unit] * (room // (len(unit) + 1))) + after


OBJECTS = filled('{"id":1,"name":"item","v":[1,2,1.5]}')
TEXT = '"' + "x" * ROOM + '"'
MEMBERS = "{" + ",".join(f'"k{i}":{i}' for i in range(500_000)) + "}"
NUMBERS = filled("1234567")
STRINGS = filled('"a,b],{"')


def passed_on(call: Call) -> Outcome:
    return Ok(output=call.input.get("data"))


async def post(app: Scripted, path: str, body: str, **headers: str) -> int:
    return (await app.http.post(path, content=body.encode(), headers={**OWN, **headers})).status_code


def serving(folder: Path, **more: Any) -> Any:
    handlers = ScriptedHandlers({"transform": passed_on})
    return served(folder, planner=ScriptedPlanner([declined("no")] * 20), handlers=handlers, token=TOKEN, **more)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("/v1/goals", OBJECTS[:-2], 422, id="JSON that ends too soon"),
        pytest.param("/v1/goals", "[" * ROOM, 422, id="brackets that nobody closes"),
        pytest.param("/v1/goals", OBJECTS, 422, id="a list where an object belongs"),
        pytest.param("/v1/goals", MEMBERS, 422, id="half a million unknown keys"),
        pytest.param("/v1/goals", '{"goal":' + OBJECTS + "}", 422, id="objects where a text belongs"),
        pytest.param("/v1/goals", '{"goal":"x","bounds":' + MEMBERS + "}", 422, id="unknown keys further in"),
        pytest.param("/v1/goals", '{"goal":"x","allow":{"handlers":' + STRINGS + "}}", 422, id="a list of a million names"),
        pytest.param("/v1/goals", '{"goal":' + TEXT + "}", 422, id="a goal of megabytes"),
        pytest.param("/v1/goals", '{"goal":"x","must_produce":{"enum":' + NUMBERS + "}}", 422, id="a schema of megabytes"),
        pytest.param("/v1/goals", "1" * ROOM, 422, id="digits"),
        pytest.param("/v1/checks", '{"text":' + TEXT + "}", 200, id="a text of megabytes"),
        pytest.param("/v1/checks", json.dumps({"text": "steps: [" + "{}, " * 200_000 + "]"}), 200, id="YAML of a megabyte"),
        pytest.param("/v1/checks", json.dumps({"text": "a: &a [1]\nb: [" + "*a, " * 200_000 + "]"}), 200, id="aliases"),
        pytest.param("/v1/tasks", '{"template":' + MEMBERS + "}", 422, id="a template of unknown keys"),
        pytest.param("/v1/tasks", '{"name":' + TEXT + "}", 422, id="a name of megabytes"),
        pytest.param("/v1/tasks/t/signals", '{"body":' + MEMBERS + "}", 404, id="an answer of megabytes"),
        pytest.param("/v1/tasks/t/cancel", '{"reason":' + TEXT + "}", 422, id="a reason of megabytes"),
        pytest.param("/v1/goals", " " * (2 * REQUEST_BYTES), 413, id="a body beyond the limit"),
    ],
)
async def test_a_large_body_that_is_refused_holds_nobody(tmp_path: Path, path: str, body: str, status: int) -> None:
    async with serving(tmp_path) as app, watched() as lag:
        answered = await post(app, path, body)
    assert answered == status
    assert lag.worst_s < MOST_S


async def test_bodies_with_a_wrong_token_hold_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path) as app, watched() as lag:
        answered = [await post(app, "/v1/goals", OBJECTS, Authorization="Bearer wrong-token") for _ in range(4)]
    assert answered == [401] * 4
    assert lag.worst_s < MOST_S / 2
