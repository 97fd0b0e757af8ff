"""What may be compiled, and how compiled images are kept."""

import shutil
import stat
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from broker.sandbox.binary import INTERFACES, granted
from broker.sandbox.compiler import Compiler
from broker.sandbox.errors import CompileError, ComponentError, SandboxError, Why
from catalog.wasm import COMPONENT_PREAMBLE
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
    pytest.param(COMPONENT_PREAMBLE[:-1], Why.NOT_A_COMPONENT, id="cut preamble"),
    pytest.param(COMPONENT_PREAMBLE + b"\x0a\x05", Why.MALFORMED, id="section longer than the file"),
    pytest.param(COMPONENT_PREAMBLE + b"\x0a\x01\x7f", Why.MALFORMED, id="more imports than bytes"),
    pytest.param(COMPONENT_PREAMBLE + b"\x0a\xff\xff\xff\xff\xff\xff", Why.MALFORMED, id="number without end"),
    pytest.param(COMPONENT_PREAMBLE + b"\x0a\x05\x01\x00\x02\xff\xff", Why.MALFORMED, id="name that is no text"),
    pytest.param(COMPONENT_PREAMBLE + b"\x0a\x05\x01\x07\x01a\x01", Why.MALFORMED, id="name of a kind unheard of"),
    pytest.param(COMPONENT_PREAMBLE + b"\x01\x03abc", Why.INVALID, id="nonsense inside"),
    pytest.param(COMPONENT_PREAMBLE + b"\x63\x00", Why.INVALID, id="unknown section"),
    pytest.param(COMPONENT_PREAMBLE + b"\0" * (64 << 20), Why.TOO_LARGE, id="too large"),
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


@pytest.mark.parametrize("harm", ["flipped bit", "cut", "symbolic link", "no seal", "other seal", "plain digest", "other name"])
async def test_an_image_that_was_touched_is_compiled_again(tmp_path: Path, guests: Callable[[str], Path], harm: str) -> None:
    image = await Compiler(tmp_path).image(guests("ok"), ALL)
    content = image.read_bytes()
    seal = image.with_name(f"{image.name}.seal")
    if harm == "flipped bit":
        image.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    elif harm == "cut":
        image.write_bytes(content[:-1])
    elif harm == "symbolic link":
        image.rename(tmp_path / "elsewhere")
        image.symlink_to(tmp_path / "elsewhere")
    elif harm == "no seal":
        seal.unlink()
    elif harm == "plain digest":
        image.write_bytes(b"\x7fELF" + content)
        seal.write_text(sha256(b"\x7fELF" + content).hexdigest())
    elif harm == "other name":
        other = await Compiler(tmp_path).image(guests("pure"), ALL)
        image.write_bytes(other.read_bytes())
        seal.write_text(other.with_name(f"{other.name}.seal").read_text())
    else:
        seal.write_text("0" * 64)
    assert await Compiler(tmp_path).image(guests("ok"), ALL) == image
    assert (image.read_bytes(), image.is_symlink(), seal.exists()) == (content, False, True)


def test_a_cache_that_others_may_enter_is_closed_before_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images").chmod(0o755)
    Compiler(tmp_path)
    assert stat.S_IMODE((tmp_path / "images").stat().st_mode) == 0o700


async def test_a_compilation_that_takes_too_long_is_ended(tmp_path: Path, guests: Callable[[str], Path]) -> None:
    with pytest.raises(CompileError, match="took more than"):
        await Compiler(tmp_path, wall_s=0.01).image(guests("ok"), ALL)
    assert images(tmp_path) == []
    later = Compiler(tmp_path)
    with pytest.raises(CompileError, match="took more than"):
        await later.image(guests("ok"), ALL)
    assert later.compilations == 0
    assert (await Compiler(tmp_path, failure_s=0).image(guests("ok"), ALL)).exists()


