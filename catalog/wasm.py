"""WebAssembly's binary format, as far as core modules and components have it in common: numbers, names, sections."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

CORE_PREAMBLE = b"\0asm\x01\0\0\0"
"""The first eight bytes of every core module: magic, version 1, layer 0."""

COMPONENT_PREAMBLE = b"\0asm\x0d\0\x01\0"
"""The first eight bytes of every component: magic, version 13, layer 1."""


@dataclass(slots=True)
class Reader:
    """Reads one value after the other. Raises `IndexError` where there is no more, or a number that is too long."""

    data: bytes
    at: int = 0

    @property
    def more(self) -> bool:
        """Say whether anything is left."""
        return self.at < len(self.data)

    def byte(self) -> int:
        """Read one byte."""
        self.at += 1
        return self.data[self.at - 1]

    def number(self, bits: int = 32) -> int:
        """Read an unsigned LEB128 of at most so many bits."""
        value = 0
        for shift in range(0, bits, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - the continuation bit
                return value
        raise IndexError

    def signed(self) -> int:
        """Read a signed LEB128."""
        start = self.at
        value = self.number()
        bits = 7 * (self.at - start)
        return value - (1 << bits) if value >> (bits - 1) else value

    def content(self) -> bytes:
        """Read a length and as many bytes."""
        return self.take(self.number())

    def take(self, count: int) -> bytes:
        """Read so many bytes."""
        self.at += count
        if self.at > len(self.data):
            raise IndexError
        return self.data[self.at - count : self.at]

    def name(self) -> str:
        """Read a name."""
        return self.content().decode()

    def numbers(self) -> list[int]:
        """Read a count and as many numbers."""
        return [self.number() for _ in range(self.number())]

    def since(self, start: int) -> bytes:
        """Give what was read from `start` on."""
        return self.data[start : self.at]


def sections(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Read the sections behind the preamble: what each is, and its content."""
    reader = Reader(data, len(CORE_PREAMBLE))
    while reader.more:
        kind = reader.byte()
        yield kind, reader.content()


def number(value: int) -> bytes:
    """Write an unsigned LEB128."""
    written = bytearray()
    while value >= 0x80:  # noqa: PLR2004 - the continuation bit
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def signed(value: int) -> bytes:
    """Write a signed LEB128, as short as it can be."""
    written = bytearray()
    while not -0x40 <= value < 0x40:  # noqa: PLR2004 - what fits beside a continuation bit, with its sign
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value & 0x7F)
    return bytes(written)


def sized(content: bytes) -> bytes:
    """Write a length and as many bytes."""
    return number(len(content)) + content


def vector(entries: Iterable[bytes]) -> bytes:
    """Write a count and as many entries."""
    listed = list(entries)
    return number(len(listed)) + b"".join(listed)


def section(kind: int, content: bytes) -> bytes:
    """Write a section."""
    return bytes((kind,)) + sized(content)
