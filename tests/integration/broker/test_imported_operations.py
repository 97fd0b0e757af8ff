"""Imported operations in worker processes, against a server on loopback: what the server received is what was meant."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from broker.policy import Binding, Policy
from broker.pool import WasmPool
from broker.secrets import Environment, Vault
from catalog.build import default_cache
from catalog.calls import Call, Failed, Grants, Ok
from catalog.loader import LoadedCatalog, load_catalog
from catalog.openapi.importing import Wanted, import_document
from service.importing import write
from tests.support.servers import Reply, Server, says

HOST = "api.demo"
OK = {"200": {"description": "ok", "content": {"application/json": {"schema": {}}}}}
BINARY = {"type": "string", "format": "binary"}


def parameter(name: str, place: str, schema: Any, **more: Any) -> Any:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


def post(media_type: str, schema: Any, **more: Any) -> Any:
    return {"requestBody": {"content": {media_type: {"schema": schema, **more}}}, "responses": OK}


LIST = {"type": "array", "items": {"type": "string"}}
PATHS: dict[str, Any] = {
    "/files/{name}.{kind}": {
        "get": {
            "operationId": "file",
            "parameters": [parameter("name", "path", {}), parameter("kind", "path", {})],
            "responses": {"200": {"description": "ok", "content": {"image/png": {}}}},
        }
    },
    "/jobs/{id}:cancel": {
        "post": {
            "operationId": "cancel",
            "parameters": [parameter("id", "path", {"type": "integer"})],
            "responses": {"200": {}},
        }
    },
    "/search?fixed=1&kind={kind}": {
        "get": {
            "operationId": "search",
            "parameters": [
                parameter("kind", "query", {"type": "string"}),
                parameter("filter", "query", {"type": "object"}, style="deepObject", explode=True),
                parameter("ids", "query", LIST, style="pipeDelimited", explode=False),
                parameter("where", "query", {"type": "object"}),
                parameter("X-Ids", "header", LIST),
                parameter("sid", "cookie", {"type": "string"}),
                parameter("theme", "cookie", LIST),
            ],
            "responses": OK,
        }
    },
    "/form": {
        "post": {
            "operationId": "form",
            **post(
                "application/x-www-form-urlencoded",
                {"type": "object", "properties": {"deep": {}, "json": {}, "list": {}, "none": {}}},
                encoding={"deep": {"style": "deepObject", "explode": True}, "list": {"explode": False}},
            ),
        }
    },
    "/parts": {
        "post": {
            "operationId": "parts",
            **post("multipart/form-data", {"type": "object", "properties": {"file": BINARY, "about": {"type": "object"}}}),
        }
    },
    "/bytes": {"put": {"operationId": "bytes", **post("application/octet-stream", BINARY)}},
    "/text": {"post": {"operationId": "text", **post("text/csv", {"type": "string"})}},
    "/any": {"post": {"operationId": "any", "responses": {"200": {"description": "ok"}, "4XX": {"description": "no"}}}},
    "/signed": {"get": {"operationId": "signed", "security": [{"k": [], "q": []}], "responses": OK}},
}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": f"http://{HOST}/v1"}],
    "paths": PATHS,
    "components": {
        "securitySchemes": {
            "k": {"type": "apiKey", "in": "cookie", "name": "session"},
            "q": {"type": "apiKey", "in": "query", "name": "key"},
        }
    },
}


class Replies(dict[str, Reply]):
    """Answers every path alike: by default with what JSON has for yes."""

    def __init__(self) -> None:
        super().__init__()
        self.reply: Reply = says(b"true", content_type="application/json")

    def __missing__(self, _path: str) -> Reply:
        return self.reply


class House:
    """The imported handlers, a pool that runs them and the server that they ask."""

    def __init__(self, pool: WasmPool, server: Server, replies: Replies) -> None:
        self.pool, self.server, self.replies = pool, server, replies

    async def call(self, name: str, given: Any, **more: Any) -> Any:
        self.server.seen.clear()
        call = Call(
            handler=f"{name}@1.0.0", config=more.pop("config", {}), input=given, step="s", idempotency_key="task/s", **more
        )
        return await self.pool.run(call)

    async def sent(self, name: str, given: Any, **more: Any) -> Any:
        """Make a call that succeeds, and give what the server saw of it."""
        made = await self.call(name, given, grants=Grants(hosts=frozenset({HOST}), secrets=frozenset({"a", "b"})), **more)
        assert isinstance(made, Ok), made
        (seen,) = self.server.seen
        return seen

    async def answered(self, name: str, reply: Reply) -> Any:
        """Make a call that the server answers so."""
        self.replies.reply = reply
        try:
            return await self.call(name, {}, grants=Grants(hosts=frozenset({HOST})))
        finally:
            self.replies.reply = Replies().reply


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedCatalog:
    folder = tmp_path_factory.mktemp("imported")
    made = import_document(Path("api.json"), json.dumps(DOCUMENT).encode(), Wanted())
    assert not made.left_out, made.left_out
    write(made, folder)
    return load_catalog(folder)


@pytest.fixture
async def house(loaded: LoadedCatalog, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setenv("A", "s3cret-of-a")
    monkeypatch.setenv("B", "k3y&of-b")
    bindings = {
        "a": Binding(source="env:A", hosts=(HOST,), headers=("cookie",)),
        "b": Binding(source="env:B", hosts=(HOST,), query=("key",)),
    }
    replies = Replies()
    with Server(replies).running() as server:
        async with WasmPool.open(
            components=lambda capability: loaded.component(capability, cache=default_cache()),
            catalog=loaded.catalog,
            cache=default_cache(),
            policy=Policy(private={HOST: server.at}, workers=1, secrets=bindings),
            vault=Vault(bindings, {"env": Environment()}),
        ) as pool:
            yield House(pool, server, replies)


def query(seen: Any) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(seen["path"]).query, keep_blank_values=True)


async def test_requests_arrive_as_the_document_says(house: House) -> None:
    """One pool for all of them: a worker takes longer to start than all calls together."""
    seen = await house.sent("cancel", {"id": 7})
    assert (seen["method"], seen["path"], seen["headers"]["idempotency-key"]) == ("POST", "/v1/jobs/7:cancel", "task/s")

    given = {
        "kind": "a b",
        "filter": {"a": ["x", "y"], "b": None, "c": {"d": "ü&"}},
        "ids": ["1", "2"],
        "where": {"x": 1},
        "X-Ids": ["a", "b"],
        "sid": "a;b=c",
        "theme": ["dark", "big"],
    }
    seen = await house.sent("search", given)
    assert urlsplit(seen["path"]).path == "/v1/search"
    assert query(seen) == [
        *(("fixed", "1"), ("kind", "a b"), ("filter[a]", "x"), ("filter[a]", "y"), ("filter[c][d]", "ü&")),
        *(("ids", "1|2"), ("x", "1")),
    ]
    assert seen["headers"]["x-ids"] == "a,b"
    cookies = [pair.partition("=") for pair in seen["headers"]["cookie"].split("; ")]
    assert [(name, unquote(value)) for name, _, value in cookies] == [("sid", "a;b=c"), ("theme", "dark"), ("theme", "big")]

    seen = await house.sent(
        "form", {"body": {"deep": {"a": 1, "b": [2, 3]}, "json": {"c": None}, "list": ["x", "y"], "none": None}}
    )
    assert seen["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(seen["body"].decode()) == [
        *(("deep[a]", "1"), ("deep[b]", "2"), ("deep[b]", "3"), ("json", '{"c":null}'), ("list", "x,y")),
    ]

    content = base64.b64encode(b"\x00\xff").decode()
    seen = await house.sent("parts", {"body": {"file": {"base64": content, "filename": "a.bin"}, "about": {"n": 1}}})
    assert seen["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="a.bin"\r\nContent-Type: application/octet-stream\r\n\r\n\x00\xff\r\n--' in seen["body"]
    assert b'name="about"\r\nContent-Type: application/json\r\n\r\n{"n":1}\r\n--' in seen["body"]

    assert (await house.sent("bytes", {"body": content}))["body"] == b"\x00\xff"
    seen = await house.sent("text", {"body": "a,ü"})
    assert (seen["body"], seen["headers"]["content-type"]) == ("a,ü".encode(), "text/csv")

    auth = {"auth": {"k": "{{ secrets.a }}", "q": "{{ secrets.b }}"}}
    seen = await house.sent("signed", {}, config=auth, secrets={"/config/auth/k": "a", "/config/auth/q": "b"})
    assert (seen["headers"]["cookie"], query(seen)) == ("session=s3cret-of-a", [("key", "k3y&of-b")])


async def test_answers_mean_what_the_document_says(house: House) -> None:
    png = b"\x89PNG\r\n\x00"
    house.replies.reply = says(png, content_type="image/png")
    made = await house.call("file", {"name": "a/b", "kind": "png"}, grants=Grants(hosts=frozenset({HOST})))
    assert house.server.seen[0]["path"] == "/v1/files/a%2Fb.png"
    assert (made.output["body"], made.output["status"]) == (base64.b64encode(png).decode(), 200)

    taken: list[tuple[Reply, Any]] = [
        (says(b'{"a": 1}', content_type="application/json"), {"a": 1}),
        (says(b"{", content_type="application/json"), "{"),
        (says(b"plain", content_type="text/plain"), "plain"),
        (says(b'{"a": 1}'), {"a": 1}),
        (says(b"{a}"), "{a}"),
        (says(png, content_type="image/png"), None),
        (says(b""), None),
    ]
    for reply, body in taken:  # the document tells nothing of it: taken or dropped, never an error after a write
        made = await house.answered("any", reply)
        assert isinstance(made, Ok), made
        assert made.output["body"] == body
    failed = await house.answered("any", says(b"no", 404))
    assert isinstance(failed, Failed)
    assert (failed.type, failed.retryable) == ("status_4xx", False)
    busy = await house.answered("any", says(b"slow", 503, retry_after="3"))
    assert (busy.type, busy.retryable, busy.retry_after_s) == ("status_busy", True, 3.0)


async def test_a_path_that_would_lead_elsewhere_is_never_asked(house: House) -> None:
    for name, kind in (("../x", "y"), ("", ""), ("a", "x/../.."), ("%2e%2e/a", "x")):
        made = await house.call("file", {"name": name, "kind": kind}, grants=Grants(hosts=frozenset({HOST})))
        assert house.server.seen == []
        assert isinstance(made, Failed), made
        assert made.type == "request_invalid"
