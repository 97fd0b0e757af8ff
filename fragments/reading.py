"""From what a person or a model wrote to a document: YAML and JSON texts, and JSON values that were parsed already.

Reading never raises: whatever is wrong is a problem.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from catalog.capability import Document
from catalog.values import Json, JsonObject
from fragments.documents import Fragment, Refusal, Template
from fragments.json_text import read_answer, read_json
from fragments.problems import Problem
from fragments.shapes import shape_of_document
from fragments.yaml_text import MOST_DIGITS, NESTING, read_yaml

MOST_BYTES = 1 << 20
MOST_VALUES = 200_000
_LARGEST = 10**MOST_DIGITS


D = TypeVar("D", Template, Fragment, Template | Fragment, Fragment | Refusal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[D]):
    """What a text or value holds.

    `document` is present only when there is no problem. `value` is the JSON that was written, for mending. `rest` is present
    where only unknown or unsupported keys are in the way: what can be read without them, to be checked and never run; `unread`
    points to steps of which it tells only a part.
    """

    problems: tuple[Problem, ...]
    document: D | None = None
    value: Json = None
    rest: Template | Fragment | None = None
    unread: tuple[str, ...] = ()


def read_document(source: str | bytes | JsonObject) -> Reading[Template | Fragment]:
    """Read a template (it has a name) or a fragment: YAML or JSON text, or parsed JSON."""
    return _read(source, _parsed, lambda value: Template if "name" in value else Fragment)


def read_template(source: str | bytes | JsonObject) -> Reading[Template]:
    """Read a template: YAML or JSON text, or parsed JSON."""
    return _read(source, _parsed, lambda _: Template)


def read_fragment(source: str | bytes | JsonObject) -> Reading[Fragment | Refusal]:
    """Read a model's answer: a fragment or a refusal as one JSON object, bare, fenced or between sentences, or parsed."""
    return _read(source, read_answer, lambda value: Refusal if "refused" in value and "steps" not in value else Fragment)


def decode(text: str | bytes) -> str | Problem:
    """Give a text that is valid Unicode and not too large."""
    if len(text) > MOST_BYTES:
        return _too_large()
    try:
        raw = text if isinstance(text, bytes) else text.encode()
        decoded = raw.decode()
    except UnicodeError as error:
        says = f"The text is not valid UTF-8 at position {error.start}."  # type: ignore[attr-defined] # both kinds have it
        return Problem(code="text.encoding", where="", says=says)
    return _too_large() if len(raw) > MOST_BYTES else decoded.removeprefix("\ufeff")


def _too_large() -> Problem:
    return Problem(code="text.too_large", where="", says="The text is larger than 1 MiB.")


def _read(
    source: Json,
    parse: Callable[[str], tuple[Json, tuple[Problem, ...]]],
    model_of: Callable[[JsonObject], type[Document]],
) -> Reading[Any]:
    if not isinstance(source, (str, bytes)):
        return _read_value(source, model_of)
    decoded = decode(source)
    if isinstance(decoded, Problem):
        return Reading(problems=(decoded,))
    value, problems = parse(decoded)
    return Reading(problems=problems) if problems else _read_value(value, model_of)


def _parsed(text: str) -> tuple[Json, tuple[Problem, ...]]:
    return read_json(text) if text.lstrip().startswith("{") else read_yaml(text)


def _read_value(value: Json, model_of: Callable[[JsonObject], type[Document]]) -> Reading[Any]:
    if problem := _value_problem(value):
        return Reading(problems=(problem,))
    if not isinstance(value, Mapping):
        says = f"A document is an object of keys and values, not {_kind(value)}."
        return Reading(problems=(Problem(code="shape.type", where="", says=says),))
    shape = shape_of_document(value, model_of(value))
    return Reading(problems=shape.problems, document=shape.document, value=value, rest=shape.rest, unread=shape.unread)


def _value_problem(value: Json) -> Problem | None:
    """Say why a value is none that a document may hold: nesting, size, or what JSON cannot write."""
    pending: list[tuple[Json, int]] = [(value, 0)]
    seen = 0
    while pending:
        part, depth = pending.pop()
        seen += 1
        if seen > MOST_VALUES:
            return Problem(code="document.too_large", where="", says=f"The document holds more than {MOST_VALUES:,} values.")
        if depth > NESTING:
            return Problem(code="document.nesting", where="", says=f"The document is nested more than {NESTING} deep.")
        if isinstance(part, Mapping):
            pending.extend((key, depth) for key in part)
            pending.extend((inner, depth + 1) for inner in part.values())
            if not all(isinstance(key, str) for key in part):
                return Problem(code="document.value", where="", says="A key is not a text.")
        elif isinstance(part, (list, tuple)):
            pending.extend((inner, depth + 1) for inner in part)
        elif reason := _scalar_problem(part):
            return Problem(code="document.value", where="", says=reason)
    return None


def _scalar_problem(value: Json) -> str | None:
    if isinstance(value, str):
        return None if value.isascii() or _is_unicode(value) else "A text holds half of a surrogate pair."
    if isinstance(value, float) and not math.isfinite(value):
        return "A number is not finite."
    if isinstance(value, int) and not -_LARGEST < value < _LARGEST:
        return f"A number has more than {MOST_DIGITS} digits."
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
