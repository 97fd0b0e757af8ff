"""The one reader of JSON texts that come from outside: requests, files, handlers, servers, models.

It takes what every other part of the project can keep and write again, and nothing else: no NaN, no
infinities, no numbers that would become infinite, no halves of surrogate pairs, no key twice in one
object, nothing nested beyond the limit. Built without native libraries: guests carry the same file.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import NoReturn

from schemas.limits import DEPTH, DIGITS, text_depth_exceeds
from schemas.values import Json

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[^\s",:\[\]{}]+|[\[\]{}\n]', re.DOTALL)
"""Of JSON that was read already: texts, numbers and constants, brackets, line ends."""

_SUSPECT_NUMBER = re.compile(rf"[0-9]{{{DIGITS}}}|[0-9.][eE]\+?[0-9]{{2}}")
"""Only what holds this can be a number that is too long or infinite."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
_LITERALS = {"true", "false", "null"}
_LONGEST_POINTER = 200  # in a sentence
_PART, _LONGEST = 1 << 16, DIGITS + 8  # characters
_SHOWN = 40  # characters of somebody's text in a sentence
_ENDS_EARLY = "The text ends too soon: close every brace, bracket and quote."
_BROKEN = "Look for a comma or a quote that is missing or too many just before this place."


class UnreadableJsonError(ValueError):
    """A text that is not taken as JSON: a stable code, a sentence, what to do, and where.

    `line` and `column` count from 1; `pointer` is the JSON Pointer of the value, or of the key, where
    the text is JSON so far and the whole value otherwise.
    """

    def __init__(self, says: str, *, code: str, hint: str = "", line: int = 1, column: int = 1, pointer: str = "") -> None:
        """Keep all; as a text it is the sentence with its place."""
        at = f" ({_cut(pointer)})" if pointer else ""
        super().__init__(f"Line {line}, column {column}{at}: {says}")
        self.code = code
        self.says = says
        self.hint = hint
        self.pointer = pointer
        self.line = line
        self.column = column


def read_json(
    text: str | bytes, *, depth: int = DEPTH, decode: Callable[[json.JSONDecoder, str], Json] = json.JSONDecoder.decode
) -> Json:
    """Read one JSON value, nested at most `depth` deep; bytes are UTF-8. Raises `UnreadableJsonError`.

    `decode` decodes a text as the decoder does (`schemas.slices.decode`: in pieces, so that other threads get their turns).
    """
    text = _decoded(text) if isinstance(text, bytes) else text
    if text_depth_exceeds(text, depth):
        raise _too_deep(text, depth)
    decoder = _CAREFUL if _holds(_SUSPECT_NUMBER, text) else _PLAIN
    try:
        value = decode(decoder, text)
    except json.JSONDecodeError as error:
        raise _invalid(text, error) from None
    except ValueError:
        raise _refusal(text) from None
    if _holds(_SURROGATE, text) or not _is_unicode(text):
        _hold_surrogates(text)
    return value


def integer(text: str) -> int:
    """Read an integer. Raises `ValueError` for more digits than any use has."""
    digits = len(text.removeprefix("-"))
    if digits > DIGITS:
        message = f"The number has {digits:,} digits; at most {DIGITS} are read."
        raise ValueError(message)
    return int(text)


def finite(text: str) -> float:
    """Read a float. Raises `ValueError` where it is too large to be finite."""
    number = float(text)
    if not math.isfinite(number):
        message = f"{shortened(text)} is not a finite number."
        raise ValueError(message)
    return number


def shortened(text: str) -> str:
    """Cut what somebody wrote to a length that a sentence bears."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _cut(pointer: str) -> str:
    return pointer if len(pointer) <= _LONGEST_POINTER else f"{pointer[:_LONGEST_POINTER]}..."


def place_after(before: str) -> tuple[int, int]:
    """Give line and column of the place right behind a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def json_marks(text: str) -> Iterator[tuple[tuple[int, int], str, bool]]:
    """Go through the values, keys and ends of a JSON text: where, what, and whether it is a key. The text is JSON so far."""
    line, begin, awaits_key = 1, 0, False
    objects: list[bool] = []  # of what is around, whether it is an object
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark == "\n":
            line, begin = line + 1, match.end()
            continue
        is_key = awaits_key and mark != "}"
        yield (line, match.start() - begin + 1), mark, is_key
        if mark in "{[":
            objects.append(mark == "{")
        elif mark in "]}":
            objects.pop()
        awaits_key = bool(objects) and objects[-1] and not is_key


def json_string(mark: str) -> str:
    """Read a text as JSON writes it, quotes included."""
    if "\\" not in mark:
        return mark[1:-1]
    text = json.loads(mark)
    assert isinstance(text, str), "a mark in quotes is a text"
    return text


