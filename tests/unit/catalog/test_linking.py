"""Joining the core modules of a component: what it answers stays the same, and what is not read is said."""

import pytest
from wasmtime import Config, Engine, Store, wat2wasm
from wasmtime.component import Component, Linker

from catalog.linking import LinkError, linked
from catalog.wasm import Reader, number, sections, signed

CORE_MODULE = 1

BASE = """
(core module $base
  (memory (export "memory") 2)
  (table (export "table") 8 funcref)
  (global (export "table_base") i32 (i32.const 2))
  (global $count (export "count") (mut i32) (i32.const 5))
  (type $pair (func (param i32 i32) (result i32)))
  (func (export "unused") (result i64) (i64.const -1))
  (func (export "add") (type $pair) (i32.add (local.get 0) (local.get 1)))
  (func (export "counted") (result i32) (global.get $count))
  (data (i32.const 64) "\\2a\\00\\00\\00"))
"""
USER = """
(core module $user
  (type $pair (func (param i32 i32) (result i32)))
  (import "env" "memory" (memory 1))
  (import "env" "table" (table $shared 1 funcref))
  (import "env" "add" (func $add (type $pair)))
  (import "env" "counted" (func $counted (result i32)))
  (import "env" "log" (func $log (param i32 i32)))
  (import "env" "table_base" (global $base i32))
  (import "env" "count" (global $count (mut i32)))
  (table $own 4 10 funcref)
  (global $own_base i32 (i32.add (global.get $base) (i32.const 1)))
  (global $reference (mut funcref) (ref.func $less))
  (func $less (type $pair) (i32.sub (local.get 0) (local.get 1)))
  (func $times (type $pair) (i32.mul (local.get 0) (local.get 1)))
  (elem (table $shared) (global.get $own_base) func $less $times)
  (elem (table $own) (i32.const 1) func $times $less)
  (elem $passive func $less $add)
  (elem declare func $counted)
  (data $words "\\07\\00\\00\\00")
  (func (export "answer") (param $x i32) (result i32) (local $y i64)
    BODY))
"""
LATE = """
(core module $shim
  (table (export "slots") 1 funcref)
  (func (export "log") (param i32 i32) (call_indirect (param i32 i32) (local.get 0) (local.get 1) (i32.const 0))))
(core module $fixup
  (import "shim" "slots" (table 1 funcref))
  (import "shim" "log" (func $log (param i32 i32)))
  (elem (i32.const 0) func $log))
"""
WHOLE = """
(component
  (import "log" (func $log (param "text" string)))
  MODULES
  (core instance $base (instantiate $base))
  (core instance $shim (instantiate $shim))
  (core instance $env
    (export "memory" (memory $base "memory"))
    (export "table" (table $base "table"))
    (export "table_base" (global $base "table_base"))
    (export "count" (global $base "count"))
    (export "add" (func $base "add"))
    (export "counted" (func $base "counted"))
    (export "log" (func $shim "log")))
  (core instance $user (instantiate $user (with "env" (instance $env))))
  (alias core export $base "memory" (core memory $memory))
  (core func $lowered (canon lower (func $log) (memory $memory)))
  (core instance $host (export "slots" (table $shim "slots")) (export "log" (func $lowered)))
  (core instance (instantiate $fixup (with "shim" (instance $host))))
  (func (export "answer") (param "x" u32) (result u32) (canon lift (core func $user "answer"))))
"""

