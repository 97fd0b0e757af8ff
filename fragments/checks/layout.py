"""The parts of a document as checks see them: scopes, steps, and the bodies that run a handler."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from catalog.capability import Capability, Effect
from catalog.registry import Unresolved
from fragments.documents import Branch, Step, StepType
from fragments.graph import order
from fragments.near import MOST_NAMES
from fragments.pointers import braced
from fragments.references import Malformed, Reference
from fragments.workflows import NoWorkflow, WorkflowInterface
from schemas.values import Json, JsonObject


@dataclass(eq=False, slots=True)
class Scope:
    """Steps that share names, or a place that sees more than what is around it. Open to `parent`; the root's is closed.

    `way` leads here in addresses. Where `sees_skipped`, the output of a step of `parent` that was skipped is seen as null:
    nothing else that is around runs without it.
    """

    pointer: str
    parent: "Scope | None" = None
    owner: "Node | None" = None
    nodes: list["Node"] = field(default_factory=list)
    by_name: dict[str, "Node"] = field(default_factory=dict)
    bindings: tuple[str, ...] = ()  # names beside steps: item and index of a loop, the failure of a fallback
    waits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    way: tuple[str, ...] = ()
    is_loop: bool = False
    sees_skipped: bool = False
    _end: "Scope | None" = None
    _order: tuple[list[str], list[str]] | None = None

    @property
    def end(self) -> "Scope":
        """Give the place after all steps of this scope, where its output is put together."""
        if self._end is None:
            self._end = Scope(self.pointer, parent=self, way=self.way, sees_skipped=True)
        return self._end

    @property
    def order(self) -> tuple[list[str], list[str]]:
        """Name the steps so that each comes after those that it waits for; apart, those that wait for a circle."""
        if self._order is None:
            self._order = order(self.waits)
        return self._order

    def around(self) -> Iterator["Scope"]:
        """Go through this scope and those around it, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def step(self, name: str) -> "Node | None":
        """Find the step that a name means here."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.by_name:
                return scope.by_name[name]
            scope = scope.parent
        return None

    def binder(self, name: str) -> "Scope | None":
        """Find the scope that binds a name."""
        return next((scope for scope in self.around() if name in scope.bindings), None)

    def sees(self, reference: Reference) -> bool:
        """Say whether the head of a reference is known here; secrets are never seen."""
        if reference.step is not None:
            return self.step(reference.step) is not None
        return reference.root in ("input", "task") or self.binder(reference.root) is not None

    def step_names(self) -> list[str]:
        """Name the steps that can be read here, without the owners around; none where they are too many to look through."""
        owners = self.owners()
        if sum(len(scope.nodes) for scope in self.around()) > MOST_NAMES:
            return []
        return [node.step.name for scope in self.around() for node in scope.nodes if node not in owners]

    def owners(self) -> list["Node"]:
        """List the steps within which this stands, innermost first."""
        return [scope.owner for scope in self.around() if scope.owner is not None]

    def loops(self) -> list["Node"]:
        """List the loops around, outermost first."""
        return [scope.owner for scope in self.around() if scope.owner is not None and scope.is_loop][::-1]

    def may_be_null(self, node: "Node") -> bool:
        """Say whether a step of `node`'s scope that was skipped is seen as null here."""
        return any(scope.sees_skipped and scope.parent is node.scope for scope in self.around())


@dataclass(eq=False, slots=True)
class Body:
    """A handler with its config and input: a step's own, one of a branch, or one of a fallback.

    `pointer` is that of the object that holds `handler`; `part` names it within its step: `case 0`, `the fallback`.
    """

    node: "Node"
    pointer: str
    handler: str
    config: JsonObject
    input: JsonObject
    sight: Scope  # in which the input is read
    address: str
    part: str = ""
    capability: Capability | None = None
    miss: Unresolved | None = None
    _texts: list[tuple[str, str]] | None = None
    _effect: Effect | None = None

    @property
    def braced_config(self) -> list[tuple[str, str]]:
        """List every text in the config that holds `{{`, with its pointer."""
        if self._texts is None:
            self._texts = braced(self.config, f"{self.pointer}/config")
        return self._texts

    @property
    def label(self) -> str:
        """Name the body at the beginning of a sentence."""
        return f'{self.part[0].upper()}{self.part[1:]} of step "{self.node.step.name}"' if self.part else self.node.label

    @property
    def effect(self) -> Effect | None:
        """Say what the handler does to the world; None without a known handler."""
        if self._effect is None and self.capability is not None:
            self._effect = self.capability.effect_of(self.config)
        return self._effect


@dataclass(eq=False, slots=True)
class Arm:
    """A branch of a switch: its body, or the scope of its steps."""

    branch: Branch
    pointer: str
    name: str  # case 0, the default
    body: Body | None = None
    inner: Scope | None = None


@dataclass(eq=False, slots=True)
class Node:
    """One step of the document.

    `inner` is the scope of its loop: with the body's steps, or with item and index alone. `sight` is where its input and its
    conditions are read.
    """

    step: Step
    pointer: str
    scope: Scope
    sight: Scope
    body: Body | None = None
    inner: Scope | None = None
    arms: tuple[Arm, ...] = ()
    fallback: Body | None = None
    after_failure: Scope | None = None  # in which the fallback is read
    child: WorkflowInterface | NoWorkflow | None = None

    @property
    def label(self) -> str:
        """Name the step in a sentence."""
        return f'Step "{self.step.name}"'

    @property
    def planning(self) -> bool:
        """Say whether the step plans."""
        return self.step.type is StepType.PLANNING

    @property
    def bodies(self) -> Iterator[Body]:
        """Go through the handlers of which this step may run one, or one after another."""
        if self.body is not None:
            yield self.body
        yield from (arm.body for arm in self.arms if arm.body is not None)
        if self.fallback is not None:
            yield self.fallback

    @property
    def scopes(self) -> Iterator[Scope]:
        """Go through the scopes of steps that stand within this step."""
        if self.inner is not None and self.step.steps is not None:
            yield self.inner
        yield from (arm.inner for arm in self.arms if arm.inner is not None)

    @property
    def address(self) -> str:
        """Name the step from the root of the document, `*` for any item: `pages/*/fetch`."""
        own = f"{self.step.name}/*" if self.step.for_each is not None and self.step.steps is None else self.step.name
        return "/".join((*self.scope.way, own))


@dataclass(frozen=True, slots=True)
class Place:
    """A value of the document in which references may stand, and where it is read. `node` None: the document's output."""

    value: Json
    pointer: str
    scope: Scope
    node: Node | None


@dataclass(frozen=True, slots=True)
class Use:
    """A reference where it stands. Where `guarded`, another operand follows it: it may be absent or null."""

    where: str
    text: str  # all of the text that the reference is a part of
    part: Reference | Malformed
    scope: Scope
    node: Node | None
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition where it stands, where it is read, and the names of the steps that it reads."""

    where: str
    text: str
    scope: Scope
    node: Node
    steps: tuple[str, ...]
