"""What may be compiled, and how compiled images are kept."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from broker.sandbox.binary import PREAMBLE
from broker.sandbox.compiler import Compiler
from broker.sandbox.errors import CompileError, ComponentError, Why
from broker.sandbox.guest import INTERFACES, granted
from tests.integration.broker.conftest import wat

ALL = granted(("http", "notify"))


def importing(name: str) -> str:
    return f'(component (import "{name}" (instance (export "x" (func)))))'


REFUSED = [
    pytest.param(b"", Why.NOT_A_COMPONENT, id="nothing"),
    pytest.param(wat("ok").encode(), Why.NOT_A_COMPONENT, id="text"),
    pytest.param(b"(component)", Why.NOT_A_COMPONENT, id="short text"),
    pytest.param(bytes(wat2wasm("(module)")), Why.NOT_A_COMPONENT, id="core module"),
    pytest.param(b"\x7fELF" + b"\0" * 100, Why.NOT_A_COMPONENT, id="compiled image"),
    pytest.param(PREAMBLE[:-1], Why.NOT_A_COMPONENT, id="cut preamble"),
    pytest.param(PREAMBLE + b"\x0a\x05", Why.MALFORMED, id="section longer than the file"),
    pytest.param(PREAMBLE + b"\x0a\x01\x7f", Why.MALFORMED, id="more imports than bytes"),
    pytest.param(PREAMBLE + b"\x0a\xff\xff\xff\xff\xff\xff", Why.MALFORMED, id="number without end"),
    pytest.param(PREAMBLE + b"\x0a\x05\x01\x00\x02\xff\xff", Why.MALFORMED, id="name that is no text"),
    pytest.param(PREAMBLE + b"\x0a\x05\x01\x07\x01a\x01", Why.MALFORMED, id="name of a kind unheard of"),
    pytest.param(PREAMBLE + b"\x01\x03abc", Why.INVALID, id="nonsense inside"),
    pytest.param(PREAMBLE + b"\x63\x00", Why.INVALID, id="unknown section"),
    pytest.param(PREAMBLE + b"\0" * (64 << 20), Why.TOO_LARGE, id="too large"),
    *(
        pytest.param(bytes(wat2wasm(importing(name))), Why.IMPORT_REFUSED, id=name)
        for name in (
            "wasi:cli/environment@0.2.0",
            "wasi:filesystem/types@0.2.0",
            "wasi:sockets/tcp@0.2.0",
            "wasi:http/outgoing-handler@0.2.0",
            "wasi:clocks/wall-clock@0.2.0",
            "wasi:random/random@0.2.0",
            "goalwright:handler/http@2.0.0",
            "goalwright:handler/shell@1.0.0",
        )
    ),
    pytest.param(bytes(wat2wasm("(component)")), Why.EXPORT_MISSING, id="no export"),
    pytest.param(
        bytes(
            wat2wasm(
                '(component (core module $m (func (export "f"))) (core instance $i (instantiate $m)) '
                '(func (export "run") (canon lift (core func $i "f"))))'
            )
        ),
        Why.EXPORT_MISSING,
        id="export of another type",
    ),
    pytest.param(
        bytes(
            wat2wasm(
                '(component (import "a" (core module)) (import "b" (func)) (import "c" (component)) '
                '(import "d" (type (sub resource))) (type $t u8) (import "e" (type (eq $t))))'
            )
        ),
        Why.IMPORT_REFUSED,
        id="imports of every kind",
    ),
    pytest.param(bytes(wat2wasm("(component (core module (memory i64 1)))")), Why.INVALID, id="switched off: memory64"),
    pytest.param(
        bytes(wat2wasm("(component (core module (type (struct))))")),
        Why.INVALID,
        id="switched off: garbage collection",
    ),
    pytest.param(bytes(wat2wasm("(component (core module (memory 1 1 shared)))")), Why.INVALID, id="switched off: threads"),
]


@pytest.mark.parametrize(("content", "why"), REFUSED)
async def test_what_is_no_handler_is_refused(tmp_path: Path, content: bytes, why: Why) -> None:
    source = tmp_path / "upload.wasm"
    source.write_bytes(content)
    with pytest.raises(ComponentError) as refused:
        await Compiler(tmp_path).image(source, ALL)
    assert refused.value.why is why
    assert images(tmp_path) == []


async def test_an_import_must_be_granted(tmp_path: Path, guests: Callable[[str], Path]) -> None:
    with pytest.raises(ComponentError, match=r"imports goalwright:handler/http@1\.0\.0, which its capability does not declare"):
        await Compiler(tmp_path).image(guests("ok"), granted(()))
    assert granted(("http",)) == (INTERFACES["http"], INTERFACES["log"])


async def test_an_image_is_compiled_once_for_its_grants(tmp_path: Path, guests: Callable[[str], Path]) -> None:
    compiler = Compiler(tmp_path)
    first = await compiler.image(guests("ok"), ALL)
    written = first.stat().st_mtime_ns
    assert await Compiler(tmp_path).image(guests("ok"), ALL) == first
    assert first.stat().st_mtime_ns == written
    other = await compiler.image(guests("ok"), granted(("http",)))
    assert images(tmp_path) == sorted([first, other])


@pytest.mark.parametrize("harm", ["flipped bit", "cut", "symbolic link", "no seal", "other seal"])
async def test_an_image_that_was_touched_is_compiled_again(tmp_path: Path, guests: Callable[[str], Path], harm: str) -> None:
    image = await Compiler(tmp_path).image(guests("ok"), ALL)
    content = image.read_bytes()
    seal = image.with_suffix(".sha256")
    if harm == "flipped bit":
        image.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    elif harm == "cut":
        image.write_bytes(content[:-1])
    elif harm == "symbolic link":
        image.rename(tmp_path / "elsewhere")
        image.symlink_to(tmp_path / "elsewhere")
    elif harm == "no seal":
        seal.unlink()
    else:
        seal.write_text("0" * 64)
    assert await Compiler(tmp_path).image(guests("ok"), ALL) == image
    assert (image.read_bytes(), image.is_symlink(), seal.exists()) == (content, False, True)


def test_a_cache_that_others_may_enter_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir(mode=0o700)
    os.chmod(tmp_path / "images", 0o755)  # noqa: PTH101 - mkdir's mode is masked
    with pytest.raises(PermissionError, match="chmod 700"):
        Compiler(tmp_path)


async def test_a_compilation_that_takes_too_long_is_ended(tmp_path: Path, guests: Callable[[str], Path]) -> None:
    with pytest.raises(CompileError, match="took more than"):
        await Compiler(tmp_path, wall_s=0.01).image(guests("ok"), ALL)
    assert images(tmp_path) == []
    assert (await Compiler(tmp_path).image(guests("ok"), ALL)).exists()


def images(cache: Path) -> list[Path]:
    return sorted((cache / "images").glob("*.cwasm"))
