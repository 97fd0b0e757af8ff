"""Secrets on their way through the host and through whole calls, against servers on loopback."""

import json
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from broker.channels import Webhook
from broker.orders import Loan
from broker.policy import Binding, Policy
from broker.pool import WasmPool
from broker.secrets import Environment, Vault
from catalog.calls import Call, Failed, Grants, Ok, Outcome
from catalog.capability import Authority
from catalog.registry import Catalog
from tests.integration.broker.conftest import capability
from tests.support.servers import Reply, Server, browsing, says, serving, to

HERE = Path(__file__).parent
VALUE = "canary/7f3a+91c2"
LOAN = Loan(
    name="key", placeholder="gwsecret42", value=VALUE, hosts=("a.demo", "secure.demo"), headers=("x-api-key",), query=("key",)
)
HEADERS = [["X-Api-Key", LOAN.placeholder]]


def echoing(handler: BaseHTTPRequestHandler) -> None:
    """Answer with everything that a server could repeat of what it was sent."""
    sent = handler.headers.get("x-api-key", "")
    body = f"{sent} {b64encode(sent.encode()).decode()} {handler.path}".encode()
    says(body, X_Seen=sent)(handler)


def test_a_secret_reaches_the_pinned_host_that_it_is_bound_to_and_the_guest_sees_none_of_it() -> None:
    with serving(x=echoing) as server, browsing(Policy(private={"a.demo": server.at}), "a.demo", loans=(LOAN,)) as get:
        answer = get("http://a.demo/x?page=1&key=gwsecret42", headers=HEADERS)
    (seen,) = server.seen
    assert (seen["path"], seen["headers"]["x-api-key"]) == ("/x?page=1&key=canary%2F7f3a%2B91c2", VALUE)
    assert answer["url"] == "http://a.demo/x?page=1&key=gwsecret42"
    assert answer["headers"]["x-seen"] == "gwsecret42"
    assert answer["body"].startswith("gwsecret42 ***")
    assert answer["body"].endswith(" /x?page=1&key=gwsecret42")
    assert "canary" not in json.dumps(answer)


def test_a_binary_answer_is_searched_too() -> None:
    reply = says(b"\xff\x00" + VALUE.encode())
    with serving(x=reply) as server, browsing(Policy(private={"a.demo": server.at}), "a.demo", loans=(LOAN,)) as get:
        answer = get("http://a.demo/x", headers=HEADERS)
    assert answer["body_base64"] == b64encode(b"\xff\x00gwsecret42").decode()


def test_over_tls_a_secret_goes_to_the_certified_name_only() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(HERE / "tls" / "server.pem", HERE / "tls" / "server.key")
    with Server({"/x": says()}, tls).running() as server:
        policy = Policy(private={"secure.demo": server.at, "a.demo": server.at}, ca_file=HERE / "tls" / "server.pem")
        with browsing(policy, "secure.demo", "a.demo", loans=(LOAN,)) as get:
            assert get("https://secure.demo/x", headers=HEADERS)["status"] == 200
            assert get("https://a.demo/x", headers=HEADERS) == "tls_failed"
    assert [seen["headers"]["x-api-key"] for seen in server.seen] == [VALUE]


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({"url": "http://b.demo/x", "headers": HEADERS}, id="another host that was granted"),
        pytest.param({"url": "http://public.demo/x", "headers": HEADERS}, id="in the clear to the world"),
        pytest.param({"url": "http://a.demo/gwsecret42", "headers": []}, id="path"),
        pytest.param({"url": "http://a.demo/x", "headers": [["X-Other", "gwsecret42"]]}, id="another header"),
        pytest.param({"url": "http://a.demo/x?q=gwsecret42", "headers": []}, id="another parameter"),
        pytest.param({"url": "http://a.demo/x", "method": "POST", "body": "gwsecret42"}, id="body"),
        pytest.param(
            {"url": "http://a.demo/x", "method": "POST", "body_base64": b64encode(b"\xff gwsecret42").decode()},
            id="binary body",
        ),
    ],
)
def test_a_secret_that_is_not_bound_there_stays_and_nothing_is_sent(request_: dict[str, Any]) -> None:
    loan = Loan(name="key", placeholder="gwsecret42", value=VALUE, hosts=("a.demo", "public.demo"), headers=("x-api-key",))
    with serving(x=says()) as server:
        policy = Policy(private={"a.demo": server.at, "b.demo": server.at})
        with browsing(policy, "a.demo", "b.demo", "public.demo", resolver=lambda *_: ["1.1.1.1"], loans=(loan,)) as get:
            assert get(**request_) == "secret_refused"
    assert server.seen == []


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        pytest.param("/end", [VALUE, VALUE], id="same origin"),
        pytest.param("http://a.demo/end", [VALUE, VALUE], id="same origin, absolute"),
        pytest.param("http://b.demo/end", [VALUE, None], id="another host"),
        pytest.param("http://bound.demo/end", [VALUE, None], id="another host, though bound"),
    ],
)
def test_a_redirect_to_another_origin_leaves_the_secret_behind(location: str, sent: list[str | None]) -> None:
    loan = Loan(name="key", placeholder="gwsecret42", value=VALUE, hosts=("a.demo", "bound.demo"), headers=("x-odd",))
    with serving(go=to(location), end=says()) as server:
        hosts = ("a.demo", "b.demo", "bound.demo")
        with browsing(Policy(private=dict.fromkeys(hosts, server.at)), *hosts, loans=(loan,)) as get:
            assert get("http://a.demo/go", headers=[["X-Odd", "gwsecret42"]])["status"] == 200
    assert [seen["headers"].get("x-odd") for seen in server.seen] == sent


