"""The rules that tasks are decided by: the catalog and the operator's settings. Nothing here changes while tasks run."""

from dataclasses import dataclass, field
from datetime import date

from catalog.capability import Capability, Effect
from catalog.registry import Catalog, Unresolved
from engine.reasons import Reason
from engine.state import StepState, TaskInfo
from fragments.documents import Retry


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the core needs to know beside the task itself.

    `retry` is the policy of what has none of its own. `turns` is how many answers one phase of planning may take;
    `plan_call_usd` how much one answer reserves at most; `interruptions` how often a step is begun again after a crash.
    `call_grace_s` is how much longer than the wall-clock limit of its capability a call may take from its begin: the broker may
    make it again where a worker dies.
    `planning_date` is told to planners in place of the day. `channels`, `secrets` (names) and `operator_hosts` (globs) are the
    operator's.
    """

    catalog: Catalog
    turns: int = 4
    plan_call_usd: float = 0.25
    retry: Retry = field(default_factory=Retry)
    planning_date: date | None = None
    plan_timeout_s: float = 300.0
    interruptions: int = 10
    call_grace_s: float = 60.0
    channels: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    operator_hosts: tuple[str, ...] = ("*",)
    groups: frozenset[str] | None = None
    _found: dict[tuple[str, tuple[str, ...]], Capability | None] = field(default_factory=dict, repr=False, compare=False)

    def pinned(self, task: TaskInfo, reference: str) -> Capability | Reason:
        """Find the version that `reference` means for this task: of the versions in force when it was submitted, the newest."""
        capability = self._in_force(task, reference)
        if capability is None:
            return Reason.HANDLER_UNKNOWN
        if self.catalog.digests.get(capability.id) != task.catalog[capability.id]:
            return Reason.HANDLER_CHANGED
        return capability

    def usable(self, task: TaskInfo) -> tuple[str, ...]:
        """List what a plan of this task may use: the exact versions that were in force when it began, and are unchanged."""
        digests = self.catalog.digests
        return tuple(name for name in task.handlers if digests.get(name) == task.catalog[name])

    def repeatable(self, step: StepState) -> bool:
        """Say whether an attempt whose effect is unknown may be made again."""
        capability = self.catalog.capabilities.get(step.handler or "")
        if capability is None:
            return step.definition.idempotent
        harmless = capability.effect_of(step.definition.config) in {Effect.PURE, Effect.READ}
        return harmless or capability.idempotent or step.definition.idempotent

    def _in_force(self, task: TaskInfo, reference: str) -> Capability | None:
        # The memo is why this costs a dictionary look-up per step, and not a parse of a version range.
        key = (reference, task.handlers)
        if key not in self._found:
            found = self.catalog.only(task.catalog).resolve(reference)
            self._found[key] = None if isinstance(found, Unresolved) else found
        return self._found[key]
