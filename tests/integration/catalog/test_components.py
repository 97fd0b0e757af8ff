"""What the build makes of a capability folder: a component that imports what it was granted and nothing else."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs
from wasmtime import wat2wasm

from catalog.build import BuildError, build, default_cache, link, world_of
from catalog.capability import Capability
from catalog.loader import load_capability
from catalog.packages import PackageError, bundled
from catalog.wasm import sections

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Recorder, Sandbox

LOG, HTTP, NOTIFY, PATTERNS = (f"goalwright:handler/{name}@1.0.0" for name in ("log", "http", "notify", "patterns"))
DESCRIPTION = """\
name: {name}
version: 1.0.0
summary: For a test.
description: For a test.
config_schema: {{type: object, additionalProperties: false}}
input_schema: {{type: object}}
output_schema: {{}}
errors: [{{type: handler_error, retryable: false, description: It failed.}}]
effect: pure
packages: [{packages}]
"""
CORE_MODULE = 1
LATE = "ModuleNotFoundError: sqlite3 was not loaded when the component was built: import it at the top of the handler"
TROUBLE = """
import json
import sys
import time

from goalwright import HandlerError, host, log

loaded_once = []


def run(config, given, call):
    loaded_once.append(1)
    return KINDS[given["kind"]](given)


def refuse(given):
    raise HandlerError("not_found", "no such\\n\\tthing \\x1b[31m", retryable=True, retry_after_s=2.5)


def fail(given):
    raise KeyError("name")


def leave(given):
    sys.exit(3)


def speak(given):
    print("said aloud")
    print("said in error", file=sys.stderr)
    log("first\\nsecond", level="warning")
    log("a\\ud800b")
    return None


def recurse(given):
    return recurse(given)


def import_late(given):
    import sqlite3
    return sqlite3.version


