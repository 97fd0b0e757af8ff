"""The document as checks see it: scopes, steps, references, handlers, each worked out once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from catalog.capability import Capability, Effect
from catalog.registry import Catalog, Unresolved
from catalog.values import Json
from fragments.bounds import Left
from fragments.documents import Fragment, Step, StepType, Template
from fragments.frames import Frame
from fragments.graph import dependencies
from fragments.near import MOST_NAMES
from fragments.pointers import braced
from fragments.references import Malformed, Reference, parse


@dataclass(eq=False, slots=True)
class Scope:
    """Steps that share names. A loop's scope is open to `parent` around it; a document's own scope is closed."""

    pointer: str
    parent: "Scope | None" = None
    owner: "Node | None" = None
    nodes: list["Node"] = field(default_factory=list)
    by_name: dict[str, "Node"] = field(default_factory=dict)
    bindings: tuple[str, ...] = ()  # the names of item and index
    waits: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def around(self) -> Iterator["Scope"]:
        """Go through this scope and those around it, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def step(self, name: str) -> "Node | None":
        """Find the step that a name means here."""
        return next((scope.by_name[name] for scope in self.around() if name in scope.by_name), None)

    def binder(self, name: str) -> "Scope | None":
        """Find the loop's scope that binds a name."""
        return next((scope for scope in self.around() if name in scope.bindings), None)

    def step_names(self) -> list[str]:
        """Name the steps that can be read here, without the loops around; none where they are too many to look through."""
        owners = {scope.owner for scope in self.around()}
        if sum(len(scope.nodes) for scope in self.around()) > MOST_NAMES:
            return []
        return [node.step.name for scope in self.around() for node in scope.nodes if node not in owners]

    def loops(self) -> list["Node"]:
        """List the loops around, outermost first."""
        return [scope.owner for scope in self.around() if scope.owner is not None][::-1]


@dataclass(eq=False, slots=True)
class Node:
    """One step of the document. `inner` is the scope of its loop: with the body's steps, or with item and index alone."""

    step: Step
    pointer: str
    scope: Scope
    capability: Capability | None = None
    miss: Unresolved | None = None
    inner: Scope | None = None

    @property
    def sight(self) -> Scope:
        """Give the scope in which the step's input is read."""
        return self.inner if self.inner is not None else self.scope

    @property
    def planning(self) -> bool:
        """Say whether the step plans."""
        return self.step.type is StepType.PLANNING

    @property
    def effect(self) -> Effect | None:
        """Say what the step's handler does to the world; None without a known handler."""
        return self.capability.effect_of(self.step.config) if self.capability is not None else None

    @property
    def address(self) -> str:
        """Name the step from the root of the document, `*` for any item: `pages/*/fetch`."""
        loops = self.scope.loops()
        own = f"{self.step.name}/*" if self.step.for_each is not None and self.step.steps is None else self.step.name
        return "/".join((*(part for loop in loops for part in (loop.step.name, "*")), own))


@dataclass(frozen=True, slots=True)
class Use:
    """A reference where it stands: in the input or loop of `node`, or in the document's output (None)."""

    where: str
    text: str  # all of the text that the reference is a part of
    part: Reference | Malformed
    scope: Scope
    node: Node | None


class View:
    """A document beside the catalog and frame that it is checked against."""

    def __init__(self, document: Template | Fragment, catalog: Catalog, frame: Frame) -> None:
        """Lay the document out; works through every step once."""
        self.document = document
        self.catalog = catalog
        self.frame = frame
        self.root = Scope("")
        self.nodes: list[Node] = []
        self.scopes: list[Scope] = []
        self._handlers: dict[str, Capability | Unresolved] = {}
        self._enter(self.root, document.steps)

    @cached_property
    def left(self) -> Left:
        """Give what is left for the document: the frame's, narrowed by the document's own bounds."""
        return self.frame.left.narrowed(self.document.bounds if isinstance(self.document, Template) else None)

    @cached_property
    def uses(self) -> list[Use]:
        """List every reference of the document, well formed or not, in document order."""
        found = [use for node in self.nodes for use in self._uses_of(node)]
        found.extend(_uses(self.document.output, "/output", self.root, None))
        return found

    @cached_property
    def references(self) -> list[tuple[Use, Reference]]:
        """List every well-formed reference with its place."""
        return [(use, use.part) for use in self.uses if isinstance(use.part, Reference)]

    def _enter(self, scope: Scope, steps: tuple[Step, ...]) -> None:
        self.scopes.append(scope)
        scope.waits = dependencies(steps)
        for i, step in enumerate(steps):
            node = Node(step, f"{scope.pointer}/steps/{i}", scope)
            self._resolve(node)
            scope.nodes.append(node)
            scope.by_name.setdefault(step.name, node)
            self.nodes.append(node)
            if step.for_each is not None:
                names = (step.for_each.as_, step.for_each.index)
                node.inner = Scope(node.pointer, parent=scope, owner=node, bindings=names)
                self._enter(node.inner, step.steps or ())

    def _resolve(self, node: Node) -> None:
        handler = node.step.handler
        if handler is None:
            return
        if handler not in self._handlers:
            self._handlers[handler] = self.catalog.resolve(handler)
        found = self._handlers[handler]
        if isinstance(found, Unresolved):
            node.miss = found
        else:
            node.capability = found

    def _uses_of(self, node: Node) -> Iterator[Use]:
        yield from _uses(node.step.input, f"{node.pointer}/input", node.sight, node)
        if node.step.for_each is not None and node.inner is not None:
            yield from _uses(node.step.for_each.items, f"{node.pointer}/for_each/items", node.scope, node)
            yield from _uses(node.step.for_each.output, f"{node.pointer}/for_each/output", node.inner, node)


def _uses(value: Json, pointer: str, scope: Scope, node: Node | None) -> Iterator[Use]:
    for where, text in braced(value, pointer):
        yield from (Use(where, text, part, scope, node) for part in parse(text) if not isinstance(part, str))
