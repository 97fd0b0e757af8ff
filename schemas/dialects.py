"""The dialects of JSON Schema that are read, each by its `$schema`."""

from collections.abc import Mapping

from schemas.values import Json

LATEST = "https://json-schema.org/draft/2020-12/schema"
"""The dialect of a schema that names none."""

DIALECTS = (
    LATEST,
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-04/schema",
)
"""What `$schema` may name; an empty fragment behind it changes nothing."""

_SHOWN = 80  # characters of a name in a sentence


class DialectError(ValueError):
    """A schema in a dialect that is not read here; the message is a clause about it."""


def dialect(schema: Json) -> str:
    """Give the dialect of a schema, out of `DIALECTS`. Raises `DialectError`."""
    named = schema.get("$schema", LATEST) if isinstance(schema, Mapping) else LATEST
    found = named.removesuffix("#") if isinstance(named, str) else ""
    if found in DIALECTS:
        return found
    known = ", ".join(each.rsplit("/", 2)[-2] for each in DIALECTS)
    message = f"its dialect {str(named)[:_SHOWN]!r} is unknown; use {LATEST} (known: {known})"
    raise DialectError(message)


def is_latest(schema: Json) -> bool:
    """Say whether a schema is draft 2020-12, by its own word or because it names no dialect."""
    if not isinstance(schema, Mapping) or "$schema" not in schema:
        return True
    named = schema["$schema"]
    return isinstance(named, str) and named.removesuffix("#") == LATEST
