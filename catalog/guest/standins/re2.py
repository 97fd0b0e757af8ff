r"""Stands in for google-re2, which is native: the same language of patterns, run by `re` under the sandbox's own limits.

Patterns mean what they mean there: classes are ASCII, `$` is the end of the text, nothing looks around or back. What `re`
cannot say in RE2's words (`\p{L}`, `\C`) is refused as an error and never read differently.
"""  # noqa: INP001 - a folder on the guest's path

import re
from re import _parser

error = re.error

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_CLASS = re.compile(r"\[:(\^?)(\w+):\]")
_UNKNOWN_ESCAPES = set("pPCQEXGKRZ")
_NOT_REGULAR = {"ASSERT", "ASSERT_NOT", "GROUPREF", "GROUPREF_EXISTS", "ATOMIC_GROUP", "POSSESSIVE_REPEAT"}
_MOST_REPEATS = 1000  # as RE2 has it


def search(pattern: str, text: str) -> "re.Match | None":
    """Find the first place where `pattern` matches. Raises `error` for what RE2 does not take."""
    return _compiled(pattern).search(text)


def _compiled(pattern: str) -> re.Pattern:
    translated = "".join(_pieces(pattern))
    _hold(_parser.parse(translated, re.ASCII))
    return re.compile(translated, re.ASCII)


def _pieces(pattern: str) -> "list[str]":
    """Translate character by character: escapes, classes, the end of the text."""
    pieces, at, inside = [], 0, False
    multiline = re.match(r"\(\?[is]*m[is]*\)", pattern) is not None
    while at < len(pattern):
        step = pattern[at]
        named = _CLASS.match(pattern, at) if inside else None
        if step == "\\":
            step = pattern[at : at + 2]
            pieces.append(_escape(step))
        elif named:
            step = named[0]
            pieces.append(_named(named))
        elif inside and step == "[":
            pieces.append(r"\[")
        else:
            inside = (inside or step == "[") and not (inside and step == "]" and pattern[at - 1] not in "[^")
            pieces.append(r"\Z" if step == "$" and not inside and not multiline else step)
        at += len(step)
    return pieces


def _escape(escape: str) -> str:
    if escape[1:] in _UNKNOWN_ESCAPES:
        message = f"{escape} is not supported here"
        raise error(message)
    return r"\Z" if escape == r"\z" else escape


def _named(found: re.Match) -> str:
    if found[1] or found[2] not in _POSIX:
        message = f"{found[0]} is not supported here"
        raise error(message)
    return _POSIX[found[2]]


def _hold(parsed: object) -> None:
    """Refuse what is no regular expression: it would be no pattern outside the sandbox either."""
    for kind, argument in parsed:
        if str(kind) in _NOT_REGULAR:
            message = f"{str(kind).lower().replace('_', ' ')} is not supported: patterns are RE2's"
            raise error(message)
        if "REPEAT" in str(kind) and max(argument[0], 0 if argument[1] is _parser.MAXREPEAT else argument[1]) > _MOST_REPEATS:
            message = f"more than {_MOST_REPEATS} repetitions"
            raise error(message)
        for part in _nested(argument):
            _hold(part)


def _nested(argument: object) -> "list[object]":
    if isinstance(argument, _parser.SubPattern):
        return [argument]
    if isinstance(argument, (tuple, list)):
        return [inner for part in argument for inner in _nested(part)]
    return []