def keeping_its_query(host: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        to(f"http://{host}/end?{handler.path.partition('?')[2]}")(handler)

    return reply


def test_a_redirect_that_repeats_the_secret_is_followed_to_where_it_is_bound() -> None:
    replies = {"go": keeping_its_query("a.demo"), "end": says()}
    with serving(**replies) as server, browsing(Policy(private={"a.demo": server.at}), "a.demo", loans=(LOAN,)) as get:
        assert get("http://a.demo/go?key=gwsecret42")["url"] == "http://a.demo/end?key=gwsecret42"
    assert [seen["path"] for seen in server.seen] == ["/go?key=canary%2F7f3a%2B91c2", "/end?key=canary%2F7f3a%2B91c2"]


def test_a_redirect_that_carries_the_secret_elsewhere_is_refused() -> None:
    with serving(go=keeping_its_query("b.demo")) as server, serving(end=says()) as other:
        policy = Policy(private={"a.demo": server.at, "b.demo": other.at})
        with browsing(policy, "a.demo", "b.demo", loans=(LOAN,)) as get:
            assert get("http://a.demo/go?key=gwsecret42") == "secret_refused"
    assert other.seen == []


def test_a_placeholder_that_nobody_made_up_is_a_text() -> None:
    with serving(x=says()) as server, browsing(Policy(private={"a.demo": server.at}), "a.demo", loans=(LOAN,)) as get:
        get("http://a.demo/gwsecret43", headers=[["X-Note", "gwsecret43"], ["X-Api-Key", "gwsecret 42"]])
        get("http://a.demo/x", headers=[["X-Note", "gwsecret43"], ["X-Api-Key", "gwsecret 42"]])
    assert [(seen["headers"]["x-note"], seen["headers"]["x-api-key"]) for seen in server.seen][-1] == (
        "gwsecret43",
        "gwsecret 42",
    )


Run = Callable[..., Any]


@asynccontextmanager
async def calling(python_guest: Path, images: Path, server: Server, **policy: Any) -> AsyncIterator[tuple[WasmPool, Run]]:
    """Open a pool in which a.demo is bound to the secret `key`, and give what runs a call with it."""
    sinks = ("/config/auth", "/input")
    described = capability("python", imports=("http", "notify"), authority=Authority(secrets=sinks))
    secrets = {
        "key": Binding(source="env:KEY", hosts=("a.demo",), query=("key",)),
        "hook": Binding(source="env:HOOK", hosts=()),
    }
    fields = {"workers": 1, "waiting_workers": 1, "private": {"a.demo": server.at}, "secrets": secrets, **policy}
    made = Policy(**fields)
    vault = Vault(made.secrets, {"env": Environment({"KEY": VALUE, "HOOK": "hook-canary-5511"})})
    catalog = Catalog.of([described])
    async with WasmPool.open(
        components=lambda _: python_guest, catalog=catalog, cache=images, policy=made, vault=vault
    ) as pool:
        grants = Grants(hosts=frozenset({"a.demo"}), channels=frozenset({"desk"}), secrets=frozenset({"key"}))

        async def run(do: str, given: dict[str, Any], secrets: dict[str, str], grants: Grants = grants) -> Outcome:
            config = {"do": do, "auth": "{{ secrets.key }}"}
            return await pool.run(
                Call(handler="python@1.0.0", config=config, input=given, grants=grants, secrets=secrets, task="t", step="s")
            )

        yield pool, run


def environments(pids: tuple[int, ...]) -> list[bytes]:
    return [Path(f"/proc/{pid}/environ").read_bytes() for pid in pids]


async def test_a_call_uses_a_secret_that_none_of_its_outputs_and_logs_holds(python_guest: Path, images: Path) -> None:
    with serving(x=echoing) as server:
        async with calling(python_guest, images, server) as (pool, run):
            asked = {"url": "http://a.demo/x?key=SECRET", "headers": [["Authorization", "SECRET"], ["x-api-key", "SECRET"]]}
            fetched = await run("fetch", json.loads(json.dumps(asked).replace("SECRET", "y")), {})
            pairs = [["Authorization", "{{ secrets.key }}"], ["X-Api-Key", "{{ secrets.key }}"]]
            places = {"/input/headers/0/1": "key", "/input/headers/1/1": "key"}
            used = await run("fetch", {"url": "http://a.demo/x", "headers": pairs}, places)
            echoed = await run("echo", {"data": "{{ secrets.key }}"}, {"/config/auth": "key"})
            said = await run("say", {"text": "{{ secrets.key }}"}, {"/input/text": "key"})
            environ = environments(pool.workers)
    assert isinstance(fetched, Ok)
    assert isinstance(used, Ok)
    assert [seen["headers"]["authorization"] for seen in server.seen] == ["y", VALUE]
    assert used.output["ok"]["headers"]["x-seen"] == "***"
    assert isinstance(echoed, Ok)
    assert (echoed.output["config"]["auth"], echoed.output["input"]) == ("***", {"data": "{{ secrets.key }}"})
    assert isinstance(said, Failed)
    assert said.logs == ("info: say", 'info: {"text": "***"}')
    assert environ
    assert "canary" not in f"{fetched} {used} {echoed} {said} {environ}"
    assert "gwsecret" not in f"{fetched} {used} {echoed} {said}"


async def test_a_secret_is_refused_before_a_guest_runs(python_guest: Path, images: Path) -> None:
    with serving(x=says()) as server:
        async with calling(python_guest, images, server) as (_, run):
            asked = {"url": "http://a.demo/x", "headers": [["X-Api-Key", "x"]]}
            ungranted = await run("fetch", asked, {"/input/headers/0/1": "key"}, Grants(hosts=frozenset({"a.demo"})))
            unknown = Grants(hosts=frozenset({"a.demo"}), secrets=frozenset({"other"}))
            missing = await run("fetch", asked, {"/input/headers/0/1": "other"}, unknown)
            misplaced = await run("fetch", asked, {"/config/do": "key"})
    found = [outcome.type for outcome in (ungranted, missing, misplaced) if isinstance(outcome, Failed)]
    assert found == ["secret_refused", "secret_unknown", "secret_refused"]
    assert server.seen == []


async def test_a_message_never_carries_a_calls_secret_and_its_channel_uses_its_own(python_guest: Path, images: Path) -> None:
    with serving(hook=says()) as server:
        desk = Webhook(url=f"http://{server.at}/hook", secret_headers={"Authorization": "hook"})
        async with calling(python_guest, images, server, channels={"desk": desk}) as (_, run):
            smuggled = await run("tell", {"channel": "desk", "text": "{{ secrets.key }}"}, {"/input/text": "key"})
            told = await run("tell", {"channel": "desk", "text": "T", "data": "{{ secrets.key }}"}, {})
    assert isinstance(smuggled, Ok)
    assert smuggled.output["error"]["type"] == "secret_refused"
    assert isinstance(told, Ok)
    assert told.output == {"ok": {"channel": "desk", "delivered": True, "status": 200}}
    (seen,) = server.seen
    assert seen["headers"]["authorization"] == "hook-canary-5511"
    assert json.loads(seen["body"])["data"] == "{{ secrets.key }}"
