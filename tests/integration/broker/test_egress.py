"""The `http` and `notify` host functions against servers on loopback, with a resolver that answers what a test says."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpcore
import pytest

from broker.host import guard
from broker.host.egress import Browser, Courier, network
from broker.host.guard import Endpoint
from broker.host.line import Line
from broker.host.meter import Meter
from broker.host.notify import Notifier
from broker.host.transport import PinnedBackend
from broker.orders import Allowance
from broker.policy import Channel, Policy

Reply = Callable[[BaseHTTPRequestHandler], None]
HERE = Path(__file__).parent


class Server:
    """Answers each path by a function and keeps what it was sent."""

    def __init__(self, replies: dict[str, Reply], tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[dict[str, Any]] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                seen.append(
                    {
                        "method": self.command,
                        "path": self.path,
                        "headers": {name.lower(): value for name, value in self.headers.items()},
                        "body": self.rfile.read(length),
                        "port": self.client_address[1],
                    }
                )
                replies[self.path.partition("?")[0]](self)

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815 - the library's names

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.at = f"127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator["Server"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def says(content: bytes = b"hello", status: int = 200, **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)

    return reply


def to(location: str, status: int = 302) -> Reply:
    return says(b"", status, location=location)


@contextmanager
def serving(**replies: Reply) -> Iterator[Server]:
    with Server({f"/{path}": reply for path, reply in replies.items()}).running() as server:
        yield server


def no_resolver(host: str, _port: int) -> list[str]:
    message = f"{host} was looked up"
    raise AssertionError(message)


def allowance(**changes: int) -> Allowance:
    fields = {
        "cpu_ms": 1000,
        "wall_ms": 5000,
        "memory_bytes": 1 << 26,
        "output_bytes": 1 << 20,
        "log_bytes": 1000,
        "host_calls": 20,
        "moved_bytes": 1 << 20,
    }
    return Allowance(**{**fields, **changes})


@contextmanager
def browsing(
    policy: Policy, *granted: str, resolver: Callable[[str, int], list[str]] = no_resolver, meter: Meter | None = None
) -> Iterator[Callable[..., Any]]:
    browser = Browser(network(policy.to_json(), resolver=resolver), frozenset(granted), meter or Meter(allowance()))

    def get(url: str, **request: Any) -> Any:
        answer = json.loads(browser.request(json.dumps({"url": url, **request})))
        return answer["ok"] if "ok" in answer else answer["error"]["type"]

    try:
        yield get
    finally:
        browser.close()


def test_a_pinned_name_reaches_its_endpoint_and_keeps_its_host_header() -> None:
    with serving(x=says(b'{"a": 1}', Content_Type="application/json", X_Two="b")) as server:
        policy = Policy(private={"inventory.demo": server.at})
        with browsing(policy, "inventory.demo") as get:
            answer = get("http://inventory.demo/x?y=1#z", headers=[["Accept", "application/json"], ["X-A", "b"]])
    assert answer.pop("elapsed_ms") >= 0
    assert answer.pop("headers").items() >= {"content-type": "application/json", "x-two": "b"}.items()
    assert answer == {"status": 200, "body": '{"a": 1}', "body_base64": None, "url": "http://inventory.demo/x?y=1"}
    (seen,) = server.seen
    assert (seen["method"], seen["path"]) == ("GET", "/x?y=1")
    expected = {"host": "inventory.demo", "accept": "application/json", "x-a": "b", "accept-encoding": "identity"}
    assert seen["headers"].items() >= expected.items()


def test_a_body_goes_out_and_a_binary_answer_comes_back() -> None:
    with serving(x=says(b"\xff\x00", 201)) as server, browsing(Policy(private={server.at: server.at}), server.at) as get:
        answer = get(f"http://{server.at}/x", method="post", body="grüße", headers=[["content-type", "text/plain"]])
    assert (answer["status"], answer["body"], answer["body_base64"]) == (201, None, "/wA=")
    assert (server.seen[0]["method"], server.seen[0]["body"]) == ("POST", "grüße".encode())


def test_an_error_status_is_an_answer() -> None:
    with serving(x=says(b"no", 503)) as server, browsing(Policy(private={"a.demo": server.at}), "a.demo") as get:
        assert get("http://a.demo/x")["status"] == 503


def test_connections_are_kept_and_cookies_are_not() -> None:
    with serving(x=says(Set_Cookie="a=b; Path=/")) as server, browsing(Policy(private={"a.demo": server.at}), "a.demo") as get:
        get("http://a.demo/x")
        get("http://a.demo/x")
    assert len({seen["port"] for seen in server.seen}) == 1
    assert ["cookie" in seen["headers"] for seen in server.seen] == [False, False]


def test_loopback_is_refused_unless_the_operator_names_it() -> None:
    with serving(x=says()) as server, browsing(Policy(), server.at, resolver=lambda host, _: [host]) as get:
        assert get(f"http://{server.at}/x") == "address_refused"
    assert server.seen == []


def test_a_public_name_at_a_private_address_is_refused() -> None:
    with serving(x=says()) as server, browsing(Policy(), f"a.demo:{server.port}", resolver=lambda *_: ["127.0.0.1"]) as get:
        assert get(f"http://a.demo:{server.port}/x") == "address_refused"
    assert server.seen == []


def test_a_name_is_looked_up_once_in_a_call_whatever_it_would_say_next() -> None:
    answers = [["1.1.1.1", "2606:4700::1"], ["127.0.0.1"]]
    line = Line(network(Policy().to_json(), resolver=lambda *_: answers.pop(0)), Meter(allowance()), public=True)
    target = guard.parse("https://a.demo/x")
    assert isinstance(target, guard.Target)
    line.until(5)
    assert [line.connectable(target), line.connectable(target)] == [None, None]
    pinned = (Endpoint("1.1.1.1", 443), Endpoint("2606:4700::1", 443))
    assert (line._backend.pins, answers) == ({("a.demo", 443): pinned}, [["127.0.0.1"]])


def test_a_name_that_was_not_checked_is_never_connected_to() -> None:
    with serving(x=says()) as server, pytest.raises(httpcore.ConnectError, match="no address was checked"):
        PinnedBackend(lambda: 1.0).connect_tcp("127.0.0.1", server.port)


def test_a_hanging_resolver_is_left_at_the_deadline() -> None:
    over = threading.Event()

    def hang(_host: str, _port: int) -> list[str]:
        over.wait()
        return []

    with browsing(Policy(), "a.demo", resolver=hang) as get:
        assert get("http://a.demo/x", timeout_ms=50) == "timed_out"
    over.set()


@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        pytest.param("http://other.demo/x", "host_refused", id="a host not granted"),
        pytest.param("http://169.254.169.254/latest/meta-data/", "host_refused", id="metadata, not granted"),
        pytest.param("http://granted.demo/x", "address_refused", id="a granted name at a private address"),
        pytest.param("ftp://a.demo/x", "url_invalid", id="another scheme"),
        pytest.param("http://user:word@a.demo/x", "url_invalid", id="with credentials"),
        pytest.param("http://[::1/", "url_invalid", id="no URL"),
    ],
)
def test_a_redirect_is_checked_like_a_new_request(location: str, outcome: str) -> None:
    with serving(go=to(location)) as server:
        policy = Policy(private={"a.demo": server.at})
        with browsing(policy, "a.demo", "granted.demo", resolver=lambda *_: ["10.0.0.1"]) as get:
            assert get("http://a.demo/go") == outcome


def test_a_redirect_is_followed_and_its_end_is_told() -> None:
    with serving(go=to("/on", 307), on=to("http://b.demo/end", 303), end=says(b"there")) as server:
        policy = Policy(private={"a.demo": server.at, "b.demo": server.at})
        with browsing(policy, "a.demo", "b.demo") as get:
            secret = [["Authorization", "Bearer x"], ["X-A", "b"]]
            answer = get("http://a.demo/go", method="POST", body="data", headers=secret)
    assert (answer["url"], answer["body"]) == ("http://b.demo/end", "there")
    steps = [(seen["method"], seen["path"], seen["body"], seen["headers"].get("authorization")) for seen in server.seen]
    assert steps == [
        ("POST", "/go", b"data", "Bearer x"),
        ("POST", "/on", b"data", "Bearer x"),
        ("GET", "/end", b"", None),
    ]
    assert server.seen[2]["headers"]["host"] == "b.demo"


def test_redirects_in_a_circle_end() -> None:
    with serving(go=to("/go")) as server, browsing(Policy(private={"a.demo": server.at}), "a.demo") as get:
        assert get("http://a.demo/go") == "too_many_redirects"
    assert len(server.seen) == 6


def test_a_guest_gets_no_further_than_its_allowance() -> None:
    with serving(x=says(b"x" * 1000)) as server:
        policy = Policy(private={"a.demo": server.at})
        meter = Meter(allowance(moved_bytes=2500, host_calls=4))
        with browsing(policy, "a.demo", meter=meter) as get:
            assert get("http://a.demo/x", max_bytes=999) == "too_large"
            assert get("http://a.demo/x", max_bytes=1000)["status"] == 200
            assert get("http://a.demo/x") == "limit_moved_bytes"
            assert get("http://other.demo/x") == "host_refused"
            assert get("http://a.demo/x") == "limit_host_calls"


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_server_that_drips_is_left_at_the_deadline(part: str) -> None:
    over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"content-length: 100\r\n\r\n" if part == "body" else b""))
        while not over.wait(0.02):
            try:
                handler.wfile.write(b"x")
            except OSError:
                return

    with serving(x=drip) as server:
        with browsing(Policy(private={"a.demo": server.at}), "a.demo") as get:
            assert get("http://a.demo/x", timeout_ms=200) == "timed_out"
        meter = Meter(allowance(wall_ms=200))
        with browsing(Policy(private={"a.demo": server.at}), "a.demo", meter=meter) as get:
            assert get("http://a.demo/x", timeout_ms=60_000) == "limit_wall"
        over.set()


def test_failures_of_the_network_have_names() -> None:
    def nothing(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    def nonsense(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"nonsense\r\n\r\n")

    def unknown(host: str, _port: int) -> list[str]:
        raise OSError(host)

    with serving(nothing=nothing, nonsense=nonsense, br=says(Content_Encoding="br")) as server:
        private = {"a.demo": server.at, "gone.demo": "127.0.0.1:1"}
        with browsing(Policy(private=private), "a.demo", "gone.demo", "unknown.demo", resolver=unknown) as get:
            urls = ["http://a.demo/nothing", "http://a.demo/nonsense", "http://a.demo/br", "http://gone.demo/"]
            found = [get(url) for url in [*urls, "http://unknown.demo/"]]
    assert found == ["protocol_error", "protocol_error", "protocol_error", "connect_failed", "dns_failed"]


def test_tls_is_checked_against_the_name_and_not_the_pinned_address() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(HERE / "tls" / "server.pem", HERE / "tls" / "server.key")
    with Server({"/x": says(b"safe")}, tls).running() as server:
        private = {"secure.demo": server.at, "other.demo": server.at}
        trusting = Policy(private=private, ca_file=HERE / "tls" / "server.pem")
        with browsing(trusting, "secure.demo", "other.demo") as get:
            assert get("https://secure.demo/x")["body"] == "safe"
            assert get("https://other.demo/x") == "tls_failed"
        with browsing(Policy(private=private), "secure.demo") as get:
            assert get("https://secure.demo/x") == "tls_failed"


def test_the_environment_names_no_proxy_and_no_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", str(HERE / "tls" / "server.pem"))
    with serving(x=says()) as server, browsing(Policy(private={"a.demo": server.at}), "a.demo") as get:
        assert get("http://a.demo/x")["status"] == 200


@contextmanager
def notifying(channel: Channel, *granted: str, key: str = "") -> Iterator[Callable[..., Any]]:
    policy = Policy(channels={"desk": channel})
    meter = Meter(allowance())
    courier = Courier(network(policy.to_json()), meter)
    notifier = Notifier(policy.to_json()["channels"], frozenset(granted), courier, meter, key)
    try:
        yield lambda message: json.loads(notifier.send(json.dumps(message)))
    finally:
        courier.close()


def test_a_notification_reaches_the_operators_private_webhook() -> None:
    with serving(hook=says(b"", 202)) as server:
        channel = Channel(url=f"http://{server.at}/hook", headers={"Authorization": "Bearer desk"})
        with notifying(channel, "desk", key="step-key") as send:
            message = {"channel": "desk", "subject": "S", "text": "T", "data": {"a": 1}}
            assert send(message) == {"ok": {"channel": "desk", "delivered": True, "status": 202}}
            send({**message, "idempotency_key": "own-key"})
    first, second = server.seen
    assert json.loads(first["body"]) == {"subject": "S", "text": "T", "data": {"a": 1}}
    expected = {"content-type": "application/json", "authorization": "Bearer desk", "idempotency-key": "step-key"}
    assert first["headers"].items() >= expected.items()
    assert second["headers"]["idempotency-key"] == "own-key"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        pytest.param({"channel": "nowhere"}, "channel_unknown", id="unknown"),
        pytest.param({"channel": "desk"}, "channel_refused", id="not granted"),
        pytest.param({"channel": 1}, "delivery_failed", id="no channel"),
        pytest.param([], "delivery_failed", id="no message"),
    ],
)
def test_a_notification_needs_a_granted_channel(message: Any, kind: str) -> None:
    with notifying(Channel(url="http://127.0.0.1:1/")) as send:
        assert send(message)["error"]["type"] == kind


def test_a_delivery_that_fails_says_no_more_than_the_channels_name() -> None:
    with serving(busy=says(b"", 503), bad=says(b"", 400), moved=to("http://other.demo/")) as server:
        found = []
        for url in (
            f"http://{server.at}/busy",
            f"http://{server.at}/bad",
            f"http://{server.at}/moved",
            "http://127.0.0.1:1/s3cret",
        ):
            with notifying(Channel(url=url), "desk") as send:
                found.append(send({"channel": "desk", "text": "T"})["error"])
    assert found == [
        {"type": "delivery_failed", "message": "the channel desk answered 503", "retryable": True},
        {"type": "delivery_failed", "message": "the channel desk answered 400", "retryable": False},
        {"type": "delivery_failed", "message": "the channel desk answered 302", "retryable": False},
        {"type": "delivery_failed", "message": "the channel desk was not reached: connect failed", "retryable": True},
    ]


def test_an_idempotency_key_cannot_carry_a_header() -> None:
    with serving(hook=says()) as server, notifying(Channel(url=f"http://{server.at}/hook"), "desk") as send:
        answer = send({"channel": "desk", "text": "T", "idempotency_key": "a\r\nX-Evil: b"})
    assert answer["error"]["type"] == "delivery_failed"
    assert server.seen == []
