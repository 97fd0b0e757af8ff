"""Compiled validators: one per schema, made once."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry

from catalog.values import Json, Schema
from fragments.schemas.memory import ByIdentity

_LOCAL: Registry[Any] = Registry()  # holds nothing and fetches nothing
_validator = ByIdentity(lambda schema: Draft202012Validator(schema, registry=_LOCAL))


def accepts(schema: Schema, value: Json) -> bool:
    """Say whether `value` satisfies a schema that has no flaw (`soundness.schema_flaw`)."""
    return _validator(schema).is_valid(value)


def failures(schema: Schema, value: Json) -> Iterator[ValidationError]:
    """Go through what is wrong with `value`, each finding as deep in the value as the schema can tell."""
    for error in _validator(schema).iter_errors(value):
        yield best_match([error]) or error if error.context else error


def short(message: str) -> str:
    """Cut a library's message to a length that a sentence bears."""
    return message if len(message) <= 200 else f"{message[:197]}..."  # noqa: PLR2004 - two lines of a terminal
