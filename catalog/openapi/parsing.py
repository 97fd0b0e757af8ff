"""The text of a document as a value: JSON or YAML, held to limits before anything walks through it."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from catalog.findings import CatalogError, Finding
from catalog.openapi.yaml_text import MOST_VALUES, YamlError, read_yaml
from schemas.limits import DEPTH, DIGITS
from schemas.values import Json


def parsed(source: Path, content: bytes) -> tuple[dict[str, Json], tuple[str, ...]]:
    """Read JSON or YAML, and say which keys stand twice. Raises `CatalogError`."""
    try:
        text = content.decode("utf-8-sig")
        value, odd = _json(text) if text.lstrip()[:1] in ("{", "[") else read_yaml(text)
    except UnicodeDecodeError as error:
        raise CatalogError([Finding(file=source, says=f"not UTF-8 text: {error}")]) from error
    except (YamlError, ValueError, RecursionError) as error:
        says = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise CatalogError([Finding(file=source, says=says)]) from error
    objection = _objection(value)
    if objection:
        raise CatalogError([Finding(file=source, says=objection)])
    if not isinstance(value, dict):
        raise CatalogError([Finding(file=source, says="the document is not an object")])
    return value, odd


def _json(text: str) -> tuple[Json, tuple[str, ...]]:
    repeated: list[str] = []

    def object_of(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        made = dict(pairs)
        if len(made) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = dict.fromkeys(key for key in keys if keys.count(key) > 1)
            repeated.append(f"the key {', '.join(map(repr, twice)):.200} stands twice in one object; the last one counts")
        return made

    try:
        value = json.loads(
            text,
            object_pairs_hook=object_of,
            parse_constant=_refused,
            parse_float=_finite,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        if text.lstrip()[:1] == "{":
            try:  # YAML may begin with a brace, too
                return read_yaml(text)
            except YamlError:
                pass
        message = f"not JSON: {error}"
        raise ValueError(message) from error
    return value, tuple(repeated)


def _refused(word: str) -> NoReturn:
    message = f"not JSON: {word} is no number"
    raise ValueError(message)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        message = f"not JSON: the number {text:.40} is too large"
        raise ValueError(message)
    return number


def _whole(text: str) -> int:
    if len(text) > DIGITS:
        message = f"not JSON: a number has more than {DIGITS} digits"
        raise ValueError(message)
    return int(text)


def _objection(value: Json) -> str | None:
    """Walk through a document, level by level: how deep it is, how much it holds, whether all texts are texts."""
    level: list[Json] = [value]
    count = 0
    for _ in range(DEPTH + 1):
        if not level:
            return None
        count += len(level)
        if count > MOST_VALUES:
            return f"the document has more than {MOST_VALUES:,} values"
        for text in (held for held in level if isinstance(held, str)):
            if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
                return f"the text {text[:60]!a} holds half of a surrogate pair"
        level = [inner for held in level for inner in _inside(held)]
    return f"nested too deeply: more than {DEPTH} levels"


def _inside(value: Json) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value
