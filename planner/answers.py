"""The shape of a planner's answer: one JSON Schema, derived from the language itself."""

from collections.abc import Mapping
from functools import cache

from catalog.values import Json, JsonObject
from fragments.documents import Fragment, Refusal


@cache
def plan_schema() -> JsonObject:
    """Give the schema of a plan, freed of what says nothing to a model: titles, and null as a way to leave a key out."""
    return _plain(Fragment.model_json_schema(by_alias=True))  # type: ignore[no-any-return] # an object stays one


@cache
def answer_schema() -> JsonObject:
    """Give the schema of a whole answer, for providers that hold a model to one: a plan or a refusal.

    Its root is one object with everything optional, because providers refuse alternatives there; the checks tell the rest.
    """
    plan = {key: value for key, value in plan_schema().items() if key != "required"}
    refusal = _plain(Refusal.model_json_schema(by_alias=True))
    return plan | {"properties": {**plan["properties"], **refusal["properties"]}}


def _plain(schema: Json) -> Json:
    if isinstance(schema, (list, tuple)):
        return [_plain(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {key: _plain(value) for key, value in schema.items() if not _says_nothing(key, value)}
    others = [one for one in kept.get("anyOf", []) if one != {"type": "null"}]
    if "anyOf" not in kept or len(others) == len(kept["anyOf"]):
        return kept
    rest = {key: value for key, value in kept.items() if key not in {"anyOf", "default"}}
    return {**others[0], **rest} if len(others) == 1 else {"anyOf": others, **rest}


def _says_nothing(key: str, value: Json) -> bool:
    # pydantic writes the limits of a duration as keywords that JSON Schema does not have
    return (
        (key == "title" and isinstance(value, str)) or key in {"gt", "le"} or (key == "default" and value in (None, "", [], {}))
    )
