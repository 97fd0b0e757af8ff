"""Schemas of an OpenAPI document as JSON Schema 2020-12, each standing by itself.

OpenAPI 3.0 has a dialect of its own (`nullable`, booleans as exclusive bounds, siblings of `$ref` that count for nothing);
3.1 is 2020-12 already. What is referred to comes along under `$defs`, so schemas that refer to themselves stay finite.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, ClassVar

from catalog.openapi.pointers import Unsupported, followed, looked_up
from schemas import keywords
from schemas.patterns import pattern_flaw
from schemas.values import Json

_LEFT_OUT = {
    "$comment",
    "$defs",
    "$schema",
    "discriminator",
    "example",
    "externalDocs",
    "nullable",
    "readOnly",
    "writeOnly",
    "xml",
}
_REFUSED = {"$anchor", "$dynamicAnchor", "$dynamicRef", "$id"}
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_COMPONENT = "#/components/schemas/"


class Side(StrEnum):
    """Which way the data goes: what is read-only is not sent, what is write-only does not come back."""

    REQUEST = "request"
    RESPONSE = "response"


_ABSENT = {Side.REQUEST: "readOnly", Side.RESPONSE: "writeOnly"}


def standing(schema: Json, document: Mapping[str, Json], side: Side) -> dict[str, Json]:
    """Convert a schema with everything that it refers to. Raises `Unsupported`.

    In 3.0 `nullable` without a `type` beside it has, by the letter, no effect; those who write it mean it, so null fits.
    """
    work = _Conversion(document, side)
    made = work.converted(schema)
    found = {"not": {}} if made is False else {} if made is True else made
    defs: dict[str, Json] = {}
    while work.pending:
        reference = work.pending.pop()
        defs[work.names[reference]] = work.converted(followed({"$ref": reference}, document))
    return {**found, "$defs": dict(sorted(defs.items()))} if defs else dict(found)


def is_3_0(document: Mapping[str, Json]) -> bool:
    """Say whether schemas are of the dialect of OpenAPI 3.0."""
    return str(document.get("openapi", "")).startswith("3.0")


class _Conversion:
    def __init__(self, document: Mapping[str, Json], side: Side) -> None:
        self.pending: list[str] = []
        self.names: dict[str, str] = {}  # under $defs, by reference
        self._document = document
        self._old = is_3_0(document)
        self._absent = _ABSENT[side]

    def converted(self, schema: Json) -> Json:
        if not isinstance(schema, Mapping):
            return schema
        if "$ref" in schema:
            beside = {} if self._old else {key: held for key, held in schema.items() if key != "$ref"}
            return {"$ref": self._named(schema["$ref"]), **self._keywords(beside)}
        made = self._keywords(schema)
        return _nullable(made) if self._old and schema.get("nullable") is True else made

    def _keywords(self, schema: Mapping[str, Json]) -> dict[str, Json]:
        refused = sorted(_REFUSED & schema.keys())
        if refused:
            says = f"a schema uses {refused[0]}, which is not followed; refer to it by #/components/schemas/NAME"
            raise Unsupported(says)
        made: dict[str, Json] = {}
        for key, held in schema.items():
            made |= self._keyword(key, held, schema)
        return made

    def _keyword(self, key: str, held: Json, schema: Mapping[str, Json]) -> dict[str, Json]:
        if key in _LEFT_OUT or key.startswith("x-"):
            return {"examples": [held]} if key == "example" and "examples" not in schema else {}
        special = self._special.get(key)
        if special is not None:
            return special(self, key, held, schema)
        if key in keywords.ONE:
            return {key: self.converted(held)}
        if key in keywords.LISTS:
            return {key: [self.converted(part) for part in held]}
        return {key: {name: self.converted(part) for name, part in held.items()}} if key in keywords.MAPS else {key: held}

    def _properties(self, key: str, held: Json, _schema: Mapping[str, Json]) -> dict[str, Json]:
        return {key: {name: self.converted(part) for name, part in held.items() if not self._is_absent(part)}}

    def _required(self, key: str, held: Json, schema: Mapping[str, Json]) -> dict[str, Json]:
        properties = schema.get("properties", {})
        kept = [name for name in held if not self._is_absent(properties.get(name))]
        return {key: kept} if kept else {}

    def _bound(self, key: str, held: Json, schema: Mapping[str, Json]) -> dict[str, Json]:
        if not isinstance(held, bool):
            return {key: held}
        return {key: schema[_BOUNDS[key]]} if held and _BOUNDS[key] in schema else {}

    def _inclusive(self, key: str, held: Json, schema: Mapping[str, Json]) -> dict[str, Json]:
        exclusive = next(name for name, plain in _BOUNDS.items() if plain == key)
        return {} if schema.get(exclusive) is True else {key: held}

    def _pattern(self, key: str, held: Json, _schema: Mapping[str, Json]) -> dict[str, Json]:
        # OpenAPI's patterns are ECMAScript's. One that RE2 does not know could fail every call: it is told, not asserted.
        return {key: held} if pattern_flaw(held) is None else {"$comment": f"pattern: {held}"}

    _special: ClassVar[dict[str, Callable[["_Conversion", str, Json, Mapping[str, Json]], dict[str, Json]]]] = {
        "properties": _properties,
        "required": _required,
        "exclusiveMinimum": _bound,
        "exclusiveMaximum": _bound,
        "minimum": _inclusive,
        "maximum": _inclusive,
        "pattern": _pattern,
    }

    def _is_absent(self, schema: Json) -> bool:
        if isinstance(schema, Mapping) and "$ref" in schema:
            schema = followed(schema, self._document)
        return isinstance(schema, Mapping) and schema.get(self._absent) is True

    def _named(self, reference: Any) -> str:
        if reference not in self.names:
            looked_up(reference, self._document)
            taken = set(self.names.values())
            self.names[reference] = next(name for name in _candidates(reference) if name not in taken)
            self.pending.append(reference)
        return f"#/$defs/{self.names[reference]}"


def _candidates(reference: str) -> Iterator[str]:
    plain = _NAME.sub("_", reference.removeprefix(_COMPONENT).removeprefix("#/"))
    yield plain
    for number in range(2, 10_000):
        yield f"{plain}_{number}"


def _nullable(schema: dict[str, Json]) -> dict[str, Json]:
    if "enum" in schema and None not in schema["enum"]:
        schema = {**schema, "enum": [*schema["enum"], None]}
    kind = schema.get("type")
    if isinstance(kind, str):
        return {**schema, "type": [kind, "null"]}
    combined = any(key in schema for key in ("allOf", "anyOf", "oneOf", "$ref"))
    return {"anyOf": [schema, {"type": "null"}]} if combined else schema
