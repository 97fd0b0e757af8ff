"""YAML as JSON writes it: what JSON can say, in YAML's form. No anchors, tags, dates, or other spellings of true and false.

The events of the parser are put together here, without recursion, so that nesting is counted before it can do harm.
"""

import re
from collections.abc import Callable
from string import ascii_letters
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
from yaml.reader import ReaderError

from fragments.positions import end_of
from fragments.problems import Problem
from schemas.limits import DOCUMENT_DEPTH
from schemas.reading import finite, integer, shortened
from schemas.values import Json

MOST_VALUES = 100_000
"""How many values a document may hold; keys count, too."""

TOO_MANY_VALUES = ("document.too_large", f"The document holds more than {MOST_VALUES:,} values.")
"""Code and sentence of the problem."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_CONSTANTS: dict[str, Json] = {"": None, "~": None, "null": None, "true": True, "false": False}
_LETTERS = frozenset(ascii_letters) - {"n", "t", "f"}
"""No constant and no number begins with one of these."""

_PLAIN_TAGS = {None, "!"}
_KEY_HINT = 'Keys are texts. A text that begins with {{ needs quotes: "{{ input.x }}".'


class _Refused(Exception):  # noqa: N818 - carries a problem out of the parser's loop, never leaves this module
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class _Builder:
    """Puts events together to one JSON value."""

    __slots__ = ("_around", "_count", "_key", "_within", "root", "started")

    def __init__(self) -> None:
        self.root: Json = None
        self.started = False
        self._around: list[list[Json] | dict[str, Json]] = []  # the lists and mappings whose end has not come yet
        self._within: list[Json] | dict[str, Json] | None = None  # the innermost of them
        self._key: str | None = None  # of the innermost mapping, waiting for its value
        self._count = 0

    def take_scalar(self, event: ScalarEvent) -> None:
        if event.anchor is not None or event.tag is not None:
            _refuse_extras(event)
        within = self._within
        if type(within) is dict and self._key is None:
            if event.value in within:
                _refuse("yaml.duplicate_key", f"The key {shortened(event.value)!r} stands twice.", event, "Keep one.")
            self._key = event.value
            self._count += 1
        else:
            self._put(_scalar(event), event)

    def begin(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        _refuse_extras(event)
        if len(self._around) >= DOCUMENT_DEPTH:
            _refuse("document.nesting", f"The document is nested more than {DOCUMENT_DEPTH} deep.", event)
        if isinstance(self._within, dict) and self._key is None:
            _refuse("yaml.unsupported", "A key is a list or a mapping.", event, _KEY_HINT)
        fresh: list[Json] | dict[str, Json] = {} if type(event) is MappingStartEvent else []
        self._put(fresh, event)
        self._around.append(fresh)
        self._within = fresh

    def end(self, _: Event) -> None:
        self._around.pop()
        self._within = self._around[-1] if self._around else None

    def begin_document(self, event: DocumentStartEvent) -> None:
        if self.started:
            _refuse("yaml.unsupported", "A second document begins.", event, "One document in one text.")

    def _put(self, value: Json, event: Event) -> None:
        self._count += 1
        if self._count > MOST_VALUES:
            _refuse(*TOO_MANY_VALUES, event)
        within = self._within
        if within is None:
            self.root, self.started = value, True
        elif type(within) is list:
            within.append(value)
        else:
            assert isinstance(within, dict), "there are lists and mappings"
            assert self._key is not None, "a key came before"
            within[self._key] = value
            self._key = None


def read_yaml(text: str) -> tuple[Json, tuple[Problem, ...]]:
    """Read one YAML document; a problem carries its line and column. The value means nothing where there are problems."""
    builder = _Builder()
    takers = _takers(builder)
    loader = CSafeLoader(text)
    try:
        while (event := loader.get_event()) is not None:
            taker = takers.get(type(event))
            if taker is not None:
                taker(event)
    except _Refused as refused:
        return None, (refused.problem,)
    except YAMLError as error:
        return None, (_syntax(error, text),)
    finally:
        loader.dispose()
    return builder.root, ()


def _takers(builder: _Builder) -> dict[type[Event], Callable[[Any], None]]:
    return {
        ScalarEvent: builder.take_scalar,
        MappingStartEvent: builder.begin,
        SequenceStartEvent: builder.begin,
        MappingEndEvent: builder.end,
        SequenceEndEvent: builder.end,
        DocumentStartEvent: builder.begin_document,
        AliasEvent: _refuse_alias,
    }


def _refuse(code: str, says: str, event: Event, hint: str = "") -> NoReturn:
    mark = event.start_mark
    assert mark is not None, "libyaml marks every event"
    raise _Refused(Problem(code=code, where="", says=says, hint=hint, line=mark.line + 1, column=mark.column + 1))


def _refuse_alias(event: Event) -> NoReturn:
    _refuse("yaml.unsupported", "Aliases are not supported.", event, "Write the value out.")


def _refuse_extras(event: ScalarEvent | MappingStartEvent | SequenceStartEvent) -> None:
    if event.anchor is not None:
        _refuse("yaml.unsupported", "Anchors are not supported.", event, "Write the value out where it is used.")
    if event.tag not in _PLAIN_TAGS:
        _refuse("yaml.unsupported", f"The tag {shortened(str(event.tag))} is not supported.", event, "Leave the tag out.")


def _scalar(event: ScalarEvent) -> Json:
    text = event.value
    if not event.implicit[0] or text[:1] in _LETTERS:  # quoted, a block, or plainly a word
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_FINITE.fullmatch(text):
        _refuse("yaml.number", f"{shortened(text)} is not a finite number.", event)
    if not _NUMBER.fullmatch(text):
        return text
    try:
        return integer(text) if _INTEGER.fullmatch(text) else finite(text)
    except ValueError as error:
        _refuse("yaml.number", str(error), event)


def _syntax(error: YAMLError, text: str) -> Problem:
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        reason = error.problem or "not YAML"
        says = f"{reason[:1].upper()}{reason[1:]}."
        hint = _indentation_hint(reason)
        return Problem(code="yaml.syntax", where="", says=says, hint=hint, line=mark.line + 1, column=mark.column + 1)
    if isinstance(error, ReaderError):
        at = end_of(text.encode()[: error.position].decode(errors="ignore"))
        says = f"The character U+{int(error.character):04X} must not stand in YAML."
        return Problem(code="yaml.syntax", where="", says=says, hint="Write it as an escape.", line=at.line, column=at.column)
    return Problem(code="yaml.syntax", where="", says=f"This is not YAML: {error}"[:300])


def _indentation_hint(reason: str) -> str:
    if "could not find expected" in reason or "did not find expected" in reason:
        return "Look at the indentation here, and quote texts that hold ': ', '{{' or '#'."
    return ""
