"""YAML as JSON writes it: what JSON can say, in YAML's form. No anchors, tags, dates, or other spellings of true and false.

The events of the parser are put together here, without recursion, so that nesting is counted before it can do harm.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from yaml import CSafeLoader
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from catalog.values import Json
from fragments.problems import Problem

NESTING = 64
"""How deep documents may be nested."""

MOST_DIGITS = 300
"""How many digits an integer may have; no float of that size is infinite."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_CONSTANTS: dict[str, Json] = {"": None, "~": None, "null": None, "true": True, "false": False}
_PLAIN_TAGS = {None, "!"}
_KEY_HINT = 'Keys are texts. A text that begins with {{ needs quotes: "{{ input.x }}".'


class _Refused(Exception):  # noqa: N818 - carries a problem out of the parser's loop, never leaves this module
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet. `key` waits for its value."""

    value: list[Json] | dict[str, Json]
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    open: list[_Open] = field(default_factory=list)
    roots: list[Json] = field(default_factory=list)

    def take(self, event: Event) -> None:
        if isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self.open.pop()
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._begin(event)
        elif isinstance(event, ScalarEvent):
            self._scalar(event)
        elif isinstance(event, AliasEvent):
            _refuse("yaml.unsupported", "aliases are not supported.", event, "Write the value out.")
        elif isinstance(event, DocumentStartEvent) and self.roots:
            _refuse("yaml.unsupported", "a second document begins.", event, "One document in one text.")

    def _begin(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        _refuse_extras(event)
        if len(self.open) >= NESTING:
            _refuse("document.nesting", f"nested more than {NESTING} deep.", event)
        if self._awaits_key():
            _refuse("yaml.unsupported", "a key is a list or a mapping.", event, _KEY_HINT)
        fresh: Any = {} if isinstance(event, MappingStartEvent) else []
        self._put(fresh)
        self.open.append(_Open(fresh))

    def _scalar(self, event: ScalarEvent) -> None:
        _refuse_extras(event)
        if not self._awaits_key():
            self._put(_scalar(event))
            return
        top = self.open[-1]
        if event.value in top.value:
            _refuse("yaml.duplicate_key", f"the key {event.value!r} stands twice.", event, "Keep one.")
        top.key = event.value

    def _awaits_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].value, dict) and self.open[-1].key is None

    def _put(self, value: Json) -> None:
        if not self.open:
            self.roots.append(value)
            return
        top = self.open[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is not None:
            top.value[top.key] = value
            top.key = None


def read_yaml(text: str) -> tuple[Json, tuple[Problem, ...]]:
    """Read one YAML document; problems carry line and column. The value means nothing where there are problems."""
    builder = _Builder()
    loader = CSafeLoader(text)
    try:
        while (event := loader.get_event()) is not None:
            builder.take(event)
    except _Refused as refused:
        return None, (refused.problem,)
    except YAMLError as error:
        return None, (_syntax(error),)
    finally:
        loader.dispose()
    return (builder.roots[0] if builder.roots else None), ()


def integer(text: str) -> int:
    """Read an integer. Raises `ValueError` for more digits than any use has."""
    if len(text) > MOST_DIGITS:
        msg = f"an integer of {len(text)} digits"
        raise ValueError(msg)
    return int(text)


def finite(text: str) -> float:
    """Read a float. Raises `ValueError` where it is too large to be finite."""
    number = float(text)
    if not math.isfinite(number):
        msg = f"{text[:40]} is not a finite number"
        raise ValueError(msg)
    return number


def _refuse(code: str, says: str, event: Event, hint: str = "") -> NoReturn:
    mark = event.start_mark
    place = f"Line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
    raise _Refused(Problem(code=code, where="", says=f"{place}{says}", hint=hint))


def _refuse_extras(event: ScalarEvent | MappingStartEvent | SequenceStartEvent) -> None:
    if event.anchor is not None:
        _refuse("yaml.unsupported", "anchors are not supported.", event, "Write the value out where it is used.")
    if event.tag not in _PLAIN_TAGS:
        _refuse("yaml.unsupported", f"the tag {event.tag} is not supported.", event, "Leave the tag out.")


def _scalar(event: ScalarEvent) -> Json:
    text = event.value
    if not event.implicit[0]:  # quoted, or a block
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_FINITE.fullmatch(text):
        _refuse("yaml.number", f"{text} is not a finite number.", event)
    if not _NUMBER.fullmatch(text):
        return text
    try:
        return integer(text) if _INTEGER.fullmatch(text) else finite(text)
    except ValueError as error:
        _refuse("yaml.number", f"{error}.", event)


def _syntax(error: YAMLError) -> Problem:
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        reason = error.problem or "not YAML"
        place = f"Line {mark.line + 1}, column {mark.column + 1}: "
        hint = _indentation_hint(reason)
        return Problem(code="yaml.syntax", where="", says=f"{place}{reason}.", hint=hint)
    return Problem(code="yaml.syntax", where="", says=f"This is not YAML: {error}"[:300])


def _indentation_hint(reason: str) -> str:
    if "could not find expected" in reason or "did not find expected" in reason:
        return "Look at the indentation here, and quote texts that hold ': ', '{{' or '#'."
    return ""
