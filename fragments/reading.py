"""From what a person or a model wrote to a document: YAML and JSON texts, and JSON values that were parsed already.

Reading never raises: whatever is wrong is a problem.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from catalog.capability import Document
from fragments.documents import Fragment, Refusal, Template
from fragments.json_text import read_answer, read_json
from fragments.pointers import join
from fragments.positions import Positions, end_of, located
from fragments.problems import Problem
from fragments.shapes import shape_of_document
from fragments.yaml_text import MOST_VALUES, TOO_MANY_VALUES, read_yaml
from schemas.limits import DIGITS, DOCUMENT_DEPTH
from schemas.values import Json, JsonObject

MOST_BYTES = 1 << 20
MOST_STEPS = 10_000
_LARGEST = 10**DIGITS
_Path = tuple[Any, str | int] | None
"""The way into a value, last step first."""


D = TypeVar("D", Template, Fragment, Template | Fragment, Fragment | Refusal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[D]):
    """What a text or value holds.

    `document` is present only when there is no problem. `value` is the JSON that was written, for mending. `rest` is present
    where only unknown or unsupported keys are in the way: what can be read without them, to be checked and never run.
    `positions` tells where in the text things stand; None for a value that was parsed already, and for a model's answer.
    """

    problems: tuple[Problem, ...]
    document: D | None = None
    value: Json = None
    rest: Template | Fragment | None = None
    positions: Positions | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The JSON value that a text says, and where it says so. Where there are problems the value means nothing."""

    value: Json
    problems: tuple[Problem, ...] = ()
    positions: Positions | None = field(default=None, compare=False, repr=False)


def read_text(text: str | bytes) -> Written:
    """Read any JSON value from a YAML or JSON text, within the same limits as documents."""
    decoded = decode(text)
    if isinstance(decoded, Problem):
        return Written(value=None, problems=(decoded,))
    if not decoded.lstrip().startswith("{"):
        value, problems = read_yaml(decoded)
        return Written(value=value, problems=problems, positions=None if problems else Positions(decoded, is_json=False))
    value, problems = read_json(decoded)
    if problems:
        return Written(value=None, problems=problems)
    positions = Positions(decoded, is_json=True)
    problem = _value_problem(value) if _may_hold_too_much(decoded) else None
    return Written(value=value, problems=located((problem,), positions) if problem else (), positions=positions)


def read_document(source: str | bytes | JsonObject) -> Reading[Template | Fragment]:
    """Read a template (it has a name) or a fragment: YAML or JSON text, or parsed JSON."""
    return _read(source, lambda value: Template if "name" in value else Fragment)


def read_template(source: str | bytes | JsonObject) -> Reading[Template]:
    """Read a template: YAML or JSON text, or parsed JSON."""
    return _read(source, lambda _: Template)


def read_fragment(source: str | bytes | JsonObject) -> Reading[Fragment | Refusal]:
    """Read a model's answer: a fragment or a refusal as one JSON object, bare, fenced or between sentences, or parsed."""
    if not isinstance(source, (str, bytes)):
        return _read_value(source, _answer_model)
    decoded = decode(source)
    value, problems = (None, (decoded,)) if isinstance(decoded, Problem) else read_answer(decoded)
    return Reading(problems=problems) if problems else _read_value(value, _answer_model)


def decode(text: str | bytes) -> str | Problem:
    """Give a text that is valid Unicode and not too large."""
    if len(text) > MOST_BYTES:
        return _too_large()
    try:
        raw = text if isinstance(text, bytes) else text.encode()
        decoded = raw.decode()
    except UnicodeDecodeError as error:
        return _not_unicode(error.object[: error.start].decode())
    except UnicodeEncodeError as error:
        return _not_unicode(error.object[: error.start])
    return _too_large() if len(raw) > MOST_BYTES else decoded.removeprefix("\ufeff")


def _not_unicode(before: str) -> Problem:
    at = end_of(before)
    return Problem(code="text.encoding", where="", says="The text is not valid UTF-8.", line=at.line, column=at.column)


def _too_large() -> Problem:
    return Problem(code="text.too_large", where="", says="The text is larger than 1 MiB.")


def _answer_model(value: JsonObject) -> type[Document]:
    return Refusal if "refused" in value and "steps" not in value else Fragment


def _read(source: Json, model_of: Callable[[JsonObject], type[Document]]) -> Reading[Any]:
    if not isinstance(source, (str, bytes)):
        return _read_value(source, model_of)
    written = read_text(source)
    if written.problems:
        return Reading(problems=written.problems, positions=written.positions)
    return replace(_shaped(written.value, model_of), positions=written.positions)


