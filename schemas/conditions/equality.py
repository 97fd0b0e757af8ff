"""Equality of JSON values as conditions and switches see it: by value, however numbers are spelled."""

from collections.abc import Mapping

from schemas.values import Json


def equal(one: Json, other: Json) -> bool:
    """Compare two JSON values deeply: 1 equals 1.0, true does not equal 1, the order of keys does not count."""
    pending = [(one, other)]
    while pending:
        a, b = pending.pop()
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            if a.keys() != b.keys():
                return False
            pending.extend((a[key], b[key]) for key in a)
        elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
            if len(a) != len(b):
                return False
            pending.extend(zip(a, b, strict=True))
        elif not _same(a, b):
            return False
    return True


def _same(a: Json, b: Json) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return a == b  # exact also between huge integers and floats
    return type(a) is type(b) and bool(a == b)
