"""Whether JSON values are equal, in time that grows with their size only: numbers by value, `true` is no number."""

from collections.abc import Mapping

from schemas.effort import count
from schemas.values import Json, canonical

_UNIT = 16  # characters of a value's text for one unit of effort


def key(value: Json) -> str:
    """Write a value so that equal ones, and only those, have one text. Counts effort by its length."""
    text = canonical(_whole(value))
    count(len(text) // _UNIT)
    return text


def equal(one: Json, other: Json) -> bool:
    """Say whether two values are equal."""
    if type(one) is not type(other) and not (_is_number(one) and _is_number(other)):
        return isinstance(one, Mapping) and isinstance(other, Mapping) and key(one) == key(other)
    if isinstance(one, (list, tuple, Mapping)):
        return len(one) == len(other) and key(one) == key(other)
    return bool(one == other)


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _whole(value: Json) -> Json:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {name: _whole(held) for name, held in value.items()}
    return [_whole(held) for held in value] if isinstance(value, (list, tuple)) else value
