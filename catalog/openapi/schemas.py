"""Schemas of an OpenAPI document as JSON Schema 2020-12, each standing by itself.

OpenAPI 3.0 has a dialect of its own (`nullable`, booleans as exclusive bounds, siblings of `$ref`
that count for nothing); 3.1 is 2020-12 already. What is referred to comes along under `$defs`, so
schemas that refer to themselves stay finite. Each part of a document is converted once, however
many operations use it.

A keyword of the wrong shape is left out and told: a schema without it lets more pass, so no sound call fails for it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from catalog.openapi.nodes import Document, Node, Unsupported, looked_up, refuse
from catalog.openapi.wording import cleaned, shortened
from schemas import keywords
from schemas.dialects import DialectError
from schemas.effort import UndecidedError
from schemas.patterns import pattern_flaw
from schemas.shapes import SHAPES, SORTS
from schemas.validation import fits, validator
from schemas.values import Json, canonical

_REFUSED = {"$anchor", "$dynamicAnchor", "$dynamicRef", "$id"}
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_HOMES = ("#/components/schemas/", "#/definitions/")
_WORDS = {"title", "description"}
_LONGEST_WORDS = 4_000
_LARGEST_EXAMPLE = 1_000


class Side(StrEnum):
    """Which way the data goes: what is read-only is not sent, what is write-only does not come back."""

    REQUEST = "request"
    RESPONSE = "response"


_ABSENT = {Side.REQUEST: "readOnly", Side.RESPONSE: "writeOnly"}


@dataclass(slots=True)
class Schemas:
    """The schemas of one document, converted when they are asked for. `notes` tells what was left out of them, by place."""

    document: Document
    notes: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)  # under $defs, by reference
    _taken: set[str] = field(default_factory=set)
    _sides: dict[Side, "_Conversion"] = field(default_factory=dict)

    def converted(self, nodes: Mapping[str, Node], side: Side) -> tuple[dict[str, Json], dict[str, Json]]:
        """Convert schemas by name, and give what they refer to, for `$defs`. Raises `Unsupported`.

        `nullable` beside no `type` has, by the letter, no effect; those who write it mean it, so null fits.
        """
        work = self._sides.setdefault(side, _Conversion(self, side))
        made, pending = work.roots(nodes)
        defs: dict[str, Json] = {}
        while pending:
            reference = pending.pop()
            if self.name_of(reference) not in defs:
                defs[self.name_of(reference)], inner = work.component(reference)
                pending |= inner
        return made, dict(sorted(defs.items()))

    def name_of(self, reference: str) -> str:
        """Name a part under `$defs`: the same name in every schema of the document."""
        if reference not in self._names:
            name = next(name for name in _candidates(reference) if name not in self._taken)
            self._names[reference] = name
            self._taken.add(name)
        return self._names[reference]

    def note(self, node: Node, says: str) -> None:
        """Tell something odd of a place, once."""
        self.notes.setdefault(node.where, says)


def standing(schema: Json, document: Document, side: Side) -> dict[str, Json]:
    """Convert one schema with everything that it refers to. Raises `Unsupported`."""
    made, defs = Schemas(document).converted({"": Node(document, schema, "")}, side)
    found = made[""]
    if isinstance(found, bool):
        found = {} if found else {"not": {}}
    return {**found, "$defs": defs} if defs else dict(found)


class _Conversion:
    """The conversion of one side. `_uses` collects what the schema that is being converted refers to."""

    def __init__(self, schemas: Schemas, side: Side) -> None:
        self._schemas = schemas
        self._absent_word = _ABSENT[side]
        self._made: dict[str, tuple[Json, frozenset[str]] | Unsupported] = {}
        self._absent: dict[str, bool] = {}
        self._uses: set[str] = set()
        self._current: str | None = None

    def roots(self, nodes: Mapping[str, Node]) -> tuple[dict[str, Json], set[str]]:
        self._uses, self._current = set(), None
        return {name: self._converted(node) for name, node in nodes.items()}, self._uses

    def component(self, reference: str) -> tuple[Json, frozenset[str]]:
        if reference not in self._made:
            self._uses, self._current = set(), reference
            try:
                found = looked_up(self._schemas.document, reference, "")
                self._refuse_circle(found)
                self._made[reference] = self._converted(found), frozenset(self._uses)
            except Unsupported as refusal:
                self._made[reference] = refusal
        made = self._made[reference]
        if isinstance(made, Unsupported):
            raise made
        return made

    def _refuse_circle(self, start: Node) -> None:
        """Raise `Unsupported` for a schema that is, without a step into its value, a part of itself: no value ends that."""
        pending, seen = list(_at_once(start)), set[str]()
        while pending:
            node = pending.pop()
            if node.where == start.where:
                refuse("its references lead in a circle: it is a part of itself", start.where)
            if node.where not in seen:
                seen.add(node.where)
                pending += _at_once(node)

    def _converted(self, node: Node, absent: frozenset[str] = frozenset()) -> Json:
        schema = node.value
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, Mapping):
            self._schemas.note(node, "a schema is an object; anything fits here")
            return {}
        refused = sorted(_REFUSED & schema.keys())
        if refused:
            says = f"a schema uses {refused[0]}, which is not followed; refer to it by #/components/schemas/NAME"
            refuse(says, node.at(refused[0]).where)
        reference = self._reference(node)
        if reference is None:
            made = self._keywords(node, absent)
            return _nullable(made) if _takes_null(schema) else made
        beside = {} if self._schemas.document.old else self._keywords(node, absent)
        return {"$ref": reference, **beside}

    def _reference(self, node: Node) -> str | None:
        if isinstance(node.value.get("$ref"), str):
            reference = node.value["$ref"]
            looked_up(node.document, reference, node.at("$ref").where)
        elif node.value.get("$recursiveRef") == "#" and self._current is not None:
            reference = self._current
        elif "$recursiveRef" in node.value:
            says = "a schema uses $recursiveRef, which is not followed; refer to it by #/components/schemas/NAME"
            refuse(says, node.at("$recursiveRef").where)
        else:
            return None
        self._uses.add(reference)
        return f"#/$defs/{self._schemas.name_of(reference)}"

    def _keywords(self, node: Node, absent: frozenset[str]) -> dict[str, Json]:
        made: dict[str, Json] = {}
        gone = absent | self._gone(node)
        for key in node.value:
            part = node.at(key)
            if key == "required":
                made |= self._required(part, gone)
            elif key in ("oneOf", "anyOf"):
                made |= self._choice(node, key)
            elif key in keywords.ONE | keywords.LISTS | keywords.MAPS:
                made |= self._nested(part, key, gone)
            elif key == "example" and "examples" not in node.value:
                made |= _examples([part.value])
            elif key in SHAPES:
                made |= self._plain(node, key)
        return self._with_default(node, made)

    def _nested(self, part: Node, key: str, gone: frozenset[str]) -> dict[str, Json]:
        if key in keywords.LISTS:
            around = gone if key == "allOf" else frozenset()
            held = [self._converted(inner, around) for inner in self._listed(part)]
            return {key: held} if held else {}
        if key == "items" and isinstance(part.value, list):  # a tuple, as drafts before 2020-12 wrote it
            held = [self._converted(inner) for inner in part.items()]
            return {"prefixItems": held} if held else {}
        if key in keywords.ONE:
            return {key: self._converted(part)}
        if key == "$defs" or not isinstance(part.value, Mapping):
            return {} if key == "$defs" else self._left_out(part, "an object of schemas")
        named = {name: part.at(name) for name in part.value}
        return {key: {name: self._converted(held) for name, held in named.items() if not self._is_absent(held)}}

    def _choice(self, node: Node, key: str) -> dict[str, Json]:
        """Convert `oneOf` and `anyOf`; with a discriminator, its property says which one is meant."""
        branches = self._listed(node.at(key))
        made = [self._converted(branch) for branch in branches]
        told = node.value.get("discriminator")
        name = told.get("propertyName") if isinstance(told, Mapping) else None
        if not isinstance(name, str) or not all(_target(branch) for branch in branches):
            return {key: made} if made else {}
        mapping = told.get("mapping") if isinstance(told, Mapping) else None
        chosen = [_only(held, name, _labels(_target(branch), mapping)) for held, branch in zip(made, branches, strict=True)]
        return {"anyOf": chosen}

    def _listed(self, part: Node) -> list[Node]:
        if not isinstance(part.value, list) or not part.value:
            self._left_out(part, "a list of schemas")
            return []
        return part.items()

    def _required(self, part: Node, gone: frozenset[str]) -> dict[str, Json]:
        names = list(dict.fromkeys(part.value)) if _hashable(part.value) else part.value
        if not SHAPES["required"](names):
            return self._left_out(part, SORTS["required"])
        kept = [name for name in names if name not in gone]
        return {"required": kept} if kept else {}

    def _plain(self, node: Node, key: str) -> dict[str, Json]:
        part, held = node.at(key), node.value[key]
        if key in _BOUNDS and isinstance(held, bool):
            bound = node.value.get(_BOUNDS[key])
            return {key: bound} if held and SHAPES["minimum"](bound) else {}
        if not SHAPES[key](held):
            return self._left_out(part, SORTS[key])
        if key in _WORDS:
            return {key: shortened(cleaned(held), _LONGEST_WORDS)}
        if key == "examples":
            return _examples(held)
        if key == "pattern" and pattern_flaw(held) is not None:
            # OpenAPI's patterns are ECMAScript's. One that RE2 does not know could fail every call: it is told, not asserted.
            return {"$comment": f"pattern: {held}"}
        exclusive = next((name for name, plain in _BOUNDS.items() if plain == key), None)
        return {} if exclusive and node.value.get(exclusive) is True else {key: held}

    def _with_default(self, node: Node, made: dict[str, Json]) -> dict[str, Json]:
        """Leave out a default that its own schema refuses; beside a reference the API's own default does."""
        if "default" not in made:
            return made
        rest = {key: held for key, held in made.items() if key != "default"}
        if '"$ref":' in canonical(rest):
            return rest
        nullable = _nullable(rest) if _takes_null(node.value) else rest
        try:
            fitting = fits(validator(nullable), made["default"])
        except (UndecidedError, DialectError):
            fitting = False
        if fitting:
            return made
        says = f"the default {canonical(made['default'])[:100]} does not fit its own schema and is left out"
        self._schemas.note(node.at("default"), says)
        return rest

    def _left_out(self, part: Node, wanted: str) -> dict[str, Json]:
        key = part.where.rpartition("/")[2]
        self._schemas.note(part, f"{key} is {wanted}; it is left out")
        return {}

    def _gone(self, node: Node, depth: int = 0) -> frozenset[str]:
        """Name the properties that do not go this way, also those that parts of `allOf` describe."""
        properties = node.value.get("properties")
        found: set[str] = set()
        if isinstance(properties, Mapping):
            held = node.at("properties")
            found = {name for name in properties if self._is_absent(held.at(name))}
        parts = node.value.get("allOf")
        if isinstance(parts, list) and depth < 5:  # noqa: PLR2004 - inheritance is not deeper
            for part in node.at("allOf").items():
                meant = part.followed()
                if isinstance(meant.value, Mapping):
                    found |= self._gone(meant, depth + 1)
        return frozenset(found)

    def _is_absent(self, node: Node) -> bool:
        schema = node.value
        if not isinstance(schema, Mapping):
            return False
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema.get(self._absent_word) is True
        if reference not in self._absent:
            meant = node.followed().value
            self._absent[reference] = isinstance(meant, Mapping) and meant.get(self._absent_word) is True
        return self._absent[reference]


