"""Authority at run time: the ceiling of a plan, the hosts of its input, and the grants of each call.

Everything is derived from facts: the manifests of the plans around, the lists of the planning steps around, and the values of
the task's own input. Nothing that a planner claims is taken on trust.
"""

from collections.abc import Iterable
from functools import partial

from catalog.calls import Grants
from catalog.capability import Capability, Effect
from catalog.hosts import covered, hosts_in
from engine.following import address_in, capability_of
from engine.rules import Rules
from engine.state import ScopeState, StepState, TaskState
from fragments.approvals import approved_before
from fragments.ceilings import Ceiling, of_plan_around, of_worldly_plan
from fragments.documents import Allow
from fragments.proofs import Manifest
from fragments.reach import channels_named, hosts_written, literal_hosts
from fragments.reference_text import Key
from fragments.references import Unresolvable, follow
from fragments.sources import Origins, Sources
from schemas.values import Json


class Authority:
    """What the plans and calls of one task may reach, as it stands."""

    __slots__ = ("_rules", "_state")

    def __init__(self, state: TaskState, rules: Rules) -> None:
        """Keep both; everything is worked out when it is asked for."""
        self._state, self._rules = state, rules

    def grants(self, step: StepState, secrets: Iterable[str]) -> Grants:
        """Give what one call may reach: what its step names, within what the manifest of its plan says."""
        capability = self._rules.catalog.capabilities.get(step.handler or "")
        definition, closed = step.definition, self._closed(step.scope)
        hosts = channels = frozenset[str]()
        if capability is not None and capability.authority.hosts:
            hosts = self._call_hosts(step, closed, capability)
        if capability is not None and capability.authority.channels:
            channels = channels_named(capability, definition.config, definition.input)
        return Grants(
            hosts=hosts,
            channels=channels.intersection(closed.authority.get("channels", ())),
            secrets=frozenset(secrets).intersection(closed.authority.get("secrets", ())),
        )

    def allows_around(self, scope: ScopeState) -> list[Allow]:
        """List what the planning steps around a scope allow, innermost first."""
        plans = (owner for owner in self._state.owners(scope) if owner.planning is not None)
        return [owner.definition.allow for owner in plans if owner.definition.allow is not None]

    def ceilings(self, step: StepState) -> list[Ceiling]:
        """Give what limits the next plan of a step because of where it stands and what it is made from."""
        closed = self._closed(step.scope)
        around = Manifest.from_json(closed.authority)
        frame = self._outermost(step).definition.allow
        found: list[Ceiling] = []
        if closed.owner is not None:
            capabilities = self._rules.catalog.capabilities
            usable = (capabilities[name] for name in self._rules.usable(self._state.known))
            found.append(of_plan_around(around, frame, usable))
        elif self._is_worldly(step, closed):
            found.append(of_worldly_plan(around, frame))
        reached = None if step.planning is None else step.planning.reached
        if reached is not None and set(reached.effects) - {Effect.PURE}:
            found.append(of_worldly_plan(around.joined(reached), frame))
        return found

    def input_hosts(self, step: StepState) -> dict[str, frozenset[str]]:
        """Give the hosts that each key of a planning step's input grants to the steps of its plan that read it."""
        given = {key: self._given_by(step, key, sources) for key, sources in self._keys(step).items()}
        return {key: hosts for key, hosts in given.items() if hosts}

    def _call_hosts(self, step: StepState, closed: ScopeState, capability: Capability) -> frozenset[str]:
        """Collect the hosts of one call; a call that writes reaches only those to which its plan writes."""
        definition = step.definition
        own = literal_hosts(capability, definition.config, definition.input)
        named = self._named(closed, self._origins(closed).read(address_in(closed, step)))
        manifest = Manifest.from_json(closed.authority)
        writes = capability.effect_of(definition.config) is Effect.WRITE
        within = manifest.hosts_written if writes else manifest.hosts
        return _allowed(own | named, [within, *_host_lists(self.allows_around(closed))])

    def _named(self, closed: ScopeState, sources: Sources) -> frozenset[str]:
        """Collect the hosts that URLs in the task's own input name, as far as `sources` lead there."""
        found = (self._of_path(closed, path) for path in sources.inputs)
        return frozenset(host for hosts in found for host in hosts)

    def _of_path(self, closed: ScopeState, path: tuple[Key, ...]) -> frozenset[str]:
        if closed.owner is None:
            return hosts_in(_at(closed.input, path))
        owner = self._state.steps[closed.owner]
        keys = self._keys(owner)
        wanted = {path[0]: keys.get(str(path[0]), Sources())} if path else dict(keys)
        found = frozenset[str]()
        for key, sources in wanted.items():
            hosts = self._given_by(owner, str(key), sources)
            # Of what the world said no part tells which host was meant; of the rest the part that is read does.
            found |= hosts if sources.world or not path else hosts & hosts_in(_at(closed.input, path))
        return found

    def _given_by(self, owner: StepState, key: str, sources: Sources) -> frozenset[str]:
        """Collect the hosts that a key of a plan's input grants: written by its author, or named by the task's input."""
        around = self._closed(owner.scope)
        found = hosts_written(owner.definition.input.get(key)) | self._named(around, sources)
        within = Manifest.from_json(around.authority).hosts
        if around.owner is None:  # logs written before manifests told what plans may reach have it beside the manifest
            within = (*within, *self._state.known.hosts)
        own = (owner.definition.allow,) if owner.definition.allow is not None else ()
        return _allowed(found, [within, *_host_lists((*own, *self.allows_around(around)))])

    def _is_worldly(self, step: StepState, closed: ScopeState) -> bool:
        """Say whether a plan is made from what the world said, with nobody's approval."""
        address = address_in(closed, step)
        if not self._origins(closed).read(address).world:
            return False
        steps = tuple(closed.blueprint.definitions.values())
        return not approved_before(steps, address, partial(capability_of, self._state, self._rules))

    def _outermost(self, step: StepState) -> StepState:
        """Give the planning step that a person wrote: the outermost around a step, or itself."""
        scope = self._state.scopes[step.scope]
        around = [owner for owner in self._state.owners(scope) if owner.planning is not None]
        return around[-1] if around else step

    def _keys(self, owner: StepState) -> dict[str, Sources]:
        around = self._closed(owner.scope)
        return self._origins(around).keys.get(address_in(around, owner), {})

    def _origins(self, closed: ScopeState) -> Origins:
        return closed.blueprint.origins(partial(capability_of, self._state, self._rules))

    def _closed(self, scope: str) -> ScopeState:
        return self._state.scopes[self._state.scopes[scope].closed_in]


def _host_lists(allows: Iterable[Allow]) -> list[tuple[str, ...]]:
    return [allow.hosts for allow in allows if allow.hosts is not None]


def _allowed(hosts: frozenset[str], lists: list[tuple[str, ...]]) -> frozenset[str]:
    return frozenset(host for host in hosts if all(covered(host, globs) for globs in lists))


def _at(value: Json, path: tuple[Key, ...]) -> Json:
    try:
        return follow(value, path)
    except Unresolvable:
        return None
