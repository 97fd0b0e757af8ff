"""The document as checks see it: scopes, steps, bodies, references, conditions, each worked out once."""

from collections.abc import Iterator
from functools import cached_property

from catalog.capability import Capability
from catalog.registry import Catalog, Unresolved
from fragments.bounds import Left
from fragments.checks.layout import Arm, Asked, Body, Node, Place, Scope, Use
from fragments.conditions import steps_read
from fragments.constructs import branches_of
from fragments.documents import Case, Fragment, Step, StepType, Template
from fragments.frames import Frame
from fragments.graph import dependencies
from fragments.pointers import braced
from fragments.references import FAILURE, Choice, Malformed, Part, Reference, parse
from fragments.sources import Origins, origins
from fragments.workflows import find_workflow
from schemas.values import JsonObject


class View:
    """A document beside the catalog and frame that it is checked against."""

    def __init__(self, document: Template | Fragment, catalog: Catalog, frame: Frame) -> None:
        """Lay the document out; works through every step once."""
        self.document = document
        self.catalog = catalog
        self.frame = frame
        self.root = Scope("")
        self.nodes: list[Node] = []
        self.bodies: list[Body] = []
        self.scopes: list[Scope] = []
        self._handlers: dict[str, Capability | Unresolved] = {}
        self._enter(self.root, document.steps)

    @cached_property
    def left(self) -> Left:
        """Give what is left for the document: the frame's, narrowed by the document's own bounds."""
        return self.frame.left.narrowed(self.document.bounds if isinstance(self.document, Template) else None)

    @property
    def namespace(self) -> str:
        """Name the namespace in which workflows without one are looked for."""
        return self.document.namespace if isinstance(self.document, Template) else self.frame.namespace

    @cached_property
    def places(self) -> list[Place]:
        """List every value of the document in which references may stand, in document order."""
        found = [place for node in self.nodes for place in _places(node)]
        found.append(Place(self.document.output, "/output", self.root.end, None))
        return found

    @cached_property
    def uses(self) -> list[Use]:
        """List every reference of the document, well formed or not, in document order."""
        return [
            use
            for place in self.places
            for where, text in braced(place.value, place.pointer)
            for part in parse(text)
            for use in _uses(where, text, part, place)
        ]

    @cached_property
    def references(self) -> list[tuple[Use, Reference]]:
        """List every well-formed reference with its place."""
        return [(use, use.part) for use in self.uses if isinstance(use.part, Reference)]

    @cached_property
    def conditions(self) -> list[Asked]:
        """List every condition with its place."""
        return [asked for node in self.nodes for asked in _conditions(node)]

    @cached_property
    def optional(self) -> frozenset[Node]:
        """Collect the steps that may be skipped: by their own condition, by a decision, or with what they wait for."""
        if not any(node.step.when is not None or node.step.type is StepType.DECISION for node in self.nodes):
            return frozenset()
        found: set[Node] = set()
        for scope in self.scopes:
            for name in scope.order[0]:
                if _may_be_skipped(scope.by_name[name], found):
                    found.add(scope.by_name[name])
        return frozenset(found)

    @cached_property
    def origins(self) -> Origins:
        """Trace every value of the document back to the inputs, and to the world."""
        return origins(self.document.steps, self.capability)

    def capability(self, handler: str) -> Capability | None:
        """Give the capability that a step's `handler` means; None where there is none."""
        found = self._handlers.get(handler)
        return found if isinstance(found, Capability) else None

    @cached_property
    def branches(self) -> dict[Node, list[str]]:
        """Map decisions to the steps that come to exist only where they are chosen: those that declare to depend on them."""
        found: dict[Node, list[str]] = {node: [] for node in self.nodes if node.step.type is StepType.DECISION}
        for node in self.nodes if found else ():
            for name in node.step.depends_on if _is_chosen(node) else ():
                before = node.scope.by_name.get(name)
                if before in found:
                    found[before].append(node.step.name)
        return found

    def _enter(self, scope: Scope, steps: tuple[Step, ...]) -> None:
        self.scopes.append(scope)
        scope.waits = dependencies(steps)
        for i, step in enumerate(steps):
            node = Node(step, f"{scope.pointer}/steps/{i}", scope, scope)
            scope.nodes.append(node)
            scope.by_name.setdefault(step.name, node)
            self.nodes.append(node)
            self._lay_out(node)

    def _lay_out(self, node: Node) -> None:
        step = node.step
        if step.for_each is not None:
            names = (step.for_each.as_, step.for_each.index)
            way = (*node.scope.way, step.name, "*")
            node.sight = node.inner = Scope(node.pointer, node.scope, node, bindings=names, way=way, is_loop=True)
        elif step.type is StepType.DEFERRED:
            node.sight = Scope(node.pointer, node.scope, way=node.scope.way, sees_skipped=True)
        if step.handler is not None:
            node.body = self._body(node, node.pointer, step.handler, step.config, step.input)
        if step.workflow is not None:
            node.child = find_workflow(self.frame.workflows, step.workflow, self.namespace)
        if step.fallback is not None:
            self._lay_out_fallback(node)
        if node.inner is not None:
            self._enter(node.inner, step.steps or ())
        for pointer, branch in branches_of(step, node.pointer):
            self._lay_out_arm(node, Arm(branch, pointer, _arm_name(pointer)))

    def _lay_out_fallback(self, node: Node) -> None:
        fallback = node.step.fallback
        assert fallback is not None
        pointer = f"{node.pointer}/fallback"
        node.after_failure = Scope(pointer, node.sight, bindings=(FAILURE,), way=node.sight.way)
        if fallback.handler is not None:
            node.fallback = self._body(node, pointer, fallback.handler, fallback.config, fallback.input, part="the fallback")
            node.fallback.sight = node.after_failure

    def _lay_out_arm(self, node: Node, arm: Arm) -> None:
        branch = arm.branch
        node.arms = (*node.arms, arm)
        if branch.handler is not None:
            arm.body = self._body(node, arm.pointer, branch.handler, branch.config, branch.input, part=arm.name)
        if branch.steps is not None:
            way = (*(node.sight.way if node.inner is not None else (*node.scope.way, node.step.name)), _last(arm.pointer))
            arm.inner = Scope(arm.pointer, node.sight, node, way=way)
            self._enter(arm.inner, branch.steps)

    def _body(self, node: Node, pointer: str, handler: str, config: JsonObject, given: JsonObject, *, part: str = "") -> Body:
        address = node.address if not part else f"{node.address}/{_last(pointer)}"
        body = Body(node, pointer, handler, config, given, node.sight, address, part)
        if handler not in self._handlers:
            self._handlers[handler] = self.catalog.resolve(handler)
        found = self._handlers[handler]
        if isinstance(found, Capability):
            body.capability = found
        else:
            body.miss = found
        self.bodies.append(body)
        return body


