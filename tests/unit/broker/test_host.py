"""The parts of the host functions that need no network."""

import gzip
import json
import zlib
from base64 import b64encode
from typing import Any

import httpcore
import pytest

from broker.host import asked
from broker.host.asked import Asked
from broker.host.bodies import gathered
from broker.host.line import FAILURES, failure
from broker.host.log import Log, cleaned
from broker.host.meter import Meter
from broker.host.refusals import Refusal
from broker.host.transport import TlsError
from broker.orders import Allowance

ALLOWANCE = Allowance(
    cpu_ms=1000, wall_ms=2000, memory_bytes=1 << 26, output_bytes=1000, log_bytes=1000, host_calls=2, moved_bytes=100
)


class Hands:
    """A clock that stands where it was put."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def free(_count: int) -> None:
    return None


def test_a_meter_counts_calls_and_refuses_the_one_too_many() -> None:
    meter = Meter(ALLOWANCE, Hands())
    answers = [meter.charge_call() for _ in range(4)]
    assert [answer.type if answer else None for answer in answers] == [None, None, "limit_host_calls", "limit_host_calls"]
    assert (meter.host_calls, meter.breach) == (2, "limit_host_calls")


def test_a_meter_refuses_bytes_beyond_the_allowance() -> None:
    meter = Meter(ALLOWANCE, Hands())
    assert meter.charge_bytes(100) is None
    refusal = meter.charge_bytes(1)
    assert refusal is not None
    assert (refusal.type, meter.remaining_bytes(), meter.breach) == ("limit_moved_bytes", 0, "limit_moved_bytes")


def test_a_meter_refuses_calls_after_the_wall_clock_ran_out() -> None:
    hands = Hands()
    meter = Meter(ALLOWANCE, hands)
    assert meter.late() is None
    hands.now += 2.0
    refusals = [meter.late(), meter.charge_call()]
    assert [refusal.type if refusal else None for refusal in refusals] == ["limit_wall", "limit_wall"]
    assert meter.host_calls == 0


def test_the_first_breach_is_the_one_that_is_reported() -> None:
    meter = Meter(ALLOWANCE, Hands())
    meter.charge_bytes(101)
    for _ in range(3):
        meter.charge_call()
    assert meter.breach == "limit_moved_bytes"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("two\r\nlines\tand", "two  lines and", id="line breaks"),
        pytest.param("\x1b[31mred\x1b[0m\x9b1m", "[31mred[0m1m", id="terminal escapes"),
        pytest.param("abc\u202e\u2066xyz\ufeff", "abcxyz", id="direction marks"),
        pytest.param("a\0b\ud800c", "abc", id="NUL and half a character"),
        pytest.param("größe 漢字 🎉", "größe 漢字 🎉", id="other languages"),
    ],
)
def test_a_log_line_holds_nothing_that_acts_on_a_terminal(text: str, expected: str) -> None:
    assert cleaned(text) == expected


def test_a_log_is_cut_once_and_says_so() -> None:
    log = Log(200)
    for number in range(100):
        log.write("info", f"line {number}")
    assert log.lines == [
        *(f"info: line {number}" for number in range(4)),
        "warning: the log was cut here: a call may write 200 bytes",
    ]


def test_a_log_of_no_bytes_keeps_only_the_note() -> None:
    log = Log(0)
    log.write("loud", "hello")
    assert log.lines == ["warning: the log was cut here: a call may write 0 bytes"]


def test_an_unknown_level_counts_as_info_and_long_lines_are_shortened() -> None:
    log = Log(100_000)
    log.write("loud", "x" * 10_000)
    assert log.lines == ["info: " + "x" * 4096]


def test_a_full_request_is_read() -> None:
    document = {
        "method": "POST",
        "url": "http://a.example/",
        "headers": [["X-A", "b"]],
        "body": "grüße",
        "body_base64": None,
        "timeout_ms": 1500,
        "max_bytes": 10,
    }
    assert asked.read(json.dumps(document)) == Asked(
        method="POST",
        url="http://a.example/",
        headers=(("X-A", "b"),),
        content="grüße".encode(),
        timeout_s=1.5,
        max_bytes=10,
    )


def test_only_the_url_is_needed() -> None:
    expected = Asked(method="GET", url="http://a.example/", headers=(), content=b"", timeout_s=30.0, max_bytes=None)
    assert asked.read('{"url": "http://a.example/"}') == expected


def test_a_binary_body_travels_as_base64() -> None:
    read = asked.read(json.dumps({"url": "u", "body_base64": b64encode(b"\xff\x00").decode()}))
    assert isinstance(read, Asked)
    assert read.content == b"\xff\x00"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param("[]", id="a list"),
        pytest.param('{"method": "GET"}', id="no URL"),
        pytest.param('{"url": 1}', id="URL no text"),
        *(
            pytest.param(json.dumps({"url": "http://a.example/", **part}), id=str(part)[:40])
            for part in (
                {"method": 1},
                {"headers": {"a": "b"}},
                {"headers": [["a"]]},
                {"headers": [["a", 1]]},
                {"headers": ["ab"]},
                {"headers": [["a", "b"]] * 101},
                {"body": 1},
                {"body": "\ud800"},
                {"body": "a", "body_base64": "YQ=="},
                {"body_base64": "not base64!"},
                {"timeout_ms": 0},
                {"timeout_ms": True},
                {"timeout_ms": "1"},
                {"max_bytes": -1},
            )
        ),
    ],
)
def test_a_malformed_request_is_refused(text: str) -> None:
    refusal = asked.read(text)
    assert isinstance(refusal, Refusal)
    assert (refusal.type, refusal.retryable) == ("protocol_error", False)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        pytest.param("", b"x" * 100, id="identity"),
        pytest.param("gzip", gzip.compress(b"x" * 100), id="gzip"),
        pytest.param(" GZIP ", gzip.compress(b"x" * 100), id="gzip, spelt loosely"),
        pytest.param("deflate", zlib.compress(b"x" * 100), id="deflate"),
    ],
)
def test_a_body_is_unpacked_up_to_the_cap(encoding: str, packed: bytes) -> None:
    chunks = [packed[i : i + 7] for i in range(0, len(packed), 7)]
    assert gathered(chunks, encoding=encoding, cap=100, charge=free) == b"x" * 100
    over = gathered(chunks, encoding=encoding, cap=99, charge=free)
    assert isinstance(over, Refusal)
    assert over.type == "too_large"


def test_an_empty_body_needs_no_gzip_header() -> None:
    assert gathered([], encoding="gzip", cap=10, charge=free) == b""


def test_a_decompression_bomb_ends_at_the_cap() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    refusal = gathered([bomb], encoding="gzip", cap=1000, charge=free)
    assert isinstance(refusal, Refusal)
    assert refusal.type == "too_large"


@pytest.mark.parametrize("chunk", [1 << 30, 1_000], ids=["at once", "bit by bit"])
def test_a_body_that_unfolds_beyond_all_reason_is_refused_long_before_the_cap(chunk: int) -> None:
    bomb = gzip.compress(b"\0" * (32 << 20))
    chunks = [bomb[place : place + chunk] for place in range(0, len(bomb), chunk)]
    refusal = gathered(chunks, encoding="gzip", cap=1 << 30, charge=free)
    assert refusal == Refusal("too_large", "the answer unfolds to more than 100 times its size")


def test_a_small_body_may_unfold_as_far_as_it_likes() -> None:
    assert gathered([gzip.compress(b"\0" * (1 << 20))], encoding="gzip", cap=1 << 30, charge=free) == b"\0" * (1 << 20)


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_gzip_bodies_that_follow_each_other_are_one_body(size: int) -> None:
    packed = b"".join(gzip.compress(part) for part in (b"one ", b"", b"two ", b"three"))
    chunks = [packed[place : place + size] for place in range(0, len(packed), size)]
    assert gathered(chunks, encoding="gzip", cap=13, charge=free) == b"one two three"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        pytest.param("gzip", gzip.compress(b"x") + b"more", id="more behind gzip"),
        pytest.param("deflate", zlib.compress(b"x") + zlib.compress(b"y"), id="two deflates"),
        pytest.param("gzip", gzip.compress(b"") * 1_001, id="too many gzips"),
        pytest.param("br", b"x", id="not asked for"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(b"x")), id="two layers"),
        pytest.param("gzip", b"plain", id="not what it says"),
        pytest.param("gzip", gzip.compress(b"x" * 1000)[:-9], id="cut short"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused(encoding: str, content: bytes) -> None:
    refusal = gathered([content], encoding=encoding, cap=10_000, charge=free)
    assert isinstance(refusal, Refusal)
    assert refusal.type == "protocol_error"


@pytest.mark.parametrize(
    ("encoding", "content", "body"),
    [
        pytest.param("br", b"", b"", id="a coding of nothing"),
        pytest.param("gzip, gzip", b"", b"", id="two codings of nothing"),
        pytest.param("identity", b"x", b"x", id="identity"),
        pytest.param("identity, gzip", gzip.compress(b"x"), b"x", id="identity is none"),
        pytest.param(" GZIP ,", gzip.compress(b"x"), b"x", id="case, blanks and a comma"),
        pytest.param("x-gzip", gzip.compress(b"x"), b"x", id="the older name"),
        pytest.param("deflate", zlib.compress(b"x"), b"x", id="deflate"),
        pytest.param("deflate", zlib.compress(b"x", wbits=-15), b"x", id="deflate without its frame"),
    ],
)
def test_a_coding_matters_only_where_there_are_bytes(encoding: str, content: bytes, body: bytes) -> None:
    assert gathered([content], encoding=encoding, cap=100, charge=free) == body


def test_bytes_are_charged_as_they_come_not_as_they_unfold() -> None:
    charged: list[int] = []

    def charge(count: int) -> Refusal | None:
        charged.append(count)
        return Refusal("limit_moved_bytes", "enough") if len(charged) == 2 else None

    refusal = gathered([b"abc", b"de", b"f"], encoding="", cap=100, charge=charge)
    assert refusal == Refusal("limit_moved_bytes", "enough")
    assert charged == [3, 2]


def exceptions_of(module: Any) -> list[type[Exception]]:
    return [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Exception)]


@pytest.mark.parametrize("kind", exceptions_of(httpcore), ids=lambda kind: kind.__name__)
def test_every_exception_of_httpcore_has_a_meaning(kind: type[Exception]) -> None:
    assert issubclass(kind, tuple(FAILURES))
    assert failure(kind("x")).type in {"timed_out", "connect_failed", "protocol_error"}


def test_a_failed_certificate_is_told_from_a_failed_connection() -> None:
    assert (failure(TlsError("x")).type, failure(TlsError("x")).retryable) == ("tls_failed", False)
    assert (failure(httpcore.ConnectError("x")).type, failure(httpcore.ConnectError("x")).retryable) == ("connect_failed", True)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        pytest.param(
            httpcore.RemoteProtocolError("illegal status line: bytearray(b'HTTP/9 x')"),
            "the server's answer is not valid HTTP: illegal status line: HTTP/9 x",
            id="a status line",
        ),
        pytest.param(
            httpcore.RemoteProtocolError('illegal header line: bytearray(b"it\'s")'),
            "the server's answer is not valid HTTP: illegal header line: it's",
            id="the other quotes",
        ),
        pytest.param(httpcore.ReadTimeout(), "the server took too long", id="nothing more to say"),
    ],
)
def test_a_failure_quotes_no_python(error: Exception, says: str) -> None:
    assert failure(error).message == says
