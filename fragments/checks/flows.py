"""What flows through a document: the schema of every step's output and of every reference, and how wide loops are."""

from collections.abc import Mapping
from functools import cached_property

from catalog.capability import Capability
from catalog.values import Json, JsonObject, Schema, canonical
from fragments.checks.view import Node, Scope, View
from fragments.documents import ForEach, OnFailure, Template
from fragments.graph import last, order
from fragments.pointers import has_braces, look_up
from fragments.references import Reference, is_text_with_references, parse, whole
from fragments.schemas.fitting import Fit, fits
from fragments.schemas.inference import schema_of, union
from fragments.schemas.inlining import UNKNOWN, is_unknown
from fragments.schemas.memory import ByIdentity
from fragments.schemas.paths import Found, Impossible, Place, at_path
from fragments.schemas.soundness import sound

_MOST_KNOWN_ITEMS = 64
_MOST_NODES = 5_000  # of one step's type
_TASK: Schema = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "namespace": {"type": "string"}},
    "required": ["id", "namespace"],
    "additionalProperties": False,
}
_FAILURES: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "index": {"type": "integer", "minimum": 0},
            "error": {
                "type": "object",
                "properties": {"type": {"type": "string"}, "message": {"type": "string"}, "step": {"type": "string"}},
                "required": ["type", "message", "step"],
                "additionalProperties": False,
            },
        },
        "required": ["index", "error"],
        "additionalProperties": False,
    },
}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_CLOSING = ("additionalProperties", "patternProperties", "unevaluatedProperties", "anyOf", "oneOf", "allOf", "if", "$ref")


class Flows:
    """The types of one document, worked out when asked for."""

    def __init__(self, view: View) -> None:
        """Work on `view`."""
        self.view = view
        self._outputs: dict[Node, Schema] = {}
        self._items: dict[Node, Schema] = {}
        self._elements: dict[Node, Schema] = {}
        self._work_out(view.root)

    def _work_out(self, scope: Scope) -> None:
        """Work outputs out in the order of the graph: asked for from the end, long chains of loops would nest without limit."""
        ordered, stuck = order(scope.waits)
        for name in stuck:
            self._outputs[scope.by_name[name]] = UNKNOWN  # part of a circle, which is told elsewhere, or behind one
        for name in ordered:
            node = scope.by_name[name]
            if node.inner is not None:
                self.items(node)
                self._work_out(node.inner)
                self.output(node)

    @cached_property
    def input(self) -> Schema:
        """Give the schema of the root `input`: its value where that is known, else what is declared.

        A template reads only what its `input_schema` declares, where that declares anything.
        """
        if self.view.frame.input is not None:
            return {"const": dict(self.view.frame.input)}
        if not isinstance(self.view.document, Template):
            return sound(self.view.frame.input_schema)
        declared = sound(self.view.document.input_schema)
        closed = isinstance(declared, Mapping) and "properties" in declared and not any(word in declared for word in _CLOSING)
        if not isinstance(declared, Mapping) or is_unknown(declared):
            return declared
        return {"type": "object", **declared, **({"additionalProperties": False} if closed else {})}

    def place(self, reference: Reference, scope: Scope) -> Place:
        """Give what a reference leads to; `UNKNOWN` where its head is not known here (another check tells)."""
        if reference.root == "input":
            return at_path(self.input, reference.path, defaults=True)
        if reference.root == "task":
            return at_path(_TASK, reference.path)
        if reference.step is not None:
            node = scope.step(reference.step)
            return at_path(UNKNOWN if node is None else self.output(node), reference.tail)
        return at_path(self._binding(reference.root, scope), reference.path)

    def shape(self, value: Json, scope: Scope) -> Schema:
        """Give a schema that `value` satisfies once its references are resolved."""
        if is_text_with_references(value):
            reference = whole(value)
            if reference is None:
                return {"type": "string"} if any(not isinstance(part, str) for part in parse(value)) else {"const": value}
            place = self.place(reference, scope)
            return UNKNOWN if isinstance(place, Impossible) else place.schema
        if isinstance(value, Mapping):
            properties = {key: self.shape(part, scope) for key, part in value.items()}
            return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
        if isinstance(value, (list, tuple)):
            first = [self.shape(part, scope) for part in value]
            return {"type": "array", "prefixItems": first, "items": False, "minItems": len(first), "maxItems": len(first)}
        return {"const": value}

    def output(self, node: Node) -> Schema:
        """Give the schema of a step's output."""
        if node not in self._outputs:
            self._outputs[node] = UNKNOWN  # what a step that reads itself, over others, finds; the cycle is told elsewhere
            self._outputs[node] = self._output(node)
        return self._outputs[node]

    def items(self, node: Node) -> Schema:
        """Give the schema of what a loop goes through; of anything but a loop, unknown."""
        if node not in self._items:
            self._items[node] = UNKNOWN
            items = node.step.for_each.items if node.step.for_each is not None else []
            self._items[node] = self.shape(items, node.scope) if has_braces(items) else {"const": items}
        return self._items[node]

    def width(self, node: Node) -> int:
        """Say how many items a loop goes through at most."""
        assert node.step.for_each is not None
        schema = self.items(node)
        known = schema.get("maxItems") if isinstance(schema, Mapping) else None
        if isinstance(schema, Mapping) and isinstance(schema.get("const"), (list, tuple)):
            known = len(schema["const"])
        elif fits(schema, {"type": "array"}) is Fit.NO:
            return 1  # it never runs, which is told; that it would be too wide need not be told as well
        return min(known, node.step.for_each.max_items) if isinstance(known, int) else node.step.for_each.max_items

    def _binding(self, name: str, scope: Scope) -> Schema:
        binder = scope.binder(name)
        if binder is None or binder.owner is None or binder.owner.step.for_each is None:
            return UNKNOWN
        if name == binder.owner.step.for_each.index:
            return _COUNT
        if binder.owner not in self._elements:
            self._elements[binder.owner] = _element(self.items(binder.owner))
        return self._elements[binder.owner]

    def _output(self, node: Node) -> Schema:
        if node.step.for_each is not None:
            return _bounded(self._loop_output(node, node.step.for_each))
        if node.planning:
            return UNKNOWN if node.step.must_produce is None else sound(node.step.must_produce)
        return handler_output(node.capability, node.step.config)

    def _loop_output(self, node: Node, loop: ForEach) -> Schema:
        one = self._one_output(node, loop)
        if loop.on_failure is OnFailure.CONTINUE:
            one = {"anyOf": [one, {"type": "null"}]}
        schema = self.items(node)
        least = schema.get("minItems", 0) if isinstance(schema, Mapping) else 0
        if isinstance(schema, Mapping) and isinstance(schema.get("const"), (list, tuple)):
            least = len(schema["const"])
        outputs = {"type": "array", "items": one, "minItems": min(least, loop.max_items), "maxItems": self.width(node)}
        properties = {
            "outputs": outputs,
            "item_count": _COUNT,
            "success_count": _COUNT,
            "failure_count": _COUNT,
            "failures": _FAILURES,
        }
        return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}

    def _one_output(self, node: Node, loop: ForEach) -> Schema:
        if node.inner is None or node.step.steps is None:
            return handler_output(node.capability, node.step.config)
        if loop.output is not None:
            return self.shape(loop.output, node.inner)
        ends = last(node.inner.waits)
        return self.output(node.inner.by_name[ends[0]]) if len(ends) == 1 else UNKNOWN


