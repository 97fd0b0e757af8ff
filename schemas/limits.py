"""Limits of what enters: whatever is within them can be stored, read back, listed and embedded in a larger record.

They hold at every door: bodies of requests, inputs of the command line, answers of handlers, of
servers and of models. Records of the engine wrap such values in a few levels of their own, and the
interpreter, which recurses when it copies or writes them, stops at about a thousand levels.
"""

from collections.abc import Iterator
from itertools import accumulate

from schemas.values import Json

DEPTH = 128
"""How deep a value may be nested: lists and objects within each other."""

DOCUMENT_DEPTH = 64
"""How deep workflow documents and answers of models may be nested."""

DIGITS = 300
"""How many digits an integer may have; no float of that size is infinite."""

REQUEST_BYTES = 8 << 20
"""How long the body of a request may be."""


def depth_exceeds(value: Json, limit: int = DEPTH) -> bool:
    """Say whether lists and objects stand within each other more than `limit` deep; without recursion."""
    level = [value]
    for _ in range(limit + 1):
        level = [part for held in level for part in _parts(held)]
        if not level:
            return False
    return True


def _parts(value: Json) -> list[Json]:
    """Give what stands in a list or an object; an empty one still is a level."""
    if isinstance(value, dict):
        return list(value.values()) or [None]
    return (list(value) or [None]) if isinstance(value, (list, tuple)) else []


def text_depth_exceeds(text: str, limit: int = DEPTH) -> bool:
    """Say the same of a JSON text that nobody has read yet: a level of brackets at a time, faster than any parser."""
    if text.count("[") + text.count("{") <= limit:
        return False
    level = 0
    for brackets in _brackets(text):
        peak, level = _levels(brackets, level, limit)
        if peak > limit:
            return True
    return False


def _brackets(text: str) -> Iterator[bytes]:
    """Give the brackets outside of texts, a part of the text at a time: no native call on the way is long."""
    begin, inside = 0, False
    while begin < len(text):
        end = begin + _PART
        while text[end - 1 : end] == "\\":  # what it escapes stands in the same part
            end += 1
        pieces = text[begin:end].replace("\\\\", "").replace('\\"', "").split('"')
        outside = "".join(pieces[int(inside) :: 2])
        yield outside.encode("ascii", "ignore").translate(_ONE_KIND, _NOT_BRACKETS)
        begin, inside = end, inside ^ (len(pieces) % 2 == 0)


def _levels(brackets: bytes, level: int, limit: int) -> tuple[int, int]:
    """Give how deep brackets lead at most, never told too low where that is beyond `limit`, and where they end."""
    opened = brackets.count(b"[")
    after = level + 2 * opened - len(brackets)
    left, rounds = brackets, 0
    while rounds < limit and len(shorter := left.replace(b"[]", b"")) < len(left):
        left, rounds = shorter, rounds + 1
    peak = level + rounds + left.count(b"[")
    if peak > limit and opened:  # more than it can be: only counting tells
        peak = max(accumulate((_STEPS[bracket] for bracket in brackets), initial=level))
    return peak, after


_PART = 1 << 16  # characters
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_STEPS = {ord("["): 1, ord("]"): -1}
