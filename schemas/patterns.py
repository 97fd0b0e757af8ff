"""Regular expressions of schemas and expressions, matched in time that grows with the text only, whoever wrote them.

Python's `re` tries every way to match: `(a+)+$` keeps it busy for years on forty letters. RE2 does not, and in exchange
knows neither look-around nor references back. A pattern that it cannot express is refused when it is checked, and never
falls back to `re`. Patterns of schemas are ECMA-262 with the flag `u` (`schemas.ecma`); those of CEL are RE2's own.
Guests ask the host, where this module answers, so that a pattern means the same everywhere.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeVar

import re2

from schemas.ecma import NotEcmaError, NotSupportedError, translated
from schemas.effort import TOO_MUCH, timed

MOST_CHARACTERS = 1_000
"""How long a pattern may be."""

RE2 = "re2"
"""In place of flags: a pattern in RE2's own words, as CEL has them."""

_MEMORY = 2 << 20  # bytes for one pattern, its states included; enough for a hundred letters of any script
_KEPT = 64
_MOST_WORK = 300_000_000  # for one search, which nothing can interrupt: instructions times characters; 3 s at worst
_MOST_ACTIVE = 3_000  # instructions that are busy at once, at worst, as measured
_CHEAP = 1_000  # characters times instructions: too little to be worth a look at the clock
_SHOWN = 60  # characters of a pattern in a sentence
_OTHER_BREAKS = re.compile("[\r\u2028\u2029]")

T = TypeVar("T")
Span = tuple[int, int]


class PatternError(ValueError):
    """A pattern that cannot be evaluated here; the message is a sentence about it."""


class Match(NamedTuple):
    """Where a pattern matches, in code points, and where each of its groups does; None for one that took no part."""

    span: Span
    groups: tuple[Span | None, ...]


class _Found(Protocol):
    def span(self, group: int = 0) -> Span: ...


class _Compiled(Protocol):
    programsize: int
    groups: int

    def search(self, text: bytes, pos: int = 0) -> _Found | None: ...


def pattern_flaw(pattern: str, flags: str = "u") -> str | None:
    """Say in a sentence why a pattern cannot be evaluated; None where it can."""
    try:
        _compiled(pattern, flags)
    except PatternError as error:
        return str(error)
    return None


def search(pattern: str, text: str, flags: str = "u") -> bool:
    """Say whether a pattern matches anywhere in a text. `flags` are ECMA-262's, or `RE2`. Raises `PatternError`."""
    compiled, content = _compiled(pattern, flags), _encoded(text)
    _hold(compiled, text, flags)
    return _within(compiled, content, lambda: _first(compiled, content, 0) is not None)


def find(pattern: str, text: str, flags: str = "u", *, start: int = 0, most: int) -> list[Match]:
    """Give the first `most` matches that do not overlap, from the code point `start` on, as ECMA-262 steps through them.

    Raises `PatternError`.
    """
    compiled, content = _compiled(pattern, flags, groups=True), _encoded(text)
    _hold(compiled, text, flags)
    skipped = len(text[:start].encode())
    found = _within(compiled, content, lambda: list(_matches(compiled, content, skipped, most)))
    places = _places(content, {place for spans in found for span in spans for place in span if place >= 0})
    return [_in_code_points(spans, places) for spans in found]


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        message = "A text that holds half of a surrogate pair matches no pattern."
        raise PatternError(message) from None


def _hold(compiled: _Compiled, text: str, flags: str) -> None:
    if min(compiled.programsize, _MOST_ACTIVE) * len(text) > _MOST_WORK:
        raise PatternError(TOO_MUCH)
    if flags != RE2 and "m" in flags and _OTHER_BREAKS.search(text):
        message = r"With the flag m, only \n may break lines: this text has other line breaks."
        raise PatternError(message)


def _within(compiled: _Compiled, content: bytes, work: Callable[[], T]) -> T:
    cheap = min(compiled.programsize, _MOST_ACTIVE) * len(content) < _CHEAP
    return work() if cheap else timed(work)


def _first(compiled: _Compiled, content: bytes, begin: int) -> _Found | None:
    r"""Search from a byte on. RE2 takes the middle of a letter for a place where `\B` holds: such a find is none."""
    while (found := compiled.search(content, begin)) is not None:
        begin = _boundary(content, found.span()[0])
        if begin == found.span()[0]:
            return found
    return None


def _boundary(content: bytes, place: int) -> int:
    while place < len(content) and content[place] & 0xC0 == 0x80:  # noqa: PLR2004 - a letter goes on
        place += 1
    return place


def _matches(compiled: _Compiled, content: bytes, begin: int, most: int) -> Iterator[list[Span]]:
    while most > 0 and begin <= len(content):
        found = _first(compiled, content, begin)
        if found is None:
            return
        spans = [found.span(group) for group in range(compiled.groups + 1)]
        yield spans
        first, last = spans[0]
        begin = last if last > first else _boundary(content, last + 1)
        most -= 1


def _places(content: bytes, offsets: set[int]) -> dict[int, int]:
    """Count the code points before each of some bytes."""
    counted, before, points = dict[int, int](), 0, 0
    for offset in sorted(offsets):
        points += len(content[before:offset].decode())
        before = offset
        counted[offset] = points
    return counted


def _in_code_points(spans: list[Span], places: dict[int, int]) -> Match:
    told = [None if first < 0 else (places[first], places[last]) for first, last in spans]
    assert told[0] is not None, "a match is somewhere"
    return Match(span=told[0], groups=tuple(told[1:]))


@lru_cache(maxsize=_KEPT)
def _compiled(pattern: str, flags: str, *, groups: bool = False) -> _Compiled:
    shown = pattern if len(pattern) <= _SHOWN else f"{pattern[: _SHOWN - 3]}..."
    if len(pattern) > MOST_CHARACTERS:
        message = f"The pattern {shown!r} is longer than {MOST_CHARACTERS:,} characters."
        raise PatternError(message)
    try:
        content = (pattern if flags == RE2 else translated(pattern, flags)).encode()
        compiled: _Compiled = timed(lambda: re2.compile(content, _options(groups=groups)))
    except NotEcmaError as error:
        message = f"The pattern {shown!r} is no regular expression of ECMA-262: {error}."
        raise PatternError(message) from None
    except NotSupportedError as error:
        message = f"The pattern {shown!a} cannot be evaluated here: {error}."
        raise PatternError(message) from None
    except re2.error as error:
        message = f"The pattern {shown!r} cannot be evaluated here: {_reason(error)}."
        raise PatternError(message) from None
    except UnicodeEncodeError:
        message = f"The pattern {shown!a} holds half of a surrogate pair."
        raise PatternError(message) from None
    re2.purge()  # the library keeps every pattern a second time
    return compiled


def _options(*, groups: bool) -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = not groups
    options.max_mem = _MEMORY
    return options


def _reason(error: re2.error) -> str:
    """Cut the library's reason, which may repeat the whole pattern."""
    said = error.args[0] if error.args else ""
    reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    if reason.startswith("invalid perl operator: (?"):
        return "look-around is not supported"
    if re.match(r"invalid escape sequence: \\[1-9k]", reason):
        return "references back are not supported"
    if reason.startswith("invalid repetition size"):
        return "it repeats something more than 1,000 times; use minLength and maxLength"
    return reason[:100]
