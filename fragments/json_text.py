"""JSON: whole texts, and the one object in a model's answer."""

import json
import re
from dataclasses import replace
from typing import NoReturn

from fragments.positions import Position, end_of, json_marks, json_string
from fragments.problems import Problem
from fragments.yaml_text import NESTING, finite, integer, shortened
from schemas.values import Json

_FENCE = re.compile(r"```[ \t]*(?:json|JSON)?[ \t]*\r?\n(.*?)```", re.DOTALL)
_MOST_CANDIDATES = 50
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_LITERALS = {"true", "false", "null"}


def read_json(text: str) -> tuple[Json, tuple[Problem, ...]]:
    """Read a text that is one JSON value; a problem carries its line and column."""
    if too_deep := _nesting_problem(text):
        return None, (too_deep,)
    try:
        return _DECODER.decode(text), ()
    except json.JSONDecodeError as error:
        return None, (_at(Position(error.lineno, error.colno), "json.invalid", f"{error.msg}.", _hint(text, error)),)
    except ValueError:
        return None, (_refusal(text),)


def read_answer(text: str) -> tuple[Json, tuple[Problem, ...]]:
    """Read the one JSON object in a model's answer: bare, in a ```json fence, or between sentences.

    A problem's sentence tells line and column within the object; where the object stands in the answer is no matter.
    """
    stripped = text.strip()
    if stripped.startswith("{"):
        value, problems = read_json(stripped)
        if not problems:
            return value, ()
    candidates = [fenced for match in _FENCE.finditer(text) if (fenced := match[1].strip()).startswith("{")] or _objects(text)
    readings = [read_json(candidate) for candidate in candidates[:_MOST_CANDIDATES]]
    good = [reading for reading in readings if not reading[1]]
    if len(good) == 1 or len(readings) == 1:
        value, problems = (good or readings)[0]
        return value, tuple(_in_words(problem) for problem in problems)
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
                says = f"The document is nested more than {NESTING} deep."
                return _at(end_of(text[: match.start()]), "document.nesting", says)
        elif mark in "]}":
            depth -= 1
    return None


def _at(at: Position, code: str, says: str, hint: str = "") -> Problem:
    return Problem(code=code, where="", says=says, hint=hint, line=at.line, column=at.column)


def _in_words(problem: Problem) -> Problem:
    says = f"Line {problem.line}, column {problem.column}: {problem.says}"
    return replace(problem, says=says, line=None, column=None)


def _refusal(text: str) -> Problem:
    """Find the first of what the decoder's hooks refuse: they are not told where it stands."""
    keys: list[set[str]] = []  # of the objects around
    for at, mark, is_key in json_marks(text):
        if mark in "{[":
            keys.append(set())
        elif mark in "]}":
            keys.pop()
        elif is_key and (key := json_string(mark)) in keys[-1]:
            return _at(at, "json.duplicate_key", f"The key {shortened(key)!r} stands twice in one object.", "Keep one.")
        elif is_key:
            keys[-1].add(key)
        elif reason := _number_fault(mark):
            return _at(at, "json.number", reason)
    message = "the decoder refused what stands nowhere"
    raise AssertionError(message)


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


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_int=integer, parse_float=finite)


def _hint(text: str, error: json.JSONDecodeError) -> str:
    if error.pos >= len(text.rstrip()):
        return "The text ends too soon: close every brace, bracket and quote."
    if "delimiter" in error.msg or "property name" in error.msg:
        return "Look for a comma or a quote that is missing or too many just before this place."
    return ""
