"""The catalog: capabilities by name and version."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from rapidfuzz import process
from semantic_version import NpmSpec, Version

from catalog.capability import Capability
from schemas.values import digest

_MOST_FOUND = 1_000  # references that are kept with what they mean


class Miss(StrEnum):
    """Why a handler reference found nothing."""

    SYNTAX = "syntax"  # not `name` or `name@RANGE`
    NAME = "name"  # no capability of that name
    VERSION = "version"  # none of its versions is in the range
    RETIRED = "retired"  # versions are in the range, and all of them are retired


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """A handler reference that found nothing, and the nearest names or the versions that there are."""

    miss: Miss
    near: tuple[str, ...] = ()
    because: str = ""  # of a retired version


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What a catalog holds at one moment; never changed, only replaced as a whole."""

    capabilities: Mapping[str, Capability]
    digests: Mapping[str, str]
    retired: Mapping[str, str]
    found: dict[str, Capability] = field(default_factory=dict, compare=False, repr=False)  # by reference, once resolved

    @cached_property
    def versions(self) -> Mapping[str, Mapping[Version, Capability]]:
        """Give every version by name, oldest first, retired ones too."""
        found: dict[str, dict[Version, Capability]] = {}
        for version, capability in sorted(
            ((Version(c.version), c) for c in self.capabilities.values()), key=lambda pair: pair[0]
        ):
            found.setdefault(capability.name, {})[version] = capability
        return found

    @cached_property
    def offered(self) -> Mapping[str, Mapping[Version, Capability]]:
        """Give the versions that new tasks may use, by name."""
        kept = {
            name: {version: capability for version, capability in versions.items() if capability.id not in self.retired}
            for name, versions in sorted(self.versions.items())
        }
        return {name: versions for name, versions in kept.items() if versions}


class Catalog:
    """Capabilities by name and version.

    `capabilities` and `digests` (the SHA-256 of a handler's source) hold every version by exact id, `retired` says why those
    that no new task may use were retired. A catalog grows while tasks run: `take_up` replaces all of it in one move, so who
    reads meanwhile, in whatever thread, sees it before or after. What an exact id means never changes.
    """

    __slots__ = ("_holding",)

    def __init__(
        self,
        capabilities: Mapping[str, Capability],
        digests: Mapping[str, str] | None = None,
        retired: Mapping[str, str] | None = None,
    ) -> None:
        """Hold what is given."""
        self._holding = Holding(capabilities=capabilities, digests=digests or {}, retired=retired or {})

    @classmethod
    def of(
        cls,
        capabilities: Iterable[Capability],
        digests: Mapping[str, str] | None = None,
        retired: Mapping[str, str] | None = None,
    ) -> "Catalog":
        """Collect capabilities; where no digest of the source is given, that of the description stands for it."""
        by_id = {capability.id: capability for capability in capabilities}
        given = digests or {}
        described = {i: given.get(i) or digest(c.model_dump(mode="json", by_alias=True)) for i, c in by_id.items()}
        return cls(by_id, described, retired)

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """Give every version by exact id, retired ones too: running tasks keep theirs."""
        return self._holding.capabilities

    @property
    def digests(self) -> Mapping[str, str]:
        """Give the digest of every version by exact id."""
        return self._holding.digests

    @property
    def retired(self) -> Mapping[str, str]:
        """Say why, by exact id, versions were retired."""
        return self._holding.retired

    def __iter__(self) -> Iterator[Capability]:
        """Go through the capabilities that new tasks may use, by name, oldest version first."""
        return (capability for versions in self._holding.offered.values() for capability in versions.values())

    def in_force(self) -> dict[str, str]:
        """Give the digests of what new tasks may use, by exact id: a task keeps to these versions."""
        holding = self._holding
        return {i: found for i, found in holding.digests.items() if i not in holding.retired}

    def only(self, ids: Iterable[str]) -> "Catalog":
        """Give a catalog of these exact ids alone, as far as there are any; a retired one counts like any other."""
        holding, wanted = self._holding, frozenset(ids)
        return Catalog(
            {i: capability for i, capability in holding.capabilities.items() if i in wanted},
            {i: found for i, found in holding.digests.items() if i in wanted},
        )

    def take_up(self, newer: "Catalog") -> None:
        """Hold from now on what `newer` holds. No version may be missing in it or mean something else than before."""
        kept = newer.digests
        assert all(kept.get(i) == found for i, found in self._holding.digests.items()), "a catalog only grows"
        self._holding = newer._holding  # noqa: SLF001 - another of its kind

    def names(self) -> tuple[str, ...]:
        """Name every capability that new tasks may use once, sorted."""
        return tuple(self._holding.offered)

    def resolve(self, reference: str) -> Capability | Unresolved:
        """Find the newest version that `name`, `name@1.2.3` or `name@^1` (npm's range syntax) means."""
        holding = self._holding
        known: Capability | Unresolved | None = holding.found.get(reference)
        if known is None:
            known = self._resolved(reference, holding)
            if isinstance(known, Capability) and len(holding.found) < _MOST_FOUND:
                holding.found[reference] = known
        return known

    @staticmethod
    def _resolved(reference: str, holding: Holding) -> Capability | Unresolved:
        name, at, wanted = reference.partition("@")
        versions, every = holding.offered.get(name, {}), holding.versions.get(name, {})
        if not every:
            return Unresolved(miss=Miss.NAME, near=_near(name, holding.offered))
        near = tuple(capability.id for capability in versions.values())
        try:
            spec = NpmSpec(wanted if at else "*")
        except ValueError:
            return Unresolved(miss=Miss.SYNTAX, near=near)
        best = spec.select(versions)
        if best is not None:
            return versions[best]
        gone = spec.select(every)
        if gone is None:
            return Unresolved(miss=Miss.VERSION, near=near)
        return Unresolved(miss=Miss.RETIRED, near=near, because=holding.retired[every[gone].id])


def _near(name: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(match for match, _, _ in process.extract(name, list(names), limit=3, score_cutoff=60))
