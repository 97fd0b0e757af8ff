"""Whether a value fits a JSON Schema, asked while a task runs."""

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from catalog.values import Json, JsonObject

_NOWHERE: Registry[Json] = Registry()
"""Without a registry of its own a validator fetches remote schemas from the network."""


def misfit(schema: JsonObject, value: Json) -> str | None:
    """Say in a sentence why `value` does not fit; None where it does."""
    try:
        error = best_match(Draft202012Validator(schema, registry=_NOWHERE).iter_errors(value))
    except Unresolvable as missing:
        return f"the schema refers to {missing.ref}, which it does not hold"
    if error is None:
        return None
    where = "".join(f"/{part}" for part in error.absolute_path)
    return f"at {where or 'the top'}: {error.message[:500]}"
