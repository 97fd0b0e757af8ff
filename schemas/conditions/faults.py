"""Faults: findings about the text of one condition, as values."""

from dataclasses import dataclass

from schemas.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One finding: a stable `code`, a sentence, a hint how to mend it. `span` are offsets of characters in the text."""

    code: str
    says: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    span: tuple[int, int] = (0, 0)


CODES = {
    "condition.syntax": "A condition is not CEL, or uses a part of CEL that conditions do not have.",
    "condition.too_long": "A condition is longer than 4,096 characters.",
    "condition.too_complex": "A condition is nested too deep, has too many parts or too many macros.",
    "condition.unknown_name": "A condition begins a path with a name that is not seen here, or names a step that is not.",
    "condition.unknown_function": "A condition calls a function that does not exist, or with the wrong number of arguments.",
    "condition.path": "A condition goes along a path that the value cannot have, or need not have.",
    "condition.type": "An operator or function of a condition meets a type that it cannot work on.",
    "condition.not_boolean": "A condition gives something else than true or false.",
    "condition.pattern": "A regular expression of a condition is not one (RE2).",
    "condition.constant": "A condition, or a part that decides it, is always true or always false.",
}
