"""`verify`, `keys`, `tips` and the quarantine, as the command line and HTTP show them."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli.main import app
from tests.support.handlers import ScriptedHandlers
from tests.support.planners import ScriptedPlanner
from tests.support.services import served

STEP = {"name": "a", "handler": "transform", "config": {"expression": "$sum(x)"}, "input": {"data": {"x": [1]}}}
TEMPLATE = {"name": "one", "steps": [STEP], "output": {"a": "{{ steps.a.output }}"}}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOALWRIGHT_DATA", str(tmp_path))
    for name in ("GOALWRIGHT_MODEL", "GOALWRIGHT_SERVER", "GOALWRIGHT_RECORDED"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


async def goalwright(*words: str) -> Result:
    """Run a command, in a thread of its own: it has its own event loop."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))


async def answer(*words: str) -> Any:
    """Give what a command answers in JSON."""
    return json.loads((await goalwright(*words, "--format", "json")).stdout)


def altered(home: Path, *statements: str) -> None:
    with closing(sqlite3.connect(home / "goalwright.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


async def finished(home: Path, **more: Any) -> str:
    """Run a task to its end; give its id."""
    async with served(home, planner=ScriptedPlanner(), handlers=ScriptedHandlers(), **more) as ran:
        task: str = (await ran.http.post("/v1/tasks", json={"template": TEMPLATE})).json()["id"]
        assert ran.services.runner is not None
        await ran.services.runner.finished(task)
        shown = (await ran.http.get(f"/v1/tasks/{task}/verification")).json()
    assert (shown["ok"], shown["sealed"], shown["findings"]) == (True, shown["facts"], [])
    return task


async def test_a_view_that_was_altered_is_told_with_its_place(home: Path) -> None:
    task = await finished(home)
    assert (await goalwright("verify", task)).exit_code == 0
    altered(home, "update steps set status = 'waiting'")
    told = await goalwright("verify", task)
    assert told.exit_code == 1
    assert "steps a: status is 'waiting', and the log comes to " in told.stderr
    assert (await answer("verify", "--all"))["tasks"][task]["findings"][0]["where"] == "steps a"


async def test_a_deleted_task_is_known_from_its_tip(home: Path) -> None:
    task = await finished(home)
    assert await answer("tips", "export", "kept.tips") == {"written": 1}
    assert await answer("tips", "export", "kept.tips") == {"written": 0}
    assert (await goalwright("verify", "--all", "--tips", "kept.tips")).exit_code == 0
    altered(home, *(f"delete from {table}" for table in ("facts", "steps", "ledger", "commands", "tasks")))
    assert (await goalwright("verify", "--all")).exit_code == 0
    told = await goalwright("verify", "--all", "--tips", "kept.tips")
    assert told.exit_code == 1
    assert "kept.tips line 1" in told.stderr
    assert (await goalwright("verify", task)).exit_code == 2


async def test_keys_rotate_and_what_they_sealed_before_verifies(home: Path) -> None:
    task = await finished(home)
    (before,) = (await answer("keys", "list"))["keys"]
    made = (await answer("keys", "rotate"))["id"]
    listed = await answer("keys", "list")
    assert ([key["id"] for key in listed["keys"]], listed["current"]) == ([before["id"], made], made)
    assert "secret" not in json.dumps(listed)
    later = await finished(home)
    assert (await goalwright("verify", task)).exit_code == (await goalwright("verify", later)).exit_code == 0


async def test_what_bears_no_seal_is_adopted_on_request(home: Path) -> None:
    task = await finished(home)
    altered(home, "update facts set key = '', mac = ''")
    assert (await goalwright("verify", task)).exit_code == 1
    assert await answer("keys", "adopt") == {"adopted": 1}
    told = await goalwright("verify", task)
    assert told.exit_code == 0
    assert "unsealed" in told.stdout


async def test_a_quarantined_task_is_seen_read_and_cancelled_over_http(home: Path) -> None:
    held = ScriptedHandlers()
    held.hold("a")
    async with served(home, planner=ScriptedPlanner(), handlers=held) as ran:
        task = (await ran.http.post("/v1/tasks", json={"template": TEMPLATE})).json()["id"]
        await held.arrived("a")
    altered(home, "update facts set body = '{' where seq = 3")
    async with served(home, planner=ScriptedPlanner()) as ran:
        row = (await ran.http.get(f"/v1/tasks/{task}")).json()
        listed = (await ran.http.get("/v1/tasks?status=quarantined")).json()["tasks"]
        page = (await ran.http.get(f"/v1/tasks/{task}/facts")).json()
        events = await ran.http.get(f"/v1/tasks/{task}/facts", headers={"Accept": "text/event-stream"})
        shown = (await ran.http.get(f"/v1/tasks/{task}/verification")).json()
        signal = await ran.http.post(f"/v1/tasks/{task}/signals", json={"body": {}})
        cancelled = await ran.http.post(f"/v1/tasks/{task}/cancel")
        unknown = await ran.http.get("/v1/tasks/nothing/verification")
    assert row["quarantine"]["seq"] == 3
    assert [each["id"] for each in listed] == [task]
    assert page["live"] is False
    assert page["facts"][2]["body"]["stored"] == "{"
    assert (events.status_code, events.text.count("data:")) == (200, len(page["facts"]))
    assert (shown["ok"], shown["quarantine"]) == (False, row["quarantine"])
    assert (signal.status_code, "is in quarantine and is not run" in signal.json()["detail"]) == (409, True)
    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(("verify",), "Name a task, or give --all.", id="nothing"),
        pytest.param(("verify", "t", "--all"), "Name a task, or give --all.", id="both"),
        pytest.param(("verify", "nothing"), "There is no task 'nothing'.", id="unknown"),
        pytest.param(("verify", "--all", "--tips", "none"), "There is no file of tips none.", id="no file"),
        pytest.param(("verify", "--all", "--server", "http://x"), "without --server", id="elsewhere"),
    ],
)
async def test_what_cannot_be_verified_is_refused(words: tuple[str, ...], says: str) -> None:
    told = await goalwright(*words)
    assert (told.exit_code, says in told.stderr) == (2, True)
