"""An event as lines of text: capped, without secrets, without control characters, and a traceback without local variables."""

import traceback
from collections.abc import Iterator, Mapping
from reprlib import Repr
from types import TracebackType
from typing import Any

from logs.redaction import HIDDEN, Redaction, sensitive

LINE = 2_000
"""Characters of one line of the log."""

EVENT = 16_000
"""Characters of one event, its traceback included."""

FRAMES = 25
"""Frames of one traceback that are shown: the innermost ones."""

_TEXT = 1_000  # characters of one field
_MARGIN = 4_096  # characters beyond a cut that are looked at: a secret may stand across it
_FIRST = ("timestamp", "level", "event")
_APART = (*_FIRST, "exc_info")
_CAUSES = 5  # exceptions of one chain

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class _Short(Repr):
    """`repr` whose work is bounded, whatever it is given; values under sensitive names are hidden."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxdict, self.maxlist, self.maxtuple, self.maxset = 4, 20, 20, 20, 20
        self.maxstring = self.maxother = self.maxlong = _TEXT // 2

    def repr_str(self, x: str, level: int) -> str:
        return super().repr_str(x if len(x) <= _TEXT else f"{x[:_TEXT]}...", level)

    def repr_bytes(self, x: bytes, level: int) -> str:
        del level
        return repr(x) if len(x) <= _TEXT else f"{x[:_TEXT]!r}..."

    def repr_int(self, x: int, level: int) -> str:
        return f"an integer of {x.bit_length()} bits" if x.bit_length() > _TEXT else super().repr_int(x, level)

    def repr_dict(self, x: Mapping[Any, Any], level: int) -> str:
        hidden = {key: HIDDEN if isinstance(key, str) and sensitive(key) else x[key] for key in list(x)[: self.maxdict + 1]}
        return super().repr_dict(hidden, level)

    def repr_instance(self, x: Any, level: int) -> str:
        """Name the type of what is no plain value: its own `repr` may be of any length, and show anything."""
        del level
        if isinstance(x, (BaseException, Mapping)) or not _is_plain(x):
            return f"<{type(x).__module__}.{type(x).__qualname__}>"
        return super().repr_instance(x, 0)


_SHORT = _Short()


def shortened(value: Any, redaction: Redaction) -> str:
    """Write one field within `_TEXT` characters, without secrets, with work that does not grow with its size."""
    if not isinstance(value, str):
        return _cut(redaction.redacted(_SHORT.repr(value)), _TEXT)
    # Hidden before it is cut: half a secret would not be known for one.
    text = _cut(redaction.redacted(value[: _TEXT + _MARGIN]), _TEXT)
    plain = bool(text) and text.isprintable() and not set(text) & set(" =\"'")
    return text if plain else _quoted(text)


def rendered(event: Mapping[str, Any], redaction: Redaction) -> str:
    """Write an event: `TIME level event field=value ...`, and below it the traceback, where it has one."""
    fields = [f"{name}={_field(name, value, redaction)}" for name, value in event.items() if name not in _APART]
    head = " ".join([*(_plain(event.get(name, ""), redaction) for name in _FIRST), *fields])
    lines = [head]
    if isinstance(exc := event.get("exc_info"), tuple) and exc[1] is not None:
        lines += [f"  {line}" for line in _traceback(exc)]
    safe = [_cut(redaction.redacted(_visible(line[: 4 * LINE])), LINE) for line in lines]
    return _cut("\n".join(safe), EVENT) + "\n"


def _traceback(exc: ExcInfo) -> Iterator[str]:
    """Give the lines of a traceback, outermost cause first, without local variables."""
    chain: list[BaseException] = []
    fault: BaseException | None = exc[1]
    while fault is not None and len(chain) < _CAUSES and fault not in chain:
        chain.append(fault)
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    for each in reversed(chain):
        shown = traceback.StackSummary.extract(_frames(each.__traceback__), capture_locals=False)
        for frame in shown:
            yield f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line or ''}"
        yield from _said(each)


def _frames(trace: TracebackType | None) -> Iterator[tuple[Any, int]]:
    every = list(traceback.walk_tb(trace))
    yield from every[-FRAMES:]


def _said(fault: BaseException) -> Iterator[str]:
    try:
        says = str(fault)
    except Exception:  # noqa: BLE001 - an exception of a library may fail at telling itself
        says = "<it cannot say why>"
    first, *more = says[:EVENT].splitlines() or [""]
    yield f"{type(fault).__module__}.{type(fault).__qualname__}: {first}"
    yield from (f"  {line}" for line in more[:FRAMES])


def _field(name: str, value: Any, redaction: Redaction) -> str:
    return HIDDEN if sensitive(name) else shortened(value, redaction)


def _plain(value: Any, redaction: Redaction) -> str:
    return value[:LINE] if isinstance(value, str) else shortened(value, redaction)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _visible(text: str) -> str:
    """Write control characters, direction marks and half characters as escapes: a log is read in a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} [cut: {len(text)} characters]"


def _is_plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float, type(None)))
