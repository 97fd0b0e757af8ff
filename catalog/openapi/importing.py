"""An OpenAPI document as capability folders: every operation that can be a handler, and why the others cannot."""

import pprint
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from yaml import Node, SafeDumper, dump

from catalog.capability import Capability
from catalog.findings import Finding
from catalog.folders import DESCRIPTION, HANDLER, LARGEST_FILE
from catalog.openapi.capabilities import described, guest_of, servers_of
from catalog.openapi.naming import name_of
from catalog.openapi.operations import Named, Operation, Refused, operations
from catalog.openapi.pointers import Unsupported
from catalog.openapi.reading import pointer, read_document
from catalog.openapi.security import security_of
from catalog.registration import misfits
from catalog.rendering import rendered
from schemas.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One operation as a handler: the texts of its two files."""

    capability: Capability
    operation: str  # GET /pets/{petId}
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What a document gives: handlers, and findings about the operations that became none."""

    handlers: tuple[Imported, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What shall be imported, and how: globs over a handler's name, the operationId or `GET /path`; a prefix; a server.

    `base` is the URL that the document came from, beside which relative servers stand; empty for a file.
    """

    only: tuple[str, ...] = ()
    prefix: str = ""
    server: str | None = None
    base: str = ""

    def includes(self, operation: Named) -> bool:
        """Say whether an operation is wanted."""
        shown = f"{operation.method} {operation.path}"
        names = (name_of(operation.identifier, self.prefix), operation.identifier, shown)
        return not self.only or any(fnmatchcase(name, glob) for glob in self.only for name in names)


def import_document(source: Path, content: bytes, wanted: Wanted) -> Import:
    """Turn a document into handlers. Raises `CatalogError` for what is no valid OpenAPI 3.0 or 3.1 document."""
    document, invalid = read_document(source, content)
    blamed = ["/".join(finding.pointer.split("/")[:4]) for finding in invalid]
    handlers: dict[str, Imported] = {}
    findings = list(invalid)
    for operation in operations(document):
        if operation.where in blamed or not wanted.includes(operation):
            continue
        made = operation.says if isinstance(operation, Refused) else _imported(document, operation, wanted, handlers)
        if isinstance(made, Imported):
            handlers[made.capability.name] = made
        else:
            says = f"{operation.method} {operation.path} is not imported: {made}"
            findings.append(Finding(file=source, pointer=operation.where, says=says))
    return Import(handlers=tuple(handlers.values()), findings=tuple(findings))


def _imported(
    document: Mapping[str, Json], operation: Operation, wanted: Wanted, taken: Mapping[str, Imported]
) -> Imported | str:
    """Make a handler of an operation, or say why not."""
    name = name_of(operation.identifier, wanted.prefix)
    if name in taken:
        return f"its name {name} is that of {taken[name].operation} too; give both an operationId"
    if not any(response.success for response in operation.responses):
        return "it names no answer of success"
    try:
        security = security_of(document, operation.words)
        shown = described(document, operation, security, name, servers_of(operation, wanted.server, wanted.base))
    except Unsupported as refusal:
        return str(refusal)
    capability = _registered(shown)
    if isinstance(capability, str):
        return capability
    title = f"{operation.method} {operation.path}"
    code = {"title": title, "operation": pprint.pformat(guest_of(operation, security), width=120, sort_dicts=False)}
    files = {DESCRIPTION: _yaml(shown), HANDLER: rendered("openapi/handler.py.txt", code)}
    if len(files[DESCRIPTION].encode()) > LARGEST_FILE:
        return f"its description would be larger than {LARGEST_FILE} bytes"
    return Imported(capability=capability, operation=title, files=files)


def _registered(shown: dict[str, Json]) -> Capability | str:
    """Hold a description against the checks of registration; an example that does not fit its own schemas is left out."""
    try:
        capability = Capability.model_validate(shown)
    except ValidationError as error:
        return "; ".join(f"{pointer(*e['loc'])}: {e['msg']}" for e in error.errors())
    found = list(misfits(capability))
    if found and all(where.startswith("/examples") for where, _ in found):
        del shown["examples"]
        return _registered(shown)
    return "; ".join(f"{where}: {says}" for where, says in found) or capability


class _Plain(SafeDumper):
    """YAML without anchors, and with texts of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's
        return True

    def represent_text(self, text: str) -> Node:
        style = "|" if "\n" in text.strip("\n") else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _Plain.represent_text)


def _yaml(value: Json) -> str:
    return str(dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120))
