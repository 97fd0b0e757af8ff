"""The `http` host function against servers on loopback, with a resolver that answers what a test says."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpcore
import pytest

from broker.host import guard
from broker.host.egress import network
from broker.host.guard import Endpoint
from broker.host.line import Line
from broker.host.meter import Meter
from broker.host.transport import PinnedBackend
from broker.policy import Policy
from tests.support.servers import Server, allowance, browsing, says, serving, to

HERE = Path(__file__).parent


def test_a_pinned_name_reaches_its_endpoint_and_keeps_its_host_header() -> None:
    with serving(x=says(b'{"a": 1}', Content_Type="application/json", X_Two="b")) as server:
        policy = Policy(private={"inventory.demo": server.at})
        with browsing(policy, "inventory.demo") as get:
            answer = get("http://inventory.demo/x?y=1#z", headers=[["Accept", "application/json"], ["X-A", "b"]])
    assert answer.pop("elapsed_ms") >= 0
    assert answer.pop("headers").items() >= {"content-type": "application/json", "x-two": "b"}.items()
    assert answer == {
        "status": 200,
        "media_type": "application/json",
        "body": '{"a": 1}',
        "body_base64": None,
        "retry_after_s": None,
        "url": "http://inventory.demo/x?y=1",
    }
    (seen,) = server.seen
    assert (seen["method"], seen["path"]) == ("GET", "/x?y=1")
    expected = {"host": "inventory.demo", "accept": "application/json", "x-a": "b", "accept-encoding": "identity"}
    assert seen["headers"].items() >= expected.items()


def test_a_body_goes_out_and_a_binary_answer_comes_back() -> None:
    with serving(x=says(b"\xff\x00", 201)) as server, browsing(Policy(private={server.at: server.at}), server.at) as get:
        answer = get(f"http://{server.at}/x", method="post", body="grüße", headers=[["content-type", "text/plain"]])
    assert (answer["status"], answer["body"], answer["body_base64"]) == (201, None, "/wA=")
    assert (server.seen[0]["method"], server.seen[0]["body"]) == ("POST", "grüße".encode())


def test_an_answer_comes_as_text_in_its_charset_or_as_bytes() -> None:
    latin = says(b"\xc3\xa9", Content_Type="text/plain; charset=iso-8859-1")
    with serving(x=latin) as server, browsing(Policy(private={"a.demo": server.at}), "a.demo") as get:
        text, binary = get("http://a.demo/x"), get("http://a.demo/x", binary=True)
    assert (text["body"], text["body_base64"]) == ("Ã©", None)
    assert (binary["body"], binary["body_base64"]) == (None, "w6k=")


@pytest.mark.parametrize(
    ("method", "status", "location"),
    [
        pytest.param("HEAD", 200, None, id="HEAD"),
        pytest.param("HEAD", 404, None, id="HEAD of what is not there"),
        pytest.param("GET", 204, None, id="no content"),
        pytest.param("DELETE", 204, None, id="no content after a write"),
        pytest.param("GET", 205, None, id="reset content"),
        pytest.param("GET", 304, None, id="not modified"),
        pytest.param("GET", 302, "/end", id="a redirect"),
        pytest.param("GET", 200, None, id="a body of no bytes"),
    ],
)
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "gzip, br"])
def test_a_coding_of_no_body_is_no_failure(method: str, status: int, location: str | None, coding: str) -> None:
    headers = {"Content_Encoding": coding} | ({"Location": location} if location else {})
    with (
        serving(x=says(b"", status, **headers), end=says(b"end")) as server,
        browsing(Policy(private={"a.demo": server.at}), "a.demo") as get,
    ):
        answer = get("http://a.demo/x", method=method)
    assert (answer["status"], answer["body"]) == ((200, "end") if location else (status, ""))


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
    with serving(x=says()) as server, browsing(Policy(hosts=("*:*",)), server.at, resolver=lambda host, _: [host]) as get:
        assert get(f"http://{server.at}/x") == "address_refused"
    assert server.seen == []


def test_a_public_name_at_a_private_address_is_refused() -> None:
    policy = Policy(hosts=("*:*",))
    with serving(x=says()) as server, browsing(policy, f"a.demo:{server.port}", resolver=lambda *_: ["127.0.0.1"]) as get:
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
