"""Looks at a component before the engine does: what it is, and what it asks for."""

from collections.abc import Callable, Iterable, Mapping

from broker.sandbox.errors import ComponentError, Why
from catalog.wasm import COMPONENT_PREAMBLE, CORE_PREAMBLE, Reader, sections

WASM_BYTES = 64 << 20

INTERFACES: Mapping[str, str] = {
    "log": "goalwright:handler/log@1.0.0",
    "http": "goalwright:handler/http@1.0.0",
    "notify": "goalwright:handler/notify@1.0.0",
    "patterns": "goalwright:handler/patterns@1.0.0",
    "conditions": "goalwright:handler/conditions@1.0.0",
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
    if not wasm.startswith(COMPONENT_PREAMBLE):
        raise ComponentError(Why.NOT_A_COMPONENT, _what(wasm))
    return tuple(_read(wasm, _IMPORTS, _import))


def examine(content: bytes, imported: Iterable[str]) -> str | None:
    """Say why a component that was built elsewhere is no handler of a capability with these imports (`http`, for instance).

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


def _read(wasm: bytes, section: int, entry: Callable[[Reader], str]) -> list[str]:
    """Read the entries of one kind of section of the outermost component."""
    found: list[str] = []
    try:
        for kind, content in sections(wasm):
            reader = Reader(content)
            if kind == section:
                found.extend(entry(reader) for _ in range(reader.number()))
    except (IndexError, UnicodeDecodeError) as error:
        raise ComponentError(Why.MALFORMED, "its sections do not fit together") from error
    return found


def _import(reader: Reader) -> str:
    if reader.byte() not in _PLAIN_NAMES:
        raise IndexError
    name = reader.name()
    _skip_description(reader)
    return name


def _export(reader: Reader) -> str:
    if reader.byte() not in _PLAIN_NAMES:
        raise IndexError
    name = reader.name()
    if reader.byte() == _CORE_MODULE:
        reader.byte()
    reader.number()
    if reader.byte():  # the type that is ascribed to it, where one is
        _skip_description(reader)
    return name


def _skip_description(reader: Reader) -> None:
    sort = reader.byte()
    if sort not in _SORTS:
        raise IndexError
    if sort == _CORE_MODULE:
        reader.byte()
    if sort != _TYPE or reader.byte() == 0:  # a type is equal to an index, or a fresh resource, which has none
        reader.number()
