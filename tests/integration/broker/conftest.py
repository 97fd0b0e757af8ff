"""Guests for the broker's tests: hostile ones in WebAssembly text, one in Python."""

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from wasmtime import wat2wasm

from broker.policy import Policy
from broker.pool import WasmPool
from catalog.capability import Capability
from catalog.registry import Catalog

HERE = Path(__file__).parent

_SHELL = """
(component
  (import "goalwright:handler/log@1.0.0" (instance $log
    (export "write" (func (param "level" string) (param "message" string)))))
  (import "goalwright:handler/http@1.0.0" (instance $http
    (export "request" (func (param "request" string) (result string)))))
  (core module $libc
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 65536))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      {realloc}
      (local.set $at (global.get $next))
      (global.set $next (i32.add (local.get $at) (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8))))
      (block $fits
        (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $fits (i32.ne (memory.grow (i32.add (i32.shr_u (local.get 3) (i32.const 16)) (i32.const 1))) (i32.const -1)))
        unreachable)
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (core func $write (canon lower (func $log "write") (memory (core memory $libc "memory"))))
  (core func $request
    (canon lower (func $http "request") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $guest
    (import "libc" "memory" (memory 1))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (import "host" "request" (func $request (param i32 i32 i32)))
    (data (i32.const 16) "{{\\22ok\\22:1}}")
    (data (i32.const 64) "{{\\22url\\22:\\22http://granted.demo/x\\22}}")
    (func $ok (result i32)
      (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 8)) (i32.const 0))
    (func $recurse (param i32) (result i32) (i32.add (call $recurse (local.get 0)) (i32.const 1)))
    (func (export "run") (param $call i32) (param $length i32) (result i32) {run})
    {more})
  (core instance $guest (instantiate $guest
    (with "libc" (instance $libc))
    (with "host" (instance (export "write" (func $write)) (export "request" (func $request))))))
  (func (export "run") (param "call" string) (result string)
    (canon lift (core func $guest "run") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
"""

_FOREVER = "(loop $again (br $again))"
# Four million bytes of `1` and spaces: JSON, and no answer.
_LONG = """
  (i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (i32.const 4000000))
  (drop (memory.grow (i32.const 64)))
  (memory.fill (i32.const 65536) (i32.const 32) (i32.const 4000000))
  (i32.store8 (i32.const 65536) (i32.const 49))
  (i32.const 0)"""

GUESTS: dict[str, dict[str, str]] = {
    "ok": {"run": "(call $ok)"},
    "loop": {"run": f"{_FOREVER} (call $ok)"},
    "loop_at_start": {"run": "(call $ok)", "more": f"(func $start {_FOREVER}) (start $start)"},
    "loop_in_realloc": {"run": "(call $ok)", "realloc": _FOREVER},
    "recursion": {"run": "(call $recurse (i32.const 0))"},
    "abort": {"run": "unreachable"},
    "out_of_bounds": {"run": "(i32.load (i32.const -8))"},
    "memory": {
        "run": """
          (local $at i32) (local.set $at (i32.const 131072))
          (loop $more
            (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
            (memory.fill (local.get $at) (i32.const 1) (i32.const 1048576))
            (local.set $at (i32.add (local.get $at) (i32.const 1048576)))
            (br $more))
          unreachable"""
    },
    "memory_at_start": {"run": "(call $ok)", "more": "(table 100000000 funcref)"},
    "output": {"run": _LONG},
    "log": {
        "run": """
          (loop $again (call $write (i32.const 16) (i32.const 4) (i32.const 64) (i32.const 31)) (br $again)) unreachable"""
    },
    "log_twice": {
        "run": """
          (call $write (i32.const 16) (i32.const 4) (i32.const 64) (i32.const 31))
          (call $write (i32.const 16) (i32.const 4) (i32.const 64) (i32.const 31)) (call $ok)"""
    },
    "log_huge": {
        "run": """
          (drop (memory.grow (i32.const 1000)))
          (call $write (i32.const 16) (i32.const 4) (i32.const 64) (i32.const 60000000)) (call $ok)"""
    },
    "http": {"run": "(call $request (i32.const 64) (i32.const 31) (i32.const 0)) (i32.const 0)"},
    "http_flood": {
        "run": """
          (loop $again (call $request (i32.const 64) (i32.const 31) (i32.const 0)) (br $again)) unreachable"""
    },
    "http_thrice": {
        "run": """
          (call $request (i32.const 64) (i32.const 31) (i32.const 0))
          (call $request (i32.const 64) (i32.const 31) (i32.const 0))
          (call $request (i32.const 64) (i32.const 31) (i32.const 0)) (i32.const 0)"""
    },
}


