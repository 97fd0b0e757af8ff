"""Runs guests: a fresh store and instance for every call, within the call's allowance."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from structlog import get_logger
from wasmtime import Engine, Store, WasmtimeError
from wasmtime.component import Component, ExportIndex, Func, Linker

from broker.host.meter import Meter
from broker.host.refusals import Refusal
from broker.orders import Allowance
from broker.sandbox.binary import INTERFACES
from broker.sandbox.engine import new_engine
from broker.sandbox.memory import guest_bytes
from broker.sandbox.pages import HotPages
from broker.sandbox.verdict import Verdict, verdict
from broker.sandbox.watchdog import Budget, Watchdog, thread_clock

log = get_logger()

PREPARE_SECONDS = 0.1  # for making an instance ahead; a thirtieth of a millisecond is usual

_FUNCTIONS = {
    "log": ("write",),
    "http": ("request",),
    "notify": ("send",),
    "patterns": ("search", "find"),
    "conditions": ("which",),
}
_OWN_TIME = frozenset({"write", "search", "find", "which"})  # work of the host that a guest pays for

# A guest in Python needs 2 instances, or 38 where its modules were not joined, 2 tables of 8,192 elements, 1 memory.
_INSTANCES, _TABLES, _TABLE_ELEMENTS, _MEMORIES = 100, 10, 20_000, 1

HostFunctions = Mapping[str, Callable[..., str | None]]
"""What a call's guest may ask of the host, by the name of the function in the WIT. They never raise."""


class Answer(NamedTuple):
    """What a guest answered, or why it did not, and the processor time that it took."""

    content: str | Verdict
    cpu_ms: float


class _Loaded(NamedTuple):
    component: Component
    run: ExportIndex
    pages: HotPages


class _Kind(NamedTuple):
    """What an instance is made from; one made for a call serves any other call of the same kind."""

    image: str
    imports: tuple[str, ...]
    memory_bytes: int


class _Instance(NamedTuple):
    kind: _Kind
    store: Store
    run: Func


class Sandbox:
    """Runs one guest at a time, on the thread that made it, each call in an instance of its own.

    Components stay loaded between calls, and where calls of one kind follow each other, a new instance waits for the next one.
    """

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
        self._used: Store | None = None  # by the last call
        self._waiting: _Instance | None = None
        self._kinds: tuple[_Kind | None, _Kind | None] = (None, None)  # of the last call and the one before
        self._restless: set[str] = set()  # images that ask the host for something while they start, or fail to

    def run(
        self, image: str, imports: tuple[str, ...], call: str, *, allowance: Allowance, host: HostFunctions, meter: Meter
    ) -> Answer:
        """Give `call` to the component's `run` and tell what it answers."""
        self._close_used()
        kind = _Kind(image, imports, allowance.memory_bytes)
        self._kinds = (kind, self._kinds[0])
        self._host, self._meter = host, meter
        self._budget = budget = Budget(allowance.cpu_ms, meter.remaining_s, self._cpu_clock)
        try:
            with self._watchdog.over(budget):
                instance = self._waited(kind) or self._made(kind)
                instance.store.set_epoch_deadline(1)
                return Answer(str(instance.run(instance.store, call)), budget.used_ms())
        except WasmtimeError as error:
            size = guest_bytes() if budget.tripped is None else 0
            why = verdict(str(error), budget.tripped, guest_bytes=size, memory_bytes=allowance.memory_bytes)
            return Answer(why, budget.used_ms())
        finally:
            self._host, self._meter, self._budget = {}, None, None

    def tidy(self) -> None:
        """Put away the last call's instance, and have another one wait where the next call may well be of the same kind.

        To be called once the answer is on its way: nobody waits for this.
        """
        kind, before = self._kinds
        if self._used is not None and kind is not None:
            self._load(kind.image).pages.look()
        self._close_used()
        if self._waiting is None and kind is not None and kind == before and kind.image not in self._restless:
            self._waiting = self._prepared(kind)

    def _prepared(self, kind: _Kind) -> _Instance | None:
        """Make an instance on the sandbox's own time. One that wants the host, or too long, is made within its call instead."""
        deadline = time.monotonic() + PREPARE_SECONDS
        budget = Budget(round(PREPARE_SECONDS * 1000), lambda: deadline - time.monotonic(), self._cpu_clock)
        try:
            with self._watchdog.over(budget):
                made = self._made(kind)
        except WasmtimeError:
            self._restless.add(kind.image)
        if kind.image in self._restless:
            self._close_used()
            return None
        self._used = None
        self._load(kind.image).pages.fetch()
        return made

    def _waited(self, kind: _Kind) -> _Instance | None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting.kind != kind:
            waiting.store.close()
            return None
        if waiting is not None:
            self._used = waiting.store
        return waiting

    def _made(self, kind: _Kind) -> _Instance:
        loaded = self._load(kind.image)
        self._used = store = _store(self._engine, kind.memory_bytes)
        store.set_epoch_deadline(1)
        instance = self._linker(kind.imports).instantiate(store, loaded.component)
        function = instance.get_func(store, loaded.run)
        assert function is not None, "the jail saw the export"
        return _Instance(kind, store, function)

    def _close_used(self) -> None:
        if self._used is not None:
            self._used.close()
            self._used = None

    def _load(self, image: str) -> _Loaded:
        loaded = self._loaded.get(image)
        if loaded is None:
            component = Component.deserialize_file(self._engine, image)
            index = component.get_export_index("run")
            assert index is not None, "the jail saw the export"
            loaded = self._loaded[image] = _Loaded(component, index, HotPages(image))
        return loaded

    def _linker(self, imports: tuple[str, ...]) -> Linker:
        """Give the linker that defines `log` and `imports`; definitions live as long as the process, calls come and go."""
        linker = self._linkers.get(imports)
        if linker is None:
            linker = self._linkers[imports] = Linker(self._engine)
            with linker.root() as root:
                for name in {"log", *imports}:
                    with root.add_instance(INTERFACES[name]) as interface:
                        for function in _FUNCTIONS[name]:
                            interface.add_func(function, partial(self._call_host, function))
        return linker

    def _call_host(self, name: str, _store: Any, *arguments: Any) -> str | None:
        meter, budget = self._meter, self._budget
        if meter is None and self._kinds[0] is not None:  # the guest is only being prepared
            self._restless.add(self._kinds[0].image)
            return None if name == "write" else Refusal("host_failed", "there is no call yet").to_text()
        try:
            # What is the guest's own time ends a flood of calls, and so does asking on after a limit was met.
            if meter is None or budget is None or name in _OWN_TIME or meter.breach:
                return self._host[name](*arguments)
            with budget.away():
                return self._host[name](*arguments)
        except Exception:
            log.exception("host_function_failed", function=name)
            return None if name == "write" else Refusal("host_failed", "the host function failed").to_text()


def _store(engine: Engine, memory_bytes: int) -> Store:
    store = Store(engine)
    store.set_limits(
        memory_size=memory_bytes,
        table_elements=_TABLE_ELEMENTS,
        instances=_INSTANCES,
        tables=_TABLES,
        memories=_MEMORIES,
    )
    return store
