"""Compiled validators: one per schema, made once."""

from collections.abc import Iterator

from jsonschema.exceptions import ValidationError, best_match

from fragments.schemas.memory import ByIdentity
from schemas.patterns import PatternError
from schemas.validation import validator
from schemas.values import Json, Schema

_validator = ByIdentity(validator)


def accepts(schema: Schema, value: Json) -> bool:
    """Say whether `value` satisfies a schema that has no flaw (`soundness.schema_flaw`).

    Where a pattern is too much work on a text, or the value is nested too deep, it does not; `failures` says so. Within
    `effort.bounded` both may raise `TooMuchWorkError`.
    """
    try:
        return _validator(schema).is_valid(value)
    except (PatternError, RecursionError):
        return False


def failures(schema: Schema, value: Json) -> Iterator[ValidationError]:
    """Go through what is wrong with `value`, each finding as deep in the value as the schema can tell."""
    try:
        for error in _validator(schema).iter_errors(value):
            yield best_match([error]) or error if error.context else error
    except PatternError as error:
        yield ValidationError(str(error))
    except RecursionError:
        yield ValidationError("It is nested too deep to be compared with its schema.")


def short(message: str) -> str:
    """Cut a library's message to a length that a sentence bears."""
    return message if len(message) <= 200 else f"{message[:197]}..."  # noqa: PLR2004 - two lines of a terminal
