"""Checks values against JSON Schemas without ever fetching a schema from elsewhere."""

import json
from functools import lru_cache
from typing import Any

from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator

from schemas.dialects import DialectError
from schemas.effort import RUNNING, UndecidedError, bounded
from schemas.validation import misfits, validator


@lru_cache(maxsize=256)
def compiled(schema: str) -> Validator:
    """Compile the JSON text of a schema; a `$ref` to anywhere else finds nothing."""
    return validator(json.loads(schema))


def fault(value: Any, schema: str) -> str | None:
    """Say the most telling way in which `value` does not fit, with its JSON Pointer; None where it fits."""
    try:
        with bounded(RUNNING):
            return _says(best_match(misfits(compiled(schema), value)))
    except (UndecidedError, DialectError) as error:
        return f"its schema cannot be applied: {error}"


def misfit(answer: bytes, schema: str) -> str | None:
    """Say how the output inside a guest's answer does not fit; None where it fits, or where there is no output.

    An answer that is not what a guest should give is left to its reader.
    """
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or "ok" not in document:
        return None
    return fault(document["ok"], schema)


def _says(error: ValidationError | None) -> str | None:
    if error is None:
        return None
    pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error.absolute_path)
    return f"at {pointer or 'the root'}: {error.message[:500]}"
