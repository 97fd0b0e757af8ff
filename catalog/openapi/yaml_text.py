"""YAML as OpenAPI documents use it: the values of JSON and nothing else, read in time that grows with the text.

OpenAPI asks for the JSON ruleset of YAML 1.2: a date, `0755`, `yes` and `12:30` are texts, and so is every plain word but
`true`, `false`, `null` and numbers as JSON writes them. Keys are texts: the status 200 is "200". Aliases stand for what they
name, as often as a document of this size may repeat something, and `<<` takes over what its object lacks.
"""

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from schemas.limits import DIGITS
from schemas.values import Json

MOST_VALUES = 5_000_000
"""Values of a document, those that aliases repeat counted each time."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WORDS |= dict.fromkeys(("null", "Null", "NULL", "~", ""))
_TAG = "tag:yaml.org,2002:"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML is built without libyaml on some machines


class YamlError(ValueError):
    """Text that is no YAML, or says what JSON cannot; the sentence names the line."""


@dataclass(slots=True)
class _Open:
    """A list or object that is being read: its values so far, the key that waits for its value, and how many values it has."""

    value: Any
    anchor: str | None
    key: str | None = None
    merged: list[Any] = field(default_factory=list)
    size: int = 1


def read_yaml(text: str) -> tuple[Json, tuple[str, ...]]:
    """Read one document, and say which keys stand twice in an object (the last one counts). Raises `YamlError`."""
    reading = _Reading()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            reading.take(event)
    except yaml.YAMLError as error:
        raise YamlError(_told(error)) from None
    return reading.root, tuple(reading.repeated)


class _Reading:
    """Builds values from events, without recursion."""

    def __init__(self) -> None:
        self.root: Json = None
        self.repeated: list[str] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Json, int]] = {}
        self._count = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._put(_scalar(event), event, 1, event.anchor)
            case yaml.MappingStartEvent():
                self._begin({}, event, "map")
            case yaml.SequenceStartEvent():
                self._begin([], event, "seq")
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    _refuse(event, "a second document begins; one document is read")

    def _begin(self, value: Json, event: yaml.CollectionStartEvent, kind: str) -> None:
        if event.tag not in (None, "!", f"{_TAG}{kind}"):
            _refuse(event, f"the tag {event.tag} says what JSON cannot")
        self._open.append(_Open(value, event.anchor))

    def _close(self, event: yaml.Event) -> None:
        done = self._open.pop()
        for merged in done.merged:
            for key, held in merged.items():
                done.value.setdefault(key, held)
        self._put(done.value, event, done.size, done.anchor)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor not in self._anchors:
            _refuse(event, f"the alias *{event.anchor} names nothing that ends before it")
        value, size = self._anchors[event.anchor]
        self._put(value, event, size, None)

    def _put(self, value: Json, event: yaml.Event, size: int, anchor: str | None) -> None:
        self._count += size
        if self._count > MOST_VALUES:
            _refuse(event, f"the document has more than {MOST_VALUES:,} values")
        if anchor is not None:
            self._anchors[anchor] = value, size
        if not self._open:
            self.root = value
            return
        around = self._open[-1]
        around.size += size
        if isinstance(around.value, list):
            around.value.append(value)
        elif around.key is None:
            around.key = _key(value, event)
        else:
            self._member(around, around.key, value, event)
            around.key = None

    def _member(self, around: _Open, key: str, value: Json, event: yaml.Event) -> None:
        parts = value if isinstance(value, list) else [value]
        if key == "<<" and all(isinstance(part, dict) for part in parts):
            around.merged += parts
            return
        if key in around.value:
            self.repeated.append(f"{_place(event)}: the key {key!r:.80} stands twice")
        around.value[key] = value


def _key(value: Json, event: yaml.Event) -> str:
    if isinstance(value, (dict, list)):
        _refuse(event, "a key is a text")
    return value if isinstance(value, str) else json.dumps(value)


def _scalar(event: yaml.ScalarEvent) -> Json:
    tag, text = event.tag, event.value
    if tag is None:
        return _plain(text, event) if event.implicit[0] else text
    if tag in ("!", f"{_TAG}str"):
        return text
    if tag in {f"{_TAG}{kind}" for kind in ("int", "float", "bool", "null")}:
        return _plain(text, event)
    return _refuse(event, f"the tag {tag} says what JSON cannot")


def _plain(text: str, event: yaml.ScalarEvent) -> Json:
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if not number:
        return text
    if number[1] is None and number[2] is None:
        if len(text) > DIGITS:
            _refuse(event, f"a number has more than {DIGITS} digits")
        return int(text)
    found = float(text)
    if not math.isfinite(found):
        _refuse(event, f"the number {text:.40} is too large")
    return found


def _refuse(event: yaml.Event, says: str) -> NoReturn:
    message = f"{_place(event)}: {says}"
    raise YamlError(message)


def _place(event: yaml.Event) -> str:
    mark = event.start_mark
    return "somewhere" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"


def _told(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return f"not YAML: {error}"
    return f"line {mark.line + 1}, column {mark.column + 1}: {getattr(error, 'problem', None) or 'not YAML'}"
