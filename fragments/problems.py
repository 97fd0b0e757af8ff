"""Problems: findings of a check, as values, for people, programs and models alike."""

from dataclasses import dataclass
from enum import StrEnum

from catalog.values import Json, JsonObject


class Severity(StrEnum):
    """What a finding means for the document that it is about."""

    ERROR = "error"  # the document is refused
    WARNING = "warning"  # it may run; something could not be proved


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding: a stable `code`, `where` as a JSON Pointer into the document, a sentence, and a hint how to mend it.

    `patch` is an RFC 6902 patch over the document, present only where applying it is safe.
    """

    code: str
    where: str
    says: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    patch: tuple[JsonObject, ...] | None = None

    def to_json(self) -> dict[str, Json]:
        """Write the finding as every surface shows it; `patch` only where there is one."""
        shown: dict[str, Json] = {
            "code": self.code,
            "where": self.where,
            "says": self.says,
            "hint": self.hint,
            "severity": self.severity.value,
        }
        return shown if self.patch is None else shown | {"patch": [dict(step) for step in self.patch]}


def errors(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Keep the findings for which a document is refused."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)
