"""What changed in an API since its handlers were imported: by the digest of each operation, then by its schemas."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from catalog.capability import Capability
from catalog.folders import OPERATION, capability_folders, read_capability
from catalog.openapi.importing import Import, Wanted
from catalog.openapi.operations import Named
from fragments.schemas.narrowing import Break, Way, breaks
from schemas.values import Json


class Change(StrEnum):
    """What became of an operation."""

    ADDED = "added"  # there is no handler yet
    REMOVED = "removed"  # the document has it no more, or it can be no handler any more; breaks who uses it
    CHANGED = "changed"  # and nothing that worked before stops to
    BREAKING = "breaking"


BREAKS = {Change.REMOVED, Change.BREAKING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One operation that is not as it was, and what that means."""

    change: Change
    operation: str
    handler: str
    says: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Write it as `import openapi --check --format json` does."""
        return {
            "change": self.change,
            "operation": self.operation,
            "handler": self.handler,
            "says": list(self.says),
        }


def imported_into(directory: Path, source: str) -> dict[str, Capability]:
    """Read the handlers in a folder that came from a document, by operation.

    Where none came from a document of this name, all that were imported count: the document may have moved. Raises
    `CatalogError` for one that cannot be read.
    """
    folders = capability_folders(directory) if directory.is_dir() else []
    read = [read_capability(folder) for folder in folders if (folder / OPERATION).is_file()]
    known = [capability for capability in read if capability.origin is not None]
    own = [capability for capability in known if capability.origin and capability.origin.source == source]
    return {held.origin.operation: held for held in own or known if held.origin}


def compared(made: Import, there: dict[str, Capability], wanted: Wanted) -> tuple[Changed, ...]:
    """Say what changed, in the order of the document; what is gone comes last."""
    changes: list[Changed] = []
    now = {handler.operation: handler.capability for handler in made.handlers}
    for operation, capability in now.items():
        before = there.get(operation)
        if before is None:
            changes.append(Changed(change=Change.ADDED, operation=operation, handler=capability.name))
        elif _digest(before) != _digest(capability):
            says = tuple(_breaking(before, capability))
            change = Change.BREAKING if says else Change.CHANGED
            changes.append(Changed(change=change, operation=operation, handler=before.name, says=says))
    why = {held.operation: held.finding.says for held in made.left_out}
    for operation, capability in there.items():
        if operation not in now and _is_wanted(operation, capability, wanted):
            says = (why.get(operation, "the document has no such operation"),)
            changes.append(Changed(change=Change.REMOVED, operation=operation, handler=capability.name, says=says))
    return tuple(changes)


def breaking(changes: Sequence[Changed]) -> bool:
    """Say whether one of them breaks who uses the handlers."""
    return any(changed.change in BREAKS for changed in changes)


def _digest(capability: Capability) -> str:
    return capability.origin.digest if capability.origin else ""


def _is_wanted(operation: str, capability: Capability, wanted: Wanted) -> bool:
    """Say whether the globs mean an operation of which only the handler is left; its tags are not known any more."""
    method, _, path = operation.partition(" ")
    named = Named(method=method, path=path, identifier=capability.name, tags=(), where="")
    return not wanted.only or any(wanted.matches(glob, named) for glob in wanted.only)


def _breaking(before: Capability, after: Capability) -> Iterator[str]:
    """Say what of the new handler breaks plans that were written for the one before."""
    if before.name != after.name:
        yield f"the handler's name is {after.name}"
    if before.effect != after.effect:
        yield f"its effect was {before.effect} and is {after.effect}"
    if before.idempotent and not after.idempotent:
        yield "it may not be repeated any more"
    gone = {error.type for error in before.errors} - {error.type for error in after.errors}
    yield from (f"the error {kind} is not told any more" for kind in sorted(gone))
    sinks = set(before.authority.secrets) - set(after.authority.secrets)
    yield from (f"no secret stands at {sink} any more" for sink in sorted(sinks))
    for name, way in (("config", Way.TAKEN), ("input", Way.TAKEN), ("output", Way.GIVEN)):
        old, new = (getattr(capability, f"{name}_schema") for capability in (before, after))
        for found in dict.fromkeys(breaks(old, new, way)):
            yield _told(name, found)


def _told(name: str, found: Break) -> str:
    return f"{name}{found.where}: {found.says}"
