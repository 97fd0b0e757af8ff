"""An OpenAPI document as capability folders: every operation that can be a handler, and why the others cannot."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from catalog.capability import Capability
from catalog.findings import CatalogError, Finding
from catalog.folders import DESCRIPTION, LARGEST_OPERATION, OPERATION, OPERATION_PARTS
from catalog.openapi.capabilities import described
from catalog.openapi.naming import name_of, numbered
from catalog.openapi.nodes import Document, Unsupported, pointer
from catalog.openapi.operations import Found, Named, operations, read_operation
from catalog.openapi.reading import read_document
from catalog.openapi.schemas import Schemas
from catalog.openapi.security import Security, security_of
from catalog.openapi.servers import servers_of
from catalog.openapi.wording import cleaned
from catalog.registration import misfits
from schemas.values import Json, digest

Progress = Callable[[int, int], None]
"""Told how many operations of how many are done."""

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # PyYAML is built without libyaml on some machines


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One operation as a handler: the texts of its two files, and how it is signed."""

    capability: Capability
    operation: str  # GET /pets/{petId}
    files: Mapping[str, str]
    security: Security


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An operation that is wanted and became no handler: why, and at which place of which file the reason stands."""

    operation: str
    name: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What a document gives: handlers, operations that became none, and what is odd in the document and does no harm."""

    source: Path
    handlers: tuple[Imported, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What shall be imported, and how: globs, a prefix, a server.

    A glob holds for a handler's name, an operationId, `GET /path`, a path or a tag; one that begins
    with `tag:`, `path:` or `operation:` (name, operationId, method and path) for that alone. `base`
    is the URL that the document came from, beside which relative servers stand; empty for a file.
    """

    only: tuple[str, ...] = ()
    prefix: str = ""
    server: str | None = None
    base: str = ""

    def includes(self, operation: Named) -> bool:
        """Say whether an operation is wanted."""
        return not self.only or any(self.matches(glob, operation) for glob in self.only)

    def matches(self, glob: str, operation: Named) -> bool:
        """Say whether one glob means an operation."""
        named = (name_of(operation.identifier, self.prefix), operation.identifier, operation.title)
        by_kind = {"tag": operation.tags, "path": (operation.path,), "operation": named}
        kind, colon, rest = glob.partition(":")
        if colon and kind in by_kind:
            return any(fnmatchcase(name, rest) for name in by_kind[kind])
        return any(fnmatchcase(name, glob) for names in by_kind.values() for name in names)


def import_document(source: Path, content: bytes, wanted: Wanted, progress: Progress | None = None) -> Import:
    """Turn a document into handlers. Raises `CatalogError` for what is no OpenAPI document."""
    document, notes = read_document(source, content, fetched=bool(wanted.base))
    work = _Import(source=source, document=document, wanted=wanted, schemas=Schemas(document))
    try:
        every = [held for held in operations(document) if wanted.includes(_named(held))]
    except Unsupported as refusal:
        raise CatalogError([work.finding(refusal.where, f"no operation can be read: {refusal}")]) from refusal
    for done, held in enumerate(every):
        if progress is not None:
            progress(done, len(every))
        work.take(held)
    if progress is not None:
        progress(len(every), len(every))
    unmatched = [glob for glob in wanted.only if not any(wanted.matches(glob, _named(held)) for held in every)]
    odd = [work.finding(where, says) for where, says in work.schemas.notes.items()]
    odd += [Finding(file=source, says=f"--only {glob}: no operation has that name, path or tag") for glob in unmatched]
    return Import(
        source=source,
        handlers=tuple(work.handlers.values()),
        left_out=tuple(work.left_out),
        notes=(*notes, *odd),
    )


@dataclass(slots=True, kw_only=True)
class _Import:
    source: Path
    document: Document
    wanted: Wanted
    schemas: Schemas
    handlers: dict[str, Imported] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)

    def take(self, held: Found | tuple[Named, Unsupported]) -> None:
        """Make a handler of an operation, or note why not."""
        named = _named(held)
        try:
            if not isinstance(held, Found):
                raise held[1]
            made = self._imported(held)
        except Unsupported as refusal:
            says = f"{named.title} is not imported: {refusal}"
            finding = self.finding(refusal.where or named.where, says)
            name = name_of(named.identifier, self.wanted.prefix)
            self.left_out.append(LeftOut(operation=named.title, name=name, finding=finding))
            return
        self.handlers[made.capability.name] = made

    def finding(self, where: str, says: str) -> Finding:
        """Tell something of a place in the file where it stands."""
        file, place = self.document.place(where)
        return Finding(file=self.source.parent / file if file else self.source, pointer=place, says=cleaned(says))

    def _imported(self, found: Found) -> Imported:
        operation = read_operation(found)
        security = security_of(self.document, found.node)
        servers = servers_of(operation.servers, self.wanted.server, self.wanted.base)
        name = self._free_name(found.named)
        shown = described(operation, security, self.schemas, name, servers)
        told = {"kind": "openapi", "source": self.wanted.base or self.source.name, "operation": found.named.title}
        capability = _registered(shown, {**told, "digest": _digest(shown)})
        files = _files(capability)
        if len(files[OPERATION].encode()) > LARGEST_OPERATION:
            says = f"its schemas with all that they refer to have more than {LARGEST_OPERATION >> 20} MiB"
            raise Unsupported(says)
        return Imported(capability=capability, operation=found.named.title, files=files, security=security)

    def _free_name(self, named: Named) -> str:
        """Name a handler; of several operations of one name, those after the first by method and path."""
        told = name_of(named.identifier, self.wanted.prefix)
        if told not in self.handlers:
            return told
        plain = name_of(f"{named.method.lower()} {named.path}", self.wanted.prefix)
        free = (plain, *(numbered(plain, number) for number in range(2, 10_000)))
        return next(name for name in free if name not in self.handlers)


def _named(held: Found | tuple[Named, Unsupported]) -> Named:
    return held.named if isinstance(held, Found) else held[0]


def _digest(shown: Mapping[str, Json]) -> str:
    """Name what a handler does and takes: all of its description but the API's version."""
    return digest({key: held for key, held in shown.items() if key != "version"})


def _registered(shown: dict[str, Json], origin: Mapping[str, Json]) -> Capability:
    """Hold a description against the checks of registration; an example that does not fit its own schemas is left out.

    Raises `Unsupported`.
    """
    try:
        capability = Capability.model_validate({**shown, "origin": origin})
    except ValidationError as error:
        says = "; ".join(f"{pointer(*e['loc'])}: {e['msg']}" for e in error.errors()[:3])
        raise Unsupported(says) from error
    found = list(misfits(capability))
    if found and all(where.startswith("/examples") for where, _ in found):
        return _registered({key: held for key, held in shown.items() if key != "examples"}, origin)
    if found:
        raise Unsupported("; ".join(f"{where}: {says}" for where, says in found[:3]))
    return capability


def _files(capability: Capability) -> dict[str, str]:
    whole = capability.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    words = {key: held for key, held in whole.items() if key not in OPERATION_PARTS}
    data = {key: whole[key] for key in OPERATION_PARTS}
    return {DESCRIPTION: _yaml(words), OPERATION: "{\n" + ",\n".join(_lines(data)) + "\n}\n"}


def _lines(data: Mapping[str, Json]) -> Iterator[str]:
    """Write each part, and each schema that others refer to, on a line of its own: differences of two imports show."""
    for key, held in data.items():
        defs = held.get("$defs") if isinstance(held, dict) else None
        if not defs:
            yield f"{_json(key)}: {_json(held)}"
            continue
        rest = {name: part for name, part in held.items() if name != "$defs"}
        inner = ",\n".join(f" {_json(name)}: {_json(part)}" for name, part in defs.items())
        yield f'{_json(key)}: {_json(rest)[:-1]}, "$defs": {{\n{inner}\n}}}}'


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


class _Plain(_DUMPER):  # type: ignore[misc, valid-type]  # one of two of PyYAML's, as it was built
    """YAML without anchors, and with texts of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's
        return True


def _text(dumper: Any, text: str) -> yaml.Node:
    style = "|" if "\n" in text.strip("\n") else None
    node: yaml.Node = dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


_Plain.add_representer(str, _text)


def _yaml(value: Json) -> str:
    return str(yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120))
