"""A line out: connects to what was checked, sends one request, reads one answer within caps."""

import re
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import httpcore
import httpx

from broker.host import guard
from broker.host.bodies import gathered
from broker.host.media import media_type_of, text_of
from broker.host.meter import Meter
from broker.host.refusals import Refusal
from broker.host.transport import PinnedBackend, PinnedTransport, Resolver, TlsError, resolved
from catalog.retry_after import retry_after_s

USER_AGENT = "goalwright"

FAILURES: Mapping[type[Exception], tuple[str, bool]] = {
    TlsError: ("tls_failed", False),
    httpcore.TimeoutException: ("timed_out", True),
    httpcore.NetworkError: ("connect_failed", True),
    httpcore.ProxyError: ("connect_failed", True),
    httpcore.ConnectionNotAvailable: ("connect_failed", True),
    httpcore.RemoteProtocolError: ("protocol_error", True),
    httpcore.ProtocolError: ("protocol_error", False),
    httpcore.UnsupportedProtocol: ("protocol_error", False),
}
"""What a connection raises, as a guest reads it: `(type, retryable)`. The first entry that fits counts."""

SENTENCES: Mapping[str, str] = {
    "tls_failed": "the server's certificate or TLS was not acceptable",
    "timed_out": "the server took too long",
    "connect_failed": "no connection could be made, or it broke",
    "protocol_error": "the server's answer is not valid HTTP",
}

_BYTES = re.compile(r"(?:bytearray\()?b(['\"])(.*?)\1\)?")  # as libraries quote what came in
_BODYLESS = frozenset({204, 205, 304})

Answer: TypeAlias = dict[str, Any]
"""`{status, headers, media_type, body, body_base64, retry_after_s, url}`: one of both bodies is null."""


Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Network:
    """What every line of a process shares: the operator's rules, the name resolver, the trusted authorities, the sockets."""

    rules: guard.Rules
    resolver: Resolver
    tls: ssl.SSLContext
    sockets: httpcore.NetworkBackend


@dataclass(frozen=True, slots=True)
class Dialled:
    """A connection to a checked address, and the seconds until it must have done its work."""

    socket: socket.socket
    remaining_s: float


class Line:
    """Connections of one call for one purpose. With `public`, only public addresses and the operator's pins are reached.

    A name is looked up once; the answer holds as long as the line does, so a name that changes its mind reaches nothing new.
    """

    def __init__(self, network: Network, meter: Meter, *, public: bool) -> None:
        """Start without a connection."""
        self.network = network
        self.meter = meter
        self._public = public
        self._due = time.monotonic()
        self._backend = PinnedBackend(self._remaining_s, network.sockets)
        self._transport: PinnedTransport | None = None

    def until(self, seconds: float) -> None:
        """Let everything from here on end after `seconds`, or with the call's wall clock if that is sooner."""
        self._due = time.monotonic() + min(seconds, self.meter.remaining_s())

    def connectable(self, target: guard.Target) -> Refusal | None:
        """Pin the addresses of the target; refuse where it has none, or one that is not public."""
        key = (target.host, target.port)
        pin = self.network.rules.pin(target)
        if pin or key in self._backend.pins:
            self._backend.pins.setdefault(key, (pin,) if pin else ())
            return None
        addresses = self._addresses(target)
        if isinstance(addresses, Refusal):
            return addresses
        found = guard.endpoints(target, addresses, public=self._public)
        if isinstance(found, Refusal):
            return found
        self._backend.pins[key] = found
        return None

    def sent(self, request: guard.Request, cap: int, *, binary: bool = False) -> Answer | Refusal:
        """Send `request` and read at most `cap` bytes of body; with `binary` it is not decoded."""

        def read(answer: httpx.Response) -> Answer | Refusal:
            body = _unanswerable(answer) or self._body(request, answer, cap)
            return body if isinstance(body, Refusal) else _answer(request, answer, body, binary=binary)

        return self._exchanged(request, read)

    def posted(self, request: guard.Request) -> httpx.Response | Refusal:
        """Send `request` and leave the answer's body unread."""
        return self._exchanged(request, lambda answer: answer)

    def dialled(self, target: guard.Target) -> Dialled | Refusal:
        """Open a plain connection to the first pinned endpoint of `target` that answers."""
        try:
            stream = self._backend.connect_tcp(target.host, target.port)
        except tuple(FAILURES) as error:
            return self.meter.late() or failure(error)
        return Dialled(stream.get_extra_info("socket"), self._remaining_s())

    def close(self) -> None:
        """Close every connection."""
        if self._transport:
            self._transport.close()

    def _body(self, request: guard.Request, answer: httpx.Response, cap: int) -> bytes | Refusal:
        if _has_no_body(request, answer):
            return b""
        coding = answer.headers.get("content-encoding", "")
        return gathered(answer.iter_raw(), encoding=coding, cap=cap, charge=self.meter.charge_bytes)

    def _exchanged(self, request: guard.Request, read: Callable[[httpx.Response], Read | Refusal]) -> Read | Refusal:
        refusal = self.meter.charge_bytes(request.size)
        if refusal:
            return refusal
        self._transport = self._transport or PinnedTransport(self._backend, self.network.tls)
        outgoing = httpx.Request(
            request.method, request.target.url, headers=_outgoing(request), content=request.content or None
        )
        try:
            answer = self._transport.handle_request(outgoing)
            try:
                size = sum(len(name) + len(value) for name, value in answer.headers.raw)
                return self.meter.charge_bytes(size) or read(answer)
            finally:
                answer.close()
        except tuple(FAILURES) as error:
            return self.meter.late() or failure(error)

    def _addresses(self, target: guard.Target) -> Sequence[str] | Refusal:
        try:
            addresses = resolved(self.network.resolver, target.host, target.port, self._remaining_s())
        except TimeoutError:
            return self.meter.late() or Refusal("timed_out", f"looking up {target.host} took too long", retryable=True)
        except (OSError, UnicodeError):
            addresses = ()
        return addresses or Refusal("dns_failed", f"the name {target.host} was not found", retryable=True)

    def _remaining_s(self) -> float:
        return self._due - time.monotonic()


