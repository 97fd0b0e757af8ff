"""Whether a value fits a JSON Schema, asked while a task runs."""

from fragments.schemas.soundness import schema_flaw
from fragments.schemas.validators import failures, short
from schemas.effort import RUNNING, UndecidedError, bounded
from schemas.values import Json, JsonObject


def misfit(schema: JsonObject, value: Json) -> str | None:
    """Say in a sentence why `value` does not fit; None where it does. A schema that is none fits nothing.

    What cannot be decided does not fit either: patterns that are too much work, a value nested too deep for its schema.
    """
    try:
        with bounded(RUNNING):
            flaw = schema_flaw(schema)
            failure = next(failures(schema, value), None) if flaw is None else None
    except UndecidedError as error:
        return str(error)
    if flaw is not None:
        return f"the schema itself is wrong: {flaw[1]}"
    if failure is None:
        return None
    where = "".join(f"/{part}" for part in failure.absolute_path)
    return f"at {where or 'the top'}: {short(failure.message)}"
