"""A server's doors, seen from outside of its process: files, other sites' pages, connections that never end."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.processes import CLI, ROOT, Serving, environment, serving

GATE = {"name": "ask", "handler": "gate", "config": {"title": "Go on?", "approvers": ["desk"]}}
WAITS = {"name": "waits", "steps": [GATE]}
MANY = 4  # connections that the server takes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, Path]]:
    data = tmp_path_factory.mktemp("served")
    data.chmod(0o755)
    before = os.umask(0o022)
    try:
        with serving(environment(data, GOALWRIGHT_CONNECTIONS=str(MANY), GOALWRIGHT_STREAMS_EACH="2")) as running:
            yield running, data
    finally:
        os.umask(before)


def address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


def test_nothing_that_a_server_keeps_is_open_to_others(server: tuple[Serving, Path]) -> None:
    running, data = server
    httpx.post(f"{running.url}/v1/tasks", json={"template": WAITS}).raise_for_status()
    kept = [data, *data.rglob("*")]
    assert {"goalwright.db", "goalwright.db-wal", "server.json"} <= {path.name for path in kept}
    assert [f"{path} {path.stat().st_mode & 0o777:o}" for path in kept if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "https://evil.example"}, id="Origin"),
        pytest.param({"Origin": "null"}, id="no origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="Sec-Fetch-Site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="another port"),
        pytest.param({"Host": "evil.example"}, id="a name that leads to loopback"),
    ],
)
def test_a_page_of_another_site_cancels_nothing(server: tuple[Serving, Path], headers: dict[str, str]) -> None:
    url = server[0].url
    task = httpx.post(f"{url}/v1/tasks", json={"template": WAITS}).json()["id"]
    sent = httpx.post(f"{url}/v1/tasks/{task}/cancel", headers=headers)
    assert (sent.status_code, sent.headers["content-type"]) == (400 if "Host" in headers else 403, "application/problem+json")
    assert httpx.get(f"{url}/v1/tasks/{task}").json()["status"] == "running"
    assert httpx.post(f"{url}/v1/tasks/{task}/cancel", headers={"Origin": url}).json()["status"] == "cancelled"


def test_the_reference_of_the_api_is_made_of_our_own_files(server: tuple[Serving, Path]) -> None:
    url = server[0].url
    page = httpx.get(f"{url}/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("<title>Goalwright: HTTP API</title>", "")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "docs.js"):
        assert f"/docs/assets/{asset}" in page.text
        assert httpx.get(f"{url}/docs/assets/{asset}").status_code == 200


def test_connections_that_send_nothing_do_not_keep_others_out(server: tuple[Serving, Path]) -> None:
    running = server[0]
    silent = [socket.create_connection(address(running.url)) for _ in range(4 * MANY)]
    try:
        for each in silent:
            each.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        assert httpx.get(f"{running.url}/healthz").json()["status"] == "ok"
    finally:
        for each in silent:
            each.close()


def test_one_sender_holds_so_many_streams_and_gets_them_back(server: tuple[Serving, Path]) -> None:
    url = server[0].url
    task = httpx.post(f"{url}/v1/tasks", json={"template": WAITS}).json()["id"]
    place, stream = f"{url}/v1/tasks/{task}/facts", {"Accept": "text/event-stream"}
    with httpx.stream("GET", place, headers=stream) as one, httpx.stream("GET", place, headers=stream) as two:
        assert [one.status_code, two.status_code] == [200, 200]
        third = httpx.get(place, headers=stream)
        polled = httpx.get(place, params={"after": 10_000, "wait": 30})
        assert [third.status_code, polled.status_code] == [429, 429]
        assert "operator follows 2 tasks already" in third.json()["detail"]
    httpx.post(f"{url}/v1/tasks/{task}/cancel").raise_for_status()
    assert httpx.get(place, headers=stream, timeout=30).status_code == 200


def refused(data: Path, **settings: str) -> str:
    command = [*CLI, "serve", "--port", "0"]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment(data, **settings), capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    return " ".join(ended.stderr.split())


def test_a_server_with_people_and_without_an_operator_does_not_start(tmp_path: Path) -> None:
    people = json.dumps({"ada": {"token": "a-token-of-sixteen"}})
    assert "Set GOALWRIGHT_TOKEN" in refused(tmp_path, GOALWRIGHT_PEOPLE=people)


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_server_over_the_database_of_somebody_else_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "goalwright.db").touch()
    os.chown(tmp_path / "goalwright.db", 12345, -1)
    assert "goalwright.db belongs to the user 12345" in refused(tmp_path)
