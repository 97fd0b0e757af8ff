"""The store of published handlers: components and descriptions by content, and an index that names them.

    FOLDER/objects/SHA256   a component, or a capability as canonical JSON; written once, never changed
    FOLDER/index.json       what is published, sealed; replaced in one move: a reader sees the one before or the one after
    FOLDER/key              what the index is sealed with (`catalog.sealed`); copies of the store need it too

What an index names lies in `objects` already when it appears. Publishers exclude each other by a lock; readers need none.
"""

import hmac
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from filelock import FileLock
from pydantic import Field, ValidationError

from catalog.capability import Capability, Document
from catalog.findings import CatalogError, Finding
from catalog.sealed import SealedFiles
from schemas.values import canonical, digest

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Stamp: TypeAlias = tuple[int, int, int] | None
"""Tells one state of the index from another; None where there is no index yet."""


class Edition(Document):
    """One published version: where its parts lie and what tasks pin.

    `digest` names its content as a task pins it: that of the source folder, or, of a component built elsewhere, that of
    description and component together.
    """

    capability: Sha256
    component: Sha256
    digest: Sha256
    built_here: bool
    published_at: datetime
    retired: str = Field(default="", description="Why no new task may use it.")
    retired_at: datetime | None = None


class _Index(Document):
    format: Literal[1] = 1
    handlers: dict[str, Edition] = Field(default_factory=dict)
    seal: str = Field(default="", description="Over `handlers`. Stores that were made without a key have none yet.")

    def sealed_part(self) -> bytes:
        return canonical(self.model_dump(mode="json", include={"handlers"})).encode()


class Published:
    """The store in one folder, which need not exist before something is published."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is read or made."""
        self._objects = folder / "objects"
        self._index = folder / "index.json"
        self._folder = folder

    @property
    def index(self) -> Path:
        """Name the file that says what is published."""
        return self._index

    def stamp(self) -> Stamp:
        """Tell the state of the index, in microseconds: it changes whenever something is published or retired."""
        try:
            status = self._index.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def editions(self) -> Mapping[str, Edition]:
        """Read the index: what is published, by exact id. Raises `CatalogError` for one that cannot be read or was changed."""
        try:
            index = _Index.model_validate_json(self._index.read_bytes())
        except FileNotFoundError:
            return {}
        except ValidationError as error:
            found = "; ".join(f"{'/'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
            raise CatalogError(
                [Finding(file=self._index, says=f"the index of published handlers is damaged: {found}")]
            ) from error
        if not self._is_ours(index):
            says = (
                "the index of published handlers was not written by this installation, or was changed since; "
                "restore it from a copy, together with the file `key` beside it"
            )
            raise CatalogError([Finding(file=self._index, says=says)])
        return index.handlers

    def capability(self, name: str, edition: Edition) -> Capability:
        """Read the description of an edition. Raises `CatalogError` where it is missing, changed or not understood."""
        content = self._intact(edition.capability).read_bytes()
        try:
            capability = Capability.model_validate_json(content)
        except ValidationError as error:
            says = f"the description of {name} is not understood by this version of Goalwright: {error.errors()[0]['msg']}"
            raise CatalogError([Finding(file=self._objects / edition.capability, says=says)]) from error
        if capability.id != name:
            says = f"the index names it {name}, and it describes {capability.id}"
            raise CatalogError([Finding(file=self._objects / edition.capability, says=says)])
        return capability

    def component(self, edition: Edition) -> Path:
        """Give the file of an edition's component after holding it against its name. Raises `CatalogError`."""
        return self._intact(edition.component)

    def publish(self, capability: Capability, component: bytes, *, source: str | None, at: datetime) -> tuple[Edition, bool]:
        """Publish a version, and say whether it is new; one that is published with the same content stays as it is.

        `source` is the digest of the folder that the component was built from; None for one built elsewhere. Raises
        `CatalogError` where the version is published with other content, or retired, and where the store cannot be written.
        """
        described = canonical(capability.model_dump(mode="json", by_alias=True)).encode("utf-8", "surrogatepass")
        edition = Edition(
            capability=sha256(described).hexdigest(),
            component=sha256(component).hexdigest(),
            digest=source or digest([sha256(described).hexdigest(), sha256(component).hexdigest()]),
            built_here=source is not None,
            published_at=at,
        )
        with self._alone():
            editions = dict(self.editions())
            before = editions.get(capability.id)
            if before is not None:
                return self._same(capability.id, before, edition), False
            for content, name in ((described, edition.capability), (component, edition.component)):
                if not (self._objects / name).exists():
                    _write_whole(self._objects / name, content)
            self._write_index({**editions, capability.id: edition})
        return edition, True

    def retire(self, name: str, *, because: str, at: datetime) -> Edition:
        """Let no new task use a version. Raises `CatalogError` for one that is not published, or retired already."""
        with self._alone():
            editions = dict(self.editions())
            edition = editions.get(name)
            if edition is None:
                near = ", ".join(i for i in editions if i.partition("@")[0] == name.partition("@")[0])
                says = f"{name} is not published here" + (f"; there is: {near}" if near else "")
                raise CatalogError([Finding(file=self._index, says=says)])
            if edition.retired:
                raise CatalogError([Finding(file=self._index, says=f"{name} is retired already: {edition.retired}")])
            gone = edition.model_copy(update={"retired": because, "retired_at": at})
            self._write_index({**editions, name: gone})
        return gone

    def _same(self, name: str, before: Edition, edition: Edition) -> Edition:
        if before.retired:
            raise CatalogError([Finding(file=self._index, says=f"{name} is retired: {before.retired}; raise the version")])
        if before.digest != edition.digest:
            says = f"{name} is published with other content already, and what is published never changes; raise the version"
            raise CatalogError([Finding(file=self._index, says=says)])
        return before

    def _is_ours(self, index: _Index) -> bool:
        """Say whether the seal fits. Stores of before there were seals have no key; the next publication makes it."""
        if not (self._folder / "key").exists():
            return not index.seal
        return hmac.compare_digest(self._sealed_files().seal(self._index.name, index.sealed_part()), index.seal)

    def _sealed_files(self) -> SealedFiles:
        try:
            return SealedFiles(self._folder)
        except PermissionError as error:
            raise CatalogError([Finding(file=self._folder, says=str(error))]) from error

    def _intact(self, name: str) -> Path:
        file = self._objects / name
        try:
            found = sha256(file.read_bytes()).hexdigest()
        except FileNotFoundError:
            raise CatalogError([Finding(file=file, says="the file is missing; restore it from a copy")]) from None
        if found != name:
            raise CatalogError([Finding(file=file, says="the file was changed: its content is not what its name says")])
        return file

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the store alone while the block runs. Raises `CatalogError` where it cannot be written."""
        try:
            self._objects.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / ".lock", mode=0o600):
                yield
        except OSError as error:
            says = f"the store cannot be written: {error.strerror or error}"
            raise CatalogError([Finding(file=self._folder, says=says)]) from error

    def _write_index(self, editions: Mapping[str, Edition]) -> None:
        index = _Index(handlers=dict(sorted(editions.items())))
        seal = self._sealed_files().seal(self._index.name, index.sealed_part())
        _write_whole(self._index, index.model_copy(update={"seal": seal}).model_dump_json(indent=2).encode())


def _write_whole(file: Path, content: bytes) -> None:
    """Make `file` appear with all of its content or not at all, also where the machine loses power."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    with part.open("wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
