"""JSON Schema inside the sandbox: the host's own module, with the errors of a handler."""

from goalwright.errors import HandlerError, one_line
from goalwright.pointers import pointer
from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError, best_match
from schemas.dialects import DIALECTS, DialectError
from schemas.effort import UndecidedError
from schemas.validation import meta_misfits, misfits, validator

MOST_ERRORS = 20  # of one value: enough to mend it, little enough to read


class Checked:
    """A schema that is known to be one. References into it and to the published drafts are followed, no others."""

    def __init__(self, schema: dict | bool, *, formats: FormatChecker | None = None) -> None:  # noqa: FBT001 - a schema may be a boolean
        """Take the schema, in any dialect that is read; `formats` asserts those, too. Raises `schema_invalid`."""
        try:
            flaw = best_match(meta_misfits(schema))
        except DialectError as error:
            raise HandlerError("schema_invalid", one_line(error)) from error
        except UndecidedError as error:
            raise HandlerError("schema_invalid", f"nothing can be said of the schema: {_clause(error)}") from error
        if flaw is not None:
            where = pointer(flaw.absolute_path) or "its root"
            said = one_line(flaw.cause or flaw.message, limit=300)
            raise HandlerError("schema_invalid", f"the schema is not valid at {where}: {said}")
        self._validator = validator(schema, formats=formats)

    def errors(self, value: object) -> list[dict]:
        """List what does not fit as `{path, message}`, at most `MOST_ERRORS`; an empty list means that `value` fits.

        Raises `schema_invalid` where it is undecided whether it does.
        """
        found = []
        try:
            for error in misfits(self._validator, value):
                found.append(_described(error))
                if len(found) == MOST_ERRORS:
                    break
        except UndecidedError as error:
            raise HandlerError("schema_invalid", f"whether the value fits is undecided: {_clause(error)}") from error
        return found


def require(value: object, schema: dict | bool, error_type: str, what: str) -> None:  # noqa: FBT001 - a schema may be a boolean
    """Fail with `error_type`, naming the first few misfits, unless `value` fits `schema`. Formats are not asserted."""
    found = Checked(schema).errors(value)
    if found:
        raise HandlerError(error_type, f"{what} does not fit the schema: {listed(found)}")


def listed(found: list[dict], *, most: int = 3) -> str:
    """Say the first misfits in one line."""
    said = "; ".join(f"at {error['path'] or 'its root'}: {error['message']}" for error in found[:most])
    more = len(found) - most
    return f"{said}; and {more} more" if more > 0 else said


def _clause(error: Exception) -> str:
    said = one_line(error, limit=300).removesuffix(".")
    return said[:1].lower() + said[1:]


def _described(error: ValidationError) -> dict:
    # "is not valid under any of the given schemas" helps nobody: show the misfit of the branch that came nearest.
    nearest = best_match([error]) or error
    return {"path": pointer(nearest.absolute_path), "message": one_line(nearest.message, limit=300)}


_WARM = {"type": "object", "properties": {"a": {"$ref": "#", "format": "date-time", "pattern": "a", "enum": [1]}}}
for _dialect in DIALECTS:
    Checked(_WARM | {"$schema": _dialect}).errors({"a": {"a": 1}})
