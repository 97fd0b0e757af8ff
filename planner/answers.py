"""The shape of a planner's answer: one JSON Schema, derived from the language itself."""

from collections.abc import Collection, Mapping
from functools import cache

from fragments.constructs import MEMBERS, Construct
from fragments.documents import Fragment, Refusal
from schemas.values import Json, JsonObject

_UNTOLD = frozenset({("Step", "tags"), ("Allow", "secrets")})
"""What a plan may hold and no planner has a use for: model and key."""


@cache
def plan_schema(runs: frozenset[Construct] | None = None) -> JsonObject:
    """Give the schema of a plan, freed of what says nothing to a model: titles, and null as a way to leave a key out.

    Of the constructs that not every engine runs it tells only those in `runs`.
    """
    untold = {place for construct, places in MEMBERS.items() if construct not in (runs or ()) for place in places} | _UNTOLD
    schema = Fragment.model_json_schema(by_alias=True)
    definitions = {name: _without(name, part, untold) for name, part in schema["$defs"].items()}
    kept = _named_by({key: part for key, part in schema.items() if key != "$defs"}, definitions)
    return _plain(  # type: ignore[no-any-return] # an object stays one
        {**schema, "$defs": {name: part for name, part in definitions.items() if name in kept}}
    )


@cache
def answer_schema(runs: frozenset[Construct] | None = None) -> JsonObject:
    """Give the schema of a whole answer, for providers that hold a model to one: a plan or a refusal.

    Its root is one object with everything optional, because providers refuse alternatives there; the checks tell the rest.
    """
    plan = {key: value for key, value in plan_schema(runs).items() if key != "required"}
    refusal = _plain(Refusal.model_json_schema(by_alias=True))
    return plan | {"properties": {**plan["properties"], **refusal["properties"]}}


def _without(name: str, definition: JsonObject, untold: Collection[tuple[str, str]]) -> JsonObject:
    """Leave keys out of an object, values out of an enumeration."""
    if "enum" in definition:
        return {**definition, "enum": [value for value in definition["enum"] if (name, value) not in untold]}
    properties = {key: part for key, part in definition.get("properties", {}).items() if (name, key) not in untold}
    return {**definition, "properties": properties} if properties else definition


def _named_by(schema: Json, definitions: JsonObject) -> set[str]:
    """Name the definitions that a schema refers to, over others too."""
    pending, named = [schema], set[str]()
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name in definitions and name not in named:
                named.add(name)
                pending.append(definitions[name])
        pending.extend(part.values() if isinstance(part, Mapping) else part if isinstance(part, (list, tuple)) else ())
    return named


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
