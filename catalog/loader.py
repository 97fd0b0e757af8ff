"""Reading capability folders into a catalog."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from catalog.capability import Capability
from catalog.findings import CatalogError, Finding
from catalog.folders import DESCRIPTION, read_capability, source_digest
from catalog.registration import misfits
from catalog.registry import Catalog

CORE = Path(__file__).parent / "handlers"
"""The folder of the handlers that come with Goalwright."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedCatalog:
    """A catalog, and the folder of each capability by its exact id."""

    catalog: Catalog
    folders: Mapping[str, Path]


def load_catalog(*folders: Path) -> LoadedCatalog:
    """Read every capability folder inside `folders` (`CORE` alone when none is given).

    Raises `CatalogError` with all findings over all folders; nothing is registered when there is one.
    """
    findings: list[Finding] = []
    loaded: dict[str, tuple[Capability, Path]] = {}
    for folder in _capability_folders(folders or (CORE,), findings):
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
    digests = {name: source_digest(folder) for name, (_, folder) in loaded.items()}
    catalog = Catalog.of((capability for capability, _ in loaded.values()), digests)
    return LoadedCatalog(catalog=catalog, folders={name: folder for name, (_, folder) in loaded.items()})


def load_capability(folder: Path) -> Capability:
    """Read one capability folder and check it. Raises `CatalogError` with all findings."""
    capability = read_capability(folder)
    found = [Finding(file=folder / DESCRIPTION, pointer=pointer, says=says) for pointer, says in misfits(capability)]
    if found:
        raise CatalogError(found)
    return capability


def _capability_folders(folders: tuple[Path, ...], findings: list[Finding]) -> list[Path]:
    inside: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            findings.append(Finding(file=folder, says="there is no such folder"))
            continue
        found = sorted(child for child in folder.iterdir() if (child / DESCRIPTION).exists() or (child / "handler.py").exists())
        if not found:
            findings.append(Finding(file=folder, says=f"holds no capability folder (one with a {DESCRIPTION})"))
        inside.extend(found)
    return inside
