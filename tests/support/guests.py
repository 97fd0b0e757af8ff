"""Source of guests, imported by the tests' own interpreter: what it computes is the same there."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace

from catalog.build import GUEST, OPERATIONS

_LOG = SimpleNamespace(write=lambda _level, _message: None)


def operation_module(name: str) -> ModuleType:
    """Import a module of the handler that makes the requests of imported operations."""
    return module(name, OPERATIONS)


def module(name: str, folder: Path) -> ModuleType:
    """Import a module of a guest; neither it nor what it imports stays known by its name."""
    with _alone(folder):
        return importlib.import_module(name)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    before, path = dict(sys.modules), list(sys.path)
    interfaces = ModuleType("wit_world.imports")
    vars(interfaces)["log"] = _LOG
    sys.modules |= {"wit_world": ModuleType("wit_world"), "wit_world.imports": interfaces}
    sys.path[:0] = [str(folder), str(GUEST)]
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - set(before):
            file = getattr(sys.modules[name], "__file__", None) or ""
            if name.startswith("wit_world") or any(file.startswith(str(home)) for home in (folder, GUEST)):
                del sys.modules[name]
