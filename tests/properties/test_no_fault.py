"""No input from outside makes the API fail: all that its own document allows, and all that it does not."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from service.api.app import create_app
from service.settings import Settings
from tests.support.planners import ScriptedPlanner
from tests.support.services import application

TEMPLATE = {
    "name": "one",
    "version": "1.0.0",
    "steps": [{"name": "a", "handler": "transform", "config": {"expression": "1"}, "input": {"data": 1}}],
    "output": "{{ steps.a.output }}",
}
PATHS = (
    *("/healthz", "/v1/tasks", "/v1/waits", "/v1/schema", "/v1/handlers", "/v1/handlers/transform", "/v1/tasks/x"),
    *("/v1/tasks/{task}", "/v1/tasks/{task}/plans", "/v1/tasks/{task}/facts", "/v1/tasks/{task}/verification"),
)
POSTS = ("/v1/goals", "/v1/tasks", "/v1/checks", "/v1/tasks/{task}/cancel", "/v1/tasks/{task}/signals")
NAMES = ("after", "limit", "wait", "before", "status", "mine", "plain", "unknown")
FEW = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the application over scripted handlers in a thread, and give its URL."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # who asks before the server is ready waits
        app = application(folder, planner=ScriptedPlanner())
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            httpx.get(f"{url}/healthz", timeout=60).raise_for_status()
            yield url
        finally:
            server.should_exit = True
            thread.join(timeout=60)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("api")) as url:
        yield url


@pytest.fixture(scope="module")
def task(api: str) -> str:
    """Give a task that has ended: what is asked of it is answered at once."""
    made = httpx.post(f"{api}/v1/tasks", json={"template": TEMPLATE}).json()["id"]
    httpx.get(f"{api}/v1/tasks/{made}/facts", headers={"accept": "text/event-stream"}, timeout=60).raise_for_status()
    return str(made)


def _operations() -> list[Any]:
    """Give what the API's own document describes. The document is the same whatever is served."""
    app = create_app(nullcontext, Settings(data=Path(), cache=Path()))  # type: ignore[arg-type]  # never opened
    document = schemathesis.openapi.from_dict(app.openapi())
    return [found.ok() for found in document.get_all_operations() if isinstance(found, Ok)]


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # the server's thread may use it meanwhile
@pytest.mark.parametrize("operation", [pytest.param(each, id=each.label) for each in _operations()])
def test_nothing_that_the_document_of_the_api_describes_makes_it_fail(api: str, task: str, operation: Any) -> None:
    @given(case=operation.as_strategy())
    @settings(FEW, max_examples=40)
    def holds(case: Any) -> None:
        if len(str(case.path_parameters.get("task", ""))) % 2:
            case.path_parameters["task"] = task  # every second one is there
        if case.query:
            case.query.pop("wait", None)  # it would wait as long as it says
        case.call_and_validate(base_url=api, checks=[not_a_server_error], timeout=60)

    holds()


def _sent(request: httpx.Request) -> int:
    with httpx.Client(timeout=60) as client:
        return client.send(request).status_code


NUMBERS = st.integers().map(str) | st.integers(0, 6_000).map(lambda count: "9" * count) | st.floats().map(str)
WORDS = NUMBERS | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=50)
HEADERS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80) | NUMBERS


@FEW
@given(path=st.sampled_from(PATHS), query=st.dictionaries(st.sampled_from(NAMES), WORDS, max_size=3), last=HEADERS)
def test_no_number_or_text_in_a_query_or_header_makes_it_fail(
    api: str, task: str, path: str, query: dict[str, str], last: str
) -> None:
    kept = {name: value for name, value in query.items() if name != "wait" or not value.isdecimal()}
    request = httpx.Request("GET", api + path.format(task=task), params=kept, headers={"last-event-id": last.strip()})

    assert _sent(request) < 500


@pytest.mark.parametrize("digits", [19, 20, 40, 300, 4_000, 5_000])
@pytest.mark.parametrize("name", ["after", "limit", "last-event-id"])
def test_no_number_of_digits_makes_it_fail(api: str, task: str, name: str, digits: int) -> None:
    url, number = f"{api}/v1/tasks/{task}/facts", "9" * digits
    in_header = name == "last-event-id"
    headers = {"last-event-id": number, "accept": "text/event-stream"} if in_header else {}

    assert _sent(httpx.Request("GET", url, params={} if in_header else {name: number}, headers=headers)) in {200, 204, 400, 422}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "goal",
    "inputs",
    "input",
    "template",
    "text",
    "name",
    "document",
    "bounds",
    "allow",
    "must_produce",
    "model",
    "reason",
)
BODIES = (
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4)
    | st.just({"template": TEMPLATE}).flatmap(lambda made: JSON.map(lambda value: made | {"input": value}))
    | JSON
)
KINDS = ("application/json", "text/plain", "", "multipart/form-data")
RAW = st.binary(max_size=200) | st.integers(1, 4_000).map(lambda count: b"[" * count) | st.just(b'{"a": "\\ud83d"}')


@FEW
@given(path=st.sampled_from(POSTS), body=BODIES)
def test_no_value_in_a_body_makes_it_fail(api: str, task: str, path: str, body: Any) -> None:
    assert _sent(httpx.Request("POST", api + path.format(task=task), json=body)) < 500


@FEW
@given(path=st.sampled_from(POSTS), body=RAW, kind=st.sampled_from(KINDS))
def test_no_bytes_in_a_body_make_it_fail(api: str, task: str, path: str, body: bytes, kind: str) -> None:
    request = httpx.Request("POST", api + path.format(task=task), content=body, headers={"content-type": kind})

    assert _sent(request) < 500