def _hashable(value: Json) -> bool:
    return isinstance(value, list) and not any(isinstance(part, (list, dict)) for part in value)


def _candidates(reference: str) -> Iterator[str]:
    plain = reference
    for home in _HOMES:
        plain = plain.removeprefix(home)
    plain = _NAME.sub("_", plain.removeprefix("#/")) or "schema"
    yield plain
    for number in range(2, 100_000):
        yield f"{plain}_{number}"


def _at_once(node: Node) -> Iterator[Node]:
    """Go through the schemas that a value must meet, or may, for a schema to hold of it: those of the same value."""
    schema = node.value
    if not isinstance(schema, Mapping):
        return
    if isinstance(schema.get("$ref"), str):
        yield looked_up(node.document, schema["$ref"], node.at("$ref").where)
    for key in ("allOf", "anyOf", "oneOf"):
        if isinstance(schema.get(key), list):
            yield from node.at(key).items()
    for key in ("not", "if", "then", "else"):
        if key in schema:
            yield node.at(key)


def _examples(held: list[Json]) -> dict[str, Json]:
    small = [value for value in held[:3] if len(canonical(value)) <= _LARGEST_EXAMPLE]
    return {"examples": small} if small else {}


def _target(branch: Node) -> str:
    reference = branch.value.get("$ref") if isinstance(branch.value, Mapping) else None
    return reference if isinstance(reference, str) else ""


