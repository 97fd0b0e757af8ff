"""Components that were built elsewhere from the same WIT world, and the imports of those that we build ourselves."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm

from broker.policy import Policy
from broker.pool import WasmPool
from broker.sandbox.binary import INTERFACES, WASM_BYTES, examine, imports
from catalog.build import build, default_cache
from catalog.calls import Call, Failed, Ok
from catalog.capability import Limits
from catalog.loader import load_catalog
from catalog.registry import Catalog
from catalog.wasm import COMPONENT_PREAMBLE
from tests.integration.broker.conftest import capability, wat

GUESTS = Path(__file__).parent / "guests"
TOOL = "@bytecodealliance/componentize-js@0.23.0"
LOADED = load_catalog()


@asynccontextmanager
async def running(component: Path, cache: Path) -> AsyncIterator[WasmPool]:
    described = capability("foreign", imports=(), limits=Limits(cpu_ms=1_000, memory_bytes=64 << 20))
    async with WasmPool.open(
        components=lambda _: component,
        catalog=Catalog.of([described]),
        cache=cache,
        policy=Policy(workers=1, waiting_workers=1),
    ) as pool:
        yield pool


def asked(config: dict[str, Any], given: dict[str, Any]) -> Call:
    return Call(handler="foreign@1.0.0", config=config, input=given, idempotency_key="k")


@pytest.fixture(scope="session")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the component that is written in WebAssembly text."""
    file = tmp_path_factory.mktemp("foreign") / "echo.wasm"
    file.write_bytes(wat2wasm((GUESTS / "echo.wat").read_text()))
    return file


async def test_a_component_written_by_hand_runs_as_any_handler_does(echo: Path, images: Path) -> None:
    assert examine(await asyncio.to_thread(echo.read_bytes), ()) is None
    async with running(echo, images) as pool:
        large = {"text": "grüße " * 50_000, "list": [1, None, {"a": 2.5}]}
        outcome = await pool.run(asked({"a": 1}, large))
    assert isinstance(outcome, Ok), outcome
    about = {"idempotency_key": "k", "attempt": 1, "signals": []}
    assert outcome.output == {"config": {"a": 1}, "input": large, "call": about}
    assert outcome.logs == ("info: echoed",)


@pytest.fixture(scope="session")
def javascript(pytestconfig: pytest.Config) -> Path:
    """Give a component built from JavaScript (12 MB; built once and kept with pytest's cache)."""
    if shutil.which("npm") is None:
        pytest.skip("needs Node.js")
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("broker") / "javascript"
    source = (GUESTS / "greet.js").read_bytes()
    target = folder / f"greet-{sha256(source + TOOL.encode()).hexdigest()[:16]}.wasm"
    if not target.exists():
        wit = folder / "wit"
        wit.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(__file__).parents[3] / "catalog" / "wit" / "goalwright.wit", wit)
        (wit / "world.wit").write_text(
            "package goalwright:handler@1.0.0;\nworld guest {\n  import log;\n  export run: func(call: string) -> string;\n}\n"
        )
        (folder / "greet.js").write_bytes(source)
        (folder / "build.mjs").write_text(_BUILD)
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), TOOL], check=False, capture_output=True
        )
        if done.returncode:
            pytest.skip(f"{TOOL} cannot be installed here")
        subprocess.run(["node", "build.mjs"], cwd=folder, check=True)
        (folder / "new.wasm").replace(target)
    return target


_BUILD = """
import { componentize } from "@bytecodealliance/componentize-js";
import { writeFile } from "node:fs/promises";
const disableFeatures = ["stdio", "random", "clocks", "http", "fetch-event"];
const made = await componentize({ sourcePath: "greet.js", witPath: "wit", worldName: "guest", disableFeatures });
await writeFile("new.wasm", made.component);
"""


async def test_a_component_from_javascript_runs_and_meets_the_same_limits(javascript: Path, images: Path) -> None:
    content = await asyncio.to_thread(javascript.read_bytes)
    assert (examine(content, ()), imports(content)) == (None, (INTERFACES["log"],))
    async with running(javascript, images) as pool:
        outcome = await pool.run(asked({"number": 21}, {"name": "Ada"}))
        assert isinstance(outcome, Ok), outcome
        assert (outcome.output, outcome.logs) == ({"greeting": "hello Ada", "doubled": 42}, ("info: from JavaScript",))
        workers = pool.workers
        found = [await pool.run(asked({"harm": harm}, {})) for harm in ("loop", "memory", "recurse", "fail")]
        after = await pool.run(asked({"number": 1}, {"name": "Ada"}))
        assert (isinstance(after, Ok), pool.workers) == (True, workers)
    types = [outcome.type for outcome in found if isinstance(outcome, Failed)]
    assert types[0] == "limit_cpu"
    assert types[1] in ("limit_memory", "trapped")
    assert types[2:] == ["trapped", "trapped"]


