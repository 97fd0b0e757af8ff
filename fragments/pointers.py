"""JSON Pointers (RFC 6901) into documents."""

from collections.abc import Iterator, Mapping

from catalog.values import Json


def join(pointer: str, *parts: str | int) -> str:
    """Add parts to a pointer, escaped."""
    return pointer + "".join("/" + _escaped(part) for part in parts)


def texts(value: Json, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Go through every text in `value` with its pointer, keys not included, in document order."""
    pending: list[tuple[str, Json]] = [(pointer, value)]
    while pending:
        at, part = pending.pop()
        if isinstance(part, str):
            yield at, part
        elif isinstance(part, Mapping):
            pending.extend((join(at, key), part[key]) for key in reversed(part))
        elif isinstance(part, (list, tuple)):
            pending.extend((f"{at}/{i}", part[i]) for i in range(len(part) - 1, -1, -1))


def _escaped(part: str | int) -> str:
    if isinstance(part, int):
        return str(part)
    return part.replace("~", "~0").replace("/", "~1") if "~" in part or "/" in part else part
