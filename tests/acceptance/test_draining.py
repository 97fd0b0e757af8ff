"""A server that is asked to end while a handler is at work: what was begun is finished, or done again after the next start."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from tests.support.processes import ENDS_WITHIN_S, ended, environment, serving

TEMPLATE = """
name: ask
steps:
  - {name: ask, handler: http_request, config: {method: GET, url: "http://desk.demo/orders"}, retry: {max_attempts: 3}}
output: {status: "{{ steps.ask.output.status }}", body: "{{ steps.ask.output.body }}"}
"""


class Desk:
    """A web server that answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.answer = Event(), Event()
        self.requests = 0
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                desk.requests += 1
                desk.asked.set()
                desk.answer.wait()
                with suppress(BrokenPipeError):  # who asked may be gone
                    self.answer()

            def answer(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(b"7")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    thread = Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.answer.set()
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def house(data: Path, desk: Desk, **settings: str) -> dict[str, str]:
    return environment(data, GOALWRIGHT_PRIVATE_HOSTS=json.dumps({"desk.demo": desk.address}), **settings)


def begun(url: str, desk: Desk) -> str:
    """Submit the template and wait until its request is under way."""
    made = httpx.post(f"{url}/v1/tasks", json={"text": TEMPLATE}, timeout=60)
    assert made.status_code == 201, made.text
    assert desk.asked.wait(ENDS_WITHIN_S)
    return str(made.json()["id"])


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v1/waits", timeout=30).is_success
    except httpx.TransportError:
        return False


def test_a_call_under_way_is_finished_and_kept_before_the_server_ends(tmp_path: Path, desk: Desk) -> None:
    with serving(house(tmp_path, desk)) as server:
        task = begun(server.url, desk)
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(timeout=1)
        desk.answer.set()
        assert server.process.wait(timeout=ENDS_WITHIN_S) == 0
    with serving(house(tmp_path, desk)) as server:
        found = ended(server.url, task)
    assert (found["status"], found["output"]) == ("complete", {"status": 200, "body": 7})
    assert desk.requests == 1


def test_a_call_that_takes_longer_than_the_grace_is_ended_and_made_again_after_the_next_start(
    tmp_path: Path, desk: Desk
) -> None:
    with serving(house(tmp_path, desk, GOALWRIGHT_GRACE_S="0.2")) as server:
        task = begun(server.url, desk)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=ENDS_WITHIN_S) == 0
    desk.answer.set()
    with serving(house(tmp_path, desk)) as server:
        found = ended(server.url, task)
    assert (found["status"], found["output"]) == ("complete", {"status": 200, "body": 7})
    assert desk.requests == 2


def test_a_server_that_is_asked_twice_ends_at_once(tmp_path: Path, desk: Desk) -> None:
    with serving(house(tmp_path, desk, GOALWRIGHT_GRACE_S=str(10 * ENDS_WITHIN_S))) as server:
        begun(server.url, desk)
        server.process.send_signal(signal.SIGTERM)
        while answers(server.url):
            time.sleep(0.05)  # another process: there is nothing else to wait for
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=ENDS_WITHIN_S) == 0
    assert not (tmp_path / "server.json").exists()
