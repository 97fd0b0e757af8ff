"""JSON Schema inside the sandbox, with the same library as on the host."""

import re

from goalwright.errors import HandlerError, one_line
from goalwright.pointers import pointer
from jsonschema import validators
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema_specifications import REGISTRY
from referencing.exceptions import Unresolvable

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST_ERRORS = 20  # of one value: enough to mend it, little enough to read


class Checked:
    """A schema that is known to be one. References into it and to the published drafts are followed, no others."""

    def __init__(self, schema: dict | bool, *, formats: bool = False) -> None:  # noqa: FBT001 - a schema may be a boolean
        """Take the schema; `formats` asserts them too. Raises `schema_invalid`."""
        dialect = schema.get("$schema", DIALECT) if isinstance(schema, dict) else DIALECT
        cls = validators.validator_for({"$schema": dialect}, default=None)
        if cls is None:
            raise HandlerError("schema_invalid", f"the dialect {one_line(dialect, limit=100)} is unknown; use {DIALECT}")
        try:
            cls.check_schema(schema)
        except SchemaError as error:
            where = pointer(error.absolute_path) or "its root"
            raise HandlerError("schema_invalid", f"the schema is not valid at {where}: {one_line(error.message)}") from error
        except RecursionError as error:
            raise HandlerError("schema_invalid", "the schema is nested too deeply") from error
        self._validator = cls(schema, registry=REGISTRY, format_checker=cls.FORMAT_CHECKER if formats else None)

    def errors(self, value: object) -> list[dict]:
        """List what does not fit as `{path, message}`, at most `MOST_ERRORS`; an empty list means that `value` fits."""
        try:
            found = []
            for error in self._validator.iter_errors(value):
                found.append(_described(error))
                if len(found) == MOST_ERRORS:
                    break
        except Unresolvable as error:
            message = f"the schema refers to {one_line(error.ref, limit=200)}, which it does not hold; nothing is fetched"
            raise HandlerError("schema_invalid", message) from error
        except re.error as error:
            raise HandlerError("schema_invalid", f"a pattern of the schema is no regular expression: {error}") from error
        except RecursionError as error:
            message = "the value or the schema is nested too deeply, or the schema refers to itself without end"
            raise HandlerError("schema_invalid", message) from error
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


def _described(error: ValidationError) -> dict:
    # "is not valid under any of the given schemas" helps nobody: show the misfit of the branch that came nearest.
    nearest = best_match([error]) or error
    return {"path": pointer(nearest.absolute_path), "message": one_line(nearest.message, limit=300)}


_WARM = {"type": "object", "properties": {"a": {"$ref": "#", "format": "date-time"}}}
for _dialect in (DIALECT, "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2019-09/schema"):
    Checked(_WARM | {"$schema": _dialect}, formats=True).errors({"a": {"a": 1}})
