"""JSON of any size in pieces: reading and writing whose native calls are short, so that other threads get their turns.

`json` reads or writes a whole text in one native call, during which no other thread runs: 8 MB hold an
event loop for a fifth of a second, whichever thread makes the call. Here a call sees at most `PIECE`
characters, and Python's own code stands between two calls. What is read and written is the same.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from json import JSONDecodeError, JSONDecoder, JSONEncoder
from typing import NoReturn, TypeVar

from schemas.values import Json

PIECE = 1 << 16
"""Characters that one native call reads, about; a millisecond or two of work."""

VALUES = 4_000
"""Values that one native call writes, about."""

_TOGETHER = 250  # elements that are written together, where they are small

T = TypeVar("T")
_SPACE = re.compile(r"[ \t\n\r]*")
_ENDS = {"{": "},", "[": "],", '"': '",'}
_MEMBER = re.compile(r'"[^"\\]{0,200}"[ \t\n\r]*:[ \t\n\r]*(.)')
_CLOSING = {"{": "}", "[": "]"}


def loads(text: str, decoder: JSONDecoder | None = None, *, unique: bool = False) -> Json:
    """Read a JSON text as `decoder.decode` does. With `unique`, a key that stands twice in an object is a `ValueError`.

    Raises `JSONDecodeError` with the place in the whole text, and what the decoder's hooks raise.
    """
    decoder = decoder or _PLAIN
    if len(text) <= PIECE:
        return decoder.decode(text)
    return _Reader(text, decoder, unique=unique).read()


def decode(decoder: JSONDecoder, text: str) -> Json:
    """Read a text for `schemas.reading.read_json`, whose decoders take no key twice."""
    return loads(text, decoder, unique=True)


class _Reader:
    """Reads one long text. `_piece` is the part of it that native calls see, `_base` where that begins."""

    def __init__(self, text: str, decoder: JSONDecoder, *, unique: bool) -> None:
        self._text, self._unique = text, unique
        self._scan: Callable[[str, int], tuple[Json, int]] = decoder.scan_once  # type: ignore[attr-defined]  # typeshed leaves it out
        self._piece, self._base = "", 0
        self._one_by_one = 0  # up to here: what was taken for the end of an element was none

    def read(self) -> Json:
        value, at = self._value(self._after_space(0))
        at = self._after_space(at)
        if at != len(self._text):
            self._fail("Extra data", at)
        return value

    def _value(self, at: int) -> tuple[Json, int]:
        first = self._text[at : at + 1]
        if first not in _CLOSING or not first:
            return self._scalar(at)
        while True:
            if not self._base <= at < self._base + len(self._piece):
                self._look_at(at)
            try:
                value, end = self._scan(self._piece, at - self._base)
            except (JSONDecodeError, StopIteration):
                if at - self._base < PIECE // 2:  # it is long, or wrong
                    return self._object(at + 1) if first == "{" else self._list(at + 1)
                self._look_at(at)  # the end of the piece cut it off
                continue
            return value, self._base + end

    def _scalar(self, at: int) -> tuple[Json, int]:
        try:
            value, end = self._scan(self._text, at)
        except StopIteration as stopped:
            self._fail("Expecting value", stopped.value)
        return value, end

    def _list(self, at: int) -> tuple[list[Json], int]:
        values: list[Json] = []
        at = self._after_space(at)
        if self._text[at : at + 1] == "]":
            return values, at + 1
        while True:
            some, at = self._some(at, "[")
            if some is None:
                value, at = self._value(at)
                values.append(value)
            else:
                values += some
            at, ended = self._separator(at, "]")
            if ended:
                return values, at

    def _object(self, at: int) -> tuple[dict[str, Json], int]:
        values: dict[str, Json] = {}
        at = self._after_space(at)
        if self._text[at : at + 1] == "}":
            return values, at + 1
        while True:
            some, at = self._some(at, "{")
            if some is None:
                some, at = self._member(at)
            if self._unique and not values.keys().isdisjoint(some):
                message = "a key stands twice"
                raise ValueError(message)
            values.update(some)
            at, ended = self._separator(at, "}")
            if ended:
                return values, at

    def _member(self, at: int) -> tuple[dict[str, Json], int]:
        if self._text[at : at + 1] != '"':
            self._fail("Expecting property name enclosed in double quotes", at)
        key, at = self._scalar(at)
        at = self._after_space(at)
        if self._text[at : at + 1] != ":":
            self._fail("Expecting ':' delimiter", at)
        value, at = self._value(self._after_space(at + 1))
        return {key: value}, at

    def _some(self, at: int, kind: str) -> tuple[Json, int]:
        """Read many elements or members at once, up to where one seems to end; None where it only seemed so.

        What stands before the comma is read as a list or an object of its own: where that succeeds, the comma stands between
        two elements of this one, since no text, list or object was open there.
        """
        if at < self._one_by_one:
            return None, at
        if not self._base <= at < self._base + len(self._piece) - PIECE // 8:
            self._look_at(at)
        begin = at - self._base
        end = self._piece.rfind(self._ending(at, kind), begin) + 1
        self._one_by_one = self._base + len(self._piece)
        if end <= begin + 1:
            return None, at
        part = f"{kind}{self._piece[begin : end if self._piece[end : end + 1] == ',' else end - 1]}{_CLOSING[kind]}"
        try:
            values, read = self._scan(part, 0)
        except (JSONDecodeError, StopIteration):
            return None, at
        if read != len(part) or not values:
            return None, at
        self._one_by_one = 0
        return values, at + len(part) - 2

    def _ending(self, at: int, kind: str) -> str:
        """Guess what an element or a member ends with: as the first one does."""
        if kind == "[":
            return _ENDS.get(self._text[at : at + 1], ",")
        member = _MEMBER.match(self._text, at)
        return _ENDS.get(member[1], ",") if member else ","

    def _separator(self, at: int, closing: str) -> tuple[int, bool]:
        at = self._after_space(at)
        mark = self._text[at : at + 1]
        if mark == closing:
            return at + 1, True
        if mark != ",":
            self._fail("Expecting ',' delimiter", at)
        return self._after_space(at + 1), False

    def _look_at(self, at: int) -> None:
        self._piece, self._base = self._text[at : at + PIECE], at

    def _after_space(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        assert found is not None, "no space is space too"
        return found.end()

    def _fail(self, says: str, at: int) -> NoReturn:
        raise JSONDecodeError(says, self._text, at)


def canonical(value: Json) -> str:
    """Write the text that `schemas.values.canonical` writes. Raises as that does."""
    return dumps(value, _CANONICAL)


def dumps(value: Json, encoder: JSONEncoder | None = None) -> str:
    """Write a value as `encoder.encode` does; by default as `canonical` does, keys in their order. No encoder with `indent`."""
    return "".join(pieces(value, encoder or _ORDERED))


def pieces(value: Json, encoder: JSONEncoder) -> Iterator[str]:
    """Give the text of a value part by part."""
    if not isinstance(value, (dict, list, tuple)) or not is_heavy(value):
        yield encoder.encode(value)
    elif isinstance(value, dict):
        yield from _members(value, encoder)
    else:
        yield from _elements(value, encoder)


def is_heavy(value: Json, *, values: int = VALUES, characters: int = PIECE) -> bool:
    """Say whether a value holds more than so many values or characters; the work is within the limit, not the value's size."""
    pending = [value]
    for part in pending:
        if isinstance(part, str):
            characters -= len(part)
        elif isinstance(part, dict):
            values -= len(part)
            if values >= 0:
                pending.extend(part)
                pending.extend(part.values())
        elif isinstance(part, (list, tuple)):
            values -= len(part)
            if values >= 0:
                pending.extend(part)
        if values < 0 or characters < 0:
            return True
    return False


