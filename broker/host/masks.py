"""Hides the values of secrets in texts that leave a worker, however they are spelt."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping

from broker.orders import Loan

MASK = "***"
PARTS_FROM = 8  # characters; a shorter half of user:password is an ordinary word

_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}  # of HTML and XML
_SPELLINGS = 6  # characters that the longest spelling of one takes: \u0041 or &#x41;


class Masks:
    """What is hidden in one call: the values of its secrets, and the placeholders that stand for them.

    A value is found as it is, with any of its characters escaped as in URLs, JSON or HTML, and as base64 (also inside a longer
    text that was encoded whole), hexadecimal or backwards. Other encodings are not known.
    """

    def __init__(self, loans: Iterable[Loan], keys: Iterable[str] = ()) -> None:
        """Hide the values of `loans`, and `keys`, which no guest has a placeholder for."""
        placeholders = {loan.value: loan.placeholder for loan in loans}
        values = {*placeholders, *keys}
        halves = {half for value in values if ":" in value if len(half := value.partition(":")[2]) >= PARTS_FROM}
        self._plain = {value: _spelled(value) for value in sorted(values | halves, key=len, reverse=True)}
        self._coded = re.compile("|".join(sorted({form for value in values | halves for form in _coded(value)})))
        self._placeholders: Mapping[str, str] = placeholders
        self._marks = re.compile("|".join(map(re.escape, placeholders.values())))
        self._longest = max((len(value) for value in values), default=0) * _SPELLINGS

    def __bool__(self) -> bool:
        """Say whether there is anything to hide."""
        return bool(self._plain)

    def marks(self, text: str) -> bool:
        """Say whether a placeholder of this call stands in `text`."""
        return bool(self._placeholders) and self._marks.search(text) is not None

    def masked(self, text: str) -> str:
        """Put `***` in place of every value and every placeholder."""
        if not self._plain:
            return text
        for pattern in self._plain.values():
            text = pattern.sub(MASK, text)
        text = self._coded.sub(MASK, text)
        return self._marks.sub(MASK, text) if self._placeholders else text

    def veiled(self, text: str) -> str:
        """Put a value's placeholder in its place, `***` where it is encoded: for what comes in and the guest may send again."""
        for value, pattern in self._plain.items():
            text = pattern.sub(self._placeholders.get(value, MASK), text)
        return self._coded.sub(MASK, text) if self._plain else text

    def shortened(self, text: str, length: int) -> str:
        """Give the first `length` characters, masked; none of them is the beginning of a value that was cut."""
        if not self._plain:
            return text[:length]
        piece = text[: length + self._longest]
        whole = self.masked(piece)
        return (whole if len(piece) == len(text) else whole[: len(whole) - self._longest])[:length]

    def masked_json(self, content: bytes) -> bytes:
        """Mask every text, name and number of a JSON document; as plain text what is none, or too deep."""
        if not self._plain:
            return content
        try:
            return json.dumps(self._masked_value(json.loads(content)), separators=(",", ":")).encode()
        except (ValueError, RecursionError):
            return self.masked(content.decode("utf-8", "replace")).encode("utf-8", "replace")

    def _masked_value(self, value: object) -> object:
        if isinstance(value, str):
            return self.masked(value)
        if isinstance(value, list):
            return [self._masked_value(part) for part in value]
        if isinstance(value, dict):
            return {self.masked(name): self._masked_value(part) for name, part in value.items()}
        if isinstance(value, (int, float)) and not isinstance(value, bool) and MASK in self.masked(str(value)):
            return MASK
        return value


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


def _coded(value: str) -> set[str]:
    """Give patterns of `value` encoded whole, or as part of something that was."""
    content = value.encode()
    forms = {re.escape(value[::-1]), f"(?i:{content.hex()})"}
    for ahead in range(3):
        digits = b64encode(bytes(ahead) + content).decode().rstrip("=")
        inner = digits[-(-ahead * 8 // 6) : (ahead + len(content)) * 8 // 6]  # what the neighbours' bits have no part in
        forms.add("".join({"+": r"(?:[+-]|%2[bB])", "/": r"(?:[/_]|%2[fF])"}.get(digit, digit) for digit in inner))
    return forms
