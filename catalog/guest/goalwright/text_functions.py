"""JSONata's functions of texts: characters of all scripts, values written as JavaScript writes them."""

import base64
import binascii
import json
import re
import urllib.parse

from goalwright.operators import NULL
from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.utils import Utils
from schemas.expressions import numbers

_BLANKS = re.compile("[ \t\n\r]+")


def _string(value: object, prettify: object) -> object:
    """Write a value as text, as JSON.stringify of JavaScript does."""
    if isinstance(value, Utils.JList) and value.outer_wrapper:
        value = value[0]
    if value is None or isinstance(value, str):
        return value
    if is_function(value):
        return ""
    if numbers.is_number(value):
        return numbers.text(value)
    return "".join(_written(value, "\n" if prettify else ""))


def _written(value: object, line: str) -> object:
    """Go through the parts of a value's text; `line` begins a line of the place where the value stands."""
    if value is NULL or value is None:
        yield "null"
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif numbers.is_number(value):
        yield numbers.text(value)
    elif isinstance(value, dict):
        colon = ": " if line else ":"
        parts = ((json.dumps(key, ensure_ascii=False) + colon, held) for key, held in value.items())
        yield from _bracketed("{}", parts, line)
    elif isinstance(value, list):
        yield from _bracketed("[]", (("", held) for held in value), line)
    else:
        yield '""' if is_function(value) else json.dumps(value, ensure_ascii=False)


def _bracketed(brackets: str, parts: object, line: str) -> object:
    inner, between = (line + "  " if line else ""), ""
    yield brackets[0]
    for before, held in parts:
        yield between + inner + before
        yield from _written(held, inner)
        between = ","
    yield (line if between else "") + brackets[1]


def is_function(value: object) -> bool:
    """Say whether a value is a function, built in or of the expression."""
    return Utils.is_function(value) or Functions.is_lambda(value)


def _lowered(value: str | None) -> object:
    return None if value is None else value.lower()


def _trimmed(value: str | None) -> object:
    return None if value is None else _BLANKS.sub(" ", value).strip(" ")


def _part(value: str | None, start: float | None, length: float | None) -> object:
    """Cut out a part by positions of characters; fractions count as slice() of JavaScript takes them: towards zero, the end."""
    if value is None:
        return None
    if start is None:
        return value if length is None else ""
    if len(value) + start < 0:
        start = 0
    if length is None:
        return value[int(start) :]
    if length <= 0:
        return ""
    end = start + length if start >= 0 else len(value) + start + length
    return value[int(start) : int(end)]


def _encoded(value: str | None) -> object:
    return None if value is None else base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()


def _decoded(value: str | None) -> object:
    if value is None:
        return None
    letters = re.sub("[^A-Za-z0-9+/]", "", value.replace("-", "+").replace("_", "/").partition("=")[0])
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        message = "$base64decode() gives text in UTF-8, and these bytes are none"
        raise ValueError(message) from error


def _url(name: str, function: object) -> object:
    def apply(value: str | None) -> object:
        if value is None:
            return None
        try:
            return function(value)
        except UnicodeError as error:
            raise JException("D3140", -1, name, value) from error

    return apply


def _unquoted(value: str, kept: str = "") -> str:
    if re.search("%(?![0-9A-Fa-f]{2})", value):
        raise UnicodeError
    for character in kept:
        value = re.sub(f"%{ord(character):02X}", f"%25{ord(character):02X}", value, flags=re.IGNORECASE)
    return urllib.parse.unquote(value, errors="strict")


FUNCTIONS = {
    "string": _string,
    "lowercase": _lowered,
    "trim": _trimmed,
    "substring": _part,
    "base64encode": _encoded,
    "base64decode": _decoded,
    "encode_url": _url("encodeUrl", lambda value: urllib.parse.quote(value, safe="~@#$&()*!+=:;,.?/'")),
    "encode_url_component": _url("encodeUrlComponent", lambda value: urllib.parse.quote(value, safe="~()*!.'")),
    "decode_url": _url("decodeUrl", lambda value: _unquoted(value, "#$&+,/:;=?@")),
    "decode_url_component": _url("decodeUrlComponent", _unquoted),
}
"""In place of the library's, by its names for them."""
