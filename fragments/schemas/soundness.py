"""Whether something is a JSON Schema that stands for itself: nothing remote, nothing dangling, no circle.

Of dialects before 2020-12 no more is known than that: values are held against them, and their types are not worked out.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache

from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped] # ships no types; jsonschema's own meta-schemas

from fragments.schemas.inlining import LISTED, NAMED, SINGLE, UNKNOWN, Path, inlined, lookup, subschemas
from fragments.schemas.memory import ByIdentity
from fragments.schemas.validators import short
from schemas.dialects import LATEST, DialectError, dialect, is_latest
from schemas.validation import PATTERNS, meta_misfits, misfits, validator
from schemas.values import Json, canonical

_VOCABULARIES = ("core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content")
_IN_PLACE_LISTED = ("allOf", "anyOf", "oneOf")
_IN_PLACE = ("not", "if", "then", "else")
_MOST = 5_000  # verdicts kept
_TOO_MANY = "by way of references it applies too many schemas to one value"
_MOST_APPLIED, _DEEPEST = 10_000, 100  # schemas to one value, by way of references

Flaw = tuple[Path, str]

_NOT_JUDGED: Flaw = ((), "")
_verdicts: dict[str, Flaw | None] = {}


def schema_flaw(schema: Json) -> Flaw | None:
    """Say where and why something is no schema that can be used here; None where it is one."""
    return _flaws(schema) if isinstance(schema, dict) else _flaw(schema)


def _flaw(schema: Json) -> Flaw | None:
    if not isinstance(schema, Mapping):
        return None if isinstance(schema, bool) else ((), "a schema is an object, or true or false")
    try:
        named = dialect(schema)
    except DialectError as error:
        return ("$schema",), str(error)
    if named != LATEST:
        return _older_flaw(schema, named)
    parts = list(subschemas(schema))
    for path, part in parts:
        if flaw := _shallow_flaw(part):
            return (*path, *flaw[0]), flaw[1]
    referring = any(key in part for _, part in parts for key in ("$ref", "$dynamicRef", "$id", "$schema"))
    return _reference_flaw(schema, parts) if referring else None


def _older_flaw(schema: Mapping[str, Json], named: str) -> Flaw | None:
    error = best_match(meta_misfits(schema))
    if error is not None:
        return tuple(error.absolute_path), short(str(error.cause or error.message))
    parts = list(subschemas(schema, older=True))
    naming = "id" if named.endswith("draft-04/schema") else "$id"
    for path, part in parts:
        if path and isinstance(part.get(naming), str):
            return (*path, naming), f"a schema within a schema has an {naming}"
        if "$recursiveRef" in part:
            return (*path, "$recursiveRef"), "$recursiveRef is not supported; use $ref"
    return _reference_flaw(schema, parts)


def _reference_flaw(schema: Mapping[str, Json], parts: list[tuple[Path, Mapping[str, Json]]]) -> Flaw | None:
    for path, part in parts:
        if path and "$schema" in part and part["$schema"] != schema.get("$schema", LATEST):
            return (*path, "$schema"), "a schema within a schema names another dialect"
        if path and "$id" in part:
            return (*path, "$id"), "a schema within a schema has an $id"
        if "$dynamicRef" in part:
            return (*path, "$dynamicRef"), "$dynamicRef is not supported; use $ref"
        if "$ref" in part and (reason := _unresolved(schema, part["$ref"])):
            return (*path, "$ref"), reason
    return _in_place_flaw(schema, parts)


_flaws = ByIdentity(_flaw)
sound = ByIdentity(lambda schema: inlined(schema) if schema_flaw(schema) is None and is_latest(schema) else UNKNOWN)
"""Give a schema without `$ref`; `UNKNOWN` for one that is flawed, or of an older dialect."""


def _shallow_flaw(schema: Mapping[str, Json]) -> Flaw | None:
    """Check one schema without those within it: what is left of most is the same few texts over and over."""
    shallow = {key: _outline(key, value) for key, value in schema.items() if not _is_plain(key, value)}
    if not shallow:
        return None
    plain = all(type(value) is str for value in shallow.values())  # {"type": "string"} and its like are most of them
    text = repr(shallow) if plain else canonical(shallow)
    known = _verdicts.get(text, _NOT_JUDGED)
    if known is not _NOT_JUDGED:
        return known
    if len(_verdicts) >= _MOST:
        _verdicts.clear()
    error = best_match(misfits(_meta(), shallow))
    flaw = None if error is None else (tuple(error.absolute_path), short(str(error.cause or error.message)))
    _verdicts[text] = flaw
    return flaw


def _outline(key: str, value: Json) -> Json:
    """Put `true` in place of the schemas within."""
    if key in NAMED and isinstance(value, Mapping):
        return {name: True if isinstance(part, (Mapping, bool)) else part for name, part in value.items()}
    if key in LISTED and isinstance(value, (list, tuple)):
        return [True if isinstance(part, (Mapping, bool)) else part for part in value]
    return True if key in SINGLE and isinstance(value, Mapping) else value


def _is_plain(key: str, value: Json) -> bool:
    """Say whether a keyword is written as it must be, where that is plain to see and its texts differ from schema to schema."""
    if key in ("title", "description", "$ref"):
        return isinstance(value, str)
    if key in ("const", "default"):
        return True
    if key in NAMED and key != "patternProperties":
        return isinstance(value, Mapping) and all(isinstance(part, (Mapping, bool)) for part in value.values())
    return key == "required" and _is_name_list(value)


def _is_name_list(value: Json) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value)


def _unresolved(root: Mapping[str, Json], reference: str) -> str | None:
    if not reference.startswith("#"):
        return f"it refers to {short(reference)}, outside of this schema"
    return None if lookup(root, reference) is not None else f"{short(reference)} leads nowhere; a reference is #/$defs/NAME"


def _in_place_flaw(root: Mapping[str, Json], parts: list[tuple[Path, Mapping[str, Json]]]) -> Flaw | None:
    """Find a schema that applies itself, or too many others, to the same value: a validator would not come to an end.

    What refers twice to what refers twice doubles at each level. Each schema is counted once, when all are that it applies.
    """
    counted: dict[int, tuple[int, int]] = {}  # how many schemas, and how many within one another
    for path, part in parts:
        pending, around = [part], dict[int, None]()
        while pending:
            schema = pending[-1]
            applied = list(_applied_in_place(root, schema))
            waiting = [one for one in applied if id(one) not in counted]
            if id(schema) in counted or not waiting:
                around.pop(id(pending.pop()), None)
                many, deep = _sum([counted[id(one)] for one in applied])
                counted[id(schema)] = many, deep
                if many > _MOST_APPLIED or deep > _DEEPEST:
                    return path, _TOO_MANY
                continue
            around[id(schema)] = None
            if len(around) > _DEEPEST:
                return path, _TOO_MANY
            if circle := next((id(one) for one in waiting if id(one) in around), None):
                return _first_reference(parts, list(around)[list(around).index(circle) :])
            pending.extend(waiting)
    return None


def _sum(within: list[tuple[int, int]]) -> tuple[int, int]:
    return 1 + sum(many for many, _ in within), 1 + max((deep for _, deep in within), default=0)


def _first_reference(parts: list[tuple[Path, Mapping[str, Json]]], circle: list[int]) -> Flaw:
    members = set(circle)
    path = next(path for path, part in parts if id(part) in members and "$ref" in part)
    return (*path, "$ref"), "it leads back to itself without going into the value"


def _applied_in_place(root: Mapping[str, Json], schema: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    candidates: list[Json] = [schema.get(key) for key in _IN_PLACE]
    for key in _IN_PLACE_LISTED:
        candidates.extend(schema.get(key) or ())
    for key in ("dependentSchemas", "dependencies"):
        candidates.extend((schema.get(key) or {}).values())
    if "$ref" in schema:
        candidates.append(lookup(root, schema["$ref"]))
    yield from (candidate for candidate in candidates if isinstance(candidate, Mapping))


@cache
def _meta() -> Validator:
    """Flatten the meta-schema: its vocabularies in one schema, which checks a small schema in a fraction of the time."""
    vocabularies = [REGISTRY.contents(f"https://json-schema.org/draft/2020-12/meta/{name}") for name in _VOCABULARIES]
    properties = {key: part for vocabulary in vocabularies for key, part in vocabulary["properties"].items()}
    legacy = REGISTRY.contents(LATEST)["properties"]
    defs = {key: part for vocabulary in vocabularies for key, part in vocabulary.get("$defs", {}).items()}
    text = json.dumps({"type": ["object", "boolean"], "properties": {**legacy, **properties}, "$defs": defs})
    text = text.replace('"$dynamicRef": "#meta"', '"$ref": "#"')
    text = text.replace('"meta/core#/$defs/', '"#/$defs/').replace('"meta/validation#/$defs/', '"#/$defs/')
    return validator(json.loads(text), formats=PATTERNS)
