"""References within an OpenAPI document."""

from collections.abc import Mapping
from urllib.parse import unquote

from jsonpointer import JsonPointer, JsonPointerException

from schemas.values import Json

_DEEPEST = 50


class Unsupported(Exception):  # noqa: N818 - what is told of an operation, not a fault
    """Something that an operation asks for and an imported handler cannot do; the sentence says what, and what to do."""


def looked_up(reference: Json, document: Mapping[str, Json]) -> Json:
    """Find what `#/a/b` means. Raises `Unsupported` for other documents, and where nothing is there."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        message = f"it refers to {reference!s:.200} outside of the document; bundle the parts into one document first"
        raise Unsupported(message)
    try:
        return JsonPointer(unquote(reference[1:])).resolve(document)
    except JsonPointerException:
        message = f"it refers to {reference:.200}, and nothing is there"
        raise Unsupported(message) from None


def followed(value: Json, document: Mapping[str, Json]) -> Json:
    """Follow `$ref` after `$ref` to what is meant in the end. Raises `Unsupported`."""
    for _ in range(_DEEPEST):
        if not isinstance(value, Mapping) or "$ref" not in value:
            return value
        value = looked_up(value["$ref"], document)
    message = "its references lead in a circle, or through too many others"
    raise Unsupported(message)
