"""JSON as text on its way between guest and host, and values as people read them."""

import json


def written(value: object) -> str:
    """Write `value` as JSON that is valid UTF-8; refuse what JSON cannot hold (`TypeError`, `ValueError`)."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text if _encodes(text) else json.dumps(value, allow_nan=False, separators=(",", ":"))


def shown(value: object) -> str:
    """Write a value inside a sentence or a URL: strings as they are, everything else as JSON, `2.0` as `2`."""
    return value if isinstance(value, str) else written(plain(value))


def plain(value: object) -> object:
    """Copy a JSON value with whole numbers as integers."""
    if isinstance(value, dict):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, list):
        return [plain(held) for held in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def safe(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot carry and the boundary would abort on."""
    return text if _encodes(text) else text.encode("utf-8", "replace").decode()


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
