"""The demo's own two endpoints on loopback: an inventory of installed distributions, and the desk's webhook."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distributions
from urllib.parse import parse_qs, urlsplit

from schemas.values import Json, JsonObject

PAGE = 25


def installed() -> list[JsonObject]:
    """Describe every distribution installed here by its own metadata, sorted by name, each once."""
    found = {d.metadata["Name"].lower(): _described(d.metadata) for d in distributions() if d.metadata["Name"]}
    return [found[name] for name in sorted(found)]


def _described(metadata: Json) -> JsonObject:
    classifiers = metadata.get_all("Classifier") or []
    return {
        "name": metadata["Name"],
        "version": metadata["Version"],
        "license_expression": metadata.get("License-Expression"),
        "license": metadata.get("License"),
        "classifiers": [classifier for classifier in classifiers if classifier.startswith("License ::")],
    }


@dataclass(slots=True)
class Desk:
    """What the desk received. A repeated Idempotency-Key is acknowledged and not delivered twice."""

    received: queue.Queue[JsonObject] = field(default_factory=queue.Queue)
    seen: set[str] = field(default_factory=set)

    def take(self, key: str, message: JsonObject) -> None:
        """Deliver a message, once per key."""
        if key and key in self.seen:
            return
        self.seen.add(key)
        self.received.put(message)


@contextmanager
def inventory(items: list[JsonObject]) -> Iterator[int]:
    """Serve `items` in pages with a Link header, as many public APIs do; gives the port."""

    class Inventory(_Quiet):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            page = int(parse_qs(url.query).get("page", ["1"])[0])
            part = items[(page - 1) * PAGE : page * PAGE]
            more = {"Link": f'<{url.path}?page={page + 1}>; rel="next"'} if page * PAGE < len(items) else {}
            self.answer(200, {"items": part, "total": len(items)}, more)

    with _served(Inventory) as port:
        yield port


@contextmanager
def webhook(desk: Desk) -> Iterator[int]:
    """Take POSTed JSON for `desk`; gives the port."""

    class Webhook(_Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            desk.take(self.headers.get("Idempotency-Key", ""), json.loads(body))
            self.answer(202, {"received": True}, {})

    with _served(Webhook) as port:
        yield port


class _Quiet(BaseHTTPRequestHandler):
    def answer(self, status: int, body: Json, headers: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's own name
        """Say nothing: the narrator speaks."""


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
