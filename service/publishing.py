"""Publishing a handler: described, built, tried in its sandbox, and only then stored for good."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from broker.sandbox.binary import examine
from broker.sandbox.errors import SandboxError
from catalog.build import BuildError, build
from catalog.capability import Capability
from catalog.findings import CatalogError, Finding
from catalog.folders import DESCRIPTION, source_digest
from catalog.loader import load_capability
from catalog.published import Edition, Published
from schemas.values import Json
from service.composition import Vocabulary
from service.trials import Tried, tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What publishing came to: an edition, or examples that did not pass."""

    handler: str
    edition: Edition | None
    new: bool
    trials: tuple[Tried, ...]

    def to_json(self) -> dict[str, Json]:
        """Write it as `handlers publish --format json` does."""
        return {
            "handler": self.handler,
            "published": self.edition is not None,
            "new": self.new,
            "edition": self.edition.model_dump(mode="json") if self.edition else None,
            "examples": [trial.to_json() for trial in self.trials],
        }


async def publish(known: Vocabulary, folder: Path, *, component: Path | None = None) -> Publication:
    """Publish the handler of `folder`; `component` is one that was built elsewhere from the same world.

    Raises `CatalogError` for a description with findings, source that does not build, a component that asks for more than it
    may, and a version that is there with other content.
    """
    capability = load_capability(folder, built_elsewhere=component is not None)
    source = None if component else source_digest(folder)
    _refuse_taken(known, capability, folder, source)
    file = await asyncio.to_thread(_built, capability, folder, known.settings.cache) if component is None else component
    content = await asyncio.to_thread(_examined, file, capability)
    try:
        trials = await tried(known, capability, file)
    except SandboxError as error:
        raise CatalogError([Finding(file=file, says=str(error))]) from error
    if not all(trial.passed for trial in trials):
        return Publication(handler=capability.id, edition=None, new=False, trials=trials)
    store = Published(known.settings.published)
    edition, new = await asyncio.to_thread(store.publish, capability, content, source=source, at=datetime.now(UTC))
    return Publication(handler=capability.id, edition=edition, new=new, trials=trials)


def _refuse_taken(known: Vocabulary, capability: Capability, folder: Path, source: str | None) -> None:
    """Refuse an id that the core or a folder of the operator's gives another meaning: no catalog could hold both."""
    place = known.loaded.folders.get(capability.id)
    if place is not None and known.catalog.digests[capability.id] != source:
        says = f"{capability.id} stands with other content in {place}; raise the version"
        raise CatalogError([Finding(file=folder / DESCRIPTION, pointer="/version", says=says)])


def _built(capability: Capability, folder: Path, cache: Path) -> Path:
    try:
        return build(capability, folder, cache=cache)
    except BuildError as error:
        raise CatalogError([Finding(file=folder, says=str(error))]) from error


def _examined(file: Path, capability: Capability) -> bytes:
    """Read a component after a look at what it is and what it asks for."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CatalogError([Finding(file=file, says=f"the file cannot be read: {error.strerror}")]) from error
    refusal = examine(content, capability.imports)
    if refusal is not None:
        raise CatalogError([Finding(file=file, says=refusal)])
    return content
