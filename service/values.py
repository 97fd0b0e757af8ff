"""The type of fields that hold any JSON object: whoever read it has checked it, and nothing goes through it again."""

from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator

from schemas.values import Json


def _object(value: Any) -> dict[str, Json]:
    if not isinstance(value, dict):
        message = "Input should be a valid dictionary"
        raise ValueError(message)  # noqa: TRY004 - pydantic takes ValueError for a finding
    return value


FreeObject: TypeAlias = Annotated[dict[str, Json], PlainValidator(_object, json_schema_input_type=dict[str, Any])]
"""Any JSON object, taken as it is whatever its size."""

FREE = frozenset({"document", "template", "input", "inputs", "body"})
"""The names of the fields of requests that are free objects."""
