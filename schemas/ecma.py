r"""Regular expressions as ECMA-262 writes them, put into RE2's words.

JSON Schema asks for ECMA-262 with the flag `u`. All of that is read here, and every pattern either means the same in RE2 or
is refused with the reason: look-around and references back, which no engine has in linear time, and a few properties of
Unicode. Without `u`, as JSONata's literals are written, punctuation may be escaped needlessly and a bracket may stand alone;
escapes that would only be slips, such as `\a`, are refused there too. A text is a row of code points in either case.
"""

import re
from dataclasses import dataclass, field
from typing import NoReturn

from schemas.unicode_properties import Characters, property_class

FLAGS = "imsu"
"""The flags that have a meaning here."""

_LAST = 0x10FFFF
_MOST_REPEATED = 1_000  # as RE2 has it
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_BREAKS = ((10, 10), (13, 13), (0x2028, 0x2029))
_SPACES = (
    *((9, 13), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A)),
    *((0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
)
_DIGITS = ((0x30, 0x39),)
_WORD = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SETS = {"d": _DIGITS, "s": _SPACES, "w": _WORD}
_PAIR = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_CODED = re.compile(
    r"\\(?:c(?P<control>[A-Za-z])|x(?P<two>[0-9A-Fa-f]{2})|u(?P<four>[0-9A-Fa-f]{4})|u\{(?P<any>[0-9A-Fa-f]{1,9})\})"
)
_PROPERTY = re.compile(r"\\[pP]\{([A-Za-z0-9_=]+)\}")
_COUNT = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_NAME = re.compile(r"\(\?<([^>]*)>")
_LOOK = re.compile(r"\(\?<?[=!]")

Ranges = tuple[tuple[int, int], ...]


class NotSupportedError(ValueError):
    """A part of ECMA-262 that cannot be had in linear time, or not here; the message is a clause about the pattern."""


class NotEcmaError(ValueError):
    """A text that is no pattern of ECMA-262; the message is a clause about it."""


def translated(pattern: str, flags: str = "u") -> str:
    """Write a pattern as RE2 reads it, meaning the same. Raises `NotSupportedError` and `NotEcmaError`."""
    for flag in flags:
        if flag not in FLAGS or flags.count(flag) > 1:
            refuse(f"the flag {flag!r} is not supported; flags are i, m, s and u, once each")
    return _Reader(pattern, frozenset(flags)).read()


@dataclass(slots=True)
class _Reader:
    """Reads from the left, with the groups that are open on a stack: nesting costs no recursion."""

    pattern: str
    flags: frozenset[str]
    at: int = 0
    written: list[str] = field(default_factory=list)
    open: list[int] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    repeatable: bool = False  # what was read last may be repeated

    def read(self) -> str:
        while self.at < len(self.pattern):
            self.term(self.pattern[self.at])
        if self.open:
            self.fail("( is never closed", self.open[-1])
        return f"(?i:{''.join(self.written)})" if "i" in self.flags else "".join(self.written)

    def term(self, first: str) -> None:
        reading = _TERMS.get(first)
        if reading is not None:
            reading(self)
        elif first in "]{}" and "u" in self.flags:
            self.fail(rf"{first} stands alone; write \{first}")
        elif _is_surrogate(ord(first)):
            refuse("it holds half of a surrogate pair")
        else:
            self.add(_character(ord(first)), 1)

    def add(self, text: str, length: int, *, repeatable: bool = True) -> None:
        self.written.append(text)
        self.at += length
        self.repeatable = repeatable

    def fail(self, what: str, at: int | None = None) -> NoReturn:
        place = self.at if at is None else at
        raise NotEcmaError(f"{what} (character {place + 1})")  # noqa: EM102, TRY003 - the sentence is made where it is known

    def begin(self) -> None:
        self.add("(?m:^)" if "m" in self.flags else r"\A", 1, repeatable=False)

    def end(self) -> None:
        self.add("(?m:$)" if "m" in self.flags else r"\z", 1, repeatable=False)

    def dot(self) -> None:
        ranges = ((0, _LAST),) if "s" in self.flags else _rest(_BREAKS)
        self.add(_bracketed(False, _ranges(ranges)), 1)

    def either(self) -> None:
        self.add("|", 1, repeatable=False)

    def open_group(self) -> None:
        if _LOOK.match(self.pattern, self.at):
            refuse("look-around is not supported")
        self.open.append(self.at)
        named = _NAME.match(self.pattern, self.at)
        if named:
            self.name(named[1])
            self.add("(", len(named[0]), repeatable=False)
        elif self.pattern.startswith("(?:", self.at):
            self.add("(?:", 3, repeatable=False)
        elif self.pattern.startswith("(?", self.at):
            self.unknown_group()
        else:
            self.add("(", 1, repeatable=False)

    def name(self, name: str) -> None:
        if not name.replace("$", "_").isidentifier():
            self.fail(f"{name!r} is no name of a group")
        if name in self.names:
            self.fail(f"two groups are named {name!r}")
        self.names.add(name)

    def unknown_group(self) -> NoReturn:
        start = self.pattern[self.at : self.at + 4]
        if re.match(r"\(\?[imsU-]", start):
            refuse("flags inside of it are not supported; write both cases, such as [Aa]")
        if start.startswith("(?P<"):
            self.fail("(?P<NAME>...) is Python's; write (?<NAME>...)")
        self.fail(f"{start} begins no group")

    def close(self) -> None:
        if not self.open:
            self.fail(") closes nothing")
        self.open.pop()
        self.add(")", 1)

    def repeat(self) -> None:
        counted = _COUNT.match(self.pattern, self.at)
        if self.pattern[self.at] == "{" and counted is None:
            if "u" in self.flags:
                self.fail(r"{ stands alone; write \{")
            self.add(r"\{", 1)
            return
        if not self.repeatable:
            self.fail("there is nothing to repeat")
        text = counted[0] if counted else self.pattern[self.at]
        lazy = "?" if self.pattern.startswith("?", self.at + len(text)) else ""
        self.written.append((self.count(counted) if counted else text) + lazy)
        self.at += len(text + lazy)
        self.repeatable = False

    def count(self, counted: re.Match[str]) -> str:
        """Write `{2,3}` anew: RE2 would take one with zeros in front for plain text."""
        least, most = int(counted[1]), int(counted[3] or counted[1])
        if most < least:
            self.fail(f"the numbers of {counted[0]} are out of order")
        if most > _MOST_REPEATED:
            refuse("it repeats something more than 1,000 times; use minLength and maxLength")
        return f"{{{least}{counted[2] or ''}{most if counted[3] else ''}}}"

    def escape(self) -> None:
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter in ("b", "B"):
            self.add(f"\\{letter}", 2, repeatable=False)
        elif letter in "123456789k" and letter:
            refuse("references back are not supported")
        else:
            read = self.one()
            self.add(_character(read) if isinstance(read, int) else _bracketed(*read), 0)

    def one(self) -> int | Characters:
        """Read an escape that stands for one character: its number, or the characters that it may be."""
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter.lower() in _SETS and letter:
            self.at += 2
            held = _SETS[letter.lower()]
            return False, _ranges(held if letter.islower() else _rest(held))
        if letter in ("p", "P") and "u" in self.flags:
            return self.property()
        return self.number(letter)

    def property(self) -> Characters:
        found = _PROPERTY.match(self.pattern, self.at)
        if found is None:
            self.fail(r"a property is written \p{...}")
        try:
            held = property_class(found[1], negated=self.pattern[self.at + 1] == "P")
        except LookupError as error:
            self.fail(str(error.args[0]))
        except ValueError as error:
            refuse(str(error))
        self.at += len(found[0])
        return held

    def number(self, letter: str) -> int:
        if letter == "":
            self.fail(r"\ stands at the end")
        if letter in "cxu":
            return self.coded(letter)
        if letter in _CONTROLS or self.is_null(letter):
            self.at += 2
            return _CONTROLS.get(letter, 0)
        if letter not in _SYNTAX and ("u" in self.flags or letter.isalnum() or letter == "_"):
            self.fail(rf"\{letter} is no escape" + ("" if letter.isalnum() else f"; write {letter}"))
        self.at += 2
        return ord(letter)

    def is_null(self, letter: str) -> bool:
        return letter == "0" and not self.pattern[self.at + 2 : self.at + 3].isdecimal()

    def coded(self, letter: str) -> int:
        r"""Read `\cA`, `\x41`, `\u0041`, a surrogate pair, or `\u{41}`."""
        pair = _PAIR.match(self.pattern, self.at)
        if pair:
            self.at += len(pair[0])
            return 0x10000 + ((int(pair[1], 16) & 0x3FF) << 10) + (int(pair[2], 16) & 0x3FF)
        found = _CODED.match(self.pattern, self.at)
        if found is None or (found["any"] and "u" not in self.flags):
            self.fail(rf"\{letter} stands before no number of a character")
        if found["control"]:
            self.at += 3
            return ord(found["control"]) & 31
        number = int(found["two"] or found["four"] or found["any"], 16)
        if number > _LAST:
            self.fail(f"{found[0]} is no character of Unicode")
        if _is_surrogate(number):
            refuse(f"{found[0]} is half of a surrogate pair, which no text holds")
        self.at += len(found[0])
        return number

    def class_(self) -> None:
        begin = self.at
        negated = self.pattern.startswith("[^", self.at)
        self.at += 2 if negated else 1
        held: list[Characters] = []
        while not self.pattern.startswith("]", self.at):
            if self.at >= len(self.pattern):
                self.fail("[ is never closed", begin)
            held.extend(self.range())
        self.add(_bracketed(*_union(held, negated=negated)), 1)

    def range(self) -> list[Characters]:
        begin = self.at
        first = self.atom()
        follows = self.pattern[self.at : self.at + 2]
        if follows[:1] != "-" or follows[1:] in ("]", ""):
            return [_characters(first)]
        self.at += 1
        last = self.atom()
        if isinstance(first, int) and isinstance(last, int):
            if first > last:
                self.fail(f"the range {self.pattern[begin : self.at]} is out of order", begin)
            return [(False, _ranges(((first, last),)))]
        if "u" in self.flags:
            self.fail(f"{self.pattern[begin : self.at]} is no range", begin)
        return [_characters(part) for part in (first, 0x2D, last)]

    def atom(self) -> int | Characters:
        first = self.pattern[self.at]
        if first != "\\":
            if _is_surrogate(ord(first)):
                refuse("it holds half of a surrogate pair")
            self.at += 1
            return ord(first)
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter in ("b", "-"):
            self.at += 2
            return 8 if letter == "b" else 0x2D
        if letter in "123456789kB" and letter:
            self.fail(rf"\{letter} is no escape in a class")
        return self.one()


_TERMS = {
    "^": _Reader.begin,
    "$": _Reader.end,
    ".": _Reader.dot,
    "|": _Reader.either,
    "(": _Reader.open_group,
    ")": _Reader.close,
    "[": _Reader.class_,
    "\\": _Reader.escape,
    **dict.fromkeys("*+?{", _Reader.repeat),
}


def refuse(what: str) -> NoReturn:
    """Raise `NotSupportedError`."""
    raise NotSupportedError(what)


def _is_surrogate(number: int) -> bool:
    return 0xD800 <= number <= 0xDFFF  # noqa: PLR2004 - as Unicode has them


def _character(number: int) -> str:
    plain = chr(number)
    return plain if plain.isascii() and plain.isalnum() else rf"\x{{{number:x}}}"


def _ranges(ranges: Ranges) -> str:
    return "".join(_character(low) if low == high else f"{_character(low)}-{_character(high)}" for low, high in ranges)


def _characters(read: int | Characters) -> Characters:
    return (False, _ranges(((read, read),))) if isinstance(read, int) else read


def _union(parts: list[Characters], *, negated: bool) -> Characters:
    if len(parts) == 1:
        others, held = parts[0]
        return others != negated, held
    if any(others for others, _ in parts):
        refuse("a property with unassigned characters is not supported beside others in brackets")
    return negated, "".join(held for _, held in parts)


def _bracketed(others: bool, held: str) -> str:  # noqa: FBT001 - the two of `Characters`
    if not held:  # `[]`, which is no character, and `[^]`, which is any
        return _bracketed(not others, _ranges(((0, _LAST),)))
    return f"[^{held}]" if others else f"[{held}]"


def _rest(ranges: Ranges) -> Ranges:
    """Give all characters that are in none of some ranges, which are sorted."""
    edges = [-1, *(edge for pair in ranges for edge in pair), _LAST + 1]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((low + 1, high - 1) for low, high in pairs if low + 1 <= high - 1)