_PURE = """
(component
  (core module $guest
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00\\08\\00\\00\\00")
    (data (i32.const 16) "{\\22ok\\22:1}")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "run") (param i32 i32) (result i32) (i32.const 0)))
  (core instance $guest (instantiate $guest))
  (func (export "run") (param "call" string) (result string)
    (canon lift (core func $guest "run") (memory (core memory $guest "memory")) (realloc (core func $guest "realloc")))))
"""


def wat(name: str) -> str:
    """Write a guest as text."""
    if name == "pure":
        return _PURE
    return _SHELL.format(**{"more": "", "realloc": "", **GUESTS[name]})


Opened = Callable[..., AbstractAsyncContextManager[WasmPool]]


@pytest.fixture(scope="session")
def guests(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the path of a guest's component."""
    folder = tmp_path_factory.mktemp("guests")

    def path(name: str) -> Path:
        file = folder / f"{name}.wasm"
        if not file.exists():
            file.write_bytes(wat2wasm(wat(name)))
        return file

    return path


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for compiled images that all tests of a run share."""
    return tmp_path_factory.mktemp("images")


def capability(name: str, **changes: Any) -> Capability:
    """Describe a guest that takes anything and gives anything."""
    fields: dict[str, Any] = {
        "name": name,
        "version": "1.0.0",
        "summary": name,
        "description": name,
        "config_schema": {"type": "object"},
        "input_schema": {"type": "object"},
        "output_schema": {},
        "errors": (),
        "effect": "read",
        "imports": ("http",),
    }
    return Capability(**{**fields, **changes})


@pytest.fixture
def opened(guests: Callable[[str], Path], images: Path) -> Opened:
    """Open a pool over the guests named by their capabilities."""

    @asynccontextmanager
    async def open_pool(*capabilities: Capability, policy: Policy | None = None) -> AsyncIterator[WasmPool]:
        catalog = Catalog.of(capabilities)
        small = policy or Policy(workers=1, waiting_workers=1)
        async with WasmPool.open(
            components=lambda described: guests(described.name), catalog=catalog, cache=images, policy=small
        ) as pool:
            yield pool

    return open_pool


@pytest.fixture(scope="session")
def python_guest(pytestconfig: pytest.Config) -> Path:
    """Give the component of `python_guest.txt`; built once and kept with pytest's cache."""
    assert pytestconfig.cache is not None
    source = HERE / "python_guest.txt"
    folder = pytestconfig.cache.mkdir("broker")
    target = folder / f"python_guest-{sha256(source.read_bytes()).hexdigest()[:16]}.wasm"
    with FileLock(folder / "lock"):
        if not target.exists():
            shutil.copy(source, folder / "app.py")
            (folder / "handler.wit").write_text(_WIT)
            tool = Path(sys.executable).with_name("componentize-py")
            options = "-q -d handler.wit -w handler componentize --stub-wasi -p . app -o new"
            subprocess.run([str(tool), *options.split()], cwd=folder, check=True)
            (folder / "new").replace(target)
    return target


_WIT = """
package goalwright:handler@1.0.0;
interface log { write: func(level: string, message: string); }
interface http { request: func(request: string) -> string; }
interface notify { send: func(message: string) -> string; }
world handler {
  import log;
  import http;
  import notify;
  export run: func(call: string) -> string;
}
"""
