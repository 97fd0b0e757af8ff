"""Regular expressions, answered by the host: the same verdict as in a check, in time that grows with the text only.

`flags` are those of ECMA-262: `u` for patterns of JSON Schema, any of `i`, `m` and `s` without it for JSONata's literals; or
`RE2`, for a pattern in RE2's own words, as CEL has them. Needs `patterns` under `imports`.
"""

import json
from typing import NamedTuple

from goalwright import host

RE2 = "re2"
PAGE = 10_000  # matches that the host tells at once

Span = tuple[int, int]


class PatternError(ValueError):
    """A pattern that cannot be evaluated; the message is a sentence about it."""


class Match(NamedTuple):
    """Where a pattern matches, in characters, and where each of its groups does; None for one that took no part."""

    span: Span
    groups: "tuple[Span | None, ...]"


def pattern_flaw(pattern: str, flags: str = "u") -> "str | None":
    """Say in a sentence why a pattern cannot be evaluated; None where it can."""
    try:
        search(pattern, "", flags)
    except PatternError as error:
        return str(error)
    return None


def search(pattern: str, text: str, flags: str = "u") -> bool:
    """Say whether a pattern matches anywhere in a text. Raises `PatternError`."""
    _check(pattern, text)
    return _answer(host.search(pattern, flags, text))


def find(pattern: str, text: str, flags: str = "u", *, start: int = 0, most: "int | None" = None) -> list[Match]:
    """Give the first `most` matches (all of them by default) that do not overlap, from the place `start` on.

    Raises `PatternError`.
    """
    _check(pattern, text)
    found: list[Match] = []
    while most is None or len(found) < most:
        page = PAGE if most is None else min(PAGE, most - len(found))
        told = _answer(host.find(pattern, flags, text, start, page))
        found += [Match(tuple(spans[0]), tuple(span and tuple(span) for span in spans[1:])) for spans in told]
        if len(told) < page:
            break
        begin, end = found[-1].span
        start = end if end > begin else end + 1
        if start > len(text):
            break
    return found


def _check(*texts: str) -> None:
    for text in texts:
        try:
            text.encode()  # the binding would trap
        except UnicodeEncodeError:
            message = "A text or a pattern that holds half of a surrogate pair matches nothing."
            raise PatternError(message) from None


def _answer(answer: str) -> object:
    told = json.loads(answer)
    if "error" in told:
        raise PatternError(told["error"]["message"])
    return told["ok"]