def _labels(reference: str, mapping: Json) -> list[str]:
    """List the values by which a discriminator means a branch: those of its mapping, and the branch's own name."""
    name = reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    told = mapping.items() if isinstance(mapping, Mapping) else ()
    return list(dict.fromkeys([*(label for label, meant in told if meant in (reference, name)), name]))


def _only(schema: Json, name: str, labels: list[str]) -> dict[str, Json]:
    return {"allOf": [schema, {"properties": {name: {"enum": labels}}}]}


def _takes_null(schema: Mapping[str, Json]) -> bool:
    """Say whether null fits as well; documents of version 2.0 say so with an extension."""
    return schema.get("nullable") is True or schema.get("x-nullable") is True


def _nullable(schema: dict[str, Json]) -> dict[str, Json]:
    if "enum" in schema and None not in schema["enum"]:
        schema = {**schema, "enum": [*schema["enum"], None]}
    kind = schema.get("type")
    if isinstance(kind, str):
        return {**schema, "type": [kind, "null"]}
    if isinstance(kind, list):
        return {**schema, "type": list(dict.fromkeys([*kind, "null"]))}
    combined = any(key in schema for key in ("allOf", "anyOf", "oneOf", "$ref"))
    return {"anyOf": [schema, {"type": "null"}]} if combined else schema
