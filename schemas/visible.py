"""Characters that steer what shows a text, or that nobody sees, made visible: for whoever shows texts from outside.

Beside controls (C0, C1, DEL) these are marks of direction, characters without width or ink, separators of lines, tags, halves
of characters, and what Unicode leaves to others or to later.
"""

import json
import re
import unicodedata
from collections.abc import Callable

from schemas.values import Json

_INKLESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and symbols by their category
_STEERING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SELECTORS = re.compile("[\ufe00-\ufe0d\U000e0100-\U000e01ef\u180b-\u180d\u180f]")
_BEYOND_ASCII = re.compile("[^\n\t\x20-\x7e]")


def steers(sign: str) -> bool:
    """Say whether a character may steer a terminal or a page, or is not seen; a line break and a tab may be wanted."""
    return unicodedata.category(sign) in _STEERING or sign in _INKLESS or _SELECTORS.match(sign) is not None


def visible(text: str) -> str:
    r"""Write a text for one line: what steers as `\x1b`, `\u202e`, line breaks and tabs as `\n` and `\t`."""
    return block(text).replace("\n", "\\n").replace("\t", "\\t")


def block(text: str) -> str:
    """Write a text of several lines: what steers as escapes, line breaks and tabs as they are."""
    return _BEYOND_ASCII.sub(_with(_escape), text)


def json_text(value: Json, *, indent: int | None = None) -> str:
    """Write JSON that says exactly the value and steers nothing: what steers stands as an escape of JSON."""
    return _BEYOND_ASCII.sub(_with(_json_escape), json.dumps(value, ensure_ascii=False, indent=indent))


def _with(escape: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    return lambda found: escape(found[0]) if steers(found[0]) else found[0]


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def _json_escape(sign: str) -> str:
    return "\\u007f" if sign == "\x7f" else json.dumps(sign)[1:-1]  # DEL is ASCII, which `dumps` leaves as it is
