"""Imported operations in the sandbox: the requests that they make, and what they make of the answers."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from broker.sandbox.engine import new_engine
from catalog.build import default_cache
from catalog.loader import load_catalog
from catalog.openapi.importing import Wanted, import_document
from tests.support.answers import answer_of

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Recorder, Sandbox

PETS = Path(__file__).resolve().parents[2] / "support" / "openapi" / "petstore.yaml"
SERVER = "https://eu.pets.example/v1"
SIGNED = {"server": SERVER, "auth": {"bearer": "t0ken"}}


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory, sandbox: "Sandbox") -> "Sandbox":
    root = tmp_path_factory.mktemp("pets")
    for handler in import_document(PETS, PETS.read_bytes(), Wanted(only=("list_pets", "add_pet", "rename_pet"))).handlers:
        folder = root / handler.capability.name
        folder.mkdir()
        for name, text in handler.files.items():
            (folder / name).write_text(text, encoding="utf-8")
    return type(sandbox)(new_engine(), load_catalog(root), default_cache())


def answering(status: int = 200, body: str | None = "[]", **headers: str) -> Any:
    told = {name.replace("_", "-"): value for name, value in headers.items()} or {"content-type": "application/json"}
    answer = answer_of({"status": status, "headers": told, "body": body, "body_base64": None, "elapsed_ms": 1.0})
    return lambda asked: {"ok": answer | {"url": asked["url"]}}


@pytest.mark.parametrize(
    ("given", "query"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"tags": ["a", "b c"]}, "?tags=a&tags=b%20c", id="a list repeats its name"),
        pytest.param({"limit": 3.0}, "?limit=3", id="a number"),
        pytest.param({"filter": {"kind": "cat", "a&b": "x"}}, "?filter%5Bkind%5D=cat&filter%5Ba%26b%5D=x", id="a deep object"),
        pytest.param({"fields": ["id", "name"]}, "?fields=id%7Cname", id="pipes"),
        pytest.param({"near": {"lat": 1}}, "?near=%7B%22lat%22%3A1%7D", id="JSON"),
        pytest.param({"tags": []}, "", id="an empty list"),
        pytest.param({"tags": ["#&="], "limit": 1}, "?tags=%23%26%3D&limit=1", id="what would mean something else"),
    ],
)
def test_values_go_into_the_query_as_the_document_says(
    pets: "Sandbox", host: "Recorder", given: dict[str, Any], query: str
) -> None:
    host.http = answering()
    assert "ok" in pets.run("list_pets", SIGNED, given, host)
    assert host.asked[0]["url"] == f"{SERVER}/pets{query}"


def test_headers_are_sent_and_the_credential_where_it_belongs(pets: "Sandbox", host: "Recorder") -> None:
    host.http = answering()
    pets.run("list_pets", SIGNED, {"X-Tenant": "zoo"}, host)

    (asked,) = host.asked
    headers = dict(asked["headers"])
    assert (asked["method"], asked["body"]) == ("GET", None)
    assert headers == {"accept": "application/json, */*;q=0.5", "x-tenant": "zoo", "authorization": "Bearer t0ken"}


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        pytest.param({"key": "gwsecret1"}, ("x-api-key", "gwsecret1"), id="an API key"),
        pytest.param({"login": "gwsecret2"}, ("authorization", "Basic gwsecret2"), id="basic, as the host completes it"),
        pytest.param({"login": "ann:pass"}, ("authorization", "Basic YW5uOnBhc3M="), id="basic, written out"),
    ],
)
def test_a_write_is_signed_keyed_and_has_a_body(
    pets: "Sandbox", host: "Recorder", auth: dict[str, str], header: tuple[str, str]
) -> None:
    host.http = answering(201, '{"id": 1, "name": "Rex"}', content_type="application/json; charset=utf-8")
    made = pets.run("add_pet", {"server": SERVER, "auth": auth}, {"body": {"name": "Rex"}}, host)

    (asked,) = host.asked
    assert made["ok"]["body"] == {"id": 1, "name": "Rex"}
    assert asked["body"] == '{"name":"Rex"}'
    assert header in [tuple(pair) for pair in asked["headers"]]
    assert ["idempotency-key", "task/step"] in asked["headers"]


def test_a_form_is_written_as_one_and_an_empty_answer_is_null(pets: "Sandbox", host: "Recorder") -> None:
    host.http = answering(204, None)
    made = pets.run("rename_pet", SIGNED, {"petId": 7, "body": {"name": "Rex & Co"}}, host)

    (asked,) = host.asked
    assert made == {"ok": {"status": 204, "headers": {"content-type": "application/json"}, "body": None}}
    assert (asked["method"], asked["url"], asked["body"]) == ("PUT", f"{SERVER}/pets/7", "name=Rex%20%26%20Co")
    assert ["content-type", "application/x-www-form-urlencoded"] in asked["headers"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(answering(429, "slow down", retry_after="7"), ("status_429", True, 7.0), id="one that is told"),
        pytest.param(
            answering(429, "", retry_after="Sat, 21 Nov 2026 12:00:30 GMT", date="Sat, 21 Nov 2026 12:00:00 GMT"),
            ("status_429", True, 30.0),
            id="with a date to wait for",
        ),
        pytest.param(answering(418, "tea"), ("status_other", False, None), id="any other"),
        pytest.param(answering(204, None), ("status_other", False, None), id="a success that is not told"),
        pytest.param(answering(200, "{"), ("response_invalid", False, None), id="no JSON"),
        pytest.param(
            lambda _: {"error": {"type": "dns_failed", "message": "no such host", "retryable": True}},
            ("dns_failed", True, None),
            id="the host's own",
        ),
    ],
)
def test_what_is_no_success_fails_with_a_type_of_the_capability(
    pets: "Sandbox", host: "Recorder", answer: Any, error: tuple[str, bool, float | None]
) -> None:
    host.http = answer
    found = pets.run("list_pets", SIGNED, {}, host)["error"]
    capability = pets.loaded.catalog.capabilities["list_pets@1.4.0"]

    assert (found["type"], found["retryable"], found["retry_after_s"]) == error
    assert {e.type: e.retryable for e in capability.errors}[found["type"]] == found["retryable"]


@pytest.mark.parametrize("pet", ["..", "", ".", "a/../b", "..\\b", "%2e%2e", "%252E%252e/x", "..;a=b"])
def test_a_path_value_never_leads_to_another_path(pets: "Sandbox", host: "Recorder", pet: str) -> None:
    made = pets.run("rename_pet", SIGNED, {"petId": pet}, host)
    assert (made["error"]["type"], host.asked) == ("request_invalid", [])


def test_what_stands_in_a_path_value_stays_in_it(pets: "Sandbox", host: "Recorder") -> None:
    host.http = answering(204, None)
    pets.run("rename_pet", SIGNED, {"petId": "a/b?c#d@e"}, host)
    assert host.asked[0]["url"] == f"{SERVER}/pets/a%2Fb%3Fc%23d%40e"
