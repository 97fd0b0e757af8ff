"""JSON as text on its way between guest and host, and values as people read them."""

import json

from schemas.limits import DEPTH, text_depth_exceeds
from schemas.reading import read_json

NESTING = 200
"""How deep JSON may be nested: the parser recurses on a WebAssembly stack, whose overflow ends the guest without an answer."""

BODY_DEPTH = DEPTH - 4
"""How deep the body of an HTTP answer may be nested: it stands within an output, which may be nested `DEPTH` deep."""

_EXACT = 2.0**53


class TooDeepError(ValueError):
    """JSON that is nested more than `NESTING` deep."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(f"nested more than {NESTING} deep")


def parsed(text: str) -> object:
    """Read JSON that the host wrote. Raises `TooDeepError` for too much nesting."""
    if text_depth_exceeds(text, NESTING):
        raise TooDeepError
    return json.loads(text)


def parsed_body(text: str) -> object:
    """Read JSON that a server wrote, as strictly as everything from outside. Raises `ValueError` with reason and place."""
    return read_json(text.removeprefix("\ufeff"), depth=BODY_DEPTH)


def written(value: object) -> str:
    """Write `value` as JSON that is valid UTF-8; refuse what JSON cannot hold (`TypeError`, `ValueError`)."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text if _encodes(text) else json.dumps(value, allow_nan=False, separators=(",", ":"))


def shown(value: object) -> str:
    """Write a value inside a sentence or a URL: strings as they are, everything else as JSON, `2.0` as `2`."""
    return value if isinstance(value, str) else written(plain(value))


def same(value: object) -> str:
    """Write a value so that equal values give equal texts, and only these: 1 and 1.0, objects whatever their order."""
    return json.dumps(_whole(value), sort_keys=True, allow_nan=False, separators=(",", ":"))


def kind(value: object) -> str:
    """Name what a JSON value is, in a sentence."""
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def plain(value: object) -> object:
    """Copy a JSON value with whole numbers as integers, up to the size from which fractional ones stand for several."""
    return _whole(value, _EXACT)


def _whole(value: object, most: float = float("inf")) -> object:
    if isinstance(value, dict):
        return {key: _whole(held, most) for key, held in value.items()}
    if isinstance(value, list):
        return [_whole(held, most) for held in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= most else value


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
