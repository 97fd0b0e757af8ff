"""Hides the values of secrets in texts that leave a worker, however they are spelt or encoded."""

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from broker.host.decodings import Range, places, plain
from broker.orders import Loan

MASK = "***"
PARTS_FROM = 8  # characters; a shorter half of user:password is an ordinary word

_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}  # of HTML and XML
LEAST = 6  # characters of a value without its blanks that are sought in disguise; fewer are sought as they are
_SPELLINGS = 16  # characters that one may take once or twice encoded: four in UTF-16 as hexadecimal, each of them escaped
_BETWEEN = "\x1e"  # texts of a document that are searched together


class Masks:
    """What is hidden in one call: the values of its secrets, and the placeholders that stand for them.

    A value is found as it is, in other case, backwards or turned by 13 letters, with anything invisible or blank between its
    characters, and in whatever `broker.host.decodings` undoes, also one within another, three deep.
    """

    def __init__(self, loans: Iterable[Loan], keys: Iterable[str] = ()) -> None:
        """Hide the values of `loans`, and `keys`, which no guest has a placeholder for."""
        placeholders = {loan.value: loan.placeholder for loan in loans}
        values = {*placeholders, *keys}
        halves = {half for value in values if ":" in value if len(half := value.partition(":")[2]) >= PARTS_FROM}
        self._spelled = {value: _spelled(value) for value in sorted(values | halves, key=len, reverse=True)}
        self._needles = frozenset(needle for value in values | halves for needle in _needles(value))
        self._short = [pattern for value, pattern in self._spelled.items() if len(plain(value)) < LEAST]
        self._placeholders: Mapping[str, str] = placeholders
        self._marks = re.compile("|".join(map(re.escape, placeholders.values())))
        self._longest = max((len(value) for value in values), default=0) * _SPELLINGS

    def __bool__(self) -> bool:
        """Say whether there is anything to hide."""
        return bool(self._spelled)

    def marks(self, text: str) -> bool:
        """Say whether a placeholder of this call stands in `text`."""
        return bool(self._placeholders) and self._marks.search(text) is not None

    def masked(self, text: str) -> str:
        """Put `***` in place of every value and every placeholder."""
        if not self:
            return text
        return _covered(text, self._places(text))

    def veiled(self, text: str) -> str:
        """Put a value's placeholder in its place, `***` where it is encoded: for what comes in and the guest may send again."""
        for value, pattern in self._spelled.items():
            text = pattern.sub(self._placeholders.get(value, MASK), text)
        return _covered(text, places(text, self._needles))

    def shortened(self, text: str, length: int) -> str:
        """Give the first `length` characters, masked; none of them is the beginning of a value that was cut."""
        if not self:
            return text[:length]
        piece = text[: length + self._longest]
        whole = self.masked(piece)
        return (whole if len(piece) == len(text) else whole[: len(whole) - self._longest])[:length]

    def masked_json(self, content: bytes) -> bytes:
        """Mask every text, name and number of a JSON document; as plain text what is none, or too deep.

        All are searched at once, so that the time is that for one text, and a value that was split among neighbours is found.
        """
        if not self:
            return content
        try:
            document = json.loads(content)
            texts = list(_texts(document))
            covered = iter(_each_covered(texts, self._places(_BETWEEN.join(texts))))
            return json.dumps(_with_texts(document, lambda: next(covered)), separators=(",", ":")).encode()
        except (ValueError, RecursionError):
            return self.masked(content.decode("utf-8", "replace")).encode("utf-8", "replace")

    def _places(self, text: str) -> list[Range]:
        found = places(text, self._needles)
        patterns = [*self._short, self._marks] if self._placeholders else self._short
        return found + [match.span() for pattern in patterns for match in pattern.finditer(text)]


NOTHING = Masks(())
"""For calls without secrets."""


def _spelled(value: str) -> re.Pattern[str]:
    """Match `value` with each of its characters plain or escaped."""
    return re.compile("".join(_spellings(character) for character in value))


def _spellings(character: str) -> str:
    code = ord(character)
    ways = [f"%(?i:{code:02x})", rf"\\u00(?i:{code:02x})", f"&#0?{code};", f"&#[xX](?i:{code:x});"]
    if character in '"\\/':
        ways.append(re.escape(f"\\{character}"))
    if character in _NAMED:
        ways.append(re.escape(_NAMED[character]))
    if character == " ":
        ways.append(r"\+")
    return f"(?:{'|'.join(ways)}|{re.escape(character)})"  # the plain one last: `%` begins `%25`


def _needles(value: str) -> set[bytes]:
    """Give what is sought of a value in every decoding."""
    needle = plain(value)
    if len(needle) < LEAST:
        return set()
    return {needle, needle[::-1], codecs.encode(needle.decode(), "rot13").encode()}


def _merged(found: Iterable[Range]) -> Iterator[Range]:
    """Put ranges in order, those that touch or overlap as one."""
    begin, end = -1, -1
    for start, stop in sorted(found):
        if start > end:
            if end >= 0:
                yield begin, end
            begin, end = start, stop
        end = max(end, stop)
    if end >= 0:
        yield begin, end


def _covered(text: str, found: Iterable[Range]) -> str:
    parts, at = [], 0
    for start, end in _merged(found):
        parts += [text[at:start], MASK]
        at = end
    return "".join([*parts, text[at:]]) if parts else text


def _each_covered(texts: list[str], found: Iterable[Range]) -> Iterator[str]:
    """Cover each of several texts where ranges of all of them, one after the other, lie in it."""
    ranges = list(_merged(found))
    at, first = 0, 0
    for text in texts:
        end = at + len(text)
        while first < len(ranges) and ranges[first][1] <= at:
            first += 1
        inside, each = [], first
        while each < len(ranges) and ranges[each][0] < end:
            inside.append((max(0, ranges[each][0] - at), min(len(text), ranges[each][1] - at)))
            each += 1
        yield _covered(text, inside)
        at = end + len(_BETWEEN)


def _texts(value: object) -> Iterator[str]:
    """Give the texts of a document in order: names, texts, numbers as they are written."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from _texts(part)
    elif _is_number(value):
        yield str(value)


def _with_texts(value: object, text: Callable[[], str]) -> object:
    """Write a document with other texts, taken in the order in which `_texts` gives them."""
    if isinstance(value, str):
        return text()
    if isinstance(value, list):
        return [_with_texts(part, text) for part in value]
    if isinstance(value, dict):
        return {text(): _with_texts(part, text) for part in value.values()}
    if _is_number(value):
        return MASK if MASK in text() else value
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
