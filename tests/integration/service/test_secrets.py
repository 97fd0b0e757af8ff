"""Secrets through the whole house: settings, door, engine, broker, the catalog's handlers, and a server on loopback."""

import json
from base64 import b64encode
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as Receiver

from catalog.build import default_cache
from service.composition import running
from service.settings import Settings
from tests.support.servers import says, serving

TOKEN = "canary-7f3a+91c2/token"
LOGIN = "robot:canary-password"
SIGNING = "canary-signing-key"
BASIC = b64encode(LOGIN.encode()).decode()


def repeating(handler: BaseHTTPRequestHandler) -> None:
    """Answer with what was sent, as a careless server does."""
    sent = handler.headers.get("authorization", "")
    says(json.dumps({"sent": sent, "path": handler.path}).encode(), Content_Type="application/json", X_Sent=sent)(handler)


def step(name: str, path: str, auth: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "handler": "http_request", "config": {"url": f"http://api.demo/{path}", "auth": auth}}


TEMPLATE = {
    "name": "signed",
    "steps": [
        step("bearer", "a", {"type": "bearer", "token": "{{ secrets.api }}"}),
        step("basic", "b", {"type": "basic", "credentials": "{{ secrets.login }}"}),
        step("query", "c", {"type": "api_key", "in": "query", "name": "key", "value": "{{ secrets.api }}"}),
        {
            "name": "tell",
            "handler": "notify",
            "config": {"channel": "desk", "template": "{{said}}"},
            "input": {"said": "{{ steps.bearer.output.body.sent }} {{ steps.basic.output.body.sent }}"},
        },
    ],
    "output": {
        "bearer": "{{ steps.bearer.output }}",
        "basic": "{{ steps.basic.output }}",
        "query": "{{ steps.query.output }}",
        "told": "{{ steps.tell.output.status }}",
    },
}


def kept(folder: Path) -> str:
    """Give all that the database and what lies beside it hold."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file()).decode("latin-1")


async def test_a_task_uses_secrets_that_nothing_of_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_TOKEN", TOKEN)
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name, value in {"login": LOGIN, "signing": SIGNING}.items():
        (folder / name).write_text(f"{value}\n")
        (folder / name).chmod(0o600)
    with serving(a=repeating, b=repeating, c=repeating, hook=says()) as server:
        settings = Settings(
            data=tmp_path / "data",
            cache=default_cache(),
            private_hosts={"api.demo": server.at},
            secrets_folder=folder,
            secrets={
                "api": {"from": "env:CANARY_TOKEN", "hosts": ["api.demo"], "query": ["key"]},
                "login": {"from": "file:login", "hosts": ["api.demo"]},
                "signing": {"from": "file:signing", "hosts": []},
            },
            channels={"desk": {"url": f"http://{server.at}/hook", "sign_with": "signing"}},
        )
        async with running(settings) as services:
            submitted = await services.door.submit_template(document=TEMPLATE, name=None, given={})
            assert submitted.task is not None, submitted
            assert services.runner is not None
            row = await services.runner.finished(submitted.task)
            facts = await services.store.facts(submitted.task)
    assert row.status == "complete", row
    sent = {seen["path"].partition("?")[0]: seen for seen in server.seen}
    assert sent["/a"]["headers"]["authorization"] == f"Bearer {TOKEN}"
    assert sent["/b"]["headers"]["authorization"] == f"Basic {BASIC}"
    assert sent["/c"]["path"] == "/c?key=canary-7f3a%2B91c2%2Ftoken"
    told = Receiver(SIGNING.encode()).verify(sent["/hook"]["body"], sent["/hook"]["headers"])
    assert told["text"] == "Bearer *** Basic ***"
    for place in (str(facts), str(row), kept(tmp_path / "data")):
        assert "canary-7f3a" not in place
        assert "canary-password" not in place
        assert "canary-signing" not in place
        assert BASIC not in place
        assert "gwsecret" not in place
