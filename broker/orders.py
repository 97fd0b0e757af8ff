"""What the pool orders of a worker and what comes back: records and frames, built on the standard library alone.

A worker starts in a blink because it imports little; everything that it shares with the pool stands here.
"""

import json
import struct
from asyncio import IncompleteReadError, StreamReader
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, BinaryIO

LENGTHS = struct.Struct(">II")
FRAME_BYTES = 256 << 20  # a longer frame is a broken stream, not a call

_ENCODER = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one call may use: `catalog.capability.Limits` without its library."""

    cpu_ms: int
    wall_ms: int
    memory_bytes: int
    output_bytes: int
    log_bytes: int
    host_calls: int
    moved_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """A secret as one call may use it: the guest knows the placeholder, the value goes to `hosts` in `headers` or `query` only.

    All three are globs. No record that holds one shows the value.
    """

    name: str
    placeholder: str
    value: str = field(repr=False)
    hosts: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    query: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Loan":
        """Read what `asdict` wrote."""
        return cls(**{**document, **{name: tuple(document[name]) for name in ("hosts", "headers", "query")}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One call as a worker carries it out; the text given to the guest travels beside it."""

    component: str  # path of the compiled component
    imports: tuple[str, ...]
    hosts: tuple[str, ...]
    channels: tuple[str, ...]
    allowance: Allowance
    idempotency_key: str
    output_schema: str | None  # JSON text; None: anything fits
    loans: tuple[Loan, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)  # secrets that granted channels work with, by name

    def to_json(self) -> dict[str, Any]:
        """Write every field under its own name."""
        return {**_shallow(self), "allowance": _shallow(self.allowance), "loans": [_shallow(loan) for loan in self.loans]}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Order":
        """Read what `to_json` wrote."""
        lists = {name: tuple(document[name]) for name in ("imports", "hosts", "channels")}
        loans = tuple(Loan.of(loan) for loan in document["loans"])
        return cls(**{**document, **lists, "allowance": Allowance(**document["allowance"]), "loans": loans})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a call went; the guest's answer travels beside it. `failure` is a type of `catalog.calls.Failed`, or None."""

    failure: str | None = None
    message: str = ""
    wall_ms: float = 0.0
    cpu_ms: float = 0.0
    host_calls: int = 0
    moved_bytes: int = 0
    output_bytes: int = 0
    log_bytes: int = 0
    logs: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Write every field under its own name."""
        return _shallow(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Report":
        """Read what `to_json` wrote."""
        return cls(**{**document, "logs": tuple(document["logs"])})


def _shallow(record: Any) -> dict[str, Any]:
    """Write a record without copying what it holds, which `asdict` does and which costs more than all the rest of a frame."""
    return {name: getattr(record, name) for name in _NAMES[type(record)]}


_NAMES = {kind: tuple(each.name for each in fields(kind)) for kind in (Allowance, Loan, Order, Report)}


class FrameError(Exception):
    """The other side of the pipe wrote something that is no frame."""


def pack(header: Mapping[str, Any], body: bytes = b"") -> bytes:
    """Write one frame: two lengths of four bytes, big-endian, a JSON header, a body."""
    head = _ENCODER.encode(header).encode()
    if len(head) + len(body) > FRAME_BYTES:
        message = f"a frame of {len(head) + len(body)} bytes is more than {FRAME_BYTES}"
        raise FrameError(message)
    return b"".join((LENGTHS.pack(len(head), len(body)), head, body))


def read(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Read one frame, blocking; None where the stream ended."""
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head, body = _lengths(lengths)
    content = stream.read(head + body)
    if len(content) < head + body:
        return None
    return json.loads(content[:head]), content[head:]


async def receive(reader: StreamReader) -> tuple[dict[str, Any], bytes] | None:
    """Read one frame; None where the stream ended."""
    try:
        head, body = _lengths(await reader.readexactly(LENGTHS.size))
        content = await reader.readexactly(head + body)
    except IncompleteReadError:
        return None
    return json.loads(content[:head]), content[head:]


def _lengths(packed: bytes) -> tuple[int, int]:
    head, body = LENGTHS.unpack(packed)
    if head + body > FRAME_BYTES:
        message = f"a frame of {head + body} bytes was announced"
        raise FrameError(message)
    return head, body
