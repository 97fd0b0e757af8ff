"""Looks at a component before the engine does: what it is, and what it asks for."""

from dataclasses import dataclass

from broker.sandbox.refusals import ComponentRefused, Why

PREAMBLE = b"\0asm\x0d\0\x01\0"
"""The first eight bytes of every component: magic, version 13, layer 1. A core module has version 1, layer 0."""

WASM_BYTES = 64 << 20
_IMPORTS = 10  # section id
_PLAIN_NAMES = (0, 1)


def imports(wasm: bytes) -> tuple[str, ...]:
    """Name what the component imports, in order. Raises `ComponentRefused` for anything that is not a component.

    Reads only the section headers and the import sections of the outermost component (component-model, Binary.md). The engine
    checks the same again after compiling; this comes first because it costs nothing, and text in WebAssembly's own language,
    which the engine would accept, ends here.
    """
    if len(wasm) > WASM_BYTES:
        raise ComponentRefused(Why.TOO_LARGE, f"it has {len(wasm)} bytes, more than {WASM_BYTES}")
    if not wasm.startswith(PREAMBLE):
        raise ComponentRefused(Why.NOT_A_COMPONENT, "it does not begin as a WebAssembly component does")
    names: list[str] = []
    try:
        reader = _Reader(wasm, len(PREAMBLE), len(wasm))
        while reader.at < reader.end:
            section, size = reader.byte(), reader.number()
            payload = reader.inner(size)
            if section == _IMPORTS:
                names.extend(_import(payload) for _ in range(payload.number()))
    except (IndexError, UnicodeDecodeError) as error:
        raise ComponentRefused(Why.MALFORMED, "its sections do not fit together") from error
    return tuple(names)


def check_imports(asked: tuple[str, ...], granted: frozenset[str]) -> None:
    """Raise `ComponentRefused` where a component asks for an interface that it was not granted."""
    beyond = sorted(set(asked) - granted)
    if beyond:
        raise ComponentRefused(Why.IMPORT_REFUSED, f"it imports {', '.join(beyond)}, which its capability does not declare")


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
    if sort == 0:  # a core module: 0x00 0x11 index
        reader.byte()
        reader.number()
    elif sort in (1, 4, 5):  # a function, component or instance: index of its type
        reader.number()
    elif sort == 3 and reader.byte() == 0:  # noqa: PLR2004 - a type: equal to an index, or a fresh resource
        reader.number()
    elif sort not in (1, 3, 4, 5):
        raise IndexError
