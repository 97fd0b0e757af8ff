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


def gathered(chunks: Iterable[bytes], *, encoding: str, cap: int, charge: Charge) -> bytes | Refusal:
    """Collect a body of at most `cap` bytes, counted after decompression; `charge` counts them before.

    Only identity is asked for, but some servers send what they stored: one layer of gzip or deflate is undone, never
    producing more than a byte beyond the cap, nor more than `RATIO` times what came in. Any other encoding, and a second
    layer, is refused.
    """
    encoding = encoding.strip().lower()
    if encoding not in {"", "identity", *_WINDOWS}:
        return Refusal("protocol_error", f"the answer is encoded as {encoding[:40]!r}, which was not asked for")
    unfold = _Inflate(_WINDOWS[encoding]) if encoding in _WINDOWS else None
    body = bytearray()
    came = 0
    for chunk in chunks:
        came += len(chunk)
        try:
            refusal = charge(len(chunk))
            body += b"" if refusal else unfold.feed(chunk, cap + 1 - len(body)) if unfold else chunk
        except zlib.error:
            refusal = Refusal("protocol_error", f"the answer is not valid {encoding}")
        refusal = refusal or _oversize(len(body), came, cap)
        if refusal:
            return refusal
    if unfold and not unfold.complete:
        return Refusal("protocol_error", f"the answer ends in the middle of its {encoding}", retryable=True)
    return bytes(body)


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
        self._fed = self._fed or bool(chunk)
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
