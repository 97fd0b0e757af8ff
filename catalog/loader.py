"""Reading capability folders and published handlers into a catalog."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from catalog.build import build
from catalog.capability import Capability
from catalog.findings import CatalogError, Finding
from catalog.folders import DESCRIPTION, capability_folders, read_capability, source_digest
from catalog.published import Edition, Published, Stamp
from catalog.registration import misfits
from catalog.registry import Catalog

CORE = Path(__file__).parent / "handlers"
"""The folder of the handlers that come with Goalwright."""


@dataclass(slots=True, kw_only=True)
class LoadedCatalog:
    """A catalog, and where the code of each capability is: a component, its folder, or the store that it is published in.

    `catch_up` replaces `editions` and what the catalog holds; the folders stay as they were read.
    """

    catalog: Catalog
    folders: Mapping[str, Path]
    components: Mapping[str, Path] = field(default_factory=dict)
    published: Published | None = None
    editions: Mapping[str, Edition] = field(default_factory=dict)
    _seen: Stamp = None
    _lock: Lock = field(default_factory=Lock)

    def component(self, capability: Capability, *, cache: Path) -> Path:
        """Give the component of a handler: as it was given or published, or built from its folder.

        Raises `CatalogError` for a published one that is damaged, `BuildError` for source that does not build.
        """
        if capability.id in self.components:
            return self.components[capability.id]
        edition = self.editions.get(capability.id)
        if self.published is not None and edition is not None:
            return self.published.component(edition)
        return build(capability, self.folders[capability.id], cache=cache)

    def catch_up(self) -> bool:
        """Take up what was published or retired since, and say whether there was anything; costs one `stat` where not.

        Raises `CatalogError` once for a store that cannot be read; all stays as it was then, until the store changes again.
        """
        if self.published is None or self.published.stamp() == self._seen:
            return False
        with self._lock:
            # The stamp is taken before the index is read: what is published in between is taken up the next time.
            self._seen = self.published.stamp()
            editions = self.published.editions()
            _check_grown(self.editions, editions, self.published.index)
            own = self.catalog.only(self.folders)
            newer = _with_published(dict(own.capabilities), dict(own.digests), self.published, editions, self.folders)
            self.catalog.take_up(newer)
            self.editions = editions
        return True


def load_catalog(*folders: Path, published: Published | None = None) -> LoadedCatalog:
    """Read every capability folder inside `folders` (`CORE` alone when none is given), and what is published.

    Raises `CatalogError` with all findings over all folders; nothing is registered when there is one.
    """
    findings: list[Finding] = []
    loaded: dict[str, tuple[Capability, Path]] = {}
    for folder in _folders_inside(folders or (CORE,), findings):
        try:
            capability = load_capability(folder)
        except CatalogError as error:
            findings.extend(error.findings)
            continue
        if capability.id in loaded:
            says = f"{capability.id} is already registered from {loaded[capability.id][1]}"
            findings.append(Finding(file=folder / DESCRIPTION, pointer="/name", says=says))
        loaded.setdefault(capability.id, (capability, folder))
    if findings:
        raise CatalogError(findings)
    own = {name: capability for name, (capability, _) in loaded.items()}
    places = {name: folder for name, (_, folder) in loaded.items()}
    digests = {name: source_digest(folder) for name, folder in places.items()}
    if published is None:
        return LoadedCatalog(catalog=Catalog.of(own.values(), digests), folders=places)
    seen, editions = published.stamp(), published.editions()
    catalog = _with_published(own, digests, published, editions, places)
    return LoadedCatalog(catalog=catalog, folders=places, published=published, editions=editions, _seen=seen)


def load_capability(folder: Path, *, built_elsewhere: bool = False) -> Capability:
    """Read one capability folder and check it; it needs no source where the component is `built_elsewhere`.

    Raises `CatalogError` with all findings.
    """
    capability = read_capability(folder, built_elsewhere=built_elsewhere)
    found = [Finding(file=folder / DESCRIPTION, pointer=pointer, says=says) for pointer, says in misfits(capability)]
    if found:
        raise CatalogError(found)
    return capability


def _with_published(
    own: dict[str, Capability],
    digests: dict[str, str],
    published: Published,
    editions: Mapping[str, Edition],
    folders: Mapping[str, Path],
) -> Catalog:
    findings: list[Finding] = []
    for name, edition in editions.items():
        if name in own and digests[name] != edition.digest:
            says = f"{name} is published with other content than this folder's; raise the version here"
            findings.append(Finding(file=folders[name] / DESCRIPTION, pointer="/version", says=says))
            continue
        try:
            own[name] = published.capability(name, edition)
        except CatalogError as error:
            findings.extend(error.findings)
        digests[name] = edition.digest
    if findings:
        raise CatalogError(findings)
    return Catalog.of(own.values(), digests, {name: edition.retired for name, edition in editions.items() if edition.retired})


def _check_grown(before: Mapping[str, Edition], editions: Mapping[str, Edition], index: Path) -> None:
    """Raise `CatalogError` where a version is gone or became another: tasks that run may have it."""
    lost = [name for name, edition in before.items() if name not in editions or editions[name].digest != edition.digest]
    if lost:
        raise CatalogError([Finding(file=index, says=f"{name} was published, and is gone or became another") for name in lost])


def _folders_inside(folders: tuple[Path, ...], findings: list[Finding]) -> list[Path]:
    inside: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            findings.append(Finding(file=folder, says="there is no such folder"))
            continue
        found = capability_folders(folder)
        if not found:
            findings.append(Finding(file=folder, says=f"holds no capability folder (one with a {DESCRIPTION})"))
        inside.extend(found)
    return inside
