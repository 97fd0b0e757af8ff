"""Secrets as placeholders on their way out, and the rest of what a request may carry."""

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.answers import answer_of

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Recorder, Sandbox

API = "https://api.example.org"
SECRET = "{{ secrets.key }}"
PLACEHOLDER = "gwsecret0123"
Script = Callable[[dict[str, Any]], dict[str, Any]]


def serving(status: int = 200, headers: dict[str, str] | None = None, **body: Any) -> Script:
    content = {"body": "{}", "body_base64": None} | body
    kind = {"content-type": "application/json"} | (headers or {})
    answer = answer_of({"status": status, "headers": kind, "elapsed_ms": 1, **content})
    return lambda asked: {"ok": answer | {"url": asked["url"]}}


def ask(sandbox: "Sandbox", host: "Recorder", config: dict[str, Any], given: dict[str, Any] | None = None) -> dict[str, Any]:
    """Hold config, input and output against the capability; call with placeholders where the plan names secrets."""
    capability = sandbox.loaded.catalog.capabilities["http_request@1.0.0"]
    Draft202012Validator(capability.config_schema).validate(config)
    Draft202012Validator(capability.input_schema).validate(given or {})
    filled = json.loads(json.dumps(config).replace(SECRET, PLACEHOLDER))
    answered: dict[str, Any] = sandbox.run("http_request", filled, given or {}, host)
    if "ok" in answered:
        Draft202012Validator(capability.output_of(config)).validate(answered["ok"])
    return answered


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        pytest.param({"type": "bearer", "token": SECRET}, ["authorization", f"Bearer {PLACEHOLDER}"], id="bearer"),
        pytest.param(
            {"type": "basic", "username": "ann", "password": SECRET},
            ["authorization", f"Basic ann:{PLACEHOLDER}"],
            id="basic, which the host writes in base64",
        ),
        pytest.param(
            {"type": "basic", "credentials": SECRET}, ["authorization", f"Basic {PLACEHOLDER}"], id="basic, both in one secret"
        ),
        pytest.param({"type": "api_key", "name": "X-Api-Key", "value": SECRET}, ["x-api-key", PLACEHOLDER], id="a key"),
    ],
)
def test_a_credential_goes_into_a_header(sandbox: "Sandbox", host: "Recorder", auth: dict[str, Any], header: list[str]) -> None:
    host.http = serving()

    assert "ok" in ask(sandbox, host, {"url": f"{API}/x", "auth": auth})
    assert header in host.asked[0]["headers"]


def test_a_key_in_the_query_is_not_told(sandbox: "Sandbox", host: "Recorder") -> None:
    host.http = serving()
    auth = {"type": "api_key", "in": "query", "name": "key", "value": SECRET}

    answered = ask(sandbox, host, {"url": f"{API}/x?a=1", "auth": auth})

    assert host.asked[0]["url"] == f"{API}/x?a=1&key={PLACEHOLDER}"
    assert answered["ok"]["url"] == f"{API}/x?a=1"


def test_pages_elsewhere_are_asked_for_without_the_credential(sandbox: "Sandbox", host: "Recorder") -> None:
    links = iter([f"{API}/2", "https://other.example.org/3", None])

    def page(asked: dict[str, Any]) -> dict[str, Any]:
        target = next(links)
        return serving(headers={"link": f'<{target}>; rel="next"'} if target else {}, body="[]")(asked)

    host.http = page

    answered = ask(
        sandbox,
        host,
        {"url": f"{API}/1", "auth": {"type": "bearer", "token": SECRET}, "paging": {"style": "link", "items": ""}},
    )

    assert answered["ok"]["pages"] == 3
    assert [["authorization", f"Bearer {PLACEHOLDER}"] in asked["headers"] for asked in host.asked] == [True, True, False]


@pytest.mark.parametrize("type_", ["secret_refused", "host_refused"])
def test_what_was_not_granted_is_no_answer(sandbox: "Sandbox", host: "Recorder", type_: str) -> None:
    host.http = lambda _: {"error": {"type": type_, "message": "no", "retryable": False}}

    answered = ask(sandbox, host, {"url": API, "on_error": "return", "auth": {"type": "bearer", "token": SECRET}})

    assert answered["error"]["type"] == type_


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"auth": {"type": "bearer", "token": "abc"}}, id="a secret written out"),
        pytest.param({"auth": {"type": "bearer", "token": f"x {SECRET}"}}, id="a secret within a text"),
        pytest.param({"auth": {"type": "bearer"}}, id="bearer without a token"),
        pytest.param({"auth": {"type": "basic", "username": "ann"}}, id="a name without a password"),
        pytest.param({"auth": {"type": "basic", "username": "a:b", "password": SECRET}}, id="a name with a colon"),
        pytest.param({"auth": {"type": "basic", "username": "a", "credentials": SECRET}}, id="basic twice"),
        pytest.param({"auth": {"type": "api_key", "value": SECRET}}, id="a key without a name"),
        pytest.param({"auth": {"type": "bearer", "token": SECRET, "in": "query"}}, id="bearer in the query"),
        pytest.param({"headers": {"Authorization": "Bearer x"}}, id="a header in place of auth"),
        pytest.param({"url": "https://{host}/x"}, id="a host from data"),
        pytest.param({"url": "https://api.{region}.example.org/x"}, id="a part of a host from data"),
        pytest.param({"url": "{scheme}://api.example.org"}, id="a scheme from data"),
        pytest.param({"url": "https://user@api.example.org/"}, id="a name in the URL"),
        pytest.param({"url": "/x"}, id="half a URL"),
    ],
)
def test_a_config_that_hides_what_is_asked_is_refused(sandbox: "Sandbox", config: dict[str, Any]) -> None:
    schema = sandbox.loaded.catalog.capabilities["http_request@1.0.0"].config_schema

    assert Draft202012Validator(schema).is_valid({"url": API})
    assert not Draft202012Validator(schema).is_valid({"url": API} | config)