async def test_an_image_of_another_cache_is_not_loaded(tmp_path: Path, guests: Callable[[str], Path]) -> None:
    theirs = await Compiler(tmp_path / "theirs").image(guests("ok"), ALL)
    ours = Compiler(tmp_path / "ours")
    for file in theirs.parent.glob(f"{theirs.stem}*"):
        shutil.copy(file, tmp_path / "ours" / "images")
    await ours.image(guests("ok"), ALL)
    assert ours.compilations == 1


def test_the_key_of_a_cache_is_its_own_and_closed_to_others(tmp_path: Path) -> None:
    for name in ("one", "two"):
        Compiler(tmp_path / name)
    keys = [tmp_path / name / "images" / "key" for name in ("one", "two")]
    assert [stat.S_IMODE(key.stat().st_mode) for key in keys] == [0o600, 0o600]
    assert keys[0].read_bytes() != keys[1].read_bytes()
    keys[0].chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        Compiler(tmp_path / "one")
    keys[1].write_bytes(b"short")
    with pytest.raises(PermissionError, match="32 bytes"):
        Compiler(tmp_path / "two")


def bomb(functions: str) -> bytes:
    return bytes(wat2wasm(wat("pure").replace("(core instance", f"(core module {functions})\n  (core instance", 1)))


def tangled(count: int) -> str:
    """Write a loop in which every one of many locals depends on others: the compiler's work grows with the square."""
    turns = (
        f"(if (local.get 0) (then (local.set {1 + n % count} (i64.add (local.get {1 + n * 7 % count}) "
        f"(local.get {1 + n * 13 % count})))))"
        for n in range(4 * count)
    )
    return f"(func (param i32) (local {'i64 ' * count}) (loop {''.join(turns)} (br_if 0 (local.get 0))))"


BOMBS = [
    pytest.param(tangled(5_000), r"too much (memory|processor time)", id="locals that all depend on each other"),
    pytest.param(f"(func (local {'i32 ' * 50_001}))", "too many locals", id="50,001 locals"),
    pytest.param(
        f"(func (param i32) (br_table {'0 ' * 1_000_000} (local.get 0)))", "br_table", id="a table of a million jumps"
    ),
    pytest.param(f"(func (param i32) {'(drop (i32.const 1))' * 2_600_000})", "size", id="a function of 7.8 megabytes"),
    pytest.param(f"(func $f) (elem func {'$f ' * 9_000_000})", "too much|out of bounds|size", id="nine million elements"),
]


@pytest.mark.parametrize(("functions", "says"), BOMBS)
async def test_a_bomb_ends_in_the_jail_and_is_not_lit_again(tmp_path: Path, functions: str, says: str) -> None:
    source = tmp_path / "bomb.wasm"
    source.write_bytes(bomb(functions))
    compiler = Compiler(tmp_path)
    for _ in range(2):
        with pytest.raises(SandboxError, match=says):
            await compiler.image(source, ALL)
    again = Compiler(tmp_path)
    with pytest.raises(SandboxError, match=says):
        await again.image(source, ALL)
    assert (compiler.compilations, again.compilations, images(tmp_path)) == (1, 0, [])


HARMLESS = [
    pytest.param("(func (param i32) " + "(block (br_if 0 (local.get 0)))" * 15_000 + ")", id="15,000 blocks in a chain"),
    pytest.param(
        "(func (param i32) " + "(block (br_if 0 (local.get 0)) " * 5_000 + ")" * 5_001, id="5,000 blocks in each other"
    ),
    pytest.param(f"(func (local {'i64 ' * 49_000}) (local.set 0 (local.get 48999)))", id="49,000 locals"),
]


@pytest.mark.parametrize("functions", HARMLESS)
async def test_what_was_a_bomb_once_compiles_within_the_limits(tmp_path: Path, functions: str) -> None:
    source = tmp_path / "bomb.wasm"
    source.write_bytes(bomb(functions))
    assert (await Compiler(tmp_path).image(source, ALL)).exists()


def images(cache: Path) -> list[Path]:
    return sorted((cache / "images").glob("*.cwasm"))
