"""The files that a document may consist of: its own folder or a zip, and nothing outside of them."""

import stat
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Protocol

from catalog.findings import CatalogError, Finding

LARGEST = 64 << 20  # bytes of a document, all of its files together
MOST_FILES = 2_000
SUFFIXES = (".json", ".yaml", ".yml")
_MAIN = ("openapi", "swagger", "api", "index", "spec", "main")
_RATIO = 200  # times its size that a packed file may unfold to; JSON full of repetition reaches 100


class FileRefusedError(Exception):
    """A file that cannot be read, and why, in a sentence."""


class Files(Protocol):
    """Reads files by their path beside the document's folder, `schemas/pet.yaml`."""

    def read(self, name: str) -> bytes:
        """Read one. Raises `FileRefusedError`."""
        ...


@dataclass(frozen=True, slots=True)
class Nowhere:
    """What came from a URL has no files beside it: nothing is fetched because a document says so."""

    def read(self, name: str) -> bytes:
        """Refuse."""
        message = f"it refers to {name}, another file; download the document with its files, or bundle them into one"
        raise FileRefusedError(message)


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder that the document lies in, with what is below it."""

    root: Path

    def read(self, name: str) -> bytes:
        """Read a file; a path or a link that leads outside of the folder is refused."""
        root = self.root.resolve()
        try:
            file = (root / name).resolve()
            inside = file.is_relative_to(root)
            if inside and file.stat().st_size <= LARGEST:
                return file.read_bytes()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is no path"
            message = f"it refers to {name:.200}, which cannot be read: {why}"
            raise FileRefusedError(message) from error
        if not inside:
            message = f"it refers to {name:.200}, which lies outside of the document's folder and is not read"
            raise FileRefusedError(message)
        message = f"{name} is larger than {LARGEST >> 20} MiB"
        raise FileRefusedError(message)


@dataclass(frozen=True, slots=True)
class Packed:
    """The files of a zip, unfolded: their number, size and names are held to limits before anything is read."""

    held: dict[str, bytes]

    def read(self, name: str) -> bytes:
        """Give a file of the zip."""
        found = self.held.get(name)
        if found is None:
            message = f"it refers to {name:.200}, which is not in the zip"
            raise FileRefusedError(message)
        return found


def unpacked(source: Path, content: bytes) -> Packed:
    """Unfold a zip. Raises `CatalogError` for one that is none, too large, or plays tricks with paths."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            says = _objection(entries)
            if says:
                raise CatalogError([Finding(file=source, says=says)])
            return Packed(_read(source, archive, entries))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise CatalogError([Finding(file=source, says=f"the zip cannot be read: {error}")]) from error


def main_file(source: Path, names: Sequence[str]) -> str:
    """Choose the document among the files of a zip or folder: the outermost that is named as such, else the only one.

    Raises `CatalogError` where there is no telling.
    """
    paths = [PurePosixPath(name) for name in names if name.lower().endswith(SUFFIXES)]
    named = [path for path in paths if path.stem.lower() in _MAIN]
    ranked = sorted(named, key=lambda path: (len(path.parts), _MAIN.index(path.stem.lower()), str(path)))
    if ranked:
        return str(ranked[0])
    outermost = min((len(path.parts) for path in paths), default=0)
    alone = [path for path in paths if len(path.parts) == outermost]
    if len(alone) == 1:
        return str(alone[0])
    says = "which file is the document is not plain; name it openapi.yaml or openapi.json"
    raise CatalogError([Finding(file=source, says=says)])


def _objection(entries: list[zipfile.ZipInfo]) -> str | None:
    if len(entries) > MOST_FILES:
        return f"the zip holds more than {MOST_FILES:,} files"
    if sum(entry.file_size for entry in entries) > LARGEST:
        return f"the files of the zip have more than {LARGEST >> 20} MiB together"
    if len({PurePosixPath(entry.filename) for entry in entries}) < len(entries):
        return "the zip names a file twice"
    return next((says for entry in entries if (says := _trick(entry))), None)


def _trick(entry: zipfile.ZipInfo) -> str | None:
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename:
        return f"the zip names {entry.filename!r:.200}, which is no plain path of its own"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return f"{entry.filename!r:.200} in the zip is a link, and links are not followed"
    if entry.flag_bits & 1:
        return "the zip is encrypted"
    if entry.file_size > max(1 << 20, _RATIO * entry.compress_size):
        return f"{entry.filename!r:.200} in the zip unfolds to more than {_RATIO} times its size"
    return None


def _read(source: Path, archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    held: dict[str, bytes] = {}
    for entry in entries:
        if not entry.filename.lower().endswith(SUFFIXES):
            continue
        with archive.open(entry) as packed:
            content = packed.read(entry.file_size + 1)  # what the entry says of its size was held to the limits
        if len(content) > entry.file_size:
            raise CatalogError([Finding(file=source, says=f"{entry.filename!r:.200} is larger than the zip says")])
        held[str(PurePosixPath(entry.filename))] = content
    return held
