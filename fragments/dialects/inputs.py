"""What a workflow reads of its input, as a schema: for sources that do not declare their input."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fragments.reference_text import Key
from schemas.values import Json

ITEM: Key = -1
"""In a path: any member of a list."""

_DEEPEST = 20
"""Of a longer path only the beginning is described: documents are nested no deeper than 64, and each key takes two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A path into the input that is read, and whether a list must stand there."""

    path: tuple[Key, ...]
    is_list: bool = False


def schema_of(reads: Iterable[Read]) -> dict[str, Json]:
    """Make the schema that says what is read: everything read must be there."""
    schema: dict[str, Any] = {"type": "object"}
    for read in reads:
        place = schema
        for key in read.path[:_DEEPEST]:
            place = _member(place) if isinstance(key, int) else _property(place, key)
        if read.is_list and len(read.path) <= _DEEPEST:
            place.setdefault("type", "array")
    return schema


def _property(schema: dict[str, Any], key: str) -> dict[str, Any]:
    schema["type"] = "object"
    required: list[str] = schema.setdefault("required", [])
    if key not in required:
        required.append(key)
    found: dict[str, Any] = schema.setdefault("properties", {}).setdefault(key, {})
    return found


def _member(schema: dict[str, Any]) -> dict[str, Any]:
    schema["type"] = "array"
    found: dict[str, Any] = schema.setdefault("items", {})
    return found
