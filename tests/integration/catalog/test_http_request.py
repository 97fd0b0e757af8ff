"""Requests as they leave the sandbox, and answers as a step sees them, with a server that each test scripts."""

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from jsonschema import Draft202012Validator

from tests.support.answers import answer_of
from tests.support.unreadable import UNREADABLE

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Recorder, Sandbox

API = "https://api.example.org"


def served(body: Any, *, status: int = 200, headers: dict[str, str] | None = None, text: str | None = None) -> dict[str, Any]:
    sent = json.dumps(body) if text is None else text
    kind = {} if text is not None else {"content-type": "application/json; charset=utf-8"}
    return answer_of({"status": status, "headers": kind | (headers or {}), "body": sent, "body_base64": None, "elapsed_ms": 2})


def serving(answer: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda asked: {"ok": answer | {"url": asked["url"]}}


def failing(type_: str, *, retryable: bool = False) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda _: {"error": {"type": type_, "message": f"{type_} it is", "retryable": retryable}}


def ask(sandbox: "Sandbox", host: "Recorder", config: dict[str, Any], given: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call, and hold config and output against what the capability promises."""
    capability = sandbox.loaded.catalog.capabilities["http_request@1.0.0"]
    Draft202012Validator(capability.config_schema).validate(config)
    Draft202012Validator(capability.input_schema).validate(given or {})
    answered: dict[str, Any] = sandbox.run("http_request", config, given or {}, host)
    if "ok" in answered:
        Draft202012Validator(capability.output_of(config)).validate(answered["ok"])
    else:
        assert answered["error"]["type"] in {error.type for error in capability.errors}
    return answered


@pytest.mark.parametrize(
    ("config", "given", "expected"),
    [
        pytest.param(
            {"url": f"{API}/a b#top"}, {}, {"method": "GET", "url": f"{API}/a b"}, id="as it is written, without a fragment"
        ),
        pytest.param(
            {"url": f"{API}/{{id}}"},
            {"url_params": {"id": "a/b ä"}},
            {"url": f"{API}/a%2Fb%20%C3%A4"},
            id="a value in the path",
        ),
        pytest.param({"url": "{+url}"}, {"url_params": {"url": f"{API}/x?y=1"}}, {"url": f"{API}/x?y=1"}, id="a whole URL"),
        pytest.param(
            {"url": f"{API}/s{{?q,n,flag,none}}"},
            {"url_params": {"q": "a&b", "n": 2.0, "flag": True, "none": None}},
            {"url": f"{API}/s?q=a%26b&n=2&flag=true"},
            id="values in the query",
        ),
        pytest.param(
            {"url": f"{API}/s{{?tag*}}"},
            {"url_params": {"tag": ["a", 1]}},
            {"url": f"{API}/s?tag=a&tag=1"},
            id="a list in the query",
        ),
        pytest.param(
            {"url": f"{API}/s?keep=%7E+x&page=1", "query": {"page": 2, "size": 10}},
            {"query": {"page": 3, "tag": ["a", "b c"], "gone": None}},
            {"url": f"{API}/s?keep=%7E+x&page=3&size=10&tag=a&tag=b%20c"},
            id="query values replace each other",
        ),
        pytest.param(
            {"url": API, "headers": {"X-Trace": "1", "ACCEPT": "text/csv"}, "timeout_ms": 500},
            {},
            {"headers": [["x-trace", "1"], ["accept", "text/csv"]], "timeout_ms": 500},
            id="headers and a timeout",
        ),
        pytest.param(
            {"url": API, "method": "POST"},
            {"body": {"a": [1.0, None, "ä"]}},
            {
                "method": "POST",
                "body": '{"a":[1,null,"\\u00e4"]}',
                "headers": [
                    ["accept", "application/json, */*;q=0.5"],
                    ["content-type", "application/json"],
                    ["idempotency-key", "task/step"],
                ],
            },
            id="JSON, with a key",
        ),
        pytest.param(
            {"url": API, "method": "PUT", "body_as": "form"},
            {"body": {"a": "x y&z", "b": [1, True], "c": None}},
            {
                "body": "a=x%20y%26z&b=1&b=true",
                "headers": [
                    ["accept", "application/json, */*;q=0.5"],
                    ["content-type", "application/x-www-form-urlencoded"],
                    ["idempotency-key", "task/step"],
                ],
            },
            id="a form",
        ),
        pytest.param(
            {"url": API, "method": "PATCH", "body_as": "text", "headers": {"Content-Type": "text/csv"}},
            {"body": "a,b"},
            {
                "body": "a,b",
                "headers": [
                    ["content-type", "text/csv"],
                    ["accept", "application/json, */*;q=0.5"],
                    ["idempotency-key", "task/step"],
                ],
            },
            id="text, of a kind that the plan names",
        ),
        pytest.param({"url": API, "method": "DELETE"}, {}, {"method": "DELETE", "body": None}, id="a write without a body"),
        pytest.param({"url": API, "method": "POST"}, {"body": None}, {"body": "null"}, id="null is a body"),
    ],
)
def test_a_request_leaves_as_config_and_input_say(
    sandbox: "Sandbox", host: "Recorder", config: dict[str, Any], given: dict[str, Any], expected: dict[str, Any]
) -> None:
    host.http = serving(served({}))

    assert "ok" in ask(sandbox, host, config, given)
    (asked,) = host.asked
    assert {name: asked[name] for name in expected} == expected


@pytest.mark.parametrize("method", [pytest.param(method, id=method) for method in ("GET", "HEAD")])
def test_a_read_carries_no_key(sandbox: "Sandbox", host: "Recorder", method: str) -> None:
    host.http = serving(served({}))

    ask(sandbox, host, {"url": API, "method": method})

    assert host.asked[0]["headers"] == [["accept", "application/json, */*;q=0.5"]]


@pytest.mark.parametrize(
    ("answer", "config", "body"),
    [
        pytest.param(served({"a": 1}), {}, {"a": 1}, id="JSON"),
        pytest.param(
            served(None, text='{"a": 1}', headers={"content-type": "application/problem+json"}),
            {},
            {"a": 1},
            id="a kind of JSON",
        ),
        pytest.param(
            served(None, text="\ufeff[1]", headers={"content-type": "application/json"}), {}, [1], id="JSON with a mark"
        ),
        pytest.param(served(None, text="<p>", headers={"content-type": "text/html"}), {}, "<p>", id="text"),
        pytest.param(
            served(None, text="[1]", headers={"content-type": "text/plain"}),
            {"response_as": "json"},
            [1],
            id="JSON called text",
        ),
        pytest.param(served([1]), {"response_as": "text"}, "[1]", id="JSON left as text"),
        pytest.param(served(None, text="", status=204), {}, None, id="nothing"),
        pytest.param(served({"no": 1}, status=404), {"expected": [200, 404]}, {"no": 1}, id="a status that is expected"),
        pytest.param(served({"a": "x"}), {"response_schema": {"required": ["a"]}}, {"a": "x"}, id="a body that fits"),
    ],
)
def test_an_answer_is_read_by_its_kind(
    sandbox: "Sandbox", host: "Recorder", answer: dict[str, Any], config: dict[str, Any], body: Any
) -> None:
    host.http = serving(answer)

    answered = ask(sandbox, host, {"url": f"{API}/x"} | config)

    expected = {"status": answer["status"], "headers": answer["headers"], "body": body, "elapsed_ms": 2, "url": f"{API}/x"}
    assert answered == {"ok": expected}


FAILURES = [
    pytest.param(
        {},
        {},
        served({"why": "gone"}, status=404),
        "status_unexpected",
        f'GET {API}/x answered 404: {{"why": "gone"}}',
        id="not found",
    ),
    pytest.param(
        {}, {}, served(None, text="", status=500), "status_unexpected", f"GET {API}/x answered 500", id="a fault of the server"
    ),
    pytest.param(
        {"expected": [201]}, {}, served({}), "status_unexpected", f"GET {API}/x answered 200: {{}}", id="another success"
    ),
    pytest.param(
        {},
        {},
        served(None, text="{", headers={"content-type": "application/json"}),
        "response_invalid",
        "the response is not JSON: Line 1, column 2: Expecting property name enclosed in double quotes.: {",
        id="no JSON",
    ),
    pytest.param(
        {},
        {},
        served(None, text="[" * 100_000, headers={"content-type": "application/json"}),
        "response_invalid",
        f"the response is not JSON: Line 1, column 125: The value is nested more than 124 deep.: {'[' * 99}…",
        id="JSON without end",
    ),
    pytest.param(
        {},
        {},
        {**served({}), "body": None, "body_base64": base64.b64encode(b"\xff").decode()},
        "response_invalid",
        "the response is not text in its charset (UTF-8 if it declares none): set response_as to base64 to take its bytes",
        id="no text",
    ),
    pytest.param(
        {"response_schema": {"items": {"type": "integer"}}},
        {},
        served([1, "a"]),
        "response_mismatch",
        "the body does not fit response_schema: at /1: 'a' is not of type 'integer'",
        id="another shape",
    ),
    pytest.param(
        {"response_schema": {"type": "object"}},
        {},
        served(None, text="{}", headers={"content-type": "text/plain"}),
        "response_mismatch",
        "the body does not fit response_schema: at its root: '{}' is not of type 'object'; "
        "it came as text: set response_as to json if it is JSON",
        id="JSON that came as text",
    ),
    pytest.param(
        {"url": "{+url}"},
        {},
        served({}),
        "request_invalid",
        "input.url_params has no value for url in {+url}",
        id="a name without a value",
    ),
    pytest.param(
        {"url": "{+url}"},
        {"url_params": {"url": "file:///etc/passwd"}},
        served({}),
        "url_invalid",
        "not an absolute http or https URL: file:///etc/passwd",
        id="no web address",
    ),
    pytest.param(
        {"url": "{+url}"},
        {"url_params": {"url": "/x"}},
        served({}),
        "url_invalid",
        "not an absolute http or https URL: /x",
        id="half an address",
    ),
    pytest.param(
        {"url": "{+url}"},
        {"url_params": {"url": "http://[::1"}},
        served({}),
        "url_invalid",
        "Invalid IPv6 URL: http://[::1",
        id="no address",
    ),
    pytest.param({}, {"body": {}}, served({}), "request_invalid", "GET takes no body", id="a body with GET"),
    pytest.param(
        {"method": "POST", "body_as": "text"},
        {"body": {}},
        served({}),
        "request_invalid",
        "body_as text takes a text",
        id="an object as text",
    ),
    pytest.param(
        {"method": "POST", "body_as": "form"},
        {"body": []},
        served({}),
        "request_invalid",
        "body_as form takes an object of names and values",
        id="a list as a form",
    ),
]


@pytest.mark.parametrize("text", [case[0] for case in UNREADABLE.values()], ids=list(UNREADABLE))
def test_a_body_that_is_not_json_as_it_is_taken_is_an_invalid_response(sandbox: "Sandbox", host: "Recorder", text: str) -> None:
    host.http = serving(served(None, text=text, headers={"content-type": "application/json"}))
    failed = ask(sandbox, host, {"url": f"{API}/x"})
    taken = ask(sandbox, host, {"url": f"{API}/x", "on_error": "return"})
    assert failed["error"]["type"] == "response_invalid"
    assert failed["error"]["message"].startswith("the response is not JSON: Line ")
    assert taken["ok"]["error"]["type"] == "response_invalid"


@pytest.mark.parametrize(("config", "given", "answer", "type_", "message"), FAILURES)
def test_a_failure_says_what_happened(  # noqa: PLR0917 - one row of a table
    sandbox: "Sandbox",
    host: "Recorder",
    config: dict[str, Any],
    given: dict[str, Any],
    answer: dict[str, Any],
    type_: str,
    message: str,
) -> None:
    host.http = serving(answer)

    answered = ask(sandbox, host, {"url": f"{API}/x"} | config, given)

    assert answered == {"error": {"type": type_, "message": message, "retryable": False, "retry_after_s": None}}


@pytest.mark.parametrize(("config", "given", "answer", "type_", "message"), FAILURES)
def test_a_failure_may_be_an_answer(  # noqa: PLR0917 - one row of a table
    sandbox: "Sandbox",
    host: "Recorder",
    config: dict[str, Any],
    given: dict[str, Any],
    answer: dict[str, Any],
    type_: str,
    message: str,
) -> None:
    host.http = serving(answer)

    answered = ask(sandbox, host, {"url": f"{API}/x", "on_error": "return"} | config, given)

    assert answered["ok"]["error"] == {"type": type_, "message": message}
    assert answered["ok"]["body"] is None


def test_an_answer_without_failure_says_so(sandbox: "Sandbox", host: "Recorder") -> None:
    host.http = serving(served({"a": 1}))

    answered = ask(sandbox, host, {"url": API, "on_error": "return", "response_schema": {"type": "object"}})

    assert (answered["ok"]["error"], answered["ok"]["body"]) == (None, {"a": 1})


@pytest.mark.parametrize("status", [pytest.param(status, id=str(status)) for status in (408, 429, 502, 503, 504)])
@pytest.mark.parametrize(
    ("after", "wait"),
    [
        pytest.param("7", 7.0, id="in seconds"),
        pytest.param("Fri, 31 Dec 1999 23:59:59 GMT", 0.0, id="at a date gone by"),
        pytest.param("", None, id="not said"),
        pytest.param("99999999999999", None, id="far beyond"),
    ],
)
def test_a_busy_server_may_be_asked_again(
    sandbox: "Sandbox", host: "Recorder", status: int, after: str, wait: float | None
) -> None:
    host.http = serving(served(None, text="", status=status, headers={"retry-after": after}))

    error = ask(sandbox, host, {"url": API})["error"]

    assert (error["type"], error["retryable"], error["retry_after_s"]) == ("status_busy", True, wait)


@pytest.mark.parametrize(
    "type_",
    [pytest.param(type_, id=type_) for type_ in ("dns_failed", "connect_failed", "timed_out", "tls_failed", "too_large")],
)
def test_what_the_host_could_not_do_is_passed_on_or_returned(sandbox: "Sandbox", host: "Recorder", type_: str) -> None:
    host.http = failing(type_, retryable=True)

    failed, returned = ask(sandbox, host, {"url": API}), ask(sandbox, host, {"url": API, "on_error": "return"})

    assert failed["error"] == {"type": type_, "message": f"{type_} it is", "retryable": True, "retry_after_s": None}
    assert returned["ok"] == {
        "status": None,
        "headers": {},
        "body": None,
        "elapsed_ms": 0,
        "url": API,
        "error": {"type": type_, "message": f"{type_} it is"},
    }


@pytest.mark.parametrize(
    "type_", [pytest.param(type_, id=type_) for type_ in ("host_refused", "address_refused", "limit_host_calls")]
)
def test_what_was_not_granted_is_never_an_answer(sandbox: "Sandbox", host: "Recorder", type_: str) -> None:
    host.http = failing(type_)

    assert ask(sandbox, host, {"url": API, "on_error": "return"})["error"]["type"] == type_


def page_of(asked: dict[str, Any], name: str, first: int) -> int:
    return int(parse_qs(urlsplit(asked["url"]).query).get(name, [str(first)])[0])


def by_link(asked: dict[str, Any]) -> dict[str, Any]:
    number = page_of(asked, "page", 1)
    links = {
        1: '<https://api.example.org/x?page=1>; rel="first", </x?page=2>; title="a, \\"b\\"; rel=prev"; rel="last next"',
        2: "</x?page=3>;rel=next",
        3: '</x?page=1>; rel="first"',
    }
    return {"ok": served([number * 10, number * 10 + 1], headers={"link": links[number]}) | {"url": asked["url"]}}


def by_cursor(asked: dict[str, Any]) -> dict[str, Any]:
    number = page_of(asked, "after", 0)
    body = {"data": {"rows": [number]}, "next": number + 1 if number < 2 else None}
    return {"ok": served(body) | {"url": asked["url"]}}


def by_url(asked: dict[str, Any]) -> dict[str, Any]:
    number = page_of(asked, "p", 0)
    return {"ok": served({"rows": [number], "next": f"/x?p={number + 1}" if number < 2 else ""}) | {"url": asked["url"]}}


def by_page(asked: dict[str, Any]) -> dict[str, Any]:
    number = page_of(asked, "page", -1)
    return {"ok": served({"rows": [number] if number < 3 else []}) | {"url": asked["url"]}}


@pytest.mark.parametrize(
    ("server", "paging", "items", "pages", "last"),
    [
        pytest.param(by_link, {"style": "link", "items": ""}, [10, 11, 20, 21, 30, 31], 3, "/x?page=3", id="links"),
        pytest.param(
            by_cursor,
            {"style": "cursor", "items": "/data/rows", "cursor": "/next", "param": "after"},
            [0, 1, 2],
            3,
            "/x?after=2",
            id="a cursor",
        ),
        pytest.param(
            by_url,
            {"style": "cursor", "items": "/rows", "cursor": "/next"},
            [0, 1, 2],
            3,
            "/x?p=2",
            id="a cursor that is a URL",
        ),
        pytest.param(by_page, {"style": "page", "items": "/rows"}, [1, 2], 3, "/x?page=3", id="numbers"),
        pytest.param(
            by_page, {"style": "page", "items": "/rows", "start": 0}, [0, 1, 2], 4, "/x?page=3", id="numbers from zero"
        ),
        pytest.param(
            by_link,
            {"style": "link", "items": "", "max_pages": 3},
            [10, 11, 20, 21, 30, 31],
            3,
            "/x?page=3",
            id="as many as allowed",
        ),
    ],
)
def test_pages_are_followed_to_the_last(  # noqa: PLR0917 - one row of a table
    sandbox: "Sandbox",
    host: "Recorder",
    server: Callable[[dict[str, Any]], dict[str, Any]],
    paging: dict[str, Any],
    items: list[int],
    pages: int,
    last: str,
) -> None:
    host.http = server

    answered = ask(sandbox, host, {"url": f"{API}/x", "paging": paging, "response_schema": {"type": "integer"}})["ok"]

    assert {name: answered[name] for name in ("items", "pages", "truncated", "url", "elapsed_ms")} == {
        "items": items,
        "pages": pages,
        "truncated": False,
        "url": API + last,
        "elapsed_ms": 2 * pages,
    }


def test_too_many_pages_fail_unless_the_list_may_end_there(sandbox: "Sandbox", host: "Recorder") -> None:
    host.http = by_link
    paging = {"style": "link", "items": "", "max_pages": 2}

    failed = ask(sandbox, host, {"url": API, "paging": paging})
    cut = ask(sandbox, host, {"url": API, "paging": paging | {"on_max": "truncate"}})["ok"]

    assert failed["error"]["message"] == "there are more than 2 pages; raise max_pages or set on_max to truncate"
    assert (cut["items"], cut["pages"], cut["truncated"]) == ([10, 11, 20, 21], 2, True)
    assert len(host.asked) == 4


@pytest.mark.parametrize(
    ("answer", "paging", "message"),
    [
        pytest.param(served({"rows": {}}), {"style": "page", "items": "/rows"}, "page 1 has no list at /rows", id="no list"),
        pytest.param(served(None, text=""), {"style": "link", "items": ""}, "page 1 has no list at its root", id="nothing"),
        pytest.param(
            served([1], headers={"link": "<https://api.example.org/x>; rel=next"}),
            {"style": "link", "items": ""},
            "the pages go round in a circle at https://api.example.org/x",
            id="a circle",
        ),
        pytest.param(
            served([1]),
            {"style": "page", "items": ""},
            "page 1 to 3 are the same: the server does not seem to know 'page'",
            id="always the same page",
        ),
        pytest.param(
            served({"rows": [1], "next": {"a": 1}}),
            {"style": "cursor", "items": "/rows", "cursor": "/next"},
            "the cursor at /next is not a text or number",
            id="no cursor",
        ),
    ],
)
def test_pages_that_lead_nowhere_are_a_failure(
    sandbox: "Sandbox", host: "Recorder", answer: dict[str, Any], paging: dict[str, Any], message: str
) -> None:
    host.http = serving(answer)

    error = ask(sandbox, host, {"url": f"{API}/x", "paging": paging})["error"]

    assert (error["type"], error["message"]) == ("paging_invalid", message)


def test_what_came_before_a_failure_is_returned_with_it(sandbox: "Sandbox", host: "Recorder") -> None:
    host.http = lambda asked: by_link(asked) if len(host.asked) < 3 else failing("timed_out")(asked)

    answered = ask(sandbox, host, {"url": API, "on_error": "return", "paging": {"style": "link", "items": ""}})["ok"]

    assert {name: answered[name] for name in ("items", "pages", "truncated", "error")} == {
        "items": [10, 11, 20, 21],
        "pages": 2,
        "truncated": True,
        "error": {"type": "timed_out", "message": "timed_out it is"},
    }


def test_an_item_of_another_shape_is_named_by_its_place(sandbox: "Sandbox", host: "Recorder") -> None:
    host.http = by_link

    config = {"url": API, "paging": {"style": "link", "items": ""}, "response_schema": {"maximum": 20}}
    error = ask(sandbox, host, config)["error"]

    assert error["message"] == "item 3 does not fit response_schema: at its root: 21 is greater than the maximum of 20"


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({}, id="no URL"),
        pytest.param({"url": API, "secret": "x"}, id="an unknown name"),
        pytest.param({"url": API, "headers": {"Host": "x"}}, id="Host"),
        pytest.param({"url": API, "headers": {"content-LENGTH": "1"}}, id="Content-Length"),
        pytest.param({"url": API, "headers": {"a b": "x"}}, id="no header name"),
        pytest.param({"url": API, "headers": {"a": "x\r\nHost: y"}}, id="a header in a header"),
        pytest.param({"url": API, "headers": {"a": "x\n"}}, id="an end of line"),
        pytest.param({"url": API, "method": "POST", "paging": {"style": "link", "items": ""}}, id="pages of writes"),
        pytest.param({"url": API, "paging": {"style": "cursor", "items": ""}}, id="a cursor from nowhere"),
        pytest.param({"url": API, "paging": {"style": "link", "items": "", "param": "p"}}, id="a parameter with links"),
        pytest.param({"url": API, "paging": {"style": "link", "items": "rows"}}, id="no pointer"),
        pytest.param({"url": API, "paging": {"style": "link", "items": "", "max_pages": 201}}, id="too many pages"),
        pytest.param({"url": API, "expected": []}, id="nothing expected"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused_before_it_runs(sandbox: "Sandbox", config: dict[str, Any]) -> None:
    capability = sandbox.loaded.catalog.capabilities["http_request@1.0.0"]

    assert not Draft202012Validator(capability.config_schema).is_valid(config)


@pytest.mark.parametrize(
    ("template", "params"),
    [
        pytest.param("/users/{id}/avatar", {"id": ".."}, id="simple"),
        pytest.param("/users/{id}/avatar", {"id": "."}, id="one dot"),
        pytest.param("/users/{id}/avatar", {"id": "../admin"}, id="simple, with a slash, which is encoded"),
        pytest.param("/users/{id}/avatar", {"id": "%2e%2e"}, id="simple, encoded, which is encoded again"),
        pytest.param("/users/{id}/avatar", {"id": "..;a=b"}, id="with a parameter"),
        pytest.param("/users/{id}/avatar", {"id": "..%5c"}, id="an encoded backslash"),
        pytest.param("/users/{+id}/avatar", {"id": ".."}, id="reserved"),
        pytest.param("/users/{+id}/avatar", {"id": "a/../../b"}, id="reserved, with slashes"),
        pytest.param("/users/{+id}/avatar", {"id": "%2E%2e"}, id="reserved, encoded"),
        pytest.param("/users/{+id}/avatar", {"id": ".%2e"}, id="reserved, half encoded"),
        pytest.param("/users{/id}/avatar", {"id": ".."}, id="segments"),
        pytest.param("/users{/id*}/avatar", {"id": ["a", ".."]}, id="a list of segments"),
        pytest.param("/users/{id*}/avatar", {"id": [".."]}, id="a list"),
        pytest.param("/users/{.id}/avatar", {"id": "."}, id="a label"),
        pytest.param("/users/{id:2}/avatar", {"id": "..x"}, id="a prefix"),
        pytest.param("/users/.{id}/avatar", {"id": "."}, id="a value that completes one"),
        pytest.param("/users/{a}{b}/avatar", {"a": ".", "b": "."}, id="two values that make one"),
        pytest.param("/users/{id}", {"id": ".."}, id="at the end"),
        pytest.param("/users/{+id}", {"id": "x/.."}, id="at the end of a value"),
        pytest.param("/a/../users/{id}", {"id": ".."}, id="one more than the template has"),
        pytest.param("/users/{id}/avatar", {"id": ""}, id="nothing"),
        pytest.param("/users/{id}", {"id": []}, id="an empty list"),
    ],
)
@pytest.mark.parametrize("method", [pytest.param(method, id=method) for method in ("GET", "DELETE")])
def test_a_value_cannot_leave_the_path(
    sandbox: "Sandbox", host: "Recorder", method: str, template: str, params: dict[str, Any]
) -> None:
    answered = ask(sandbox, host, {"url": f"{API}{template}", "method": method}, {"url_params": params})

    assert (answered["error"]["type"], host.asked) == ("request_invalid", [])


@pytest.mark.parametrize(
    ("template", "params", "path"),
    [
        pytest.param("/f/{id}", {"id": "a.b"}, "/f/a.b", id="a dot in a name"),
        pytest.param("/f/{id}", {"id": "..."}, "/f/...", id="three dots"),
        pytest.param("/f/{id}", {"id": "..a"}, "/f/..a", id="dots before a name"),
        pytest.param("/f/{id}{?q}", {"id": "a", "q": "../b"}, "/f/a?q=..%2Fb", id="dots in a query"),
        pytest.param("/f/{+path}", {"path": "a/b.c"}, "/f/a/b.c", id="a path"),
        pytest.param("/f/{+path}", {"path": ""}, "/f/", id="a path of nothing"),
        pytest.param("/f/../g/{id}", {"id": "a"}, "/f/../g/a", id="what the plan wrote"),
    ],
)
def test_dots_that_are_no_segment_stay(
    sandbox: "Sandbox", host: "Recorder", template: str, params: dict[str, Any], path: str
) -> None:
    host.http = serving(served({}))

    assert "ok" in ask(sandbox, host, {"url": f"{API}{template}"}, {"url_params": params})
    assert host.asked[0]["url"] == f"{API}{path}"


@pytest.mark.parametrize(
    ("content_type", "text", "body"),
    [
        pytest.param("text/json", "[1]", [1], id="text/json"),
        pytest.param("application/json, application/json", "[1]", [1], id="doubled"),
        pytest.param("text/html, application/json", "[1]", [1], id="two that differ"),
        pytest.param("application/vnd.api+json; charset=utf-8", "[1]", [1], id="a suffix"),
        pytest.param("text/plain", "[1]", "[1]", id="text"),
        pytest.param(None, " [1]", [1], id="none, and it is a list"),
        pytest.param(None, '{"a": 1}', {"a": 1}, id="none, and it is an object"),
        pytest.param(None, "[1", "[1", id="none, and it only looks like one"),
        pytest.param(None, "12", "12", id="none, and it is a number, or a text"),
    ],
)
def test_json_is_known_by_its_type_or_where_there_is_none_by_its_look(
    sandbox: "Sandbox", host: "Recorder", content_type: str | None, text: str, body: Any
) -> None:
    host.http = serving(served(None, text=text, headers={} if content_type is None else {"content-type": content_type}))

    assert ask(sandbox, host, {"url": API})["ok"]["body"] == body


def of_pages(pages: dict[int, list[Any]], beyond: list[Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda asked: {"ok": served(pages.get(page_of(asked, "page", 1), beyond)) | {"url": asked["url"]}}


@pytest.mark.parametrize(
    ("pages", "beyond", "items"),
    [
        pytest.param({1: [1, 2, 3], 2: [3]}, [], [1, 2, 3, 3], id="a page like the tail of the one before"),
        pytest.param({1: ["a"], 2: ["a"]}, [], ["a", "a"], id="two pages alike"),
        pytest.param({page: [0, 0] for page in range(1, 6)}, [], [0] * 10, id="five pages alike"),
        pytest.param({1: [1], 2: [2]}, [2], [1, 2], id="a server that stays at its last page"),
    ],
)
def test_pages_that_are_alike_are_no_reason_to_lose_a_list(
    sandbox: "Sandbox", host: "Recorder", pages: dict[int, list[Any]], beyond: list[Any], items: list[Any]
) -> None:
    host.http = of_pages(pages, beyond)

    answered = ask(sandbox, host, {"url": f"{API}/x", "paging": {"style": "page", "items": ""}})["ok"]

    assert (answered["items"], answered["truncated"]) == (items, False)
