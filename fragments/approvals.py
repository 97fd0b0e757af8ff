"""Approvals: whether people approve before a step runs, whatever way leads to it."""

from collections.abc import Sequence

from catalog.capability import Capability
from fragments.documents import Step, StepType
from fragments.graph import dependencies
from fragments.levels import levels
from fragments.sources import FindCapability


def approved_before(steps: Sequence[Step], address: str, find_capability: FindCapability) -> bool:
    """Say whether a step of a document waits, over steps that are never passed by, for one that people approve.

    `steps` are the document's own, `address` is that of the step, without item numbers.
    """
    return any(_approved(beside, name, find_capability) for _, beside, name in levels(steps, address))


def _approved(steps: Sequence[Step], name: str, find_capability: FindCapability) -> bool:
    by_name, waits = {step.name: step for step in steps}, dependencies(steps)
    seen: set[str] = set()
    pending = [name]
    while pending:
        step = by_name[pending.pop()]
        if step.type is StepType.DEFERRED:
            continue  # it runs whether or not what it waits for was skipped
        new = set(waits[step.name]) - seen
        if any(_is_approval(by_name[one], find_capability) for one in new):
            return True
        seen |= new
        pending += new
    return False


def _is_approval(step: Step, find_capability: FindCapability) -> bool:
    """Say whether a step completes only with an approval; a loop may have no item, a fallback asks nobody."""
    if step.handler is None or step.for_each is not None or step.fallback is not None:
        return False
    capability = find_capability(step.handler)
    return isinstance(capability, Capability) and capability.approves(step.config)
