"""The WebAssembly engine, set up for guests that nobody trusts."""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from platform import machine

import wasmtime
from wasmtime import Config, Engine, _ffi

REVIEWED_ENGINE = "50.0.0"
"""The engine inside the wheel, which is not the wheel's own version: read its advisories before changing this."""

# Off: proposals that a JSON handler does not need and where most of the engine's advisories lie. On by omission: SIMD,
# bulk memory, reference types, tail calls, multi-value.
_PROPOSALS_OFF = (
    "wasm_threads",
    "wasm_gc",
    "wasm_function_references",
    "wasm_exceptions",
    "wasm_memory64",
    "wasm_multi_memory",
    "wasm_relaxed_simd",
    "wasm_stack_switching",
    "wasm_wide_arithmetic",
    "wasm_custom_page_sizes",
    "wasm_component_model_map",
    "wasm_component_model_implements",
)
_SETTINGS = {
    "epoch_interruption": True,
    "gc_support": False,
    "shared_memory": False,
    "native_unwind_info": False,
    "cranelift_nan_canonicalization": True,  # the same input gives the same bytes on every machine
}


def new_engine() -> Engine:
    """Make an engine of the one profile that guests are compiled for and run under."""
    config = Config()
    for name, value in {**_SETTINGS, **dict.fromkeys(_PROPOSALS_OFF, False)}.items():
        setattr(config, name, value)
    # The binding has no property for these two: asynchronous components stay off, and with them their part of the engine.
    _ffi.wasmtime_config_concurrency_support_set(config.ptr(), False)
    _ffi.wasmtime_config_wasm_component_model_async_set(config.ptr(), False)
    return Engine(config)


@cache
def engine_version() -> str:
    """Tell the version of the engine inside the installed wheel, read from its library; `unknown` where it has none."""
    library = next(Path(wasmtime.__file__).parent.glob("*/*wasmtime.*"))
    found = re.search(rb"version: (\d+\.\d+\.\d+)\n\nThis is a bug in Wasmtime", library.read_bytes())
    return found[1].decode() if found else "unknown"


@cache
def profile() -> str:
    """Name what compiled code depends on beside its source: engine, settings, machine; 16 hex digits."""
    parts = (
        engine_version(),
        repr(sorted(_SETTINGS.items())),
        repr(_PROPOSALS_OFF),
        machine(),
        _features(),
    )
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def _features() -> str:
    """Tell the processor's features: code compiled for one processor may not run on another of the same machine type."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux: the machine type has to do
        return ""
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")
