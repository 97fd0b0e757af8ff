"""Reads answers within caps: bytes as they come, and as they unfold."""

import zlib
from collections.abc import Callable, Iterable
from typing import TypeAlias

from broker.host.refusals import Refusal

Charge: TypeAlias = Callable[[int], Refusal | None]
"""Counts bytes as they arrive; may refuse to take more."""

RATIO = 100  # how many times its size a body may unfold to; text rarely reaches 20
RATIO_FROM = 1 << 20  # bytes; below that a ratio says nothing
MEMBERS = 1_000  # gzip bodies in a row; servers that append to files send a handful

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_KNOWN = {"", *_WINDOWS}


def gathered(chunks: Iterable[bytes], *, encoding: str, cap: int, charge: Charge) -> bytes | Refusal:
    """Collect a body of at most `cap` bytes, counted after decompression; `charge` counts them before.

    Only identity is asked for, but some servers send what they stored: one layer of gzip or deflate
    is undone, never producing more than a byte beyond the cap, nor more than `RATIO` times what came
    in. Any other coding, and a second layer, is refused, but only where there are bytes to decode.
    """
    coding = _coding(encoding)
    unfold = _Inflate(_WINDOWS[coding]) if coding in _WINDOWS else None
    body = bytearray()
    came = 0
    for chunk in filter(None, chunks):
        if coding not in _KNOWN:
            return Refusal("protocol_error", f"the answer's content coding is {coding[:40]!r}, which was not asked for")
        came += len(chunk)
        try:
            refusal = charge(len(chunk))
            body += b"" if refusal else _unfolded(unfold, chunk, cap + 1 - len(body))
        except zlib.error:
            refusal = Refusal("protocol_error", f"the answer's body is not valid {coding}")
        refusal = refusal or _oversize(len(body), came, cap)
        if refusal:
            return refusal
    if unfold and not unfold.complete:
        return Refusal("protocol_error", f"the answer ends in the middle of its {coding} body", retryable=True)
    return bytes(body)


def _coding(encoding: str) -> str:
    """Name the codings that were applied; `identity` is none, wherever it is listed (RFC 9110, section 8.4.1)."""
    names = [name for part in encoding.lower().split(",") if (name := part.strip()) not in {"", "identity"}]
    return ", ".join(names)


def _unfolded(unfold: "_Inflate | None", chunk: bytes, room: int) -> bytes:
    return unfold.feed(chunk, room) if unfold else chunk


def _oversize(size: int, came: int, cap: int) -> Refusal | None:
    if size > cap:
        return Refusal("too_large", f"the answer is longer than {cap} bytes")
    if size > max(RATIO_FROM, RATIO * came):
        return Refusal("too_large", f"the answer unfolds to more than {RATIO} times its size")
    return None


class _Inflate:
    """Undoes gzip, whose bodies may follow each other (RFC 1952, 2.2), or deflate, which ends once."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._engine = zlib.decompressobj(window)
        self._members = 1
        self._fed = False

    @property
    def complete(self) -> bool:
        return self._engine.eof or not self._fed

    def feed(self, chunk: bytes, room: int) -> bytes:
        if not self._fed and self._window == zlib.MAX_WBITS and not _has_zlib_header(chunk):
            self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
        self._fed = True
        made = bytearray()
        rest = chunk
        while rest and len(made) < room:
            if self._engine.eof:
                self._next()
            made += self._engine.decompress(rest, room - len(made))
            rest = self._engine.unused_data
        return bytes(made)

    def _next(self) -> None:
        self._members += 1
        if self._window == zlib.MAX_WBITS or self._members > MEMBERS:
            message = "more follows where the body ends"
            raise zlib.error(message)
        self._engine = zlib.decompressobj(self._window)


def _has_zlib_header(chunk: bytes) -> bool:
    """Tell zlib (RFC 1950) from the bare deflate that some servers send under its name (RFC 9110, 8.4.1.2)."""
    return len(chunk) < 2 or (chunk[0] & 0x0F == zlib.DEFLATED and int.from_bytes(chunk[:2]) % 31 == 0)  # noqa: PLR2004 - its two bytes
