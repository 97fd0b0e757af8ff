r"""What a text may hold in disguise: its decodings, each with the way back to the places in the text.

Secrets are printable ASCII, so texts are compared as bytes: ASCII alone (what looks the same is taken for it), without blanks,
controls and everything invisible, in small letters. What may be digits of an encoding is sought by patterns and decoded from
every place where a byte may begin. Patterns and decoders run in C and in time proportional to the text; the way back is made
only where something was found.

    escapes      %41 %u0041 \u0041 \u{41} \x41 \101 0x41, &#65; &#x41; &lpar; =41 (quoted-printable), mixed
    base64       plain and for URLs, also of UTF-7 and in lines (MIME)
    base32       RFC 4648 and its hex alphabet, in capitals or small letters
    base16       also in pairs with something between
    base85       Ascii85, RFC 1924, Z85
    numbers      lists of character codes (115, 101, 99) and of eight bits (01110011)
    UTF-16       bytes, and bytes that were read two by two
"""

import codecs
import re
from array import array
from binascii import a2b_base64, a2b_hex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html.entities import html5

DEPTH = 3
"""Decodings of each other that are undone."""

WORK = 256
"""Bytes that are looked at, per byte of the text, before a text counts as one that hides something."""

SPARE_BYTES = 1 << 20
SHORT_BYTES = 1 << 10
BASE85_BYTES = 16 << 10  # it is decoded in Python: of longer texts, the first so many digits

Range = tuple[int, int]

