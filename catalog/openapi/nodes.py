"""Places of an OpenAPI document: what stands there, where it stands, and what it refers to.

Everything is read through a `Node`. What has the wrong shape raises `Unsupported` with its place,
so that exactly the operations which need it are left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import unquote

from schemas.values import Json

FILES = "x-goalwright-files"
"""Where the other files of a document stand in it, by path beside the document's own folder."""

_DEEPEST = 50


class Unsupported(Exception):  # noqa: N818 - what is told of an operation, not a fault
    """Something that an operation asks for and an imported handler cannot do: what, what to do, and the place that says so."""

    def __init__(self, says: str, where: str = "") -> None:
        """Keep the place, a JSON Pointer; empty where the operation as a whole is meant."""
        super().__init__(says)
        self.where = where


class Broken(str):  # noqa: SLOT000 - a value that says why there is none
    """Stands for a file that could not be read; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document in the shape of OpenAPI 3: `moved` maps pointers of a converted one to where the value stood before."""

    root: Mapping[str, Json]
    version: str  # 2.0, 3.0.3, 3.1.0
    moved: Mapping[str, str] = field(default_factory=dict)

    @property
    def old(self) -> bool:
        """Say whether schemas are of the dialect before 3.1."""
        return not self.version.startswith("3.1")

    def node(self, *path: str) -> "Node":
        """Give a place of the document."""
        return Node(self, self.root, "").at(*path)

    def place(self, where: str) -> tuple[str, str]:
        """Say in which file (empty: the document itself) and where in it a pointer leads."""
        prefix = max((new for new in self.moved if _leads(where, new)), key=len, default=None)
        if prefix is not None:
            where = self.moved[prefix] + where[len(prefix) :]
        parts = where.split("/", 3)
        if len(parts) > 2 and parts[1] == FILES:  # noqa: PLR2004 - "", the key, the file
            return _unescaped(parts[2]), "/" + parts[3] if len(parts) > 3 else ""  # noqa: PLR2004
        return "", where


@dataclass(frozen=True, slots=True)
class Node:
    """What stands at a place of a document; None where nothing does."""

    document: Document
    value: Json
    where: str

    def at(self, *path: str) -> "Node":
        """Go to a member; one of what is no object is nothing."""
        found = self
        for key in path:
            held = found.value.get(key) if isinstance(found.value, Mapping) else None
            found = Node(self.document, held, found.where + pointer(key))
        return found

    def members(self) -> Iterator[tuple[str, "Node"]]:
        """Go through the members of an object, extensions left out; nothing where there is none. Raises `Unsupported`."""
        for key in self.mapping():
            if not key.startswith("x-"):
                yield key, self.at(key)

    def items(self) -> list["Node"]:
        """Go through a list; nothing where there is none. Raises `Unsupported`."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            refuse(f"{_named(self.where)} is a list", self.where)
        return [Node(self.document, held, f"{self.where}/{at}") for at, held in enumerate(self.value)]

    def mapping(self) -> Mapping[str, Json]:
        """Give an object, the empty one where there is nothing. Raises `Unsupported`."""
        if self.value is None:
            return {}
        if not isinstance(self.value, Mapping):
            refuse(f"{_named(self.where)} is an object", self.where)
        return self.value

    def text(self, key: str, usual: str = "") -> str:
        """Give a member that is a text; a number counts as one. Raises `Unsupported`."""
        found = self.at(key)
        if found.value is None:
            return usual
        if isinstance(found.value, (Mapping, list, bool)):
            refuse(f"{key} is a text", found.where)
        return str(found.value)

    def flag(self, key: str, *, usual: bool = False) -> bool:
        """Give a member that is true or false. Raises `Unsupported`."""
        found = self.at(key)
        if found.value is None:
            return usual
        if not isinstance(found.value, bool):
            refuse(f"{key} is true or false", found.where)
        return found.value

    def followed(self) -> "Node":
        """Follow `$ref` after `$ref` to what is meant in the end. Raises `Unsupported`."""
        found = self
        for _ in range(_DEEPEST):
            if not isinstance(found.value, Mapping) or not isinstance(found.value.get("$ref"), str):
                return found
            found = looked_up(found.document, found.value["$ref"], found.where + "/$ref")
        says = "its references lead in a circle, or through too many others"
        raise Unsupported(says, self.where)


def looked_up(document: Document, reference: str, where: str) -> Node:
    """Find what `#/a/b` means, through references on the way. Raises `Unsupported` for what is not there."""
    if not reference.startswith("#"):
        says = f"it refers to {reference:.200}, which is not read: only files in the document's own folder are"
        refuse(says, where)
    found = Node(document, document.root, "")
    for token in unquote(reference[1:]).split("/")[1:]:
        found = _stepped(found, _unescaped(token))
        if isinstance(found.value, Broken):
            raise Unsupported(str(found.value), where)
    if found.value is None:
        says = f"it refers to {_shown(document, reference)}, and nothing is there"
        refuse(says, where)
    return found


def _stepped(found: Node, key: str) -> Node:
    if isinstance(found.value, list):
        held = found.value[int(key)] if key.isdecimal() and int(key) < len(found.value) else None
        return Node(found.document, held, f"{found.where}/{key}")
    if isinstance(found.value, Mapping) and key not in found.value and "$ref" in found.value:
        found = found.followed()
    return found.at(key)


def pointer(*path: str | int) -> str:
    """Write a path as a JSON Pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _unescaped(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")


def _leads(where: str, prefix: str) -> bool:
    return where == prefix or where.startswith(prefix + "/")


def _named(where: str) -> str:
    return _unescaped(where.rpartition("/")[2]) or "the document"


def _shown(document: Document, reference: str) -> str:
    file, where = document.place(unquote(reference[1:]))
    return f"{file}#{where}"[:200]


def refuse(says: str, where: str = "") -> NoReturn:
    """Leave an operation out. Raises `Unsupported`."""
    raise Unsupported(says, where)
