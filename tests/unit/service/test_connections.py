"""Connections on which a request never ends: the protocol on a transport and a clock of the test's own."""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from service.connections import Deadlines, TimedProtocol, protocol

LIMITS = Deadlines(headers_s=10, body_s=60, answer_s=30, connections=3)
WHOLE = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
ANNOUNCED = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n"


@dataclass(eq=False)
class Timer:
    """Stands for a timer of the loop."""

    call: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class Task:
    """Stands for a request's work, which goes on."""

    def add_done_callback(self, _: Any) -> None: ...


@dataclass
class Clock:
    """Stands for the event loop: time passes when the test says so, and requests stay under way."""

    now: float = 0.0
    due: list[tuple[float, int, Timer]] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = Timer(call)
        heapq.heappush(self.due, (self.now + seconds, len(self.due), timer))
        return timer

    def create_task(self, work: Any, **_: Any) -> Any:
        work.close()
        return Task()

    def pass_to(self, moment: float) -> None:
        while self.due and self.due[0][0] <= moment:
            self.now, _, timer = heapq.heappop(self.due)
            if not timer.cancelled:
                timer.call()
        self.now = moment


class Wire(asyncio.Transport):
    """Stands for a connection."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 8321)})
        self.sent = b""
        self.closed: Any = ""

    def write(self, data: Any) -> None:
        self.sent += data

    def close(self) -> None:
        self.closed = self.closed or "closed"

    def abort(self) -> None:
        self.closed = "aborted"

    def is_closing(self) -> bool:
        return bool(self.closed)

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def nothing(scope: Any, receive: Any, send: Any) -> None: ...


class House:
    """A server's connections."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.state = ServerState()
        self.config = Config(nothing, http=protocol(LIMITS), ws="none", log_config=None)
        self.config.load()

    def connect(self) -> tuple[TimedProtocol, Wire]:
        kind: Any = protocol(LIMITS)
        made: TimedProtocol = kind(self.config, self.state, {}, self.clock)
        wire = Wire()
        made.connection_made(wire)
        return made, wire


@pytest.fixture
def house() -> House:
    return House()


def status(wire: Wire) -> bytes:
    return wire.sent[9:12]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param([], id="nothing"),
        pytest.param([b"G"], id="one byte"),
        pytest.param([b"GET / HTTP/1.1\r\n"], id="the request line"),
        pytest.param([WHOLE[:-2]], id="all but the last line end"),
        pytest.param([WHOLE[i : i + 1] for i in range(9)], id="a byte a second"),
        pytest.param([b"GET / HTTP/1.1\r\n", *[b"x-%d: y\r\n" % i for i in range(8)]], id="a header a second"),
    ],
)
def test_headers_that_do_not_end_end_the_connection(house: House, sent: list[bytes]) -> None:
    made, wire = house.connect()
    for second, data in enumerate(sent, start=1):
        house.clock.pass_to(second)
        made.data_received(data)
    house.clock.pass_to(9.9)
    assert not wire.closed
    house.clock.pass_to(10)
    assert (wire.closed, status(wire)) == ("closed", b"408")


def test_bytes_after_the_end_change_nothing(house: House) -> None:
    made, wire = house.connect()
    house.clock.pass_to(10)
    said = wire.sent
    made.data_received(WHOLE)
    house.clock.pass_to(100)
    assert wire.sent == said
    assert made.idle


@pytest.mark.parametrize("every_s", [1, 5, 20])
def test_a_body_that_does_not_end_ends_the_connection(house: House, every_s: int) -> None:
    made, wire = house.connect()
    house.clock.pass_to(5)
    made.data_received(ANNOUNCED)
    for second in range(5 + every_s, 50, every_s):
        house.clock.pass_to(second)
        if second // every_s < 9:
            made.data_received(b"x")
    house.clock.pass_to(64.9)
    assert not wire.closed
    house.clock.pass_to(65)
    assert (wire.closed, status(wire)) == ("closed", b"408")


def test_a_whole_request_has_no_deadline(house: House) -> None:
    made, wire = house.connect()
    made.data_received(WHOLE)
    house.clock.pass_to(10_000)
    assert (wire.closed, wire.sent) == ("", b"")


def test_an_answer_that_nobody_reads_ends_the_connection(house: House) -> None:
    made, wire = house.connect()
    made.data_received(WHOLE)
    made.pause_writing()
    house.clock.pass_to(29)
    made.resume_writing()
    made.pause_writing()
    house.clock.pass_to(58)
    assert not wire.closed
    house.clock.pass_to(59)
    assert wire.closed == "aborted"


def test_who_waits_longest_without_a_request_makes_room(house: House) -> None:
    busy, _ = house.connect()
    busy.data_received(WHOLE)
    house.clock.pass_to(1)
    _, slow = house.connect()
    house.clock.pass_to(2)
    house.connect()
    house.clock.pass_to(3)
    _, newcomer = house.connect()
    assert (slow.closed, newcomer.closed) == ("aborted", "")


def test_where_all_have_a_request_the_newcomer_is_sent_away(house: House) -> None:
    for _ in range(3):
        house.connect()[0].data_received(WHOLE)
    made, newcomer = house.connect()
    assert (newcomer.closed, status(newcomer)) == ("closed", b"503")
    made.connection_lost(None)
    assert len(house.state.connections) == 3
