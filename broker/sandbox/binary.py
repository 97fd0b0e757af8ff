"""Looks at a component before the engine does: what it is, and what it asks for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from broker.sandbox.errors import ComponentError, Why

PREAMBLE = b"\0asm\x0d\0\x01\0"
"""The first eight bytes of every component: magic, version 13, layer 1. A core module has version 1, layer 0."""

WASM_BYTES = 64 << 20
CORE_PREAMBLE = b"\0asm\x01\0\0\0"

INTERFACES: Mapping[str, str] = {
    "log": "goalwright:handler/log@1.0.0",
    "http": "goalwright:handler/http@1.0.0",
    "notify": "goalwright:handler/notify@1.0.0",
}
"""The host interfaces there are, by the names that capabilities use. WASI is not among them and is never linked."""

_IMPORTS, _EXPORTS = 10, 11  # section ids
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
        raise ComponentError(Why.NOT_A_COMPONENT, _what(wasm))
    return tuple(_read(wasm, _IMPORTS, _import))


def examine(content: bytes, imported: Iterable[str]) -> str | None:
    """Say why a component that was built elsewhere is no handler of a capability with these imports (`http`, `notify`).

    None where nothing speaks against compiling it. What is looked at: the first bytes, the size, that it imports at most `log`
    and the interfaces that the capability declares, and that it exports `run`; its type is checked after compiling.
    """
    try:
        check_imports(imports(content), frozenset(granted(imported)))
        _check_exports(content)
    except ComponentError as refusal:
        return str(refusal)
    return None


def granted(names: Iterable[str]) -> tuple[str, ...]:
    """Name in full the interfaces that a capability with these imports gets; `log` is granted to all."""
    return tuple(sorted(INTERFACES[name] for name in {"log", *names}))


def check_imports(asked: tuple[str, ...], granted: frozenset[str]) -> None:
    """Raise `ComponentError` where a component asks for an interface that it was not granted."""
    beyond = sorted(set(asked) - granted)
    if beyond:
        raise ComponentError(Why.IMPORT_REFUSED, f"it imports {', '.join(beyond)}, which its capability does not declare")


def _what(wasm: bytes) -> str:
    """Say what something that is no component looks like."""
    if wasm.startswith(CORE_PREAMBLE):
        return "it is a core module, not a component: wrap it for the world that catalog/wit describes"
    if wasm.lstrip()[:1] == b"(":
        return "it is WebAssembly text: give the binary form"
    if wasm.startswith(b"\x7fELF"):
        return "it is compiled code: give the WebAssembly component that it was made from"
    return "it does not begin as a WebAssembly component does"


def _check_exports(wasm: bytes) -> None:
    if "run" not in _read(wasm, _EXPORTS, _export):
        raise ComponentError(Why.EXPORT_MISSING, "it does not export `run: func(call: string) -> string`")


def _read(wasm: bytes, section: int, entry: Callable[["_Reader"], str]) -> list[str]:
    """Read the entries of one kind of section of the outermost component."""
    found: list[str] = []
    try:
        reader = _Reader(wasm, len(PREAMBLE), len(wasm))
        while reader.at < reader.end:
            kind, size = reader.byte(), reader.number()
            payload = reader.inner(size)
            if kind == section:
                found.extend(entry(payload) for _ in range(payload.number()))
    except (IndexError, UnicodeDecodeError) as error:
        raise ComponentError(Why.MALFORMED, "its sections do not fit together") from error
    return found


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


def _export(reader: _Reader) -> str:
    if reader.byte() not in _PLAIN_NAMES:
        raise IndexError
    name = reader.text()
    if reader.byte() == _CORE_MODULE:
        reader.byte()
    reader.number()
    if reader.byte():  # the type that is ascribed to it, where one is
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
