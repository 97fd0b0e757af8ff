"""Connections of HTTP clients, with deadlines: uvicorn waits for ever for a request that never ends."""

import asyncio
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_S = 10.0
"""From the connection, or the first byte of a further request, to the end of its headers."""

BODY_S = 60.0
"""From the end of the headers to the end of the body."""

ANSWER_S = 60.0
"""For a client that reads no more of its answer, once the system's buffers are full."""

_LATE = b"The request did not arrive in time."
_FULL = b"The server has as many connections as it takes; ask again later."


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """What one connection may take, in seconds, and how many there may be at once."""

    headers_s: float = HEADERS_S
    body_s: float = BODY_S
    answer_s: float = ANSWER_S
    connections: int


def protocol(deadlines: Deadlines) -> type[asyncio.Protocol]:
    """Make the protocol that uvicorn serves connections with."""

    class Bound(TimedProtocol):
        limits = deadlines

    return Bound


class TimedProtocol(H11Protocol):
    """Ends connections on which a request takes too long to arrive, or an answer is not read.

    Where there are too many connections, the one that has waited longest without a request under way makes room; where all
    have one, the newcomer is told to come again.
    """

    limits: Deadlines
    _state: object = None
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        """Begin to wait for headers."""
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > self.limits.connections and not self._make_room():
            self._end(503, _FULL)
        else:
            self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._wait_no_more()
        self._read_again()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in data, and look what is waited for after it."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._look()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(self.limits.answer_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Take note that the client has read."""
        super().resume_writing()
        self._read_again()

    @property
    def idle(self) -> bool:
        """Say whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def _look(self) -> None:
        """Set the deadline of what is waited for now. More bytes of the same do not move it."""
        state = self.conn.their_state
        if state is self._state and self._timer is not None:
            return
        self._wait_no_more()
        self._state = state
        seconds = {h11.IDLE: self.limits.headers_s, h11.SEND_BODY: self.limits.body_s}.get(state)
        if seconds is not None and not self.transport.is_closing():
            self._timer = self.loop.call_later(seconds, self._too_late)

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _read_again(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _too_late(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self._end(408, _LATE)

    def _make_room(self) -> bool:
        waiting = [other for other in self.connections if isinstance(other, TimedProtocol) and other is not self and other.idle]
        if not waiting:
            return False
        oldest: Any = min(waiting, key=lambda other: other._since)  # noqa: SLF001 - of our own kind
        oldest.transport.abort()
        return True

    def _end(self, status: int, says: bytes) -> None:
        """Close, with an answer where none has begun."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            title = {408: "Request Timeout", 503: "Service Unavailable"}[status].encode()
            head = b"HTTP/1.1 %d %s\r\ncontent-type: text/plain; charset=utf-8\r\n" % (status, title)
            length = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(says)
            self.transport.write(head + length + says)
        self.transport.close()
