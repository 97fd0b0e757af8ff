"""What an answer's Content-Type says of its body: the media type, and the text that the bytes are."""

import re
from collections.abc import Sequence
from email.message import Message

import webencodings

_ESSENCE = re.compile(r"(?!\*/\*)[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16le", b"\xfe\xff": "utf-16be"}


def media_type_of(fields: Sequence[str]) -> str:
    """Return the media type in lower case without parameters; empty where the answer names none.

    `fields` are the values of all Content-Type fields. Where there are several, or several in one
    field, the last valid one counts, as browsers have it (WHATWG Fetch, "extract a MIME type").
    """
    return _last(fields).get_content_type() if _valid(fields) else ""


def text_of(body: bytes, fields: Sequence[str]) -> str | None:
    """Decode a body; None where it is not text in the charset that it declares.

    A byte order mark decides, then the declared charset, whatever the bytes look like, then UTF-8.
    Charsets are those of the WHATWG Encoding standard; an unknown one leaves the body undecoded.
    """
    label = next((name for mark, name in _BYTE_ORDER_MARKS.items() if body.startswith(mark)), "")
    encoding = webencodings.lookup(label or _charset(fields) or "utf-8")
    if encoding is None:
        return None
    try:
        return encoding.codec_info.decode(body, "strict")[0]
    except UnicodeDecodeError:
        return None


def _charset(fields: Sequence[str]) -> str:
    declared = _last(fields).get_param("charset") if _valid(fields) else None
    return declared.strip(" '") if isinstance(declared, str) else ""


def _last(fields: Sequence[str]) -> Message:
    message = Message()
    message["content-type"] = _valid(fields)[-1]
    return message


def _valid(fields: Sequence[str]) -> list[str]:
    values = [value.strip() for field in fields for value in _divided(field)]
    return [value for value in values if _names_a_type(value)]


def _names_a_type(value: str) -> bool:
    return _ESSENCE.fullmatch(value.partition(";")[0].strip()) is not None


def _divided(field: str) -> list[str]:
    """Divide a field at its commas, but not at those within quotes."""
    parts, quoted = [""], False
    for character in field:
        quoted ^= character == '"'
        if character == "," and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts
