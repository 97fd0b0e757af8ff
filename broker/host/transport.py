"""Connects httpx to checked addresses only, and to nothing once time has run out."""

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

import httpcore
import httpx

if TYPE_CHECKING:
    from broker.host.guard import Endpoint

SECONDS_TO_CONNECT = 10.0
READ_BYTES = 65_536

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""Looks a name up: every address it has. Raises `OSError`, or `UnicodeError` for what is no name."""


def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver for every address of `host`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def resolved(resolver: Resolver, host: str, port: int, timeout_s: float) -> Sequence[str]:
    """Ask `resolver`, for `timeout_s` at most; raises `TimeoutError` after that.

    The system's resolver cannot be interrupted, so it runs in a thread that is left behind when it hangs.
    """
    answer: Future[Sequence[str]] = Future()

    def ask() -> None:
        try:
            answer.set_result(resolver(host, port))
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)

    Thread(target=ask, daemon=True, name="resolve").start()
    return answer.result(timeout=max(0.0, timeout_s))


class TlsError(httpcore.ConnectError):
    """The peer's certificate is not trusted, not for this name, or no TLS at all."""


class PinnedBackend(httpcore.NetworkBackend):
    """Opens sockets to the endpoints pinned for a name; a name without a pin is never looked up, only refused.

    TLS and the Host header still see the name. `remaining_s` bounds every read and write, so that a peer which sends a byte
    at a time cannot outlive the deadline.
    """

    def __init__(self, remaining_s: Callable[[], float], sockets: httpcore.NetworkBackend | None = None) -> None:
        """Start without pins. `sockets` opens connections to addresses; the system's own where none is given."""
        self.pins: dict[tuple[str, int], Sequence[Endpoint]] = {}
        self._remaining_s = remaining_s
        self._sockets = sockets or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline bounds connecting, not httpx's own time-out
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first pinned endpoint that answers; raises `httpcore.ConnectError` or `ConnectTimeout`."""
        failure: Exception = httpcore.ConnectError(f"no address was checked for {host}:{port}")
        for endpoint in self.pins.get((host, port), ()):
            seconds = min(SECONDS_TO_CONNECT, _left(self._remaining_s))
            try:
                stream = self._sockets.connect_tcp(endpoint.address, endpoint.port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return DeadlineStream(stream, self._remaining_s)
        raise failure


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose reads and writes end with the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, remaining_s: Callable[[], float]) -> None:
        """Wrap `stream`."""
        self._stream = stream
        self._remaining_s = remaining_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - see `connect_tcp`
        """Read what is there; raises `httpcore.ReadTimeout` at the deadline."""
        return self._stream.read(max_bytes, _left(self._remaining_s))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - see `connect_tcp`
        """Write all of `buffer`; raises `httpcore.WriteTimeout` at the deadline."""
        self._stream.write(buffer, _left(self._remaining_s))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - see `connect_tcp`
    ) -> httpcore.NetworkStream:
        """Speak TLS from here on, as `server_hostname`; raises `TlsError` for a peer that is not who it should be."""
        try:
            stream = self._stream.start_tls(ssl_context, server_hostname, _left(self._remaining_s))
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLError) and not isinstance(error.__cause__, ssl.SSLEOFError):
                raise TlsError(str(error)) from error
            raise
        return DeadlineStream(stream, self._remaining_s)

    def get_extra_info(self, info: str) -> Any:
        """Tell what httpcore wants to know of the connection."""
        return self._stream.get_extra_info(info)


class PinnedTransport(httpx.BaseTransport):
    """Sends httpx's requests through connections of a `PinnedBackend`. Failures are httpcore's own."""

    def __init__(self, backend: PinnedBackend, tls: ssl.SSLContext) -> None:
        """Keep connections open between requests of one call."""
        self._pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=backend, max_keepalive_connections=4)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` and answer as soon as the headers are there."""
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream))

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        with suppress(httpcore.NetworkError, httpcore.TimeoutException):  # the answer was read, or given up
            self._stream.close()


def _left(remaining_s: Callable[[], float]) -> float:
    return max(0.001, remaining_s())  # 0 would mean non-blocking to a socket
