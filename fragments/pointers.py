"""JSON Pointers (RFC 6901) into documents."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonpointer import JsonPointer

from catalog.values import Json


def join(pointer: str, *parts: str | int) -> str:
    """Add parts to a pointer, escaped."""
    return pointer + "".join("/" + _escaped(part) for part in parts)


def braced(value: Json, pointer: str = "") -> list[tuple[str, str]]:
    """List every text in `value` that holds `{{`, with its pointer; keys not included; in document order."""
    return [(join(pointer, *_parts(path)), text) for path, text in _found(value)]


def braced_texts(value: Json) -> list[str]:
    """List every text in `value` that holds `{{`."""
    return [text for _, text in _found(value)]


def has_braces(value: Json) -> bool:
    """Say whether any text in `value` holds `{{`."""
    return bool(_found(value))


def look_up(value: Json, pointer: str, default: Json = None) -> Json:
    """Give what stands at a pointer, `default` where nothing does."""
    return _compiled(pointer).resolve(value, default)


def members(value: Json, path: tuple[str, ...], pointer: str = "") -> list[tuple[str, Json]]:
    """List what stands at a path, each with its pointer; `*` stands for every member of a list or object."""
    found: list[tuple[str, Json]] = [(pointer, value)]
    for key in path:
        found = [deeper for where, part in found for deeper in _into(where, part, key)]
    return found


_Path = tuple[Any, str | int] | None
"""The way into a value, last step first: written out only where it leads to something."""


@lru_cache(maxsize=1_000)
def _compiled(pointer: str) -> JsonPointer:
    return JsonPointer(pointer)


def _found(value: Json) -> list[tuple[_Path, str]]:
    found: list[tuple[_Path, str]] = []
    if isinstance(value, (str, dict, list, tuple, Mapping)):
        _collect(value, None, found)
    return found


def _collect(value: Json, path: _Path, found: list[tuple[_Path, str]]) -> None:
    if isinstance(value, str):
        if "{{" in value:
            found.append((path, value))
    elif type(value) is dict or isinstance(value, Mapping):  # asking the abstract class alone takes three times as long
        for key, part in value.items():
            _collect(part, (path, key), found)
    elif isinstance(value, (list, tuple)):
        for i, part in enumerate(value):
            _collect(part, (path, i), found)


def _into(where: str, value: Json, key: str) -> list[tuple[str, Json]]:
    if isinstance(value, Mapping):
        names = list(value) if key == "*" else [key] if key in value else []
        return [(join(where, name), value[name]) for name in names]
    if isinstance(value, (list, tuple)):
        chosen = range(len(value)) if key == "*" else [int(key)] if key.isdecimal() and int(key) < len(value) else []
        return [(f"{where}/{i}", value[i]) for i in chosen]
    return []


def _parts(path: _Path) -> list[str | int]:
    parts: list[str | int] = []
    while path is not None:
        path, part = path
        parts.append(part)
    return parts[::-1]


def _escaped(part: str | int) -> str:
    if isinstance(part, int):
        return str(part)
    return part.replace("~", "~0").replace("/", "~1") if "~" in part or "/" in part else part