def test_a_value_cannot_change_the_host(sandbox: "Sandbox", host: "Recorder") -> None:
    answered = ask(sandbox, host, {"url": f"{API}{{+path}}"}, {"url_params": {"path": ".evil.example/x"}})

    assert (answered["error"]["type"], host.asked) == ("url_invalid", [])


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        pytest.param({"retry-after": "7"}, 7, id="seconds"),
        pytest.param(
            {"retry-after": "Fri, 02 Jan 2026 00:01:30 GMT", "date": "Fri, 02 Jan 2026 00:00:00 GMT"}, 90, id="a date"
        ),
        pytest.param(
            {"retry-after": "Fri, 02 Jan 2026 00:00:00 GMT", "date": "Fri, 02 Jan 2026 00:01:00 GMT"}, 0, id="a date gone by"
        ),
        pytest.param({"retry-after": "Fri, 02 Jan 2026 00:01:30 GMT"}, 90, id="a date to count from the host's own time"),
        pytest.param({"retry-after": "soon", "date": "Fri, 02 Jan 2026 00:01:30 GMT"}, None, id="no date"),
        pytest.param({"retry-after": "9" * 30}, None, id="never"),
        pytest.param({"retry-after": "²"}, None, id="a digit that is no number"),
    ],
)
def test_a_busy_server_says_when_to_come_back(
    sandbox: "Sandbox", host: "Recorder", headers: dict[str, str], wait: float | None
) -> None:
    host.http = serving(503, headers)

    answered = ask(sandbox, host, {"url": API})["error"]

    assert (answered["type"], answered["retryable"], answered["retry_after_s"]) == ("status_busy", True, wait)


def test_bytes_go_out_and_come_back_in_base64(sandbox: "Sandbox", host: "Recorder") -> None:
    sent = base64.b64encode(b"\xff\x00").decode()
    host.http = serving(headers={"content-type": "image/png"}, body=None, body_base64="iVBORw==")
    config = {"url": API, "method": "PUT", "body_as": "base64", "response_as": "base64", "max_body_bytes": 100}

    answered = ask(sandbox, host, config, {"body": sent})

    (asked,) = host.asked
    assert (asked["body"], asked["body_base64"], asked["max_bytes"]) == (None, sent, 100)
    assert ["content-type", "application/octet-stream"] in asked["headers"]
    assert answered["ok"]["body"] == "iVBORw=="


@pytest.mark.parametrize(
    ("content", "body"),
    [
        pytest.param({"body": None, "body_base64": "aMOk"}, "aMOk", id="text"),
        pytest.param({"body": None, "body_base64": ""}, None, id="nothing"),
    ],
)
def test_any_answer_may_be_taken_as_bytes(sandbox: "Sandbox", host: "Recorder", content: dict[str, Any], body: Any) -> None:
    host.http = serving(**content)

    assert ask(sandbox, host, {"url": API, "response_as": "base64"})["ok"]["body"] == body
    assert host.asked[0]["binary"] is True


@pytest.mark.parametrize("body", [pytest.param("a", id="a text"), pytest.param({}, id="an object")])
def test_what_is_no_base64_is_not_sent(sandbox: "Sandbox", host: "Recorder", body: Any) -> None:
    answered = ask(sandbox, host, {"url": API, "method": "PUT", "body_as": "base64"}, {"body": body})

    assert answered["error"]["message"] == "body_as base64 takes a text in base64"


def test_headers_may_come_from_data(sandbox: "Sandbox", host: "Recorder") -> None:
    host.http = serving()

    ask(
        sandbox,
        host,
        {"url": API, "headers": {"X-A": "1", "X-B": "2"}},
        {"headers": {"x-a": None, "X-b": 3.0, "If-None-Match": '"e"'}},
    )

    sent = host.asked[0]["headers"]
    assert sent == [["x-b", "3"], ["if-none-match", '"e"'], ["accept", "application/json, */*;q=0.5"]]


def test_pages_may_be_counted_by_offsets(sandbox: "Sandbox", host: "Recorder") -> None:
    lists = iter(["[1, 2]", "[3]", "[]"])

    def page(asked: dict[str, Any]) -> dict[str, Any]:
        return serving(body=next(lists))(asked)

    host.http = page
    paging = {"style": "page", "items": "", "param": "offset", "start": 0, "step": 2}

    answered = ask(sandbox, host, {"url": API, "paging": paging})

    assert answered["ok"]["items"] == [1, 2, 3]
    assert [asked["url"].partition("=")[2] for asked in host.asked] == ["0", "2", "4"]
