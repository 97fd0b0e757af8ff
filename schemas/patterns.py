r"""Regular expressions of JSON Schemas, matched in time that grows with the text only, whoever wrote them.

Python's `re` tries every way to match: `(a+)+$` keeps it busy for years on forty letters. RE2 does not, and in exchange knows
neither look-around nor references back. A pattern that it cannot express is refused when its schema is checked, and never
falls back to `re`. Patterns are read as ECMA 262 writes them, which JSON Schema asks for: `\d` and `\w` mean ASCII, `\s` also
the spaces of Unicode, `$` only the very end.
"""

import re
from functools import lru_cache
from typing import Protocol

import re2

from schemas.effort import TOO_MUCH, timed

MOST_CHARACTERS = 1_000
"""How long a pattern may be."""

_MEMORY = 2 << 20  # bytes for one pattern, its states included; enough for a hundred letters of any script
_KEPT = 64
_MOST_WORK = 300_000_000  # for one search, which nothing can interrupt: instructions times characters; 3 seconds at worst
_MOST_ACTIVE = 3_000  # instructions that are busy at once, at worst, as measured
_CHEAP = 1_000  # characters times instructions: too little to be worth a look at the clock
_ESCAPE = re.compile(
    r"\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u(?P<four>[0-9a-fA-F]{4})|\\u\{(?P<any>[0-9a-fA-F]{1,6})\}|\\c(?P<control>[A-Za-z])|\\(?P<one>.)|[\[\]]",
    re.DOTALL,
)
_SPACES = r"\s\v\x{a0}\x{feff}\p{Z}"
_IN_CLASS = {r"\s": _SPACES, r"\b": r"\x08"}
_OUTSIDE = {r"\s": f"[{_SPACES}]", r"\S": f"[^{_SPACES}]", r"\Z": r"\z"}


class PatternError(ValueError):
    """A pattern that cannot be evaluated here; the message is a sentence about it."""


class _Compiled(Protocol):
    programsize: int

    def search(self, text: str) -> object: ...


def pattern_flaw(pattern: str) -> str | None:
    """Say in a sentence why a pattern cannot be evaluated; None where it can."""
    try:
        _compiled(pattern)
    except PatternError as error:
        return str(error)
    return None


def search(pattern: str, text: str) -> bool:
    """Say whether a pattern matches anywhere in a text. Raises `PatternError`."""
    compiled = _compiled(pattern)
    work = min(compiled.programsize, _MOST_ACTIVE) * len(text)
    if work > _MOST_WORK:
        raise PatternError(TOO_MUCH)
    try:
        return (compiled.search(text) if work < _CHEAP else timed(lambda: compiled.search(text))) is not None
    except UnicodeEncodeError:
        message = "A text that holds half of a surrogate pair matches no pattern."
        raise PatternError(message) from None


@lru_cache(maxsize=_KEPT)
def _compiled(pattern: str) -> _Compiled:
    shown = pattern if len(pattern) <= 60 else f"{pattern[:57]}..."  # noqa: PLR2004 - a sentence stays on one line
    if len(pattern) > MOST_CHARACTERS:
        message = f"The pattern {shown!r} is longer than {MOST_CHARACTERS:,} characters."
        raise PatternError(message)
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = _MEMORY
    try:
        compiled: _Compiled = timed(lambda: re2.compile(_translated(pattern), options))
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        message = f"The pattern {shown!r} cannot be evaluated here: {_reason(reason)}."
        raise PatternError(message) from None
    except UnicodeEncodeError:
        message = f"The pattern {shown!a} holds half of a surrogate pair."
        raise PatternError(message) from None
    re2.purge()  # the library keeps every pattern a second time
    return compiled


def _reason(reason: str) -> str:
    """Cut the library's reason, which may repeat the whole pattern."""
    if reason.startswith("invalid perl operator: (?"):
        return "look-around is not supported"
    if re.match(r"invalid escape sequence: \\[1-9k]", reason):
        return "references back are not supported"
    if reason.startswith("invalid repetition size"):
        return "it repeats something more than 1,000 times; use minLength and maxLength"
    return reason[:100]


def _translated(pattern: str) -> str:
    """Write an ECMA 262 pattern as RE2 does."""
    written: list[str] = []
    end = 0
    in_class = False
    for match in _ESCAPE.finditer(pattern):
        written.append(pattern[end : match.start()])
        end = match.end()
        if match[0] in "[]":
            in_class = match[0] == "["
        written.append(_escape(match, in_class=in_class))
    return "".join(written) + pattern[end:]


def _escape(match: re.Match[str], *, in_class: bool) -> str:
    found = match.groupdict()
    if found["high"]:
        return _character(0x10000 + ((int(found["high"], 16) & 0x3FF) << 10) + (int(found["low"], 16) & 0x3FF))
    if found["four"] or found["any"]:
        return _character(int(found["four"] or found["any"], 16))
    if found["control"]:
        return _character(ord(found["control"]) & 31)
    return (_IN_CLASS if in_class else _OUTSIDE).get(match[0], match[0])


def _character(number: int) -> str:
    return rf"\x{{{number:x}}}"
