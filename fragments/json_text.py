"""JSON: whole texts, and the one object in a model's answer."""

import json
import re
from typing import NoReturn

from catalog.values import Json
from fragments.problems import Problem
from fragments.yaml_text import NESTING, finite, integer

_FENCE = re.compile(r"```[ \t]*(?:json|JSON)?[ \t]*\r?\n(.*?)```", re.DOTALL)
_MOST_CANDIDATES = 50
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


class _Refused(Exception):  # noqa: N818 - carries a problem out of the decoder's hooks, never leaves this module
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def read_json(text: str) -> tuple[Json, tuple[Problem, ...]]:
    """Read a text that is one JSON value; problems carry line and column."""
    if too_deep := _nesting_problem(text):
        return None, (too_deep,)
    try:
        return _DECODER.decode(text), ()
    except _Refused as refused:
        return None, (refused.problem,)
    except json.JSONDecodeError as error:
        says = f"Line {error.lineno}, column {error.colno}: {error.msg}."
        return None, (Problem(code="json.invalid", where="", says=says, hint=_hint(text, error)),)


def read_answer(text: str) -> tuple[Json, tuple[Problem, ...]]:
    """Read the one JSON object in a model's answer: bare, in a ```json fence, or between sentences."""
    stripped = text.strip()
    if stripped.startswith("{"):
        value, problems = read_json(stripped)
        if not problems:
            return value, ()
    candidates = [fenced for match in _FENCE.finditer(text) if (fenced := match[1].strip()).startswith("{")] or _objects(text)
    readings = [read_json(candidate) for candidate in candidates[:_MOST_CANDIDATES]]
    good = [reading for reading in readings if not reading[1]]
    if len(good) == 1 or len(readings) == 1:
        return (good or readings)[0]
    says = "The answer holds no JSON object." if not readings else f"The answer holds {len(readings)} texts in braces."
    return None, (Problem(code="json.invalid", where="", says=says, hint="Answer with one JSON object and nothing else."),)


def _objects(text: str) -> list[str]:
    """Cut out every stretch from an opening brace to the one that closes it; an open end reaches to the end."""
    found: list[str] = []
    depth = start = 0
    for match in _TOKEN.finditer(text, max(text.find("{"), 0)):
        mark = match[0]
        if mark == "{" and depth == 0:
            start, depth = match.start(), 1
        elif depth and mark in "[{":
            depth += 1
        elif depth and mark in "]}":
            depth -= 1
            if depth == 0:
                found.append(text[start : match.end()])
    return [*found, text[start:]] if depth else found


def _nesting_problem(text: str) -> Problem | None:
    depth = 0
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark in "[{":
            depth += 1
            if depth > NESTING:
                line = text.count("\n", 0, match.start()) + 1
                return Problem(code="document.nesting", where="", says=f"Line {line}: nested more than {NESTING} deep.")
        elif mark in "]}":
            depth -= 1
    return None


def _refuse(code: str, says: str, hint: str = "") -> NoReturn:
    raise _Refused(Problem(code=code, where="", says=says, hint=hint))


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value] # add() is the marking
        _refuse("json.duplicate_key", f"The key {twice!r} stands twice in one object.", "Keep one.")
    return value


def _constant(name: str) -> NoReturn:
    _refuse("json.number", f"{name} is not a number in JSON.")


def _integer(text: str) -> int:
    try:
        return integer(text)
    except ValueError as error:
        _refuse("json.number", f"The number is {error}.")


def _float(text: str) -> float:
    try:
        return finite(text)
    except ValueError as error:
        _refuse("json.number", f"{error}.")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_integer, parse_float=_float)


def _hint(text: str, error: json.JSONDecodeError) -> str:
    if error.pos >= len(text.rstrip()):
        return "The text ends too soon: close every brace, bracket and quote."
    if "delimiter" in error.msg or "property name" in error.msg:
        return "Look for a comma or a quote that is missing or too many just before this place."
    return ""
