"""Compiled validators: one per schema, made once."""

from collections.abc import Iterator

from jsonschema.exceptions import ValidationError, best_match

from fragments.schemas.memory import ByIdentity
from schemas.effort import TooMuchWorkError, UndecidedError
from schemas.validation import fits, misfits, validator
from schemas.values import Json, Schema

_validator = ByIdentity(validator)


def accepts(schema: Schema, value: Json) -> bool:
    """Say whether `value` satisfies a schema that has no flaw (`soundness.schema_flaw`).

    Where that is undecided, because a pattern is too much work on a text, say, or the value is nested too deep, it does not;
    `failures` says so. Within `effort.bounded` both may raise `TooMuchWorkError`.
    """
    try:
        return fits(_validator(schema), value)
    except TooMuchWorkError:
        raise
    except UndecidedError:
        return False


def failures(schema: Schema, value: Json) -> Iterator[ValidationError]:
    """Go through what is wrong with `value`, each finding as deep in the value as the schema can tell."""
    try:
        for error in misfits(_validator(schema), value):
            yield best_match([error]) or error if error.context else error
    except TooMuchWorkError:
        raise
    except UndecidedError as error:
        yield ValidationError(str(error))


def short(message: str) -> str:
    """Cut a library's message to a length that a sentence bears."""
    return message if len(message) <= 200 else f"{message[:197]}..."  # noqa: PLR2004 - two lines of a terminal