async def test_a_component_from_rust_runs(images: Path) -> None:
    component = GUESTS / "rust" / "greet.wasm"
    content = await asyncio.to_thread(component.read_bytes)
    assert (examine(content, ()), imports(content)) == (None, (INTERFACES["log"],))
    async with running(component, images) as pool:
        outcome = await pool.run(asked({}, {"name": "Ada"}))
    assert isinstance(outcome, Ok), outcome
    assert (outcome.output, outcome.logs) == ({"greeting": "hello Ada"}, ("info: from Rust",))


WASI = [
    "wasi:cli/environment@0.2.0",
    "wasi:cli/stdin@0.2.0",
    "wasi:cli/stdout@0.2.0",
    "wasi:cli/exit@0.2.0",
    "wasi:clocks/monotonic-clock@0.2.0",
    "wasi:clocks/wall-clock@0.2.0",
    "wasi:filesystem/types@0.2.0",
    "wasi:filesystem/preopens@0.2.0",
    "wasi:http/types@0.2.0",
    "wasi:http/outgoing-handler@0.2.0",
    "wasi:http/incoming-handler@0.2.0",
    "wasi:io/streams@0.2.0",
    "wasi:io/poll@0.2.0",
    "wasi:random/random@0.2.0",
    "wasi:random/insecure@0.2.0",
    "wasi:sockets/network@0.2.0",
    "wasi:sockets/tcp@0.2.0",
    "wasi:sockets/udp@0.2.0",
    "wasi:sockets/ip-name-lookup@0.2.0",
    "wasi:keyvalue/store@0.2.0",
    "wasi:config/store@0.2.0",
]


def with_import(name: str) -> bytes:
    text = (GUESTS / "echo.wat").read_text()
    return bytes(wat2wasm(text.replace("(core module $memory", f'(import "{name}" (instance))\n  (core module $memory', 1)))


@pytest.mark.parametrize("name", WASI)
async def test_an_interface_of_wasi_is_refused_by_name(tmp_path: Path, name: str) -> None:
    content = with_import(name)
    assert name in (examine(content, ("http", "notify")) or "")
    file = tmp_path / "foreign.wasm"
    file.write_bytes(content)
    async with running(file, tmp_path) as pool:
        outcome = await pool.run(asked({}, {}))
    says = f"the component is refused: it imports {name}, which its capability does not declare"
    assert outcome == Failed(type="handler_invalid", message=says)


EXAMINED = [
    pytest.param(b"(component)", (), "it is WebAssembly text", id="text"),
    pytest.param(bytes(wat2wasm("(module)")), (), "it is a core module, not a component", id="core module"),
    pytest.param(b"\x7fELF" + bytes(64), (), "it is compiled code", id="compiled image"),
    pytest.param(b"PK\x03\x04", (), "it does not begin as a WebAssembly component does", id="archive"),
    pytest.param(COMPONENT_PREAMBLE + bytes(WASM_BYTES), (), "more than", id="too large"),
    pytest.param(COMPONENT_PREAMBLE + b"\x0b\x05", (), "its sections do not fit together", id="cut"),
    pytest.param(
        COMPONENT_PREAMBLE + b"\x0b\x03\x01\x07\x00", (), "its sections do not fit together", id="export of a kind unheard of"
    ),
    pytest.param(bytes(wat2wasm("(component)")), (), "it does not export `run", id="no export"),
    pytest.param(bytes(wat2wasm(wat("ok"))), (), f"it imports {INTERFACES['http']}", id="more than declared"),
]


@pytest.mark.parametrize(("content", "declared", "says"), EXAMINED)
def test_what_is_no_handler_is_told_apart_before_compiling(content: bytes, declared: tuple[str, ...], says: str) -> None:
    assert says in (examine(content, declared) or "")


def test_a_component_may_import_less_than_its_capability_declares() -> None:
    assert examine(bytes(wat2wasm(wat("ok"))), ("http", "notify")) is None
    assert examine(bytes(wat2wasm(wat("pure"))), ("http",)) is None


@pytest.mark.parametrize("name", sorted(LOADED.folders))
async def test_a_handler_of_the_catalog_imports_what_its_capability_lists_and_nothing_else(name: str) -> None:
    described = LOADED.catalog.capabilities[name]
    component = await asyncio.to_thread(build, described, LOADED.folders[name], cache=default_cache())
    content = component.read_bytes()
    assert sorted(imports(content)) == sorted(INTERFACES[each] for each in ("log", *described.imports))
    assert examine(content, described.imports) is None
