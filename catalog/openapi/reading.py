"""Reading an OpenAPI document: parsed, of a version that is understood, in one piece, and in the shape of OpenAPI 3.

What is wrong with the document as such refuses it; what is wrong inside is found where an operation needs it.
"""

from collections.abc import Mapping
from pathlib import Path

from catalog.findings import CatalogError, Finding
from catalog.openapi.bundling import bundled
from catalog.openapi.files import LARGEST, Files, Folder, Nowhere, main_file, unpacked
from catalog.openapi.nodes import Document
from catalog.openapi.parsing import parsed
from catalog.openapi.swagger import converted
from schemas.values import Json

_ZIP = b"PK\x03\x04"


def read_document(source: Path, content: bytes, *, fetched: bool = False) -> tuple[Document, tuple[Finding, ...]]:
    """Read a document, or a zip of one with its files, and say what is odd about it.

    Files that it refers to are read from its folder, unless it was `fetched`. Raises `CatalogError` for what is no OpenAPI
    document of version 2.0, 3.0 or 3.1.
    """
    if len(content) > LARGEST:
        raise CatalogError([Finding(file=source, says=f"the document is larger than {LARGEST >> 20} MiB")])
    name, files = source.name, _beside(source, content, fetched=fetched)
    if content.startswith(_ZIP):
        packed = unpacked(source, content)
        name, files = main_file(source, list(packed.held)), packed
        content = packed.held[name]
    value, odd = parsed(source, content)
    version = _version(source, value)
    root, repeated = bundled(value, name, files, source)
    notes = [Finding(file=source, says=says) for says in odd]
    moved: Mapping[str, str] = {}
    if version == "2.0":
        root, moved = converted(root)
    return Document(root=root, version=version, moved=moved), (*notes, *repeated)


def _beside(source: Path, content: bytes, *, fetched: bool) -> Files:
    return Nowhere() if fetched or content.startswith(_ZIP) else Folder(source.parent)


def _version(source: Path, document: Mapping[str, Json]) -> str:
    told = document.get("swagger", document.get("openapi"))
    version = str(told) if isinstance(told, (str, int, float)) else ""
    if "swagger" in document and version in ("2", "2.0"):
        return "2.0"
    if "swagger" not in document and version.startswith(("3.0", "3.1")):
        return version
    key = "swagger" if "swagger" in document else "openapi"
    says = f"the document says {key}: {told!r:.80}; 2.0, 3.0.x and 3.1.x are understood"
    raise CatalogError([Finding(file=source, pointer=f"/{key}", says=says)])
