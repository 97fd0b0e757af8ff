"""Schemas without `$ref`: every local reference written out, so that parts of a schema can be taken out of it."""

from collections.abc import Iterator, Mapping

from schemas.values import Json, Schema

UNKNOWN: Schema = {"$comment": "unknown", "x-unknown": True}
"""The type of which nothing is known: any value may come, and what may be accepted is not known either."""

Path = tuple[str | int, ...]

_MOST_NODES = 20_000
_MOST_DEPTH = 64
NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
)


def is_unknown(schema: Schema) -> bool:
    """Say whether nothing is known of a schema."""
    return schema is UNKNOWN or (isinstance(schema, dict) and "x-unknown" in schema)


def inlined(schema: Schema) -> Schema:
    """Write out every local `$ref`. What refers to itself, to elsewhere, or grows too large becomes `UNKNOWN`."""
    if not isinstance(schema, Mapping) or not _has_reference(schema):
        return schema
    return _Inliner(schema).schema(schema, (), 0)


def subschemas(schema: Json, *, older: bool = False) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """Go through a schema and every schema within it, with its path. Values such as `const` are not schemas.

    In dialects before 2020-12 (`older`) there are schemas in more places.
    """
    named = (*NAMED, "dependencies") if older else NAMED
    listed = (*LISTED, "items") if older else LISTED
    single = (*SINGLE, "additionalItems") if older else SINGLE
    pending: list[tuple[Path, Json]] = [((), schema)]
    while pending:
        path, part = pending.pop()
        if not isinstance(part, (dict, Mapping)):  # dict first: asking the abstract class takes long
            continue
        yield path, part
        for key, value in part.items():
            if key in named and isinstance(value, Mapping):
                pending.extend(((*path, key, name), inner) for name, inner in value.items())
            elif key in listed and isinstance(value, (list, tuple)):
                pending.extend(((*path, key, i), inner) for i, inner in enumerate(value))
            elif key in single:
                pending.append(((*path, key), value))


def lookup(root: Schema, reference: str) -> Schema | None:
    """Find `#` and `#/$defs/name`; anchors and other documents are not looked for."""
    if not reference.startswith("#") or "%" in reference:
        return None
    part: Json = root
    for raw in reference[1:].split("/")[1:]:
        key = raw.replace("~1", "/").replace("~0", "~")
        if not isinstance(part, Mapping) or key not in part:
            return None
        part = part[key]
    return part if isinstance(part, (Mapping, bool)) and (reference == "#" or reference.startswith("#/")) else None


def _has_reference(schema: Schema) -> bool:
    text = str(schema)  # a fraction of the time that going through the schemas within takes
    if "$ref" not in text and "$dynamicRef" not in text:
        return False
    return any("$ref" in part or "$dynamicRef" in part for _, part in subschemas(schema))


class _Inliner:
    def __init__(self, root: Schema) -> None:
        self.root = root
        self.nodes = 0

    def schema(self, schema: Schema, within: tuple[str, ...], depth: int) -> Schema:
        self.nodes += 1
        if not isinstance(schema, Mapping):
            return schema
        if self.nodes > _MOST_NODES or depth > _MOST_DEPTH or "$dynamicRef" in schema:
            return UNKNOWN
        rest = {key: self._keyword(key, value, within, depth) for key, value in schema.items() if key not in ("$ref", "$defs")}
        if "$ref" not in schema:
            return rest
        target = self._target(schema["$ref"], within, depth)
        return {"allOf": [target, rest]} if rest else target

    def _target(self, reference: Json, within: tuple[str, ...], depth: int) -> Schema:
        if not isinstance(reference, str) or reference in within:
            return UNKNOWN
        found = lookup(self.root, reference)
        return UNKNOWN if found is None else self.schema(found, (*within, reference), depth + 1)

    def _keyword(self, key: str, value: Json, within: tuple[str, ...], depth: int) -> Json:
        if key in NAMED and isinstance(value, Mapping):
            return {name: self.schema(part, within, depth + 1) for name, part in value.items()}
        if key in LISTED and isinstance(value, (list, tuple)):
            return [self.schema(part, within, depth + 1) for part in value]
        return self.schema(value, within, depth + 1) if key in SINGLE else value
