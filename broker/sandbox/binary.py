"""Looks at a component before the engine does: what it is, and what it asks for."""

from dataclasses import dataclass

from broker.sandbox.errors import ComponentError, Why

PREAMBLE = b"\0asm\x0d\0\x01\0"
"""The first eight bytes of every component: magic, version 13, layer 1. A core module has version 1, layer 0."""

WASM_BYTES = 64 << 20
_IMPORTS = 10  # section id
_PLAIN_NAMES = (0, 1)
_CORE_MODULE, _TYPE = 0, 3
_SORTS = frozenset({_CORE_MODULE, 1, _TYPE, 4, 5})  # 1 function, 4 component, 5 instance; 2, a value, is not finished upstream


def imports(wasm: bytes) -> tuple[str, ...]:
    """Name what the component imports, in order. Raises `ComponentError` for anything that is not a component.

    Reads only the section headers and the import sections of the outermost component (component-model, Binary.md). The engine
    checks the same again after compiling; this comes first because it costs nothing, and text in WebAssembly's own language,
    which the engine would accept, ends here.
    """
    if len(wasm) > WASM_BYTES:
        raise ComponentError(Why.TOO_LARGE, f"it has {len(wasm)} bytes, more than {WASM_BYTES}")
    if not wasm.startswith(PREAMBLE):
        raise ComponentError(Why.NOT_A_COMPONENT, "it does not begin as a WebAssembly component does")
    names: list[str] = []
    try:
        reader = _Reader(wasm, len(PREAMBLE), len(wasm))
        while reader.at < reader.end:
            section, size = reader.byte(), reader.number()
            payload = reader.inner(size)
            if section == _IMPORTS:
                names.extend(_import(payload) for _ in range(payload.number()))
    except (IndexError, UnicodeDecodeError) as error:
        raise ComponentError(Why.MALFORMED, "its sections do not fit together") from error
    return tuple(names)


def check_imports(asked: tuple[str, ...], granted: frozenset[str]) -> None:
    """Raise `ComponentError` where a component asks for an interface that it was not granted."""
    beyond = sorted(set(asked) - granted)
    if beyond:
        raise ComponentError(Why.IMPORT_REFUSED, f"it imports {', '.join(beyond)}, which its capability does not declare")


@dataclass(slots=True)
class _Reader:
    data: bytes
    at: int
    end: int

    def byte(self) -> int:
        if self.at >= self.end:
            raise IndexError
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """Read an unsigned LEB128 of at most 32 bits."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - the continuation bit
                return value
        raise IndexError

    def text(self) -> str:
        part = self.inner(self.number())
        return part.data[part.at : part.end].decode()

    def inner(self, size: int) -> "_Reader":
        start = self.at
        self.at += size
        if self.at > self.end:
            raise IndexError
        return _Reader(self.data, start, self.at)


def _import(reader: _Reader) -> str:
    if reader.byte() not in _PLAIN_NAMES:
        raise IndexError
    name = reader.text()
    _skip_description(reader)
    return name


def _skip_description(reader: _Reader) -> None:
    sort = reader.byte()
    if sort not in _SORTS:
        raise IndexError
    if sort == _CORE_MODULE:
        reader.byte()
    if sort != _TYPE or reader.byte() == 0:  # a type is equal to an index, or a fresh resource, which has none
        reader.number()
