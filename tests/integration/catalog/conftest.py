"""Handlers built and run as they are in production, with a host that each test writes itself."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from wasmtime import Engine, Store
from wasmtime.component import Component, Linker

from broker.host import conditions, patterns
from broker.sandbox.engine import new_engine, profile
from catalog.build import build, default_cache
from catalog.capability import Capability
from catalog.loader import LoadedCatalog, load_catalog

Answering = Callable[[dict[str, Any]], dict[str, Any]]
PACKAGE = "goalwright:handler"
WIT_VERSION = "1.0.0"
NEVER = 1 << 40  # ticks of a clock that nothing moves here


@dataclass(slots=True)
class Recorder:
    """A host that answers from a script and remembers what it was asked."""

    http: Answering | None = None
    notify: Answering | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)

    def functions(self) -> dict[str, dict[str, Callable[..., Any]]]:
        return {
            "log": {"write": self._write},
            "http": {"request": self._request},
            "notify": {"send": self._send},
            "patterns": {
                "search": lambda _, *asked: patterns.search(*asked),
                "find": lambda _, *asked: patterns.find(*asked),
            },
            "conditions": {"which": lambda _, *asked: conditions.which(*asked)},
        }

    def _write(self, _store: object, level: str, message: str) -> None:
        self.lines.append((level, message))

    def _request(self, _store: object, text: str) -> str:
        return self._answer(self.http, text)

    def _send(self, _store: object, text: str) -> str:
        return self._answer(self.notify, text)

    def _answer(self, script: Answering | None, text: str) -> str:
        asked = json.loads(text)
        self.asked.append(asked)
        return json.dumps(
            script(asked) if script else {"error": {"type": "host_refused", "message": "no script", "retryable": False}}
        )


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Runs a handler in a fresh instance of its component."""

    engine: Engine
    loaded: LoadedCatalog
    cache: Path
    compiled: dict[str, Component] = field(default_factory=dict)

    def component(self, capability: Capability, folder: Path) -> Component:
        """Build, compile (both kept between runs) and load."""
        file = build(capability, folder, cache=self.cache)
        if file.name not in self.compiled:
            native = self.cache / "tests" / f"{file.stem}-{version('wasmtime')}-{profile()}.cwasm"
            native.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(native.with_suffix(".lock")):
                if not native.exists():
                    part = native.with_suffix(".part")
                    part.write_bytes(Component.from_file(self.engine, str(file)).serialize())
                    part.replace(native)
            self.compiled[file.name] = Component.deserialize_file(self.engine, str(native))
        return self.compiled[file.name]

    def run(
        self,
        name: str,
        config: dict[str, Any],
        given: dict[str, Any],
        host: Recorder | None = None,
        *,
        attempt: int = 1,
        signals: Sequence[dict[str, Any]] = (),
    ) -> Any:
        """Call a core handler; give `{"ok": ...}`, `{"wait": ...}` or `{"error": ...}`."""
        capability = self.loaded.catalog.resolve(name)
        assert isinstance(capability, Capability)
        component = self.component(capability, self.loaded.folders[capability.id])
        about = {"attempt": attempt, "signals": list(signals), **capability.guest_data}
        return self.call(component, config, given, host or Recorder(), about)

    def call(
        self,
        component: Component,
        config: dict[str, Any],
        given: dict[str, Any],
        host: Recorder,
        about: dict[str, Any] | None = None,
    ) -> Any:
        """Call a component as the broker does; `about` is what it says of the call beside the key."""
        call = {"idempotency_key": "task/step", "attempt": 1, "signals": [], **(about or {})}
        return json.loads(self.raw(component, json.dumps({"config": config, "input": given, "call": call}), host))

    def raw(self, component: Component, text: str, host: Recorder) -> str:
        """Call an export with any text."""
        store = Store(self.engine)
        store.set_epoch_deadline(NEVER)
        linker = Linker(self.engine)
        functions = host.functions()
        with linker.root() as root:
            for imported in component.type.imports(self.engine):
                name = imported.removeprefix(f"{PACKAGE}/").removesuffix(f"@{WIT_VERSION}")
                with root.add_instance(imported) as instance:
                    for function, call in functions[name].items():
                        instance.add_func(function, call)
        run = linker.instantiate(store, component).get_func(store, "run")
        assert run is not None
        answer = run(store, text)
        store.close()
        assert isinstance(answer, str)
        return answer


@pytest.fixture(scope="session")
def loaded() -> LoadedCatalog:
    return load_catalog()


@pytest.fixture(scope="session")
def sandbox(loaded: LoadedCatalog) -> Sandbox:
    return Sandbox(new_engine(), loaded, default_cache())


@pytest.fixture
def host() -> Recorder:
    return Recorder()