def _read_value(value: Json, model_of: Callable[[JsonObject], type[Document]]) -> Reading[Any]:
    if problem := _value_problem(value):
        return Reading(problems=(problem,))
    return _shaped(value, model_of)


def _shaped(value: Json, model_of: Callable[[JsonObject], type[Document]]) -> Reading[Any]:
    if not isinstance(value, Mapping):
        says = f"A document is an object of keys and values, not {_kind(value)}."
        return Reading(problems=(Problem(code="shape.type", where="", says=says),))
    if _steps_in(value) > MOST_STEPS:
        says = f"The document has more than {MOST_STEPS:,} steps."
        return Reading(
            problems=(Problem(code="document.too_large", where="/steps", says=says, hint="Use loops, or several documents."),)
        )
    shape = shape_of_document(value, model_of(value))
    return Reading(problems=shape.problems, document=shape.document, value=value, rest=shape.rest)


def _may_hold_too_much(text: str) -> bool:
    """Say whether a JSON text may hold more values than are read."""
    return 2 * (text.count(",") + text.count("[") + text.count("{")) >= MOST_VALUES


def _steps_in(value: Json) -> int:
    """Count the steps of a document or step, with those within them."""
    if not isinstance(value, Mapping):
        return 0
    switch = value.get("switch")
    cases = switch.get("cases") if isinstance(switch, Mapping) else None
    branches = [*(cases if isinstance(cases, list) else ()), switch.get("default")] if isinstance(switch, Mapping) else []
    steps = value.get("steps")
    within = steps if isinstance(steps, list) else []
    return len(within) + sum(map(_steps_in, within)) + sum(map(_steps_in, branches))


def _value_problem(value: Json) -> Problem | None:
    """Say why a value is none that a document may hold: nesting, size, or what JSON cannot write."""
    problem = _value_flaw(value)
    if problem is not None and problem.code == "document.value":
        return replace(problem, where=_place_of_flaw(value))
    return problem


def _value_flaw(value: Json) -> Problem | None:
    pending: list[tuple[Json, int]] = [(value, 0)]
    seen = 0
    while pending:
        part, depth = pending.pop()
        seen += 1
        if seen > MOST_VALUES:
            code, says = TOO_MANY_VALUES
            return Problem(code=code, where="", says=says)
        if depth > DOCUMENT_DEPTH:
            return Problem(code="document.nesting", where="", says=f"The document is nested more than {DOCUMENT_DEPTH} deep.")
        if isinstance(part, Mapping):
            pending.extend((key, depth) for key in part)
            pending.extend((inner, depth + 1) for inner in part.values())
        elif isinstance(part, (list, tuple)):
            pending.extend((inner, depth + 1) for inner in part)
        if reason := _own_flaw(part):
            return Problem(code="document.value", where="", says=reason)
    return None


def _place_of_flaw(value: Json) -> str:
    """Point to the first value that JSON cannot write, or to the object whose key it is; in the order of `_value_flaw`."""
    pending: list[tuple[Json, _Path]] = [(value, None)]
    while pending:
        part, path = pending.pop()
        if _own_flaw(part) or (isinstance(part, Mapping) and any(map(_scalar_problem, part))):
            return _pointer(path)
        if isinstance(part, Mapping):
            pending.extend((inner, (path, key)) for key, inner in part.items())
        elif isinstance(part, (list, tuple)):
            pending.extend((inner, (path, i)) for i, inner in enumerate(part))
    return ""


def _pointer(path: _Path) -> str:
    parts: list[str | int] = []
    while path is not None:
        path, part = path
        parts.append(part)
    return join("", *reversed(parts))


def _own_flaw(part: Json) -> str | None:
    if isinstance(part, Mapping):
        return None if all(isinstance(key, str) for key in part) else "A key is not a text."
    return None if isinstance(part, (list, tuple)) else _scalar_problem(part)


def _scalar_problem(value: Json) -> str | None:
    if isinstance(value, str):
        return None if value.isascii() or _is_unicode(value) else "A text holds half of a surrogate pair."
    if isinstance(value, float) and not math.isfinite(value):
        return "A number is not finite."
    if isinstance(value, int) and not -_LARGEST < value < _LARGEST:
        return f"A number has more than {DIGITS} digits."
    return None if value is None or isinstance(value, (int, float)) else f"A value is {_kind(value)}, which JSON cannot write."


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: Json) -> str:
    names: dict[type, str] = {str: "a text", list: "a list", dict: "an object", bool: "a boolean", type(None): "nothing"}
    return names.get(type(value), "a number" if isinstance(value, (int, float)) else f"a {type(value).__name__}")
