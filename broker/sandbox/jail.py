"""Compiles one component in a process of its own: `python -m broker.sandbox.jail WASM TARGET INTERFACE...`.

Compiling hostile code may take for ever or eat all memory, and the engine's authors do not call that a bug of theirs. So it
happens here, under limits that the kernel keeps, and its result is one line of JSON on standard output.
"""

import json
import resource
import sys
from pathlib import Path

from wasmtime import Engine, WasmtimeError
from wasmtime.component import Component, FuncType, String

from broker.sandbox.binary import check_imports, imports
from broker.sandbox.engine import new_engine
from broker.sandbox.errors import ComponentError, Why

CPU_SECONDS = 120
DATA_BYTES = 3 << 30  # private writable memory; RLIMIT_AS would forbid the address space that guards reserve
IMAGE_BYTES = 512 << 20  # of compiled code: a small source may unfold to much


def confine() -> None:
    """Put limits on this process for the rest of its life."""
    limits = {
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_DATA: DATA_BYTES,
        resource.RLIMIT_FSIZE: IMAGE_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in limits.items():
        hard = resource.getrlimit(kind)[1]
        lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (lowest, lowest))


def compiled(wasm: bytes, granted: frozenset[str]) -> bytes:
    """Compile `wasm` after all checks; raises `ComponentError`."""
    check_imports(imports(wasm), granted)
    engine = new_engine()
    try:
        component = Component(engine, wasm)
    except WasmtimeError as error:
        raise ComponentError(Why.INVALID, str(error).splitlines()[-1].strip()) from error
    check_imports(tuple(component.type.imports(engine)), granted)
    _check_export(component, engine)
    return bytes(component.serialize())


def _check_export(component: Component, engine: Engine) -> None:
    found = component.type.exports(engine).get("run")
    run = found.ty if found else None
    if isinstance(run, FuncType):
        kinds = [type(kind) for _, kind in run.params]
        if kinds == [String] and isinstance(run.result, String):
            return
    raise ComponentError(Why.EXPORT_MISSING, "it does not export `run: func(call: string) -> string`")


def main() -> None:
    """Compile what the arguments name and say how it went."""
    source, target, *granted = sys.argv[1:]
    confine()
    try:
        Path(target).write_bytes(compiled(Path(source).read_bytes(), frozenset(granted)))
        answer = {"ok": True}
    except ComponentError as refusal:
        answer = {"why": refusal.why, "detail": refusal.detail}  # type: ignore[dict-item]  # either shape
    print(json.dumps(answer))  # noqa: T201 - the answer of this process


if __name__ == "__main__":
    main()
