"""Rewrites the numbers by which instructions name functions, types, tables, globals and segments."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.linking.errors import LinkError
from catalog.wasm import Reader, number, signed

_LEB = rb"[\x80-\xff]*[\x00-\x7f]"
_PLAIN = re.compile(
    rb"(?>"
    rb"[\x00\x01\x05\x0b\x0f\x1a\x1b\x45-\xc4\xd1]"  # nothing follows
    rb"|[\x02-\x04][\x40\x6f\x70\x7b-\x7f]"  # a block of no or one value
    rb"|[\x0c\x0d\x20-\x22\x3f-\x42\xd0]"
    + _LEB  # a label, a local, a constant
    + rb"|[\x28-\x3e]"
    + _LEB
    + _LEB  # memory: alignment and offset
    + rb"|\x1c\x01."
    rb"|\x43.{4}|\x44.{8}"
    rb"|\xfc(?>[\x00-\x07]|\x0b\x00|\x0a\x00\x00)"
    rb"|\xfd(?>[\x00-\x0b\x5c\x5d]" + _LEB + _LEB + rb"|[\x0c\x0d].{16}|[\x15-\x22]."
    rb"|[\x54-\x5b]" + _LEB + _LEB + rb".|[\x0e-\x14\x23-\x53\x5e-\x7f]|[\x80-\xff][\x01\x02])"
    rb")*+",
    re.DOTALL,
)
"""As many instructions as come in a row that name nothing by number (core specification, Binary Format, Instructions)."""

_NAMED: Mapping[int, tuple[str, ...]] = {
    0x10: ("functions",),  # call
    0x11: ("types", "tables"),  # call_indirect
    0x12: ("functions",),  # return_call
    0x13: ("types", "tables"),  # return_call_indirect
    0x23: ("globals",),  # global.get
    0x24: ("globals",),  # global.set
    0x25: ("tables",),  # table.get
    0x26: ("tables",),  # table.set
    0xD2: ("functions",),  # ref.func
}
_NAMED_IN_BULK: Mapping[int, tuple[str, ...]] = {
    8: ("data", "memories"),  # memory.init
    9: ("data",),  # data.drop
    12: ("elements", "tables"),  # table.init
    13: ("elements",),  # elem.drop
    14: ("tables", "tables"),  # table.copy
    15: ("tables",),  # table.grow
    16: ("tables",),  # table.size
    17: ("tables",),  # table.fill
}
"""What is named behind each instruction, in order; the second table is of those behind the prefix `0xfc`."""

_BLOCKS = frozenset((0x02, 0x03, 0x04))
_BR_TABLE, _PREFIX = 0x0E, 0xFC


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What the numbers of one module become in the module that all are joined in."""

    types: Sequence[int]
    functions: Sequence[int]
    tables: Sequence[int]
    globals: Sequence[int]
    elements: Sequence[int]
    data: Sequence[int]
    memories: Sequence[int] = (0,)


def body(content: bytes, numbers: Numbers) -> bytes:
    """Rewrite the body of a function: its locals, then instructions. Raises `LinkError` for instructions that are not known."""
    reader = Reader(content)
    for _ in range(reader.number()):
        reader.number()
        reader.byte()
    parts = [reader.since(0)]
    while True:
        start = reader.at
        plain = _PLAIN.match(content, start)
        assert plain is not None, "it matches nothing at all, too"
        reader.at = plain.end()
        parts.append(reader.since(start))
        if not reader.more:
            return b"".join(parts)
        parts.append(_renumbered(reader, numbers))


def _renumbered(reader: Reader, numbers: Numbers) -> bytes:
    start = reader.at
    code = reader.byte()
    if code in _BLOCKS:
        return bytes((code,)) + signed(numbers.types[reader.number()])
    if code == _BR_TABLE:
        reader.numbers()
        reader.number()
        return reader.since(start)
    if code == _PREFIX:
        code = reader.number()
    named = (_NAMED if reader.at == start + 1 else _NAMED_IN_BULK).get(code)
    if named is None:
        message = f"the instruction {reader.since(start).hex()}"
        raise LinkError(message)
    return reader.since(start) + b"".join([number(getattr(numbers, space)[reader.number()]) for space in named])
