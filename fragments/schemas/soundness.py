"""Whether something is a JSON Schema (draft 2020-12) that stands for itself: nothing remote, nothing dangling, no circle."""

import json
from collections.abc import Iterator, Mapping
from functools import cache

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match
from jsonschema_specifications import REGISTRY

from catalog.values import Json, canonical
from fragments.schemas.inlining import LISTED, NAMED, SINGLE, lookup
from fragments.schemas.validators import short

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_VOCABULARIES = ("core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content")
_IN_PLACE_LISTED = ("allOf", "anyOf", "oneOf")
_IN_PLACE = ("not", "if", "then", "else")
_MOST = 5_000  # verdicts kept

Path = tuple[str | int, ...]
Flaw = tuple[Path, str]

_verdicts: dict[str, Flaw | None] = {}


def schema_flaw(schema: Json) -> Flaw | None:
    """Say where and why something is no schema that can be used here; None where it is one."""
    text = canonical(schema)
    if text not in _verdicts:
        if len(_verdicts) >= _MOST:
            _verdicts.clear()
        _verdicts[text] = _flaw(schema)
    return _verdicts[text]


def _flaw(schema: Json) -> Flaw | None:
    error = best_match(_meta().iter_errors(schema))
    if error is not None:
        return tuple(error.absolute_path), short(error.message)
    if not isinstance(schema, Mapping):
        return None
    parts = list(subschemas(schema))
    for path, part in parts:
        if path and "$id" in part:
            return (*path, "$id"), "a schema within a schema has an $id"
        for key in ("$ref", "$dynamicRef"):
            if key in part and (reason := _unresolved(schema, part[key], parts)):
                return (*path, key), reason
    return _circle(schema, parts)


def subschemas(schema: Json) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """Go through a schema and every schema within it, with its path. Values such as `const` are not schemas."""
    pending: list[tuple[Path, Json]] = [((), schema)]
    while pending:
        path, part = pending.pop()
        if not isinstance(part, Mapping):
            continue
        yield path, part
        for key, value in part.items():
            if key in NAMED and isinstance(value, Mapping):
                pending.extend(((*path, key, name), inner) for name, inner in value.items())
            elif key in LISTED and isinstance(value, (list, tuple)):
                pending.extend(((*path, key, i), inner) for i, inner in enumerate(value))
            elif key in SINGLE:
                pending.append(((*path, key), value))


def _unresolved(root: Mapping[str, Json], reference: str, parts: list[tuple[Path, Mapping[str, Json]]]) -> str | None:
    if not reference.startswith("#"):
        return f"it refers to {short(reference)}, outside of this schema"
    anchor = reference[1:]
    if anchor and not anchor.startswith("/"):
        known = any(anchor in (part.get("$anchor"), part.get("$dynamicAnchor")) for _, part in parts)
    else:
        known = lookup(root, reference) is not None
    return None if known else f"{short(reference)} leads nowhere"


def _circle(root: Mapping[str, Json], parts: list[tuple[Path, Mapping[str, Json]]]) -> Flaw | None:
    """Find a schema that applies itself to the same value: a validator would never come to an end."""
    for path, part in parts:
        if "$ref" not in part:
            continue
        pending, seen = [part], {id(part)}
        while pending:
            for inner in _applied_in_place(root, pending.pop()):
                if inner is part:
                    return (*path, "$ref"), "it leads back to itself without going into the value"
                if id(inner) not in seen:
                    seen.add(id(inner))
                    pending.append(inner)
    return None


def _applied_in_place(root: Mapping[str, Json], schema: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    candidates: list[Json] = [schema.get(key) for key in _IN_PLACE]
    for key in _IN_PLACE_LISTED:
        candidates.extend(schema.get(key) or ())
    candidates.extend((schema.get("dependentSchemas") or {}).values())
    if "$ref" in schema:
        candidates.append(lookup(root, schema["$ref"]))
    yield from (candidate for candidate in candidates if isinstance(candidate, Mapping))


@cache
def _meta() -> Draft202012Validator:
    """Flatten the meta-schema: its vocabularies in one schema, which checks a small schema in a fraction of the time."""
    vocabularies = [REGISTRY.contents(f"https://json-schema.org/draft/2020-12/meta/{name}") for name in _VOCABULARIES]
    properties = {key: part for vocabulary in vocabularies for key, part in vocabulary["properties"].items()}
    legacy = REGISTRY.contents(_DIALECT)["properties"]
    defs = {key: part for vocabulary in vocabularies for key, part in vocabulary.get("$defs", {}).items()}
    text = json.dumps({"type": ["object", "boolean"], "properties": {**legacy, **properties}, "$defs": defs})
    text = text.replace('"$dynamicRef": "#meta"', '"$ref": "#"')
    text = text.replace('"meta/core#/$defs/', '"#/$defs/').replace('"meta/validation#/$defs/', '"#/$defs/')
    return Draft202012Validator(json.loads(text), format_checker=FormatChecker(["regex"]))
