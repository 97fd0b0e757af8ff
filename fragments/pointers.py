"""JSON Pointers (RFC 6901) into documents."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonpointer import JsonPointer

from schemas.values import Json


def join(pointer: str, *parts: str | int) -> str:
    """Add parts to a pointer, escaped."""
    for part in parts:
        pointer += f"/{_escaped(part)}"
    return pointer


def braced(value: Json, pointer: str = "") -> list[tuple[str, str]]:
    """List every text in `value` that holds `{{`, with its pointer; keys not included; in document order."""
    return [(join(pointer, *_parts(path)), text) for path, text in _found(value)]


def braced_texts(value: Json) -> list[str]:
    """List every text in `value` that holds `{{`."""
    return [text for _, text in _found(value)]


def has_braces(value: Json) -> bool:
    """Say whether any text in `value` holds `{{`."""
    kind = type(value)
    if kind is str:
        return "{{" in value
    if kind is dict or (kind not in _SCALARS and isinstance(value, Mapping)):
        return any(has_braces(part) for part in value.values())
    return isinstance(value, (list, tuple)) and any(has_braces(part) for part in value)


def has_braced_keys(value: Json) -> bool:
    """Say whether any key in `value` holds `{{`."""
    kind = type(value)
    if kind is str or kind in _SCALARS:
        return False
    if isinstance(value, Mapping):
        return any("{{" in key for key in value) or any(has_braced_keys(part) for part in value.values())
    return isinstance(value, (list, tuple)) and any(has_braced_keys(part) for part in value)


def look_up(value: Json, pointer: str, default: Json = None) -> Json:
    """Give what stands at a pointer, `default` where nothing does."""
    compiled, found = _compiled(pointer), value
    for part in compiled.parts:
        if type(found) is not dict:  # nearly always it is one
            return compiled.resolve(value, default)
        if part not in found:
            return default
        found = found[part]
    return found


def members(value: Json, path: tuple[str, ...], pointer: str = "") -> list[tuple[str, Json]]:
    """List what stands at a path, each with its pointer; `*` stands for every member of a list or object."""
    found: list[tuple[str, Json]] = [(pointer, value)]
    for key in path:
        found = [deeper for where, part in found for deeper in _into(where, part, key)]
    return found


_SCALARS = frozenset({int, float, bool, type(None)})
_Path = tuple[Any, str | int] | None
"""The way into a value, last step first: written out only where it leads to something."""


@lru_cache(maxsize=1_000)
def _compiled(pointer: str) -> JsonPointer:
    return JsonPointer(pointer)


def _found(value: Json) -> list[tuple[_Path, str]]:
    found: list[tuple[_Path, str]] = []
    _collect(value, None, found)
    return found


def _collect(value: Json, path: _Path, found: list[tuple[_Path, str]]) -> None:
    kind = type(value)
    if kind is str:
        if "{{" in value:
            found.append((path, value))
    elif kind is dict or (kind not in _SCALARS and isinstance(value, Mapping)):  # the abstract class takes long to ask
        for key, part in value.items():
            if type(part) is not str or "{{" in part:  # most texts end here, without a call of their own
                _collect(part, (path, key), found)
    elif kind not in _SCALARS and isinstance(value, (list, tuple)):
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
