"""What the references of a scope see: its closed scope's input, the names that loops bind, and the outputs of steps.

Secrets are seen by nobody: a reference to one stays as written, and only its place is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine import steps
from engine.state import ScopeState, TaskState
from fragments.pointers import braced
from fragments.references import SECRETS, Reference, resolve, whole, written
from schemas.values import Json


def resolved(state: TaskState, scope: ScopeState, value: Json) -> Json:
    """Put values in place of the references in `value`, as a step of `scope` sees them. Raises `Unresolvable`."""
    return resolve(value, lookup(state, scope))


def lookup(state: TaskState, scope: ScopeState) -> dict[str, Json]:
    """Map the roots of references to their values."""
    around = _around(state, scope)
    seen: dict[str, Json] = {}
    for each in reversed(around):
        seen |= each.bindings
    return seen | {
        "input": around[-1].input,
        "steps": Outputs(state, around),
        "task": {"id": state.task, "namespace": state.known.namespace},
        SECRETS: AsWritten(),
    }


def secrets_in(value: Json) -> dict[str, str]:
    """Map pointers into a document to the names of the secrets that stand there.

    Ask it of what the plan wrote, never of what became of it: data that looks like such a reference is data.
    """
    found = ((at, whole(text)) for at, text in braced(value, ""))
    return {at: str(part.path[0]) for at, part in found if isinstance(part, Reference) and part.root == SECRETS}


class AsWritten(Mapping[str, Json]):
    """Every secret's reference by its name, as a plan writes it."""

    def __getitem__(self, name: str) -> Json:
        """Write the reference."""
        return written(SECRETS, name)

    def __iter__(self) -> Iterator[str]:
        """Name nothing: which secrets there are is the operator's to know."""
        return iter(())

    def __len__(self) -> int:
        """Count nothing."""
        return 0

    def __contains__(self, name: object) -> bool:
        """Say yes to every name; the broker knows whether there is one."""
        return isinstance(name, str)


@dataclass(frozen=True, slots=True, eq=False)
class Outputs(Mapping[str, Json]):
    """The steps of open scopes by name, innermost first; only those that have their output."""

    state: TaskState
    around: tuple[ScopeState, ...]

    def __getitem__(self, name: str) -> Json:
        """Give `{"output": ...}` of the nearest step with this name."""
        for scope in self.around:
            if name in scope.blueprint.definitions:
                step = self.state.steps[scope.step(name)]
                if step.status is steps.Status.COMPLETE:
                    return {"output": step.output}
                break
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(
            {step.definition.name for each in self.around for step in self.state.steps_in(each) if _has_output(step.status)}
        )

    def __len__(self) -> int:
        """Count the names."""
        return sum(1 for _ in self)


def _has_output(status: steps.Status) -> bool:
    return status is steps.Status.COMPLETE


def _around(state: TaskState, scope: ScopeState) -> tuple[ScopeState, ...]:
    around = [scope]
    while scope.path != scope.closed_in:
        assert scope.owner is not None, "only the root has no owner, and it is closed"
        scope = state.scopes[state.steps[scope.owner].scope]
        around.append(scope)
    return tuple(around)