def _may_be_skipped(node: Node, optional: set[Node]) -> bool:
    if node.step.when is not None and node.step.for_each is None:  # of a loop, items are skipped
        return True
    befores = (node.scope.by_name[name] for name in node.scope.waits[node.step.name])
    return node.step.type is not StepType.DEFERRED and any(
        before in optional or _chooses(before, node.step) for before in befores
    )


def _chooses(before: Node, step: Step) -> bool:
    return before.step.type is StepType.DECISION and before.step.name in step.depends_on


def _is_chosen(node: Node) -> bool:
    """Say whether a step that depends on a decision is one of its branches: a deferred one exists in any case, and waits."""
    return node.step.type is not StepType.DEFERRED


def _arm_name(pointer: str) -> str:
    last = _last(pointer)
    return "the default" if last == "default" else f"case {last}"


def _last(pointer: str) -> str:
    return pointer.rpartition("/")[2]


def _places(node: Node) -> Iterator[Place]:
    step = node.step
    if step.input:
        yield Place(step.input, f"{node.pointer}/input", node.sight, node)
    if step.for_each is not None and node.inner is not None:
        yield Place(step.for_each.items, f"{node.pointer}/for_each/items", node.scope, node)
        yield Place(step.for_each.output, f"{node.pointer}/for_each/output", node.inner.end, node)
    if step.switch is not None:
        yield Place(step.switch.value, f"{node.pointer}/switch/value", node.sight, node)
        for arm in node.arms:
            yield Place(arm.branch.input, f"{arm.pointer}/input", node.sight, node)
            within = arm.inner.end if arm.inner is not None else node.sight
            yield Place(arm.branch.output, f"{arm.pointer}/output", within, node)
    if step.fallback is not None and node.after_failure is not None:
        yield Place(step.fallback.input, f"{node.pointer}/fallback/input", node.after_failure, node)
        yield Place(step.fallback.output, f"{node.pointer}/fallback/output", node.after_failure, node)


def _uses(where: str, text: str, part: Part, place: Place) -> Iterator[Use]:
    if isinstance(part, (Reference, Malformed)):
        yield Use(where, text, part, place.scope, place.node)
    elif isinstance(part, Choice):
        for operand in part.references:
            guarded = operand is not part.operands[-1]
            yield Use(where, text, operand, place.scope, place.node, guarded)


def _conditions(node: Node) -> Iterator[Asked]:
    if node.step.when is not None:
        yield Asked(f"{node.pointer}/when", node.step.when, node.sight, node, steps_read(node.step.when))
    for arm in node.arms:
        if isinstance(arm.branch, Case) and arm.branch.when is not None:
            yield Asked(f"{arm.pointer}/when", arm.branch.when, node.sight, node, steps_read(arm.branch.when))