BODIES = {
    "a call of another module": ("(call $add (local.get $x) (i32.const 3))", 7, 10),
    "a call of its own": ("(call $times (local.get $x) (i32.const 3))", 7, 21),
    "a call through the shared table": (
        "(call_indirect $shared (type $pair) (i32.const 9) (local.get $x) (i32.const 4))",
        7,
        63,
    ),
    "a call through its own table": ("(call_indirect $own (type $pair) (i32.const 9) (local.get $x) (i32.const 2))", 7, 2),
    "a tail call": ("(return_call $add (local.get $x) (i32.const 3))", 7, 10),
    "a tail call through a table": (
        "(return_call_indirect $own (type $pair) (i32.const 9) (local.get $x) (i32.const 1))",
        7,
        63,
    ),
    "a global of another module": ("(global.set $count (local.get $x)) (call $counted)", 7, 7),
    "a global that is a reference": (
        (
            "(table.set $own (i32.const 0) (global.get $reference))"
            "(call_indirect $own (type $pair) (i32.const 9) (local.get $x) (i32.const 0))"
        ),
        7,
        2,
    ),
    "a reference to a function": ("(ref.is_null (ref.func $counted))", 7, 0),
    "an empty reference": ("(ref.is_null (ref.null func))", 7, 1),
    "a block with a type of its own": (
        "(local.get $x) (i32.const 4) (block (type $pair) (i32.add)) (i32.const 1) (loop (type $pair) (i32.sub))",
        7,
        10,
    ),
    "a conditional": ("(if (result i32) (local.get $x) (then (i32.const 1)) (else (i32.const 2)))", 0, 2),
    "a table of branches": (
        (
            "(block (block (block (br_table 0 1 2 (local.get $x))) (return (i32.const 10)))"
            " (return (i32.const 11))) (i32.const 12)"
        ),
        1,
        11,
    ),
    "a choice with a type": ("(select (result i32) (i32.const 1) (i32.const 2) (local.get $x))", 0, 2),
    "memory of another module": (
        "(i32.store offset=8 (local.get $x) (i32.const 300)) (i32.load offset=8 (local.get $x))",
        7,
        300,
    ),
    "a segment of memory": (
        "(memory.init $words (i32.const 0) (i32.const 0) (i32.const 4)) (data.drop $words) (i32.load (i32.const 0))",
        7,
        7,
    ),
    "a segment that was written at the start": ("(i32.load (i32.const 64))", 0, 42),
    "memory that is copied and filled": (
        (
            "(memory.copy (i32.const 8) (i32.const 64) (i32.const 4)) (memory.fill (i32.const 9) (local.get $x) (i32.const 1))"
            "(i32.load (i32.const 8))"
        ),
        1,
        298,
    ),
    "memory that grows": ("(drop (memory.grow (i32.const 1))) (memory.size)", 0, 3),
    "a segment of a table": (
        (
            "(table.init $own $passive (i32.const 0) (i32.const 1) (i32.const 1)) (elem.drop $passive)"
            "(call_indirect $own (type $pair) (i32.const 9) (local.get $x) (i32.const 0))"
        ),
        7,
        16,
    ),
    "tables that are copied": (
        (
            "(table.copy $own $shared (i32.const 0) (i32.const 4) (i32.const 1))"
            "(call_indirect $own (type $pair) (i32.const 9) (local.get $x) (i32.const 0))"
        ),
        7,
        63,
    ),
    "a table that grows": ("(drop (table.grow $own (ref.null func) (local.get $x))) (table.size $own)", 2, 6),
    "a table that is filled": (
        (
            "(table.fill $own (i32.const 0) (table.get $shared (i32.const 4)) (i32.const 2))"
            "(call_indirect $own (type $pair) (i32.const 9) (local.get $x) (i32.const 1))"
        ),
        7,
        63,
    ),
    "constants that look like instructions": (
        (
            "(i32.add (i32.trunc_sat_f64_s (f64.const 0x1.0101010101010p+4))"
            "(i32.add (i32.wrap_i64 (i64.const 0x1010101010)) (i32.trunc_f32_s (f32.const 16.0627))))"
        ),
        0,
        0x10101010 + 32,
    ),
    "numbers of many bytes": ("(i32.add (i32.const -2147483648) (local.get $x))", 7, 2147483655),
    "vectors": (
        (
            "(v128.store (i32.const 0) (i8x16.shuffle 4 5 6 7 0 1 2 3 16 17 18 19 8 9 10 11"
            " (v128.const i32x4 16 17 18 19) (i32x4.splat (local.get $x))))"
            "(v128.store32_lane 3 (i32.const 4) (v128.load (i32.const 0)))"
            "(i32x4.extract_lane 1 (i32x4.add (v128.load (i32.const 0))"
            " (i32x4.splat (i32x4.extract_lane 0 (v128.load32_zero (i32.const 64))))))"
        ),
        7,
        60,
    ),
    "a local of another type": (
        "(local.set $y (i64.const 70000)) (i32.wrap_i64 (i64.extend_i32_s (i32.wrap_i64 (local.get $y))))",
        0,
        70000,
    ),
    "a call of the host": ("(call $log (i32.const 64) (i32.const 1)) (local.get $x)", 7, 7),
}


