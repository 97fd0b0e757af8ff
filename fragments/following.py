"""What follows a step: every step that waits for it, over whatever way, with what it does to the world. For approvers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.capability import Capability
from fragments.constructs import branches_of
from fragments.documents import Branch, Fallback, Step, StepType
from fragments.graph import dependencies
from fragments.levels import levels
from fragments.reach import channels_named, literal_hosts
from fragments.sources import FindCapability, Origins, origins
from schemas.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """One call, plan or workflow that comes after a step.

    `step` is its address without item numbers. `effect` is pure, read, write or wait; `plan` for a planning step, whose calls
    nobody knows yet; `workflow` for a child; `unknown` where there is no such handler. `hosts` holds names, and
    `any host of input.NAME` where a URL in the input names it.
    """

    step: str
    handler: str | None
    effect: str
    hosts: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Say whether it may change the world: a plan or a child may as well."""
        return self.effect not in ("pure", "read", "wait")

    def to_json(self) -> dict[str, Json]:
        """Write every field, and whether it writes."""
        return {
            "step": self.step,
            "handler": self.handler,
            "effect": self.effect,
            "writes": self.writes,
            "hosts": list(self.hosts),
            "channels": list(self.channels),
        }


def following(
    steps: Sequence[Step],
    address: str,
    find_capability: FindCapability,
) -> tuple[Follower, ...]:
    """List what follows a step of a document whose own steps are `steps`: what stands beside it first, then what is around.

    `address` is that of the step, without item numbers: `pages/ask`.
    """
    listing = _Listing(find_capability, origins(steps, find_capability))
    found: list[Follower] = []
    for way, beside, name in levels(steps, address):
        after = _after(beside, name)
        here = (listing.of_step(step, f"{way}{step.name}") for step in beside if step.name in after)
        found[:0] = [one for followers in here for one in followers]
    return tuple(found)


def _after(steps: Sequence[Step], name: str) -> frozenset[str]:
    waits = dependencies(steps)
    found: set[str] = set()
    pending = [name]
    while pending:
        before = pending.pop()
        new = {waiting for waiting, needs in waits.items() if before in needs} - found
        found |= new
        pending += new
    return frozenset(found - {name})


@dataclass(frozen=True, slots=True)
class _Listing:
    find_capability: FindCapability
    origins: Origins

    def of_step(self, step: Step, address: str) -> Iterator[Follower]:
        """Go through what a step may run: its call, the steps within, its branches, its fallback."""
        if step.type is StepType.PLANNING:
            yield self._composite(step, address, "plan")
        elif step.type is StepType.WORKFLOW:
            yield self._composite(step, address, "workflow")
        else:
            yield from self._of_body(step, address)
        for pointer, branch in branches_of(step, ""):
            yield from self._of_body(branch, f"{address}/{pointer.rpartition('/')[2]}")
        if step.fallback is not None:
            yield from self._of_body(step.fallback, f"{address}/fallback")

    def _composite(self, step: Step, address: str, effect: str) -> Follower:
        hosts = self.origins.read(address).in_words
        return Follower(step=address, handler=step.workflow, effect=effect, hosts=hosts)

    def _of_body(self, body: Step | Branch | Fallback, address: str) -> Iterator[Follower]:
        if body.handler is not None:
            yield self._call(body, body.handler, address)
        if not isinstance(body, Fallback):
            for nested in body.steps or ():
                yield from self.of_step(nested, f"{address}/{nested.name}")

    def _call(self, body: Step | Branch | Fallback, handler: str, address: str) -> Follower:
        capability = self.find_capability(handler)
        return Follower(
            step=address,
            handler=handler if capability is None else capability.id,
            effect="unknown" if capability is None else capability.effect_of(body.config).value,
            hosts=self._hosts(body, capability, address),
            channels=tuple(sorted(channels_named(capability, body.config, body.input))),
        )

    def _hosts(self, body: Step | Branch | Fallback, capability: Capability | None, address: str) -> tuple[str, ...]:
        if capability is None or not capability.authority.hosts:
            return ()
        written = sorted(literal_hosts(capability, body.config, body.input))
        return (*written, *self.origins.read(address).in_words)
