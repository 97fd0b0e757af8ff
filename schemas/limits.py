"""Limits of what enters: whatever is within them can be stored, read back, listed and embedded in a larger record.

They hold at every door: bodies of requests, inputs of the command line, answers of handlers, of
servers and of models. Records of the engine wrap such values in a few levels of their own, and the
interpreter, which recurses when it copies or writes them, stops at about a thousand levels.
"""

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
    outside_strings = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    brackets = left = outside_strings.encode("ascii", "ignore").translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(limit):
        if not left:
            return False
        left = left.replace(b"[]", b"")
    # What is left is nested deeper, or some brackets have no other: then only counting tells.
    return bool(left) and max(accumulate(_STEPS[bracket] for bracket in brackets)) > limit


_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_STEPS = {ord("["): 1, ord("]"): -1}
