"""Where in a text the parts of its document stand: line and column of every value and of every key."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from yaml import CSafeLoader
from yaml.events import MappingEndEvent, MappingStartEvent, NodeEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from fragments.problems import Problem
from schemas.reading import json_marks, json_string, place_after

_OF_KEYS = {"language.unsupported", "shape.combination"}
"""Codes of problems that a key has, whatever its value; beside all `*.unknown_key`."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text. Lines and columns begin at 1; columns count characters."""

    line: int
    column: int


def end_of(before: str) -> Position:
    """Give the place right behind a text."""
    return Position(*place_after(before))


@dataclass(slots=True)
class _Spot:
    """A value in a text: where it begins, where its key does (an item of a list has none), and what stands within it."""

    at: Position
    key: Position
    parts: "dict[str, _Spot] | list[_Spot] | None" = None


def located(problems: Iterable[Problem], positions: "Positions | None") -> tuple[Problem, ...]:
    """Give each problem the line and column of what it points to, or of the nearest thing around that; of keys, the key's own.

    Problems that have a place already stay as they are.
    """
    if positions is None:
        return tuple(problems)
    return tuple(_located(problem, positions) for problem in problems)


class Positions:
    """The positions of a text that was read without problems; laid out when first asked for, never before."""

    def __init__(self, text: str, *, is_json: bool) -> None:
        """Keep the text."""
        self._text = text
        self._lay_out: Callable[[str], _Spot | None] = _json_spots if is_json else _yaml_spots

    def value(self, pointer: str) -> Position | None:
        """Give where the value at a JSON Pointer begins; where there is none, the nearest one around it."""
        spot, _ = self._nearest(pointer)
        return spot.at if spot is not None else None

    def key(self, pointer: str) -> Position | None:
        """Give where the key of the value at a JSON Pointer begins; where there is none, the nearest value around it."""
        spot, found = self._nearest(pointer)
        return None if spot is None else spot.key if found else spot.at

    @cached_property
    def _root(self) -> _Spot | None:
        return self._lay_out(self._text)

    def _nearest(self, pointer: str) -> tuple[_Spot | None, bool]:
        spot = self._root
        for raw in pointer.split("/")[1:]:
            if spot is None or (inner := _within(spot, raw.replace("~1", "/").replace("~0", "~"))) is None:
                return spot, False
            spot = inner
        return spot, True


def _located(problem: Problem, positions: Positions) -> Problem:
    if problem.line is not None:
        return problem
    is_key = problem.code in _OF_KEYS or problem.code.endswith(".unknown_key")
    at = positions.key(problem.where) if is_key else positions.value(problem.where)
    return problem if at is None else replace(problem, line=at.line, column=at.column)


def _within(spot: _Spot, name: str) -> _Spot | None:
    if isinstance(spot.parts, dict):
        return spot.parts.get(name)
    if isinstance(spot.parts, list) and name.isascii() and name.isdigit() and len(name) < 10:  # noqa: PLR2004 - no list is longer
        return spot.parts[int(name)] if int(name) < len(spot.parts) else None
    return None


class _Layout:
    """Puts spots together from values, keys and ends as they come, without recursion."""

    def __init__(self) -> None:
        self.root: _Spot | None = None
        self._open: list[_Spot] = []
        self._key: tuple[str, Position] | None = None

    @property
    def awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].parts, dict) and self._key is None

    def name(self, name: str, at: Position) -> None:
        self._key = (name, at)

    def put(self, at: Position, parts: "dict[str, _Spot] | list[_Spot] | None" = None) -> None:
        spot = _Spot(at, self._key[1] if self._key is not None else at, parts)
        around = self._open[-1].parts if self._open else None
        if isinstance(around, list):
            around.append(spot)
        elif isinstance(around, dict) and self._key is not None:
            around[self._key[0]] = spot
        else:
            self.root = spot
        self._key = None
        if parts is not None:
            self._open.append(spot)

    def close(self) -> None:
        self._open.pop()


def _yaml_spots(text: str) -> _Spot | None:
    layout = _Layout()
    loader = CSafeLoader(text)
    try:
        while (event := loader.get_event()) is not None:
            if isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                layout.close()
            elif isinstance(event, NodeEvent):
                _place(layout, event)
    finally:
        loader.dispose()
    return layout.root


def _place(layout: _Layout, event: NodeEvent) -> None:
    assert event.start_mark is not None, "libyaml marks every event"
    at = Position(event.start_mark.line + 1, event.start_mark.column + 1)
    if isinstance(event, ScalarEvent) and layout.awaits_key:
        layout.name(event.value, at)
    elif isinstance(event, MappingStartEvent):
        layout.put(at, {})
    else:
        layout.put(at, [] if isinstance(event, SequenceStartEvent) else None)


def _json_spots(text: str) -> _Spot | None:
    layout = _Layout()
    for place, mark, is_key in json_marks(text):
        at = Position(*place)
        if is_key:
            layout.name(json_string(mark), at)
        elif mark in "]}":
            layout.close()
        else:
            layout.put(at, {} if mark == "{" else [] if mark == "[" else None)
    return layout.root
