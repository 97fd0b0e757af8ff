"""Reads answers within caps: bytes as they come, and as they unfold."""

import zlib
from collections.abc import Callable, Iterable
from typing import TypeAlias

from broker.host.refusals import Refusal

Charge: TypeAlias = Callable[[int], Refusal | None]
"""Counts bytes as they arrive; may refuse to take more."""

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def gathered(chunks: Iterable[bytes], *, encoding: str, cap: int, charge: Charge) -> bytes | Refusal:
    """Collect a body of at most `cap` bytes, counted after decompression; `charge` counts them before.

    Only identity is asked for, but some servers send what they stored: one layer of gzip or deflate is undone, never
    producing more than a byte beyond the cap. Any other encoding is refused.
    """
    encoding = encoding.strip().lower()
    if encoding not in {"", "identity", *_WINDOWS}:
        return Refusal("protocol_error", f"the answer is encoded as {encoding[:40]!r}, which was not asked for")
    unfold = _Inflate(_WINDOWS[encoding]) if encoding in _WINDOWS else None
    body = bytearray()
    for chunk in chunks:
        refusal = charge(len(chunk))
        if refusal:
            return refusal
        try:
            body += unfold.feed(chunk, cap + 1 - len(body)) if unfold else chunk
        except zlib.error:
            return Refusal("protocol_error", f"the answer is not valid {encoding}")
        if len(body) > cap:
            return Refusal("too_large", f"the answer is longer than {cap} bytes")
    if unfold and not unfold.complete:
        return Refusal("protocol_error", f"the answer ends in the middle of its {encoding}", retryable=True)
    return bytes(body)


class _Inflate:
    def __init__(self, window: int) -> None:
        self._engine = zlib.decompressobj(window)
        self._fed = False

    @property
    def complete(self) -> bool:
        return self._engine.eof or not self._fed

    def feed(self, chunk: bytes, room: int) -> bytes:
        self._fed = self._fed or bool(chunk)
        return self._engine.decompress(chunk, max(1, room))
