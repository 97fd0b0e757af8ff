"""Bodies of facts as JSON and back. The text is canonical: it is what the hash covers and what is stored, byte for byte.

Written out rather than left to a validation library: this runs for every fact, and the hash chain guards what is read.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

from engine import facts
from engine.errors import FactUnreadableError, FactUnwritableError
from schemas import slices
from schemas.values import Json

Reader = Callable[[Any], Any]


def encode(body: facts.Body) -> str:
    """Write a body. Raises `FactUnwritableError` for a value that JSON or UTF-8 cannot write."""
    names = _FIELDS[type(body)]
    try:
        text = slices.canonical({name: _plain(getattr(body, name)) for name in names})
        text.encode()
    except (ValueError, TypeError, RecursionError) as wrong:
        raise FactUnwritableError(type(body).__name__, str(wrong)) from wrong
    return text


def decode(kind: str, text: str) -> facts.Body:
    """Read what `encode` wrote. Raises `FactUnreadableError` for anything else."""
    found = _KINDS.get(kind)
    if found is None:
        raise FactUnreadableError(kind, "there is no such kind of fact")
    made, readers = found
    try:
        value = slices.loads(text)
        read = {name: readers[name](part) if name in readers else part for name, part in value.items()}
        body: facts.Body = made(**read)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as wrong:
        raise FactUnreadableError(kind, str(wrong)) from wrong
    return body


def body_to_json(body: facts.Body) -> dict[str, Json]:
    """Give a body as plain JSON values, for readers outside."""
    return {name: _plain(getattr(body, name)) for name in _FIELDS[type(body)]}


def _plain(value: Any) -> Json:
    if isinstance(value, facts.Error):
        return {"type": value.type, "message": value.message, "retryable": value.retryable, "step": value.step}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, MappingProxyType):
        return dict(value)
    return value


def _error(value: Json) -> facts.Error | None:
    return None if value is None else facts.Error(**value)


def _time(value: Json) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _reader(hint: Any) -> Reader | None:
    options = get_args(hint) or (hint,)
    if facts.Error in options:
        return _error
    if datetime in options:
        return _time
    return tuple if str(hint).startswith("tuple[") else None


def _readers(kind: type) -> Mapping[str, Reader]:
    hints = get_type_hints(kind)
    found = {name: _reader(hint) for name, hint in hints.items()}
    return {name: reader for name, reader in found.items() if reader is not None}


BODIES: tuple[type, ...] = tuple(kind for kind in get_args(facts.Body) if kind is not facts.Unreadable)
_FIELDS: Mapping[type, tuple[str, ...]] = {kind: tuple(f.name for f in fields(kind)) for kind in BODIES}
_KINDS: Mapping[str, tuple[Callable[..., Any], Mapping[str, Reader]]] = {
    kind.__name__: (kind, _readers(kind)) for kind in BODIES
}
