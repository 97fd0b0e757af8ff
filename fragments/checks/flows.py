"""What flows through a document: the schema of every step's output and of every reference, and how wide loops are."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from fragments.checks.layout import Arm, Node, Scope
from fragments.checks.outputs import body_output, decision_schema
from fragments.checks.view import View
from fragments.documents import ForEach, Fragment, OnFailure, StepType, Template
from fragments.graph import last
from fragments.pointers import has_braces
from fragments.references import FAILURE, SECRETS, Choice, Literal, Reference, is_text_with_references, parse, whole
from fragments.schemas.defaults import after_filling
from fragments.schemas.fitting import Fit, fits
from fragments.schemas.inference import schema_of, union
from fragments.schemas.inlining import UNKNOWN, is_unknown
from fragments.schemas.nulls import NULL, may_be_null, or_null, without_null
from fragments.schemas.paths import Found, Impossible, Place, at_path
from fragments.schemas.soundness import sound
from fragments.workflows import WorkflowInterface
from schemas.values import Json, Schema

_LAST = object()  # in place of an output that nobody wrote: that of the only last step
_MOST_KNOWN_ITEMS = 64
_MOST_NODES = 5_000  # of one step's type
_MOST_WALKED = 2_000_000  # of all types of a document together
TASK: Schema = {
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
_FAILURE: Schema = {
    "type": "object",
    "properties": {"type": {"type": "string"}, "message": {"type": "string"}},
    "required": ["type", "message"],
    "additionalProperties": False,
}
STATUS: Schema = {"enum": ["complete", "failed", "skipped", "cancelled"]}
_SECRET: Schema = {"type": "string"}
_CLOSING = ("additionalProperties", "patternProperties", "unevaluatedProperties", "anyOf", "oneOf", "allOf", "if", "$ref")


class Flows:
    """The types of one document, worked out when asked for."""

    def __init__(self, view: View, *, input_schema: Schema | None = None) -> None:
        """Work on `view`; with `input_schema`, as though that were all that is known of the input."""
        self.view = view
        self._input_schema = input_schema
        self._outputs: dict[Node, Schema] = {}
        self._items: dict[Node, Schema] = {}
        self._elements: dict[Node, Schema] = {}
        self._walked = 0
        self._work_out(view.root)

    def _work_out(self, scope: Scope) -> None:
        """Work outputs out in the order of the graph: asked for from the end, long chains of loops would nest without limit."""
        ordered, stuck = scope.order
        for name in stuck:
            self._outputs[scope.by_name[name]] = UNKNOWN  # part of a circle, which is told elsewhere, or behind one
        for name in ordered:
            node = scope.by_name[name]
            if node.inner is not None:
                self.items(node)
            for inner in node.scopes:
                self._work_out(inner)
            if node.body is None or node.inner is not None or node.step.fallback is not None:
                self.output(node)

    @cached_property
    def input(self) -> Schema:
        """Give the schema of the root `input`: its value where that is known, else what is declared.

        A template reads only what its `input_schema` declares, where that declares anything.
        """
        if self._input_schema is not None:
            return self._input_schema
        return self.declared_input if self.view.frame.input is None else {"const": dict(self.view.frame.input)}

    @cached_property
    def declared_input(self) -> Schema:
        """Give the schema that the root `input` is declared to satisfy, whatever its value is this time."""
        if not isinstance(self.view.document, Template):
            return sound(self.view.frame.input_schema)
        declared = after_filling(sound(self.view.document.input_schema))
        closed = isinstance(declared, Mapping) and "properties" in declared and not any(word in declared for word in _CLOSING)
        if not isinstance(declared, Mapping) or is_unknown(declared):
            return declared
        return {"type": "object", **declared, **({"additionalProperties": False} if closed else {})}

    @cached_property
    def usual(self) -> "Flows":
        """Give what flows whatever the input is: what holds only for the values of this time is no flaw of the document."""
        known = self.view.frame.input
        if known is None:
            return self
        # a template declares its input itself; of a fragment's, the values tell at least the types
        return Flows(
            self.view, input_schema=schema_of(known) if isinstance(self.view.document, Fragment) else self.declared_input
        )

    def place(self, reference: Reference, scope: Scope) -> Place:
        """Give what a reference leads to; `UNKNOWN` where its head is not known here (another check tells)."""
        if reference.root == "input":
            return at_path(self.input, reference.path)
        if reference.root == "task":
            return at_path(TASK, reference.path)
        if reference.step is not None:
            return at_path(self._read(reference, reference.step, scope), reference.tail)
        if reference.root == SECRETS:
            return Found(schema=_SECRET)
        return at_path(self.binding(reference.root, scope), reference.path)

    def shape(self, value: Json, scope: Scope) -> Schema:
        """Give a schema that `value` satisfies once its references are resolved."""
        if is_text_with_references(value):
            reference = whole(value)
            if reference is None:
                return {"type": "string"} if any(not isinstance(part, str) for part in parse(value)) else {"const": value}
            return self._chosen(reference, scope) if isinstance(reference, Choice) else self._found(reference, scope)
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

    def binding(self, name: str, scope: Scope) -> Schema:
        """Give the schema of a name that a loop or a fallback binds."""
        binder = scope.binder(name)
        if binder is not None and binder.bindings == (FAILURE,):
            return _FAILURE
        if binder is None or binder.owner is None or binder.owner.step.for_each is None:
            return UNKNOWN
        if name == binder.owner.step.for_each.index:
            return _COUNT
        if binder.owner not in self._elements:
            self._elements[binder.owner] = _element(self.items(binder.owner))
        return self._elements[binder.owner]

    def seen(self, node: Node, scope: Scope) -> Schema:
        """Give the schema of a step's output as it is seen in a scope: null where the step may have been skipped."""
        schema = self.output(node)
        return or_null(schema) if node in self.view.optional and scope.may_be_null(node) else schema

    def own_output(self, node: Node) -> Schema:
        """Give the schema of what one run of a step gives where it does not fail."""
        step = node.step
        if step.steps is not None:
            written = step.for_each is not None and "output" in step.for_each.model_fields_set
            return self._scope_output(node.inner, step.for_each.output if step.for_each and written else _LAST)
        if step.switch is not None:
            return _union([self._arm_output(arm) for arm in node.arms])
        if node.planning:
            return UNKNOWN if step.must_produce is None else sound(step.must_produce)
        if step.type is StepType.WORKFLOW:
            return sound(node.child.output_schema) if isinstance(node.child, WorkflowInterface) else UNKNOWN
        if step.type is StepType.DEFERRED and node.body is None:
            return self._gathered(node)
        own = UNKNOWN if node.body is None else body_output(node.body)
        return self._decision(node, own) if step.type is StepType.DECISION else own

    def _read(self, reference: Reference, name: str, scope: Scope) -> Schema:
        node = scope.step(name)
        if node is None:
            return UNKNOWN
        return STATUS if reference.reads_status else self.seen(node, scope)

    def _found(self, reference: Reference, scope: Scope) -> Schema:
        place = self.place(reference, scope)
        return UNKNOWN if isinstance(place, Impossible) else place.schema

    def _chosen(self, choice: Choice, scope: Scope) -> Schema:
        """Join what every operand may give; an operand that is surely there and not null is the last that counts."""
        kinds: list[Schema] = []
        for operand in choice.operands[:-1]:
            place = self.place(operand, scope) if isinstance(operand, Reference) else Found(schema={"const": operand.value})
            if isinstance(place, Impossible):
                continue
            given = without_null(place.schema)
            if given is not False:
                kinds.append(given)
            if place.certain and not may_be_null(place.schema):
                return _union(kinds)
        last = choice.operands[-1]
        return _union([*kinds, {"const": last.value} if isinstance(last, Literal) else self._found(last, scope)])

    def _output(self, node: Node) -> Schema:
        if node.step.for_each is not None:
            return self._bounded(self._loop_output(node, node.step.for_each))
        plain = node.body is not None and node.step.fallback is None
        return self._one_output(node) if plain else self._bounded(self._one_output(node))

    def _bounded(self, schema: Schema) -> Schema:
        """Give up on a type that grew too large: steps that read each other's outputs twice over double it every time."""
        size = _size(schema) if self._walked < _MOST_WALKED else None
        self._walked += _MOST_NODES if size is None else size
        return UNKNOWN if size is None else schema

    def _one_output(self, node: Node) -> Schema:
        own, fallback = self.own_output(node), node.step.fallback
        if fallback is None or node.after_failure is None:
            return own
        instead = body_output(node.fallback) if node.fallback is not None else self.shape(fallback.output, node.after_failure)
        return _union([own, instead])

    def _arm_output(self, arm: Arm) -> Schema:
        if arm.body is not None or arm.inner is None:
            return UNKNOWN if arm.body is None else body_output(arm.body)
        return self._scope_output(arm.inner, arm.branch.output if "output" in arm.branch.model_fields_set else _LAST)

    def _scope_output(self, scope: Scope | None, output: Json) -> Schema:
        """Give the schema of the output of a scope within a step: as written, or that of its only last step."""
        if scope is None:
            return UNKNOWN
        if output is not _LAST:
            return self.shape(output, scope.end)
        ends = last(scope.waits)
        return self.seen(scope.by_name[ends[0]], scope.end) if len(ends) == 1 else UNKNOWN

    def _gathered(self, node: Node) -> Schema:
        """Give the schema of what a deferred step without a handler gives: the outputs of what it declares to wait for."""
        there = [name for name in node.step.depends_on if name in node.scope.by_name and name != node.step.name]
        properties = {name: self.seen(node.scope.by_name[name], node.sight) for name in there}
        return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}

    def _decision(self, node: Node, own: Schema) -> Schema:
        narrow = decision_schema(self.view.branches[node])
        return narrow if is_unknown(own) or own == {} else {"allOf": [own, narrow]}

    def _loop_output(self, node: Node, loop: ForEach) -> Schema:
        one = self._one_output(node)
        if loop.on_failure is OnFailure.CONTINUE or node.step.when is not None:
            one = {"anyOf": [one, NULL]}
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


def _union(schemas: Iterable[Schema]) -> Schema:
    joined = union(schemas)
    return UNKNOWN if joined is None else joined


def _size(schema: Schema) -> int | None:
    """Count the parts of a schema; None where they are too many."""
    pending: list[Json] = [schema]
    for count in range(_MOST_NODES):
        if not pending:
            return count
        part = pending.pop()
        if isinstance(part, Mapping):
            pending.extend(part.values())
        elif isinstance(part, (list, tuple)):
            pending.extend(part)
    return None


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