def handler_output(capability: Capability | None, config: JsonObject) -> Schema:
    """Give the schema of a handler's output under a config, with what `output_from` takes from the config in its place."""
    if capability is None:
        return UNKNOWN
    keys, known = _typed(capability)
    text = canonical({key: config[key] for key in keys if key in config})
    if text not in known:
        if len(known) >= _MOST_TYPED:
            known.clear()
        known[text] = _handler_output(capability, config)
    return known[text]


def _deciding_keys(capability: Capability) -> tuple[frozenset[str], dict[str, Schema]]:
    """Name the keys of config that decide about the output, beside room for the outputs that were worked out."""
    froms = (capability.output_from, *(case.output_from for case in capability.output_cases))
    sources = [source for output_from in froms for source in output_from.values()]
    asked = [pointer for case in capability.output_cases for pointer in (*case.given, *case.equals)]
    return frozenset(pointer.split("/")[1] for pointer in (*sources, *asked) if pointer), {}


_MOST_TYPED = 500  # outputs of one handler
_typed = ByIdentity(_deciding_keys)


def _handler_output(capability: Capability, config: JsonObject) -> Schema:
    case = capability.case_of(config) if capability.output_cases else capability
    pieces = {place: piece for place, source in case.output_from.items() if _is_schema(piece := look_up(config, source))}
    # the usual case is made anew each time; what is known of its schema is known of the capability's own
    usual = case.output_schema == capability.output_schema
    return _with_pieces(sound(capability.output_schema if usual else case.output_schema), pieces)


def _is_schema(value: Json) -> bool:
    return isinstance(value, (Mapping, bool))


def _with_pieces(schema: Schema, pieces: Mapping[str, Schema]) -> Schema:
    for place, piece in pieces.items():
        schema = _placed(schema, place.split("/")[1:], sound(piece))
    return schema


def _placed(schema: Json, way: list[str], piece: Schema) -> Json:
    """Put a piece into a schema; where the way leads through nothing, what is there is unknown."""
    if not way:
        return piece
    if not isinstance(schema, Mapping) or way[0] not in schema:
        return UNKNOWN
    return {**schema, way[0]: _placed(schema[way[0]], way[1:], piece)}


def _bounded(schema: Schema) -> Schema:
    """Give up on a type that grew too large: loops that read each other's outputs twice over double it every time."""
    pending: list[Json] = [schema]
    for _ in range(_MOST_NODES):
        if not pending:
            return schema
        part = pending.pop()
        if isinstance(part, Mapping):
            pending.extend(part.values())
        elif isinstance(part, (list, tuple)):
            pending.extend(part)
    return UNKNOWN


def _element(items: Schema) -> Schema:
    """Give the schema of any member of a list."""
    if not isinstance(items, Mapping):
        return UNKNOWN
    if isinstance(items.get("const"), (list, tuple)):
        members = items["const"]
        if len(members) <= _MOST_KNOWN_ITEMS:
            return {"enum": list(members)} if members else UNKNOWN
        kinds = union(schema_of(member) for member in members)
        return UNKNOWN if kinds is None else kinds
    if "prefixItems" in items and items.get("items") is False:
        kinds = union(items["prefixItems"])
        return UNKNOWN if kinds is None else kinds
    place = at_path(items, (0,)) if "prefixItems" not in items else Found(schema=UNKNOWN)
    return place.schema if isinstance(place, Found) else UNKNOWN
