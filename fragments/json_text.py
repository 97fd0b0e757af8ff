"""JSON: whole texts, and the one object in a model's answer."""

import re
from dataclasses import replace

from fragments.problems import Problem
from schemas import reading
from schemas.limits import DOCUMENT_DEPTH
from schemas.values import Json

_FENCE = re.compile(r"```[ \t]*(?:json|JSON)?[ \t]*\r?\n(.*?)```", re.DOTALL)
_MOST_CANDIDATES = 50
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


def read_json(text: str) -> tuple[Json, tuple[Problem, ...]]:
    """Read a text that is one JSON value, nested as deep as documents may be; a problem carries its place."""
    try:
        return reading.read_json(text, depth=DOCUMENT_DEPTH), ()
    except reading.UnreadableJsonError as error:
        problem = unreadable(error)
        if error.code == "json.nesting":  # documents say the same in YAML and in JSON
            says = f"The document is nested more than {DOCUMENT_DEPTH} deep."
            problem = replace(problem, code="document.nesting", says=says, hint="")
        return None, (problem,)


def unreadable(error: reading.UnreadableJsonError) -> Problem:
    """Tell as a problem why a text is not taken as JSON."""
    return Problem(
        code=error.code,
        where=error.pointer,
        says=error.says,
        hint=error.hint,
        line=error.line,
        column=error.column,
    )


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


def _in_words(problem: Problem) -> Problem:
    says = f"Line {problem.line}, column {problem.column}: {problem.says}"
    return replace(problem, says=says, line=None, column=None)
