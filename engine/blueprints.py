"""The blueprint of a scope: its steps and how they depend on one another, before they have addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fragments.documents import Step
from fragments.graph import dependencies
from fragments.sources import FindCapability, Origins, origins


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """Steps by name, with everything counted that readiness is decided by. Made once, used for every item of a loop."""

    definitions: Mapping[str, Step]
    depends_on: Mapping[str, tuple[str, ...]]
    dependents: Mapping[str, tuple[str, ...]]
    runnable: bool  # False where some step could never become ready
    _origins: list[Origins] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def of(cls, steps: Sequence[Step]) -> "Blueprint":
        """Count who waits for whom. Dependencies on names outside these steps are those of the loop around them."""
        definitions = {step.name: step for step in steps}
        found = dependencies(steps)
        depends_on = {name: tuple(sorted(set(found.get(name, ())) & definitions.keys())) for name in definitions}
        dependents: dict[str, list[str]] = {name: [] for name in definitions}
        for name, needs in depends_on.items():
            for need in needs:
                dependents[need].append(name)
        frozen = {name: tuple(names) for name, names in dependents.items()}
        return cls(definitions=definitions, depends_on=depends_on, dependents=frozen, runnable=_runnable(depends_on, frozen))

    @classmethod
    def of_body(cls, loop: Step) -> "Blueprint":
        """Give the body of a loop: its nested steps, or the step itself without the loop."""
        if loop.steps is not None:
            return cls.of(loop.steps)
        return cls.of((loop.model_copy(update={"for_each": None, "depends_on": ()}),))

    def origins(self, find_capability: FindCapability) -> Origins:
        """Trace the values of these steps and of those within them to their sources; worked out when first asked for."""
        if not self._origins:
            self._origins.append(origins(tuple(self.definitions.values()), find_capability))
        return self._origins[0]

    @property
    def last(self) -> tuple[str, ...]:
        """Name the steps on which no other depends."""
        return tuple(name for name, names in self.dependents.items() if not names)


def _runnable(depends_on: Mapping[str, Sequence[str]], dependents: Mapping[str, Sequence[str]]) -> bool:
    waiting_on = {name: len(needs) for name, needs in depends_on.items()}
    ready = [name for name, count in waiting_on.items() if count == 0]
    reached = 0
    while ready:
        reached += 1
        for dependent in dependents[ready.pop()]:
            waiting_on[dependent] -= 1
            if waiting_on[dependent] == 0:
                ready.append(dependent)
    return reached == len(depends_on)
