"""A document and the files that it refers to, in one piece.

Each file comes to stand once under `nodes.FILES`, by its path, and every reference to it leads there. Only what is a reference
is one: under `example`, `default`, `enum`, `const` and `x-...` a key `$ref` is data.
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from catalog.findings import CatalogError, Finding
from catalog.openapi.files import LARGEST, MOST_FILES, FileRefusedError, Files
from catalog.openapi.nodes import FILES, Broken, pointer
from catalog.openapi.parsing import parsed
from schemas import keywords
from schemas.values import Json

_DATA = {"const", "default", "enum", "example"}
_NAMED = keywords.MAPS | {
    *("callbacks", "content", "definitions", "encoding", "headers", "links", "pathItems", "paths", "requestBodies"),
    *("responses", "schemas", "securityDefinitions", "securitySchemes", "variables", "webhooks"),
}
"""Keys under which stand things by name: a name is never a keyword."""


def bundled(root: dict[str, Json], name: str, files: Files, source: Path) -> tuple[dict[str, Json], tuple[Finding, ...]]:
    """Bring a document's files together in it; one that cannot be read stands there as `nodes.Broken`."""
    work = _Bundling(name, files, source)
    work.take(name, root)
    while work.pending:
        work.take(*work.pending.pop())
    held = {key: value for key, value in work.held.items() if key != name}
    return ({**root, FILES: held} if held else root), tuple(work.notes)


def references(value: Json, *, named: bool = False) -> Iterator[dict[str, Json]]:
    """Go through the objects of a document that are references, each once; what is data is not gone into."""
    pending: list[tuple[Json, bool]] = [(value, named)]
    seen: set[int] = set()
    while pending:
        held, by_name = pending.pop()
        if not isinstance(held, (dict, list)) or id(held) in seen:
            continue
        seen.add(id(held))
        if isinstance(held, list):
            pending += [(inner, False) for inner in held]
            continue
        if isinstance(held.get("$ref"), str) and (not by_name or len(held) == 1):
            yield held
        for key, inner in held.items():
            if by_name:
                pending.append((inner, False))
            elif key not in _DATA and not key.startswith("x-"):
                pending.append((inner, _names(key, inner)))


def _names(key: str, value: Json) -> bool:
    return key in _NAMED or (key in ("parameters", "examples") and isinstance(value, dict))


class _Bundling:
    def __init__(self, name: str, files: Files, source: Path) -> None:
        self.held: dict[str, Json] = {name: None}
        self.pending: list[tuple[str, Json]] = []
        self.notes: list[Finding] = []
        self._root, self._files, self._source = name, files, source
        self._bytes = 0

    def take(self, name: str, value: Json) -> None:
        """Turn the references of one file to where their targets come to stand."""
        for held in references(value):
            held["$ref"] = self._turned(name, held["$ref"])

    def _turned(self, name: str, reference: str) -> str:
        file, _, fragment = reference.partition("#")
        if not file:
            return self._within(name, fragment)
        try:
            parts = urlsplit(file)
        except ValueError:
            return reference
        if parts.scheme or parts.netloc or parts.query:
            return reference
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
        if target not in self.held:
            self.held[target] = self._read(target)
            self.pending.append((target, self.held[target]))
        return self._within(target, fragment)

    def _within(self, name: str, fragment: str) -> str:
        return f"#{fragment}" if name == self._root else f"#{pointer(FILES, name)}{fragment}"

    def _read(self, name: str) -> Json:
        if len(self.held) > MOST_FILES:
            return Broken(f"the document has more than {MOST_FILES:,} files")
        try:
            content = self._files.read(name)
        except FileRefusedError as refused:
            return Broken(refused)
        self._bytes += len(content)
        if self._bytes > LARGEST:
            return Broken(f"the document's files have more than {LARGEST >> 20} MiB together")
        file = self._source.parent / name
        try:
            value, odd = parsed(file, content)
        except CatalogError as refused:
            says = "; ".join(finding.says for finding in refused.findings)
            return Broken(f"it refers to {name}, which cannot be read: {says}")
        self.notes += [Finding(file=file, says=says) for says in odd]
        return value
