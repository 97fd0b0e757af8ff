"""Damage to a document: every part of it in turn taken out, or replaced by something else."""

from collections.abc import Iterator
from copy import deepcopy

from schemas.values import Json

_GONE = object()
REPLACEMENTS: dict[str, object] = {
    "gone": _GONE,
    "nothing": None,
    "a text": "not so",
    "a reference": "{{ input.nowhere }}",
    "a list": ["x", 3],
    "an object": {"x": 1},
}


def places(value: Json, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Go through the paths of all parts of a value, each before its own parts."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*at, key)
        yield from places(part, (*at, key))


def damaged(value: Json, at: tuple[str | int, ...], replacement: object) -> Json:
    """Give a copy in which the part at a path is replaced, or taken out."""
    copy = deepcopy(value)
    holder = copy
    for key in at[:-1]:
        holder = holder[key]
    if replacement is _GONE:
        del holder[at[-1]]
    else:
        holder[at[-1]] = replacement
    return copy
