"""What the warnings of a report announce: a failure of that kind, at that place, and none besides."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jsonpointer import resolve_pointer

from fragments.problems import Problem, Severity
from fragments.references import find
from tests.support.interpreter import Fault, WiringError

_OF_INPUT = {"input.unproved", "input.unlikely"}
_OF_REFERENCES = {"reference.optional", "reference.untyped"}
_OF_CONDITIONS = {"condition.path", "condition.type", "condition.not_boolean", "condition.untyped"}
Head = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuses:
    """Places that may fail, by kind. A value that need not be there is warned of once, by its head, wherever it is read."""

    heads: frozenset[Head]
    inputs: frozenset[str]
    conditions: frozenset[str]
    loops: frozenset[str]


def excuses(problems: Iterable[Problem], document: dict[str, Any]) -> Excuses:
    """Collect what the warnings announce."""
    warnings = [problem for problem in problems if problem.severity is Severity.WARNING]
    texts = [resolve_pointer(document, problem.where) for problem in warnings if problem.code in _OF_REFERENCES]
    return Excuses(
        heads=frozenset(head for text in texts for head in _heads(text)),
        inputs=frozenset(problem.where for problem in warnings if problem.code in _OF_INPUT),
        conditions=frozenset(problem.where for problem in warnings if problem.code in _OF_CONDITIONS),
        loops=frozenset(problem.where for problem in warnings if problem.code == "loop.unproved"),
    )


def is_excused(error: WiringError, known: Excuses) -> bool:
    """Say whether a failure was announced."""
    if error.kind is Fault.REFERENCE:
        return bool(known.heads & set(_heads(f"{{{{ {error.reference} }}}}")))
    if error.kind is Fault.INPUT:
        return any(_is_near(error.where, where) for where in known.inputs)
    if error.kind is Fault.CONDITION:
        return error.where in known.conditions
    return error.kind is Fault.ITEMS and error.where in known.loops


def _is_near(one: str, other: str) -> bool:
    """Say whether one place is the other, or within it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _heads(text: str) -> list[Head]:
    found = [reference for _, reference in find(text)] if isinstance(text, str) else []
    return [(reference.root, *(str(key) for key in reference.path[:1])) for reference in found]


__all__ = ["Excuses", "excuses", "is_excused"]
