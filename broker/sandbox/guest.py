"""Runs guests: a fresh store and instance for every call, within the call's allowance."""

import resource
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from wasmtime import Engine, Store, WasmtimeError
from wasmtime.component import Component, ExportIndex, Linker

from broker.host.meter import Meter
from broker.host.refusals import Refusal
from broker.orders import Allowance
from broker.sandbox.engine import new_engine
from broker.sandbox.verdict import Verdict, verdict
from broker.sandbox.watchdog import Budget, Watchdog, thread_clock

INTERFACES: Mapping[str, str] = {
    "log": "goalwright:handler/log@1.0.0",
    "http": "goalwright:handler/http@1.0.0",
    "notify": "goalwright:handler/notify@1.0.0",
}
"""The host interfaces there are, by the names that capabilities use. WASI is not among them and is never linked."""

_FUNCTIONS = {"log": "write", "http": "request", "notify": "send"}

# What componentize-py's guests need is 38 instances, 2 tables of 8,192 elements, 1 memory.
_INSTANCES, _TABLES, _TABLE_ELEMENTS, _MEMORIES = 100, 10, 20_000, 1

_STATM, _PAGE_BYTES = Path("/proc/self/statm"), resource.getpagesize()

HostFunctions = Mapping[str, Callable[..., str | None]]
"""What a call's guest may ask of the host, by the interface's short name. They never raise."""


def granted(names: tuple[str, ...]) -> tuple[str, ...]:
    """Name in full the interfaces that a capability with these imports gets; `log` is granted to all."""
    return tuple(sorted(INTERFACES[name] for name in {"log", *names}))


class _Loaded(NamedTuple):
    component: Component
    run: ExportIndex


class Sandbox:
    """Runs one guest at a time, on the thread that made it. Components stay loaded; nothing else is kept between calls."""

    def __init__(self) -> None:
        """Set up the engine and its watchdog."""
        self._engine: Engine = new_engine()
        self._watchdog = Watchdog(self._engine)
        self._cpu_clock = thread_clock()
        self._loaded: dict[str, _Loaded] = {}
        self._linkers: dict[tuple[str, ...], Linker] = {}
        self._host: HostFunctions = {}
        self._meter: Meter | None = None
        self._budget: Budget | None = None

    def run(
        self, image: str, imports: tuple[str, ...], call: str, *, allowance: Allowance, host: HostFunctions, meter: Meter
    ) -> str | Verdict:
        """Give `call` to the component's `run` and answer what it answers, or why it did not."""
        store: Store | None = None
        resident = _resident_bytes()
        self._host, self._meter = host, meter
        self._budget = budget = Budget(allowance.cpu_ms, meter.remaining_s, self._cpu_clock)
        try:
            loaded = self._load(image)
            store = _store(self._engine, allowance)
            with self._watchdog.over(budget):
                store.set_epoch_deadline(1)
                instance = self._linker(imports).instantiate(store, loaded.component)
                function = instance.get_func(store, loaded.run)
                assert function is not None, "the jail saw the export"
                return str(function(store, call))
        except WasmtimeError as error:
            grown = _resident_bytes() - resident
            return verdict(str(error), budget.tripped, grown_bytes=grown, memory_bytes=allowance.memory_bytes)
        finally:
            self._host, self._meter, self._budget = {}, None, None
            if store is not None:
                store.close()

    def _load(self, image: str) -> _Loaded:
        loaded = self._loaded.get(image)
        if loaded is None:
            component = Component.deserialize_file(self._engine, image)
            index = component.get_export_index("run")
            assert index is not None, "the jail saw the export"
            loaded = self._loaded[image] = _Loaded(component, index)
        return loaded

    def _linker(self, imports: tuple[str, ...]) -> Linker:
        """Give the linker that defines `log` and `imports`; definitions live as long as the process, calls come and go."""
        linker = self._linkers.get(imports)
        if linker is None:
            linker = self._linkers[imports] = Linker(self._engine)
            with linker.root() as root:
                for name in {"log", *imports}:
                    with root.add_instance(INTERFACES[name]) as interface:
                        interface.add_func(_FUNCTIONS[name], partial(self._call_host, name))
        return linker

    def _call_host(self, name: str, _store: Any, *arguments: str) -> str | None:
        meter, budget = self._meter, self._budget
        try:
            # A line costs the guest's own time, and so does asking on after a limit was met: floods of both end by it.
            if meter is None or budget is None or name == "log" or meter.breach:
                return self._host[name](*arguments)
            with budget.away():
                return self._host[name](*arguments)
        except Exception:  # noqa: BLE001 - the binding would keep it in a global and raise it in some later call
            with suppress(OSError):  # standard error may be closed or full
                traceback.print_exc()
            return None if name == "log" else Refusal("host_failed", "the host function failed").to_text()


def _resident_bytes() -> int:
    """Tell how much memory this process has in use; 0 where the system does not say."""
    try:
        return int(_STATM.read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def _store(engine: Engine, allowance: Allowance) -> Store:
    store = Store(engine)
    store.set_limits(
        memory_size=allowance.memory_bytes,
        table_elements=_TABLE_ELEMENTS,
        instances=_INSTANCES,
        tables=_TABLES,
        memories=_MEMORIES,
    )
    return store
