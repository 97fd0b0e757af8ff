"""Joins core modules: one module with the functions, tables and globals of all, where nothing is imported any more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from catalog.linking.code import Numbers, body
from catalog.linking.errors import LinkError
from catalog.linking.modules import ADD, CONSTANT, END, FUNCTION_REFERENCE, GET, Kind, Module, Section, expression
from catalog.wasm import CORE_PREAMBLE, Reader, number, section, signed, sized, vector

_ACTIVE, _PASSIVE, _NAMING_TABLE, _DECLARED = range(4)  # the forms of a segment that begin so


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A module to be joined, and for each of its imports which part exports it, by what name."""

    module: Module
    imports: Mapping[tuple[str, str], tuple[int, str]]


def joined(parts: Sequence[Part], exports: Mapping[str, tuple[int, str]]) -> bytes:
    """Write one module for all parts. Each keeps its own functions, tables and globals; all have one memory.

    `exports` says what the whole exports: which part, and by what name it exports it. Parts come in the order in which they
    would be instantiated, which is the order in which their segments are written. Raises `LinkError`.
    """
    return _Whole(parts).write(exports)


class _Whole:
    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._modules = [part.module for part in parts]
        self._first = {kind: _firsts(module.defined(kind) for module in self._modules) for kind in Kind}
        if self._first[Kind.MEMORY][-1] != 1:
            message = "modules that have not one memory"
            raise LinkError(message)
        self._imports = [{kind: module.imported(kind) for kind in Kind} for module in self._modules]
        self._types: dict[bytes, int] = {}
        for module in self._modules:
            for each in module.types:
                self._types.setdefault(each, len(self._types))
        elements = _firsts(Reader(module.elements).number() for module in self._modules)
        data = _firsts(Reader(module.data).number() for module in self._modules)
        segments = zip(pairwise(elements), pairwise(data), strict=True)
        self._numbers = [self._of(place, range(*element), range(*datum)) for place, (element, datum) in enumerate(segments)]

    def write(self, exports: Mapping[str, tuple[int, str]]) -> bytes:
        data = list(self._data())
        contents = {
            Section.TYPE: vector(self._types),
            Section.FUNCTION: vector(self._functions()),
            Section.TABLE: vector(table for module in self._modules for table in module.tables),
            Section.MEMORY: vector(memory for module in self._modules for memory in module.memories),
            Section.GLOBAL: vector(self._globals()),
            Section.EXPORT: vector(self._export(name, *found) for name, found in exports.items()),
            Section.ELEMENT: vector(self._elements()),
            Section.DATA_COUNT: number(len(data)),
            Section.CODE: vector(self._code()),
            Section.DATA: vector(data),
        }
        return CORE_PREAMBLE + b"".join(section(kind, content) for kind, content in contents.items())

    def _of(self, place: int, elements: range, data: range) -> Numbers:
        return Numbers(
            types=[self._types[each] for each in self._modules[place].types],
            functions=self._all(place, Kind.FUNCTION),
            tables=self._all(place, Kind.TABLE),
            globals=self._all(place, Kind.GLOBAL),
            elements=elements,
            data=data,
        )

    def _all(self, place: int, kind: Kind) -> list[int]:
        count = len(self._imports[place][kind]) + self._modules[place].defined(kind)
        return [self._number(place, kind, index) for index in range(count)]

    def _number(self, place: int, kind: Kind, index: int) -> int:
        """Tell what number a thing has in the whole that has number `index` in one part."""
        place, own = self._definition(place, kind, index)
        return self._first[kind][place] + own

    def _definition(self, place: int, kind: Kind, index: int) -> tuple[int, int]:
        """Find the part that defines a thing, through all that pass it on; and which of that part's own it is."""
        while True:
            imports = self._imports[place][kind]
            if index >= len(imports):
                return place, index - len(imports)
            wanted = imports[index]
            place, name = self._parts[place].imports[wanted.module, wanted.name]
            index = self._exported(place, name)[1]

    def _exported(self, place: int, name: str) -> tuple[Kind, int]:
        return self._modules[place].exports[name]

    def _functions(self) -> Iterator[bytes]:
        for module, numbers in zip(self._modules, self._numbers, strict=True):
            yield from (number(numbers.types[kind]) for kind in module.functions)

    def _globals(self) -> Iterator[bytes]:
        for place, module in enumerate(self._modules):
            yield from (one.type + self._constant(place, Reader(one.begins)) + bytes((END,)) for one in module.globals)

    def _export(self, name: str, place: int, exported: str) -> bytes:
        kind, index = self._exported(place, exported)
        return sized(name.encode()) + bytes((kind,)) + number(self._number(place, kind, index))

    def _code(self) -> Iterator[bytes]:
        for module, numbers in zip(self._modules, self._numbers, strict=True):
            yield from (sized(body(each, numbers)) for each in module.code)

    def _elements(self) -> Iterator[bytes]:
        for place, module in enumerate(self._modules):
            reader = Reader(module.elements)
            for _ in range(reader.number()):
                yield self._element(place, reader)

    def _element(self, place: int, reader: Reader) -> bytes:
        """Write a segment of a table; one for a table that is no longer the first names it."""
        form = reader.number()
        if form > _DECLARED:
            message = "a segment of a table that is written as expressions"
            raise LinkError(message)
        numbers = self._numbers[place]
        head = bytes((form,))
        if form in (_ACTIVE, _NAMING_TABLE):
            table = numbers.tables[reader.number() if form == _NAMING_TABLE else 0]
            offset = self._constant(place, reader) + bytes((END,))
            head = bytes((_NAMING_TABLE,)) + number(table) + offset if table else bytes((_ACTIVE,)) + offset
        kind = b"" if form == _ACTIVE else reader.take(1)
        kind = (kind or b"\0") if head[0] != _ACTIVE else b""
        return head + kind + vector(number(numbers.functions[reader.number()]) for _ in range(reader.number()))

    def _data(self) -> Iterator[bytes]:
        for place, module in enumerate(self._modules):
            reader = Reader(module.data)
            for _ in range(reader.number()):
                form = reader.number()
                if form > _PASSIVE:
                    message = "a segment of another memory"
                    raise LinkError(message)
                offset = self._constant(place, reader) + bytes((END,)) if form == _ACTIVE else b""
                yield bytes((form,)) + offset + sized(reader.content())

    def _constant(self, place: int, reader: Reader) -> bytes:
        """Write a constant expression without its end; in place of another part's global stands what that one begins with.

        Sums are written as their values: where a segment goes the engine reads off only where one number says it.
        """
        written: list[bytes] = []
        for code, value, was in expression(reader):
            if code == GET:
                owner, own = self._definition(place, Kind.GLOBAL, value)
                written.append(self._constant(owner, Reader(self._fixed(owner, own))))
            elif code == FUNCTION_REFERENCE:
                written.append(bytes((code,)) + number(self._numbers[place].functions[value]))
            elif code == ADD:
                second, first = Reader(written.pop()), Reader(written.pop())
                written.append(_sum(first, second))
            else:
                written.append(was)
        return b"".join(written)

    def _fixed(self, place: int, own: int) -> bytes:
        found = self._modules[place].globals[own]
        if found.mutable:
            message = "an expression with a global that changes"
            raise LinkError(message)
        return found.begins


def _firsts(counts: Iterator[int]) -> list[int]:
    """Tell where each one's numbers begin when all are numbered in a row; and at last how many there are."""
    return [0, *accumulate(counts)]


def _sum(first: Reader, second: Reader) -> bytes:
    if first.byte() != CONSTANT or second.byte() != CONSTANT:
        message = "a sum of what are no 32-bit constants"
        raise LinkError(message)
    return bytes((CONSTANT,)) + signed(first.signed() + second.signed())
