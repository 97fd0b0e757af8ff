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

from broker.sandbox import privileges
from broker.sandbox.binary import check_imports, imports
from broker.sandbox.engine import new_engine
from broker.sandbox.errors import ComponentError, Why

# In proportion to the source, so that a small one which unfolds to much ends soon. Python's 22 MB take 10 s and 0.6 GB.
CPU_SECONDS, CPU_SECONDS_A_MEGABYTE = 15, 5
DATA_BYTES, DATA_BYTES_A_BYTE = 1 << 30, 96  # private writable memory; RLIMIT_AS would forbid the addresses that guards reserve
MOST_DATA_BYTES = 3 << 30
IMAGE_BYTES = 512 << 20  # of compiled code
SECONDS_TO_DIE = 5  # from the signal that names the reason to the one that nobody survives


def confine(source_bytes: int) -> None:
    """Put limits on this process for the rest of its life, and give up what compiling does not need."""
    seconds = CPU_SECONDS + CPU_SECONDS_A_MEGABYTE * source_bytes // (1 << 20)
    limits = {
        resource.RLIMIT_CPU: (seconds, seconds + SECONDS_TO_DIE),
        resource.RLIMIT_DATA: (min(DATA_BYTES + DATA_BYTES_A_BYTE * source_bytes, MOST_DATA_BYTES),) * 2,
        resource.RLIMIT_FSIZE: (IMAGE_BYTES, IMAGE_BYTES),
        resource.RLIMIT_CORE: (0, 0),
    }
    for kind, values in limits.items():
        most = resource.getrlimit(kind)[1]
        soft, hard = (value if most == resource.RLIM_INFINITY else min(value, most) for value in values)
        resource.setrlimit(kind, (soft, hard))
    privileges.drop(network=False, files=True)


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
    image = bytes(component.serialize())
    if len(image) > IMAGE_BYTES:
        raise ComponentError(Why.TOO_LARGE, f"its compiled code has {len(image)} bytes, more than {IMAGE_BYTES}")
    return image


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
    wasm = Path(source).read_bytes()
    confine(len(wasm))
    try:
        Path(target).write_bytes(compiled(wasm, frozenset(granted)))
        answer = {"ok": True}
    except ComponentError as refusal:
        answer = {"why": refusal.why, "detail": refusal.detail}  # type: ignore[dict-item]  # either shape
    print(json.dumps(answer))  # noqa: T201 - the answer of this process


if __name__ == "__main__":
    main()