def _elements(values: list[Json] | tuple[Json, ...], encoder: JSONEncoder) -> Iterator[str]:
    between = "["
    for chunk in _chunks(values):
        if len(chunk) == 1 or is_heavy(chunk):
            for each in chunk:
                yield between
                yield from pieces(each, encoder)
                between = encoder.item_separator
        else:
            yield between
            yield encoder.encode(chunk)[1:-1]
            between = encoder.item_separator
    yield "]"


def _members(values: dict[str, Json], encoder: JSONEncoder) -> Iterator[str]:
    between = "{"
    items = sorted(values.items()) if encoder.sort_keys else list(values.items())
    for chunk in _chunks(items):
        some = dict(chunk)
        if len(chunk) == 1 or is_heavy(some):
            for key, each in chunk:
                yield f"{between}{encoder.encode(key)}{encoder.key_separator}"
                yield from pieces(each, encoder)
                between = encoder.item_separator
        else:
            yield between
            yield encoder.encode(some)[1:-1]
            between = encoder.item_separator
    yield "}"


def _chunks(values: Sequence[T]) -> Iterator[list[T]]:
    for begin in range(0, len(values), _TOGETHER):
        yield list(values[begin : begin + _TOGETHER])


_PLAIN = JSONDecoder()
_CANONICAL, _ORDERED = (
    JSONEncoder(sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=False, allow_nan=False) for sort_keys in (True, False)
)