KINDS = {
    "refuse": refuse,
    "fail": fail,
    "leave": leave,
    "speak": speak,
    "recurse": recurse,
    "import_late": import_late,
    "open": lambda given: open("/etc/passwd").read(),
    "clock": lambda given: time.time(),
    "set": lambda given: {1, 2},
    "nan": lambda given: float("nan"),
    "surrogate": lambda given: "a\\ud800b",
    "text": lambda given: "ä😀",
    "count": lambda given: len(loaded_once),
    "http": lambda given: host.http("GET", "https://example.org"),
    "modules": lambda given: sorted(name for name in sys.modules if "." not in name),
}
"""


def folder_of(path: Path, handler: str, *, packages: str = "") -> tuple[Capability, Path]:
    path.mkdir(parents=True)
    (path / "capability.yaml").write_text(DESCRIPTION.format(name=path.name, packages=packages), encoding="utf-8")
    (path / "handler.py").write_text(dedent(handler), encoding="utf-8")
    return load_capability(path), path


@pytest.mark.parametrize(
    ("name", "imports"),
    [
        pytest.param("aggregate", [LOG, PATTERNS], id="aggregate"),
        pytest.param("http_request", [LOG, HTTP, PATTERNS], id="http_request"),
        pytest.param("notify", [LOG, NOTIFY], id="notify"),
        pytest.param("transform", [LOG, PATTERNS], id="transform"),
        pytest.param("validate", [LOG, PATTERNS], id="validate"),
    ],
)
def test_a_component_imports_what_its_capability_lists_and_nothing_else(
    sandbox: "Sandbox", name: str, imports: list[str]
) -> None:
    capability = sandbox.loaded.catalog.resolve(name)
    assert isinstance(capability, Capability)

    component = sandbox.component(capability, sandbox.loaded.folders[capability.id])

    assert list(component.type.imports(sandbox.engine)) == imports


def test_the_core_modules_of_a_component_are_joined_but_for_the_one_that_waits_for_the_host(sandbox: "Sandbox") -> None:
    for capability in sandbox.loaded.catalog:
        built = build(capability, sandbox.loaded.folders[capability.id], cache=default_cache())
        assert [kind for kind, _ in sections(built.read_bytes())].count(CORE_MODULE) == 2, capability.id


def test_a_component_that_cannot_be_joined_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "component.wasm"
    before = bytes(wat2wasm("(component (core module $m (memory 1) (func $f) (start $f)) (core instance (instantiate $m)))"))
    file.write_bytes(before)

    with capture_logs() as told:
        link("told@1.0.0", file)

    assert file.read_bytes() == before
    what = {"event": "modules_not_joined", "handler": "told@1.0.0", "has": "section 8 of a core module"}
    assert told == [{"log_level": "warning", **what}]


def test_a_world_names_each_import(sandbox: "Sandbox") -> None:
    worlds = {capability.name: world_of(capability) for capability in sandbox.loaded.catalog}

    assert worlds["http_request"] == (
        "package goalwright:handler@1.0.0;\n\n"
        "world guest {\n  import log;\n  import http;\n  import patterns;\n  export run: func(call: string) -> string;\n}\n"
    )


def test_a_component_is_built_once(sandbox: "Sandbox") -> None:
    capability, folder = sandbox.loaded.catalog.capabilities["transform@1.0.0"], sandbox.loaded.folders["transform@1.0.0"]
    first = build(capability, folder, cache=sandbox.cache)
    built_at = first.stat().st_mtime_ns

    assert build(capability, folder, cache=sandbox.cache) == first
    assert first.stat().st_mtime_ns == built_at


def test_a_component_that_was_exchanged_is_built_again(tmp_path: Path) -> None:
    capability, folder = folder_of(tmp_path / "noop", "def run(config, given):\n    return given\n")
    component = build(capability, folder, cache=tmp_path / "cache")
    foreign = b"\0asm of somebody else"
    component.write_bytes(foreign)

    again = build(capability, folder, cache=tmp_path / "cache")

    assert again == component
    assert again.read_bytes() != foreign


def test_processes_that_build_the_same_at_once_get_the_same_component(tmp_path: Path) -> None:
    capability, folder = folder_of(tmp_path / "noop", "def run(config, given):\n    return given\n")
    cache = tmp_path / "cache"

    with ThreadPoolExecutor() as pool:
        builds = [pool.submit(build, capability, folder, cache=cache) for _ in range(3)]
        made = {future.result() for future in builds}

    (component,) = made
    assert [file.name for file in (cache / "components").glob("*.wasm")] == [component.name]
    assert component.read_bytes().startswith(b"\0asm")


@pytest.mark.parametrize(
    ("handler", "packages", "why"),
    [
        pytest.param("def run(:\n", "", "SyntaxError: invalid syntax", id="source that does not parse"),
        pytest.param("import numpy\n", "", "ModuleNotFoundError: No module named 'numpy'", id="a module that is not bundled"),
        pytest.param("import yaml\n", "", "ModuleNotFoundError: No module named 'yaml'", id="a package of the host"),
        pytest.param("pass\n", "", "AttributeError: module 'handler' has no attribute 'run'", id="no run"),
        pytest.param(
            "from wit_world.imports import http\n",
            "",
            "ImportError: cannot import name 'http' from 'wit_world.imports'",
            id="an interface that was not granted",
        ),
        pytest.param(
            "pass\n",
            "no-such-distribution",
            "the distribution no-such-distribution, required by the capability, is not installed here",
            id="a package that is not installed",
        ),
    ],
)
def test_what_cannot_be_built_says_why(tmp_path: Path, handler: str, packages: str, why: str) -> None:
    capability, folder = folder_of(tmp_path / "broken", handler, packages=packages)

    with pytest.raises(BuildError) as caught:
        build(capability, folder, cache=tmp_path / "cache")

    assert (caught.value.handler, caught.value.why[: len(why)]) == ("broken@1.0.0", why)
    assert not list((tmp_path / "cache").rglob("*.wasm"))


def test_a_package_with_native_code_is_refused_by_name() -> None:
    with pytest.raises(
        PackageError, match=r"^the distribution RapidFuzz holds native code \(rapidfuzz/.*\), which a guest cannot run$"
    ):
        bundled(["rapidfuzz"])


def test_packages_bring_what_they_need_in_a_guest_and_no_more() -> None:
    packages = {package.name: package for package in bundled(["jsonschema"])}

    assert sorted(packages) == ["attrs", "jsonschema", "jsonschema-specifications", "referencing"]
    assert "jsonschema/validators.py" in packages["jsonschema"].files
    assert not [
        path for path in packages["jsonschema"].files if "tests" in path or ".dist-info" in path or path.endswith(".pyc")
    ]


@pytest.fixture(scope="module")
def trouble(sandbox: "Sandbox", tmp_path_factory: pytest.TempPathFactory) -> Any:
    capability, folder = folder_of(tmp_path_factory.mktemp("handlers") / "trouble", TROUBLE)
    return sandbox.component(capability, folder)


def answer(sandbox: "Sandbox", component: Any, kind: str, host: "Recorder") -> dict[str, Any]:
    call = {"config": {}, "input": {"kind": kind}, "call": {"idempotency_key": "k", "attempt": 1}}
    answered: dict[str, Any] = json.loads(sandbox.raw(component, json.dumps(call), host))
    return answered


def failed(message: str, kind: str = "handler_error") -> dict[str, Any]:
    return {"error": {"type": kind, "message": message, "retryable": False, "retry_after_s": None}}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param(
            "refuse",
            {"error": {"type": "not_found", "message": "no such thing [31m", "retryable": True, "retry_after_s": 2.5}},
            id="an error of its own, on one line",
        ),
        pytest.param("fail", failed("KeyError: 'name'"), id="an exception"),
        pytest.param("leave", failed("SystemExit: 3"), id="an exit"),
        pytest.param(
            "recurse", failed("the data or the computation is nested too deeply", "limit_stack"), id="a recursion without end"
        ),
        pytest.param("import_late", failed(LATE), id="a late import"),
        pytest.param("open", failed("RuntimeError: a handler has no files"), id="a file"),
        pytest.param("clock", failed("RuntimeError: a handler has no clock"), id="the time"),
        pytest.param("set", failed("TypeError: Object of type set is not JSON serializable"), id="no JSON"),
        pytest.param("nan", failed("ValueError: Out of range float values are not JSON compliant: nan"), id="no number"),
        pytest.param("surrogate", {"ok": "a\ud800b"}, id="half a character"),
        pytest.param("text", {"ok": "ä😀"}, id="any text"),
        pytest.param("count", {"ok": 1}, id="a module loaded at build time"),
        pytest.param("http", failed("the capability does not list 'http' under imports"), id="an interface not granted"),
    ],
)
def test_whatever_a_handler_does_is_answered(
    sandbox: "Sandbox", trouble: Any, host: "Recorder", kind: str, expected: dict[str, Any]
) -> None:
    assert answer(sandbox, trouble, kind, host) == expected


def test_what_is_printed_goes_to_the_log_line_by_line(sandbox: "Sandbox", trouble: Any, host: "Recorder") -> None:
    assert answer(sandbox, trouble, "speak", host) == {"ok": None}
    assert host.lines == [("info", "said aloud"), ("warning", "said in error"), ("warning", "first second"), ("info", "a b")]


def test_a_guest_knows_nothing_of_the_host(sandbox: "Sandbox", trouble: Any, host: "Recorder") -> None:
    modules = answer(sandbox, trouble, "modules", host)["ok"]

    assert not {"yaml", "wasmtime", "jsonata", "pydantic"} & set(modules)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("", "handler_error", id="nothing"),
        pytest.param("[]", "handler_error", id="no object"),
        pytest.param("{}", "handler_error", id="no call"),
        pytest.param('{"config": NaN}', "handler_error", id="not a number"),
        pytest.param('{"config": ', "handler_error", id="half a text"),
        pytest.param("[" * 100_000, "limit_stack", id="nested without end"),
        pytest.param('{"a":' * 100_000, "limit_stack", id="objects without end"),
        pytest.param('"' + "\\" * 99_999, "handler_error", id="escapes without end"),
        pytest.param("9" * 10_000, "handler_error", id="a number without end"),
    ],
)
def test_no_text_ends_a_guest_without_an_answer(
    sandbox: "Sandbox", trouble: Any, host: "Recorder", text: str, kind: str
) -> None:
    answered = json.loads(sandbox.raw(trouble, text, host))

    assert answered["error"]["type"] == kind


def test_the_default_cache_is_the_users_own() -> None:
    assert default_cache().name == "goalwright"
