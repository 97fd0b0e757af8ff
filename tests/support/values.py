"""Values by chance that satisfy a JSON Schema: of draft 2020-12 the keywords that the catalog's schemas and the documents use.

The library for it, hypothesis-jsonschema, knows no `prefixItems`, and draws through strategies that it makes anew for every
schema; an interpreter makes some thousand values of schemas that are met once.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from random import Random
from typing import Any

from jsonschema import Draft202012Validator

from schemas.values import Json, Schema

_TEXTS = ("", "a", "b", "ab", "none", "äö", "x" * 30, "{{ input.a }}", "2026-01-02T03:04:05+00:00")
_NUMBERS = (0, 1, 2, 3, -1, 7, 100, 2.0)
_BEYOND = {"extra": 1}
_MOST_TRIES = 40


class NoValueError(Exception):
    """No value was found that satisfies a schema."""


def value_of(schema: Schema, random: Random) -> Json:
    """Make a value that satisfies `schema`, by the judgement of `jsonschema`. Raises `NoValueError`."""
    text = json.dumps(schema, sort_keys=True)
    validator = _validator(text)
    for _ in range(_MOST_TRIES):
        made = _Maker(schema, random).value(schema, depth=6)
        if validator.is_valid(made):
            return made
    raise NoValueError(text)


def satisfies(schema: Schema, value: Json) -> bool:
    """Say whether a value satisfies a schema."""
    return _validator(json.dumps(schema, sort_keys=True)).is_valid(value)


def misfits(schema: Schema, value: Json) -> list[tuple[tuple[str | int, ...], str]]:
    """List where a value does not satisfy a schema, and why."""
    errors = _validator(json.dumps(schema, sort_keys=True)).iter_errors(value)
    return [(tuple(error.absolute_path), error.message[:200]) for error in errors]


@lru_cache(maxsize=4_000)
def _validator(text: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(text))


class _Maker:
    def __init__(self, root: Schema, random: Random) -> None:
        self.root, self.random = root, random

    def value(self, schema: Schema, depth: int) -> Json:
        if not isinstance(schema, Mapping):
            return self._any(depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        for word in ("anyOf", "oneOf"):
            if word in schema:
                rest = {key: part for key, part in schema.items() if key != word}
                return self.value(_merged(rest, self._followed(self.random.choice(schema[word]))), depth)
        if "allOf" in schema or "$ref" in schema:
            rest = {key: part for key, part in schema.items() if key not in ("allOf", "$ref")}
            parts = [*schema.get("allOf", ()), *([schema] if "$ref" in schema else [])]
            for part in parts:
                rest = _merged(rest, self._followed(part))
            return self.value(rest, depth)
        return self._typed(schema, depth)

    def _followed(self, schema: Schema) -> Schema:
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            return schema
        found: Any = self.root
        for part in schema["$ref"].removeprefix("#").split("/")[1:]:
            found = found[part]
        return found  # type: ignore[no-any-return] # a schema, as the reference says

    def _typed(self, schema: Mapping[str, Json], depth: int) -> Json:
        kinds = schema.get("type") or _kinds_asked_for(schema)
        if not kinds:
            return self._any(depth)
        kind = self.random.choice(kinds) if isinstance(kinds, (list, tuple)) else kinds
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind == "string":
            return self._text(schema)
        if kind in ("integer", "number"):
            return self._number(schema, kind)
        return None if kind == "null" else self.random.random() < 0.5

    def _object(self, schema: Mapping[str, Json], depth: int) -> Json:
        named, needed = schema.get("properties", {}), schema.get("required", ())
        made = {key: self.value(named.get(key, True), depth - 1) for key in needed}
        for key, part in named.items():
            if key not in made and part is not False and depth > 0 and self.random.random() < 0.5:
                made[key] = self.value(part, depth - 1)
        others = schema.get("additionalProperties", True)
        if others is not False and depth > 0 and self.random.random() < 0.3:
            made.setdefault("further", self.value(others, 0))
        return made

    def _array(self, schema: Mapping[str, Json], depth: int) -> Json:
        first, others = schema.get("prefixItems", ()), schema.get("items", True)
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", least + 3), least + 3, len(first) if others is False else 99)
        size = self.random.randint(least, max(least, most if depth > 0 else least))
        return [self.value(first[i] if i < len(first) else others, depth - 1) for i in range(size)]

    def _text(self, schema: Mapping[str, Json]) -> str:
        text = self.random.choice(_TEXTS) if "format" not in schema else _TEXTS[-1]
        text = text.ljust(schema.get("minLength", 0), "y")
        return text[: schema["maxLength"]] if "maxLength" in schema else text

    def _number(self, schema: Mapping[str, Json], kind: str) -> Json:
        least = schema.get("minimum", schema.get("exclusiveMinimum", -1e9))
        found = [number for number in _NUMBERS if number >= least and number <= schema.get("maximum", 1e9)]
        number = self.random.choice(found or [int(least) + 1])
        return number + 0.5 if kind == "number" and self.random.random() < 0.3 else number

    def _any(self, depth: int) -> Json:
        pick = self.random.randrange(8 if depth > 0 else 5)
        if pick < 5:
            return (None, True, 3, 1.5, self.random.choice(_TEXTS))[pick]
        return ([], {"a": self._any(depth - 1)}, [self._any(depth - 1), self._any(depth - 1)])[pick - 5]


def _kinds_asked_for(schema: Mapping[str, Json]) -> str | None:
    if schema.keys() & {"properties", "required", "additionalProperties"}:
        return "object"
    return "array" if schema.keys() & {"items", "prefixItems", "minItems"} else None


def _merged(one: Mapping[str, Json], other: Schema) -> dict[str, Json]:
    """Join two schemas to one that is likely to be satisfied by what satisfies both."""
    if not isinstance(other, Mapping):
        return dict(one)
    made = {**one, **other}
    if "properties" in one and "properties" in other:
        shared = {
            key: _merged(part, other["properties"].get(key, {}))
            for key, part in one["properties"].items()
            if isinstance(part, Mapping)
        }
        made["properties"] = {**other["properties"], **shared}
    if "required" in one and "required" in other:
        made["required"] = [*dict.fromkeys((*one["required"], *other["required"]))]
    if isinstance(one.get("items"), Mapping) and "items" in other:
        made["items"] = _merged(one["items"], other["items"])
    return made
