"""A server that runs takes up what is published and retired, and refuses what it cannot read without falling over."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.capability import Capability
from catalog.published import Published
from tests.support.planners import ScriptedPlanner
from tests.support.services import served

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEMPLATE = "name: t\nsteps: [{name: a, handler: told@^1}]\noutput: '{{ steps.a.output }}'\n"


def told(version: str) -> Capability:
    described: dict[str, Any] = {
        "name": "told",
        "version": version,
        "summary": "Tell the version.",
        "description": "Tells the version.",
        "config_schema": {"type": "object", "additionalProperties": False},
        "input_schema": {"type": "object"},
        "output_schema": {"type": "string"},
        "errors": [{"type": "never", "retryable": False, "description": "It never fails."}],
        "effect": "pure",
    }
    return Capability.model_validate(described)


async def test_what_is_published_and_retired_counts_from_the_next_request_on(tmp_path: Path) -> None:
    store = Published(tmp_path / "catalog")
    async with served(tmp_path, planner=ScriptedPlanner()) as app:

        async def codes() -> list[str]:
            problems = (await app.http.post("/v1/checks", json={"text": TEMPLATE})).json()["problems"]
            return [problem["code"] for problem in problems if problem["severity"] == "error"]

        unknown = await codes()
        store.publish(told("1.0.0"), b"one", source=None, at=NOON)
        first = await codes()
        store.publish(told("1.1.0"), b"two", source=None, at=NOON)
        newest = (await app.http.get("/v1/handlers/told@^1")).json()["id"]
        described = (await app.http.get("/openapi.json")).json()["x-handlers"]
        store.retire("told@1.0.0", because="use 1.1.0", at=NOON)
        store.retire("told@1.1.0", because="use none", at=NOON)
        retired = await codes()
        shown = (await app.http.get("/v1/handlers/told@1.0.0")).json()["retired"]
        missing = (await app.http.get("/v1/handlers/told")).status_code

    assert (unknown, first, newest) == (["handler.unknown"], [], "told@1.1.0")
    assert {"told@1.0.0", "told@1.1.0"} <= described.keys()
    assert (retired, shown, missing) == (["handler.retired"], "use 1.1.0", 404)


async def test_a_store_that_is_damaged_leaves_the_server_as_it_was(tmp_path: Path) -> None:
    store = Published(tmp_path / "catalog")
    store.publish(told("1.0.0"), b"one", source=None, at=NOON)
    async with served(tmp_path, planner=ScriptedPlanner()) as app:
        store.index.write_text("{")
        still = (await app.http.get("/v1/handlers/told")).json()["id"]
        store.index.write_text('{"format": 1, "handlers": {}}')
        shrunk = (await app.http.get("/v1/handlers/told")).json()["id"]

    assert (still, shrunk) == ("told@1.0.0", "told@1.0.0")