REFUSED = {
    "a function that runs at the start": ("(func $begin) (start $begin)", "section 8 of a core module"),
    "a second memory": ('(memory (export "mine") 1)', "modules that have not one memory"),
    "a table of expressions": (
        "(elem (table $own) (i32.const 0) funcref (ref.null func))",
        "a segment of a table that is written as expressions",
    ),
    "a sum of long numbers": (
        "(global i64 (i64.add (i64.const 1) (i64.const 2)))",
        "instruction 0x7c in a constant expression",
    ),
}


def component(body: str, extra: str = "") -> bytes:
    user = USER.replace("BODY", body).removesuffix(")\n") + extra + ")"
    return bytes(wat2wasm(WHOLE.replace("MODULES", BASE + user + LATE)))


@pytest.fixture(scope="module")
def engine() -> Engine:
    config = Config()
    config.wasm_multi_memory = True
    return Engine(config)


def answer(engine: Engine, content: bytes, given: int) -> tuple[int, list[str]]:
    """Run a component once: what it answers, and what it said to the host."""
    said: list[str] = []
    linker, store = Linker(engine), Store(engine)
    with linker.root() as root:
        root.add_func("log", lambda _store, text: said.append(text))
    instance = linker.instantiate(store, Component(engine, content))
    function = instance.get_func(store, "answer")
    assert function is not None
    return function(store, given), said


@pytest.mark.parametrize(("body", "given", "expected"), BODIES.values(), ids=BODIES)
def test_a_joined_component_answers_as_before(body: str, given: int, expected: int, engine: Engine) -> None:
    before = component(body)
    after = linked(before)
    assert [kind for kind, _ in sections(after)].count(CORE_MODULE) == 2  # the joined one, and the one that waits for the host
    assert answer(engine, before, given) == answer(engine, after, given)
    assert answer(engine, after, given)[0] == expected


def test_a_joined_component_still_asks_the_host(engine: Engine) -> None:
    body = BODIES["a call of the host"][0]
    assert answer(engine, linked(component(body)), 7) == (7, ["*"])


@pytest.mark.parametrize(("extra", "says"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_joined_is_named(extra: str, says: str) -> None:
    with pytest.raises(LinkError) as refused:
        linked(component("(local.get $x)", extra))
    assert str(refused.value) == says


@pytest.mark.parametrize("length", [9, 20, 200, 700])
def test_a_component_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(LinkError, match="do not fit together"):
        linked(component("(local.get $x)")[:length])


@pytest.mark.parametrize("value", [0, 1, 63, 64, 127, 128, 300, 2**31, 2**32 - 1])
def test_a_number_is_read_as_it_was_written(value: int) -> None:
    assert Reader(number(value)).number() == value


@pytest.mark.parametrize("value", [0, 1, -1, 63, 64, -64, -65, 300, 2**31 - 1, -(2**31)])
def test_a_number_with_a_sign_is_read_as_it_was_written(value: int) -> None:
    assert Reader(signed(value)).signed() == value
