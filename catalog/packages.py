"""Distributions of the host's environment that are bundled into a guest."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

GUEST = {"python_version": "3.14", "python_full_version": "3.14.0", "sys_platform": "wasi", "extra": ""}
"""The guest's interpreter, by which requirements with a marker are judged (componentize-py 0.25.1 brings CPython 3.14)."""

STANDINS = {"rpds-py"}
"""Distributions with native code for which the guest has a pure stand-in."""

_NATIVE = {".so", ".pyd", ".dylib", ".dll", ".a"}
_SKIPPED = {"tests", "test", "benchmarks", "__pycache__"}


class PackageError(Exception):
    """A distribution that cannot be bundled, by name, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A distribution to bundle: its files by path inside the guest's path."""

    name: str
    version: str
    files: dict[str, Path]

    def digest(self) -> str:
        """Name version and content by a SHA-256."""
        made = sha256(f"{self.name}=={self.version}\n".encode())
        for path, file in sorted(self.files.items()):
            made.update(f"{path}\0{sha256(file.read_bytes()).hexdigest()}\n".encode())
        return made.hexdigest()


def bundled(names: Iterable[str]) -> tuple[Package, ...]:
    """Find the named distributions and all that they require in a guest, by name.

    Raises `PackageError` for one that is not installed or holds native code.
    """
    found: dict[str, Package] = {}
    pending = [(name, "the capability") for name in names]
    while pending:
        name, wanted_by = pending.pop()
        key = canonicalize_name(name)
        if key in found or key in STANDINS:
            continue
        installed = _installed(name, wanted_by)
        found[key] = _package(installed)
        pending.extend((required, key) for required in _required(installed))
    return tuple(found[key] for key in sorted(found))


def _installed(name: str, wanted_by: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError as error:
        message = f"the distribution {name}, required by {wanted_by}, is not installed here"
        raise PackageError(message) from error


def _required(installed: Distribution) -> Iterator[str]:
    for line in installed.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(dict(GUEST)):
            yield requirement.name


def _package(installed: Distribution) -> Package:
    files: dict[str, Path] = {}
    for file in installed.files or ():
        if file.suffix in _NATIVE:
            message = f"the distribution {installed.name} holds native code ({file}), which a guest cannot run"
            raise PackageError(message)
        if file.suffix != ".pyc" and not _SKIPPED & set(file.parts) and not _is_outside(file.parts[0]):
            files[file.as_posix()] = Path(str(installed.locate_file(file)))
    if not files:
        message = f"the distribution {installed.name} is installed without files that could be bundled"
        raise PackageError(message)
    return Package(name=installed.name, version=installed.version, files=files)


def _is_outside(top: str) -> bool:
    """Say whether a file is a script (`../../bin`) or metadata, which nothing that a guest imports will read."""
    return top == ".." or top.endswith(".dist-info")