def fetched(action: Callable[[], Answer | Refusal]) -> Answer | Refusal:
    """Add to an answer the milliseconds that it took."""
    started = time.monotonic()
    answer = action()
    return answer if isinstance(answer, Refusal) else {**answer, "elapsed_ms": round((time.monotonic() - started) * 1000)}


def failure(error: Exception) -> Refusal:
    """Say what an exception of httpcore means to a guest."""
    kind, retryable = next(value for known, value in FAILURES.items() if isinstance(error, known))
    detail = _BYTES.sub(r"\2", str(error))
    return Refusal(kind, f"{SENTENCES[kind]}: {detail}" if detail else SENTENCES[kind], retryable=retryable)


def _has_no_body(request: guard.Request, answer: httpx.Response) -> bool:
    """Say whether there is no body, whatever the headers announce (RFC 9110, 6.4.1), or none that anybody reads."""
    if request.method == "HEAD" or answer.status_code in _BODYLESS:
        return True
    return answer.status_code in guard.REDIRECTS and "location" in answer.headers


def _unanswerable(answer: httpx.Response) -> Refusal | None:
    """Refuse what leaves open where the answer is: another protocol, or two places to go to."""
    if answer.status_code == httpx.codes.SWITCHING_PROTOCOLS:
        return Refusal("protocol_error", "the server wants to speak another protocol, which was not asked for")
    if len(answer.headers.get_list("location")) > 1:
        return Refusal("protocol_error", "the answer names more than one location")
    return None


def _outgoing(request: guard.Request) -> list[tuple[bytes, bytes]]:
    own = {"accept": "*/*", "user-agent": USER_AGENT}
    given = {name.lower() for name, _ in request.headers}
    headers = [*request.headers, *((name, value) for name, value in own.items() if name not in given)]
    headers.append(("accept-encoding", "identity"))
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]


def _answer(request: guard.Request, answer: httpx.Response, body: bytes, *, binary: bool) -> Answer:
    kinds = answer.headers.get_list("content-type")
    text = None if binary else text_of(body, kinds)
    return {
        "status": answer.status_code,
        "headers": {name: _printable(value) for name, value in answer.headers.items()},
        "media_type": media_type_of(kinds),
        "body": text,
        "body_base64": b64encode(body).decode("ascii") if text is None else None,
        "retry_after_s": retry_after_s(answer.headers, datetime.now(UTC)),
        "url": str(request.target.url),
    }


def _printable(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8")