def _decoded(content: bytes) -> str:
    try:
        return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = place_after(content[: error.start].decode("utf-8"))
        says = f"The byte 0x{content[error.start]:02X} is not UTF-8."
        raise UnreadableJsonError(says, code="json.encoding", hint="Send UTF-8.", line=line, column=column) from None


def _is_unicode(text: str) -> bool:
    return text.isascii() or not _holds(_HALF, text)


def _holds(pattern: re.Pattern[str], text: str) -> bool:
    """Say whether a pattern of at most `_LONGEST` characters is found; a part at a time, so that no search is long."""
    return any(pattern.search(text, begin, begin + _PART + _LONGEST) for begin in range(0, len(text), _PART))


class _Trail:
    """Follows the marks of a text: the way from the root to the value or key that was seen last."""

    def __init__(self) -> None:
        self._parts: list[str | int] = []  # of each object around its last key, of each list its last index

    def see(self, mark: str, *, is_key: bool) -> None:
        if mark in "]}":
            self._parts.pop()
            return
        if is_key:
            self._parts[-1] = json_string(mark)
        elif self._parts and isinstance(self._parts[-1], int):
            self._parts[-1] += 1
        if mark in "{[":
            self._parts.append("" if mark == "{" else -1)

    def pointer(self) -> str:
        escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in self._parts)
        return "".join(f"/{ascii(part)[1:-1] if _HALF.search(part) else part}" for part in escaped)


def _hold_surrogates(text: str) -> None:
    trail = _Trail()
    for (line, column), mark, is_key in json_marks(text):
        trail.see(mark, is_key=is_key)
        if mark[0] == '"' and not _is_unicode(json_string(mark)):
            says = f"The text {shortened(ascii(json_string(mark)))} holds half of a surrogate pair."
            raise UnreadableJsonError(
                says,
                code="json.surrogate",
                hint="Write both halves, or neither.",
                line=line,
                column=column,
                pointer=trail.pointer(),
            )


def _too_deep(text: str, depth: int) -> UnreadableJsonError:
    open_, at = 0, 0
    for match in _TOKEN.finditer(text):
        open_ += (match[0] in "[{") - (match[0] in "]}")
        if open_ > depth:
            at = match.start()
            break
    line, column = place_after(text[:at])
    says = f"The value is nested more than {depth} deep."
    return UnreadableJsonError(says, code="json.nesting", hint="Flatten it.", line=line, column=column)


def _invalid(text: str, error: json.JSONDecodeError) -> UnreadableJsonError:
    hint = ""
    if error.pos >= len(text.rstrip()):
        hint = _ENDS_EARLY
    elif "delimiter" in error.msg or "property name" in error.msg:
        hint = _BROKEN
    return UnreadableJsonError(f"{error.msg}.", code="json.invalid", hint=hint, line=error.lineno, column=error.colno)


def _refusal(text: str) -> UnreadableJsonError:
    """Find the first of what the decoder's hooks refuse: they are not told where it stands."""
    trail = _Trail()
    keys: list[set[str]] = []  # of the lists and objects around
    for (line, column), mark, is_key in json_marks(text):
        trail.see(mark, is_key=is_key)
        if mark in "{[":
            keys.append(set())
        elif mark in "]}":
            keys.pop()
        elif wrong := _fault(mark, keys[-1] if is_key else None):
            code, says, hint = wrong
            pointer = trail.pointer()
            return UnreadableJsonError(says, code=code, hint=hint, line=line, column=column, pointer=pointer)
    message = "the decoder refused what stands nowhere"
    raise AssertionError(message)


def _fault(mark: str, keys: set[str] | None) -> tuple[str, str, str] | None:
    """Give code, sentence and hint of a key that stands among `keys`, to which it is added, or of a value."""
    if keys is None:
        reason = _number_fault(mark)
        return None if reason is None else ("json.number", reason, "Write a finite number, a text in quotes or null.")
    key = json_string(mark)
    if key in keys:
        return "json.duplicate_key", f"The key {shortened(key)!r} stands twice in one object.", "Keep one."
    keys.add(key)
    return None


def _number_fault(mark: str) -> str | None:
    if mark[0] == '"' or mark in _LITERALS:
        return None
    read = integer if mark.removeprefix("-").isdigit() else _constant if mark[-1].isalpha() else finite
    try:
        read(mark)
    except ValueError as error:
        return str(error)
    return None


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) < len(pairs):
        message = "a key stands twice"
        raise ValueError(message)
    return value


def _constant(name: str) -> NoReturn:
    message = f"{name} is not a number in JSON."
    raise ValueError(message)


_PLAIN = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)
_CAREFUL = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_int=integer, parse_float=finite)
