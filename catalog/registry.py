"""The catalog: capabilities by name and version."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rapidfuzz import process
from semantic_version import NpmSpec, Version

from catalog.capability import Capability
from catalog.values import digest


class Miss(StrEnum):
    """Why a handler reference found nothing."""

    SYNTAX = "syntax"  # not `name` or `name@RANGE`
    NAME = "name"  # no capability of that name
    VERSION = "version"  # none of its versions is in the range


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """A handler reference that found nothing, and the nearest names or the versions that there are."""

    miss: Miss
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalog:
    """Capabilities by name and version. `digests` maps exact ids to the SHA-256 of their source."""

    capabilities: Mapping[str, Capability]  # by exact id
    digests: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, capabilities: Iterable[Capability], digests: Mapping[str, str] | None = None) -> "Catalog":
        """Collect capabilities; where no digest of the source is given, that of the description stands for it."""
        by_id = {capability.id: capability for capability in capabilities}
        described = {i: digest(c.model_dump(mode="json", by_alias=True)) for i, c in by_id.items()}
        return cls(by_id, {**described, **(digests or {})})

    def __iter__(self) -> Iterator[Capability]:
        """Go through the capabilities, by name, oldest version first."""
        return iter(sorted(self.capabilities.values(), key=lambda c: (c.name, Version(c.version))))

    def names(self) -> tuple[str, ...]:
        """Name every capability once, sorted."""
        return tuple(sorted({capability.name for capability in self.capabilities.values()}))

    def resolve(self, reference: str) -> Capability | Unresolved:
        """Find the newest version that `name`, `name@1.2.3` or `name@^1` (npm's range syntax) means."""
        name, at, wanted = reference.partition("@")
        versions = {Version(c.version): c for c in self.capabilities.values() if c.name == name}
        if not versions:
            return Unresolved(miss=Miss.NAME, near=_near(name, self.names()))
        try:
            spec = NpmSpec(wanted if at else "*")
        except ValueError:
            return Unresolved(miss=Miss.SYNTAX, near=tuple(c.id for c in versions.values()))
        best = spec.select(versions)
        if best is None:
            return Unresolved(miss=Miss.VERSION, near=tuple(c.id for c in versions.values()))
        return versions[best]


def _near(name: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(match for match, _, _ in process.extract(name, names, limit=3, score_cutoff=60))
