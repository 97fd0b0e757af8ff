"""HTTP servers on loopback for tests of what leaves the house, and a guest's way out to them."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore

from broker.host.egress import Browser, network
from broker.host.loans import Wallet
from broker.host.masks import Masks
from broker.host.meter import Meter
from broker.host.transport import Resolver
from broker.orders import Allowance, Loan
from broker.policy import Policy

Reply = Callable[[BaseHTTPRequestHandler], None]


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
    policy: Policy,
    *granted: str,
    resolver: Resolver = no_resolver,
    meter: Meter | None = None,
    loans: tuple[Loan, ...] = (),
    sockets: httpcore.NetworkBackend | None = None,
) -> Iterator[Callable[..., Any]]:
    """Give a guest's `http`: its answer, or the type of its error."""
    wallet = Wallet(loans, Masks(loans))
    browser = Browser(
        network(policy.to_json(), resolver=resolver, sockets=sockets), frozenset(granted), meter or Meter(allowance()), wallet
    )

    def get(url: str, **request: Any) -> Any:
        answer = json.loads(browser.request(json.dumps({"url": url, **request})))
        return answer["ok"] if "ok" in answer else answer["error"]["type"]

    try:
        yield get
    finally:
        browser.close()