_PRINTABLE = bytes(range(0x21, 0x7F))
_JUNK = bytes(set(range(256)) - set(_PRINTABLE))
_CONTROLS = bytes(set(_JUNK) - set(b" "))
_SMALL = bytes(sign + 32 if 0x41 <= sign <= 0x5A else sign for sign in range(256))  # noqa: PLR2004 - A to Z
_APART = re.compile(rb"(?:[!-~][\x00-\x20\x7f-\xff]{1,7}){7,}[!-~]")
_ALIKE = {
    **{0xFEE0 + sign: sign for sign in range(0x21, 0x7F)},  # full width
    **{0x1D400 + at: (0x41, 0x61)[at % 52 // 26] + at % 26 for at in range(13 * 52)},  # mathematical letters, 13 styles
    **{0x1D7CE + at: 0x30 + at % 10 for at in range(50)},  # and digits, 5 styles
}
_PAIRED = re.compile("[\u2020-\u7e7e]{4}")
_BEYOND = re.compile("[\U00010000-\U0010ffff\ud800-\udfff]")

_ESCAPE = re.compile(
    rb"%u([0-9a-f]{4})|%([0-9a-f]{2})|\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})"
    rb"|&#x([0-9a-f]{1,6});?|=([0-9a-f]{2})|0x([0-9a-f]{2})(?![0-9a-f])[ \t\r\n,;]*"
    rb"|\\([0-7]{3})|&#([0-9]{1,7});?|&([a-z]{2,12});|\\([\"'\\/])|(=[ \t]*\r?\n)",
    re.IGNORECASE,
)
_HEXADECIMAL, _OCTAL, _DECIMAL, _NAMED, _ITSELF = range(1, 9), 9, 10, 11, 12  # groups of the pattern
_NAMES = {name.removesuffix(";").encode(): sign.encode() for name, sign in html5.items() if len(sign) == 1 and sign.isascii()}

_CODE, _BYTE = re.compile(rb"[0-9]{1,3}"), re.compile(rb"[01]{8}")
_RARE = re.compile(rb"[]!\"#$'()*,;<>@[\\^`{|}~]")  # what base85 has among its digits, and words and addresses have not

_LETTERS, _DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789"
_BASE64 = _LETTERS + _LETTERS.lower() + _DIGITS + b"+/-_"
_TO_64 = bytes.maketrans(b"-_", b"+/")
_DIGITS_32 = _DIGITS + _LETTERS[:22]
_BASES_32 = {
    _LETTERS + _LETTERS.lower() + b"234567": bytes.maketrans(
        _LETTERS + _LETTERS.lower() + b"234567", _DIGITS_32[:26] * 2 + _DIGITS_32[26:]
    ),
    _DIGITS_32 + _DIGITS_32[10:].lower(): bytes(range(256)),
}
_BASE16 = _DIGITS + b"ABCDEFabcdef"
_BASES_85 = (
    bytes(range(33, 118)),  # Ascii85
    _DIGITS + _LETTERS + _LETTERS.lower() + b"!#$%&()*+-;<=>?@^_`{|}~",  # RFC 1924, as Git and Python write it
    _DIGITS + _LETTERS.lower() + _LETTERS + b".-:+=^!/*?&<>()[]{}@%$#",  # Z85
)


class TangledError(Exception):
    """A text unfolds to more than it is worth looking at."""


@dataclass(frozen=True, slots=True)
class View:
    """A decoding of a text: what it says, and the way back: where bytes `i` to `j` of it stand in the text."""

    content: bytes
    back: Callable[[int, int], Range]


def places(text: str, needles: Iterable[bytes], *, work: int = WORK, spare_bytes: int = SPARE_BYTES) -> list[Range]:
    """Tell where any of `needles` stands in a text, plain or in disguise; ranges may overlap.

    Needles are as `plain` makes them. A text that unfolds beyond measure is one range.
    """
    wanted = tuple(needles)
    if not wanted:
        return []
    search = _Search(wanted, budget=work * len(text) + spare_bytes)
    try:
        for view in _roots(text):
            search.look(view, DEPTH)
    except TangledError:
        return [(0, len(text))]
    return search.found


def examined(text: str, needles: Sequence[bytes]) -> int:
    """Tell how many bytes are looked at to search a text to the end: what is measured of the cost."""
    search = _Search(needles, budget=1 << 62)
    for view in _roots(text):
        search.look(view, DEPTH)
    return search.examined


def plain(text: str) -> bytes:
    """Give what is compared of a text."""
    return _ascii(text).translate(_SMALL, _JUNK)


class _Patterns:
    """What may be digits of an encoding of at least `shortest` bytes."""

    def __init__(self, shortest: int) -> None:
        d64 = b"[A-Za-z0-9+/_-]"
        lines = rb"%s++(?:=*[ \t]*\r?\n[ \t]*%s++)+" % (d64, d64)
        self.base64 = re.compile(rb"%s|%s{%d,}" % (lines, d64, -(-shortest * 8 // 6)))
        d32 = -(-shortest * 8 // 5)
        self.base32 = re.compile(rb"[A-Z2-7\r\n]{%d,}|[a-z2-7\r\n]{%d,}" % (d32, d32))
        self.base32_hex = re.compile(rb"[0-9A-V\r\n]{%d,}|[0-9a-v\r\n]{%d,}" % (d32, d32))
        self.base16 = re.compile(rb"[0-9A-Fa-f\r\n]{%d,}" % (2 * shortest))
        self.pairs = re.compile(rb"(?:[0-9A-Fa-f]{2}[ \t\r\n:,;.|+-]{1,2}){%d,}[0-9A-Fa-f]{2}" % (shortest - 1))
        self.base85 = re.compile(rb"[!-~]{%d,}" % (shortest * 5 // 4))
        self.codes = re.compile(rb"(?:[0-9]{1,3}[ \t\r\n,;+]{1,3}){%d,}[0-9]{1,3}" % (shortest - 1))
        self.bits = re.compile(rb"(?:[01]{8}[ \t\r\n,;+]{0,2}){%d,}" % shortest)
        self.text = re.compile(rb"[\t\n\r\x20-\x7e]{%d,}" % (shortest * 5 // 4))


class _Search:
    def __init__(self, needles: Sequence[bytes], *, budget: int) -> None:
        self.found: list[Range] = []
        self.examined = 0
        self._needles = needles
        # What was encoded may have lost a digit at its end, and with it no more than a few bits.
        self._cut = (*needles, *(part for needle in needles for part in (needle[:-1], needle[1:])))
        self._patterns = _Patterns(min(map(len, needles)) - 1)
        self._budget = budget

    def look(self, view: View, depth: int) -> None:
        """Search a view and, `depth` times, what it may be decoded to."""
        self._match(view, self._needles if depth == DEPTH else self._cut)
        if b"+" in view.content:  # a blank, in forms
            form = View(view.content.replace(b"+", b" "), view.back)
            self._match(form, self._needles)
            self._unescape(form, depth)
        if depth == 0:
            return
        self._undo(view, depth)
        dense = _dense(view)
        if dense is not view:
            self._undo(dense, depth)

    def _undo(self, view: View, depth: int) -> None:
        self._unescape(view, depth)
        known: set[bytes] = set()
        for decoded in _decodings(view, self._patterns):
            self._match(decoded, self._cut)
            inner = _only(_single(decoded), self._patterns.text)
            if inner.content and inner.content not in known:
                known.add(inner.content)
                self.look(inner, depth - 1)

    def _unescape(self, view: View, depth: int) -> None:
        for decoded in _escapes(view) if depth else ():
            self.look(decoded, depth - 1)

    def _match(self, view: View, needles: Iterable[bytes]) -> None:
        self.examined += len(view.content)
        if self.examined > self._budget:
            raise TangledError
        compared = view.content.translate(_SMALL, _JUNK)
        kept: array[int] | None = None
        for needle in needles:
            at = compared.find(needle)
            while at >= 0:
                kept = kept or _kept(view.content, _PRINTABLE)
                self.found.append(view.back(kept[at], kept[at + len(needle) - 1] + 1))
                at = compared.find(needle, at + len(needle))


def _dense(view: View) -> View:
    """Keep what has something between each two characters, without that: blanks, controls, the second bytes of UTF-16."""
    runs = _only(view, _APART)
    size = len(runs.content)
    if not size:
        return view
    if runs.content.count(0) * 3 >= size:
        return _without(runs, b"\0")
    controls = size - runs.content.count(b" ") - len(runs.content.translate(None, _JUNK))
    return _without(runs, _CONTROLS if controls * 3 >= size else b" ")


def _single(view: View) -> View:
    """Leave out the second bytes of UTF-16."""
    return _without(view, b"\0") if view.content.count(0) * 5 >= len(view.content) * 2 else view


def _without(view: View, left_out: bytes) -> View:
    @cache
    def kept() -> "array[int]":
        return _kept(view.content, bytes(set(range(256)) - set(left_out)))

    content = view.content.translate(None, left_out)
    return View(content, lambda start, end: view.back(kept()[start], kept()[end - 1] + 1))


def _roots(text: str) -> Iterator[View]:
    """Read a text as it is and backwards; where it has other letters, also as bytes that were read two by two."""
    content, length = _ascii(text), len(text)
    yield View(content, lambda start, end: (start, end))
    yield View(content[::-1], lambda start, end: (length - end, length - start))
    if _PAIRED.search(text):
        pairs = _BEYOND.sub("\0", text)
        for order in ("utf-16-le", "utf-16-be"):
            yield View(pairs.encode(order), lambda start, end: (start // 2, -(-end // 2)))


def _ascii(text: str) -> bytes:
    """Write one byte per character: what looks like ASCII as that, NUL for all else."""
    return text.encode() if text.isascii() else text.translate(_ALIKE).encode("ascii", "goalwright-nul")


codecs.register_error("goalwright-nul", lambda error: (b"\0" * (error.end - error.start), error.end))  # type: ignore[attr-defined]  # of encoding


def _kept(content: bytes, alphabet: bytes) -> "array[int]":
    wanted = frozenset(alphabet)
    return array("I", [at for at, byte in enumerate(content) if byte in wanted])


def _only(view: View, pattern: re.Pattern[bytes]) -> View:
    """Keep what fits, with a mark between."""
    found = [match.span() for match in pattern.finditer(view.content)]

    @cache
    def origins() -> "array[int]":
        made = array("I")
        for start, end in found:
            made.extend(range(start, end + 1))
        return made

    def back(start: int, end: int) -> Range:
        return view.back(origins()[start], origins()[end - 1] + 1)

    return View(b"\x1f".join(view.content[start:end] for start, end in found), back)


def _escapes(view: View) -> Iterator[View]:
    """Undo escapes of one character each, of all kinds at once."""
    content = view.content
    if not _ESCAPE.search(content):
        return

    @cache
    def origins() -> "tuple[array[int], array[int]]":
        starts, ends, at = array("I"), array("I"), 0
        for match in _ESCAPE.finditer(content):
            starts.extend(range(at, match.start()))
            ends.extend(range(at + 1, match.start() + 1))
            width = len(_unescaped(match))
            if width == 1:
                starts.append(match.start())
                ends.append(match.end())
            elif width:  # no escape after all
                starts.extend(range(match.start(), match.end()))
                ends.extend(range(match.start() + 1, match.end() + 1))
            at = match.end()
        starts.extend(range(at, len(content)))
        ends.extend(range(at + 1, len(content) + 1))
        return starts, ends

    def back(start: int, end: int) -> Range:
        starts, ends = origins()
        return view.back(starts[start], ends[end - 1])

    yield View(_ESCAPE.sub(_unescaped, content), back)


def _unescaped(match: re.Match[bytes]) -> bytes:
    kind = match.lastindex or 0
    said = match[kind]
    if kind in _HEXADECIMAL:
        return _sign(int(said, 16))
    if kind == _OCTAL:
        return _sign(int(said, 8))
    if kind == _DECIMAL:
        return _sign(int(said))
    if kind == _NAMED:
        return _NAMES.get(said, _NAMES.get(said.lower(), match[0]))
    return said if kind == _ITSELF else b""


def _sign(code: int) -> bytes:
    code = _ALIKE.get(code, code)
    return bytes((code,)) if code < 0x80 else b"\0"  # noqa: PLR2004 - the end of ASCII


def _decodings(view: View, patterns: _Patterns) -> Iterator[View]:
    runs = _only(view, patterns.base64)
    if runs.content:
        yield from _base64(runs)
        for pattern, (alphabet, table) in zip((patterns.base32, patterns.base32_hex), _BASES_32.items(), strict=True):
            yield from _base32(_only(runs, pattern), alphabet, table)
        yield from _base16(_only(runs, patterns.base16))
    yield from _base16(_only(view, patterns.pairs))
    yield from _numbers(_only(view, patterns.codes), _CODE, 10)
    yield from _numbers(_only(view, patterns.bits), _BYTE, 2)
    runs = _only(view, patterns.base85)
    if len(runs.content) <= SHORT_BYTES or _RARE.search(runs.content):
        for alphabet in _BASES_85:
            yield from _base85(runs, alphabet)


def _base64(view: View) -> Iterator[View]:
    digits = view.content.translate(_TO_64, bytes(set(range(256)) - set(_BASE64)))
    back = _way_back(view, _BASE64)
    for phase in range(min(4, len(digits))):
        whole = digits[phase:] + b"A" * (-(len(digits) - phase) % 4)

        def digit(byte: int, phase: int = phase) -> Range:
            return phase + byte * 4 // 3, phase + (byte * 8 + 7) // 6

        yield View(a2b_base64(whole), back(digit))


def _base32(view: View, alphabet: bytes, table: bytes) -> Iterator[View]:
    digits = view.content.translate(table, bytes(set(range(256)) - set(alphabet)))
    if not digits:
        return
    number, back = int(digits, 32), _way_back(view, alphabet)
    for shift in range(8):
        bits = 5 * len(digits) - shift
        size = -(-bits // 8)
        ahead = size * 8 - bits

        def digit(byte: int, ahead: int = ahead) -> Range:
            return max(0, byte * 8 - ahead) // 5, (byte * 8 + 7 - ahead) // 5

        yield View((number >> shift).to_bytes(size, "big"), back(digit))


def _base16(view: View) -> Iterator[View]:
    digits = view.content.translate(None, bytes(set(range(256)) - set(_BASE16)))
    back = _way_back(view, _BASE16)
    for phase in range(min(2, len(digits))):
        whole = digits[phase : len(digits) - (len(digits) - phase) % 2]

        def digit(byte: int, phase: int = phase) -> Range:
            return phase + byte * 2, phase + byte * 2 + 1

        yield View(a2b_hex(whole), back(digit))


def _base85(view: View, alphabet: bytes) -> Iterator[View]:
    table = bytes.maketrans(alphabet, bytes(range(85)))
    digits = view.content.translate(table, bytes(set(range(256)) - set(alphabet)))[:BASE85_BYTES]
    back = _way_back(view, alphabet)
    for phase in range(min(5, len(digits))):
        part = digits[phase:] + b"\x54" * (-(len(digits) - phase) % 5)
        fives = zip(part[::5], part[1::5], part[2::5], part[3::5], part[4::5], strict=True)
        words = array("I", [(((a * 85 + b) * 85 + c) * 85 + d) * 85 + e & 0xFFFFFFFF for a, b, c, d, e in fives])
        words.byteswap()

        def digit(byte: int, phase: int = phase) -> Range:
            return phase + byte // 4 * 5, phase + byte // 4 * 5 + 4

        yield View(words.tobytes(), back(digit))


def _numbers(listed: View, one: re.Pattern[bytes], base: int) -> Iterator[View]:
    if not listed.content:
        return
    spans = [match.span() for match in one.finditer(listed.content)]
    codes = [int(listed.content[start:end], base) for start, end in spans]
    content = bytes(code if code < 0x80 else 0 for code in codes)  # noqa: PLR2004 - the end of ASCII
    yield View(content, lambda start, end: listed.back(spans[start][0], spans[end - 1][1]))


def _way_back(view: View, alphabet: bytes) -> "Callable[[Callable[[int], Range]], Callable[[int, int], Range]]":
    """Lead from bytes to the first and last digit of each, and from digits to the view; the digits are sought once."""

    @cache
    def kept() -> "array[int]":
        return _kept(view.content, alphabet)

    def with_digits(digits: Callable[[int], Range]) -> Callable[[int, int], Range]:
        def back(start: int, end: int) -> Range:
            first, last = digits(start)[0], digits(end - 1)[1]
            places = kept()
            return view.back(places[first], places[min(last, len(places) - 1)] + 1)

        return back

    return with_digits
