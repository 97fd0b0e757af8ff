"""Core modules in parts, as far as joining them needs it (core specification, Binary Format, Modules)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from catalog.linking.errors import LinkError
from catalog.wasm import Reader, sections

GET, CONSTANT, FUNCTION_REFERENCE, ADD, END = 0x23, 0x41, 0xD2, 0x6A, 0x0B
"""Of the instructions of a constant expression those that are looked at."""

_FUNCTION_TYPE = 0x60
_FIXED = {0x43: 4, 0x44: 8}
_NUMBERED = frozenset((GET, CONSTANT, 0x42, FUNCTION_REFERENCE, 0xD0))
_REFERENCES = frozenset((0x70, 0x6F))


class Section(IntEnum):
    """What the sections of a core module are."""

    CUSTOM = 0
    TYPE = 1
    IMPORT = 2
    FUNCTION = 3
    TABLE = 4
    MEMORY = 5
    GLOBAL = 6
    EXPORT = 7
    ELEMENT = 9
    CODE = 10
    DATA = 11
    DATA_COUNT = 12


class Kind(IntEnum):
    """What modules import and export."""

    FUNCTION = 0
    TABLE = 1
    MEMORY = 2
    GLOBAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What a module wants: the two names that it goes by, and its kind."""

    module: str
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Global:
    """A global of a module: its type, whether it changes, and the expression that it begins with."""

    type: bytes
    mutable: bool
    begins: bytes


@dataclass(slots=True)
class Module:
    """A core module. What is not looked into stays bytes."""

    types: list[bytes] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)  # the number of each one's type
    tables: list[bytes] = field(default_factory=list)
    memories: list[bytes] = field(default_factory=list)
    globals: list[Global] = field(default_factory=list)
    exports: dict[str, tuple[Kind, int]] = field(default_factory=dict)
    elements: bytes = b"\0"  # the whole section, as `data` is
    code: list[bytes] = field(default_factory=list)
    data: bytes = b"\0"

    @classmethod
    def read(cls, content: bytes) -> "Module":
        """Read a module. Raises `LinkError` for what is not joined: a start function, tags, types that are no functions."""
        module = cls()
        for kind, part in sections(content):
            module._take(kind, Reader(part))
        return module

    def imported(self, kind: Kind) -> list[Import]:
        """Give the imports of one kind: in the numbers of that kind they come first."""
        return [each for each in self.imports if each.kind is kind]

    def defined(self, kind: Kind) -> int:
        """Tell how many things of one kind the module has of its own."""
        return len((self.functions, self.tables, self.memories, self.globals)[kind])

    def _take(self, kind: int, reader: Reader) -> None:
        if kind in _LISTS:
            name, entry = _LISTS[kind]
            setattr(self, name, [entry(reader) for _ in range(reader.number())])
        elif kind == Section.EXPORT:
            found = [(reader.name(), (Kind(reader.byte()), reader.number())) for _ in range(reader.number())]
            self.exports = dict(found)
        elif kind == Section.ELEMENT:
            self.elements = reader.data
        elif kind == Section.DATA:
            self.data = reader.data
        elif kind not in (Section.CUSTOM, Section.DATA_COUNT):  # names for people, and what is counted anew
            message = f"section {kind} of a core module"
            raise LinkError(message)


def expression(reader: Reader) -> list[tuple[int, int, bytes]]:
    """Read a constant expression: of each instruction its code, the number behind it, and how it was written. No `end`."""
    found: list[tuple[int, int, bytes]] = []
    while True:
        start = reader.at
        code = reader.byte()
        if code == END:
            return found
        value = reader.number(bits=64) if code in _NUMBERED else 0
        reader.take(_FIXED.get(code, 0))
        if code not in _NUMBERED and code not in _FIXED and code != ADD:
            message = f"instruction {code:#x} in a constant expression"
            raise LinkError(message)
        found.append((code, value, reader.since(start)))


def _type(reader: Reader) -> bytes:
    start = reader.at
    if reader.byte() != _FUNCTION_TYPE:
        message = "a type that is no function's"
        raise LinkError(message)
    reader.content()  # one byte for each value given
    reader.content()  # and for each value returned
    return reader.since(start)


def _import(reader: Reader) -> Import:
    module, name, kind = reader.name(), reader.name(), Kind(reader.byte())
    if kind is Kind.FUNCTION:
        reader.number()
    elif kind is Kind.TABLE:
        _table(reader)
    elif kind is Kind.MEMORY:
        _memory(reader)
    else:
        reader.take(2)
    return Import(module=module, name=name, kind=kind)


def _table(reader: Reader) -> bytes:
    start = reader.at
    if reader.byte() not in _REFERENCES:
        message = "a table that begins otherwise than empty"
        raise LinkError(message)
    _memory(reader)
    return reader.since(start)


def _memory(reader: Reader) -> bytes:
    """Read the limits of a memory or a table."""
    start = reader.at
    most = reader.byte()
    if most > 1:
        message = "a memory that is shared or has 64 bits"
        raise LinkError(message)
    for _ in range(most + 1):
        reader.number()
    return reader.since(start)


def _global(reader: Reader) -> Global:
    kind = reader.take(2)
    start = reader.at
    expression(reader)
    return Global(type=kind, mutable=bool(kind[1]), begins=reader.since(start))


_LISTS: Mapping[int, tuple[str, Callable[[Reader], Any]]] = {
    Section.TYPE: ("types", _type),
    Section.IMPORT: ("imports", _import),
    Section.FUNCTION: ("functions", Reader.number),
    Section.TABLE: ("tables", _table),
    Section.MEMORY: ("memories", _memory),
    Section.GLOBAL: ("globals", _global),
    Section.CODE: ("code", Reader.content),
}
"""The sections that are lists: which part of a module each is, and what reads one entry."""
