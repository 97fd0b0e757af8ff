"""Problems: findings of a check, as values, for people, programs and models alike."""

from dataclasses import dataclass

from schemas.severity import Severity
from schemas.values import Json, JsonObject

__all__ = ["Problem", "Severity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding: a stable `code`, `where` as a JSON Pointer into the document, a sentence, and a hint how to mend it.

    `patch` is an RFC 6902 patch over the document, present only where applying it is safe. `line` and `column`, from 1, tell
    where `where` stands in the text that the document was read from; None where there is no text, or it is not a place in it.
    """

    code: str
    where: str
    says: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    patch: tuple[JsonObject, ...] | None = None
    line: int | None = None
    column: int | None = None

    def to_json(self) -> dict[str, Json]:
        """Write the finding as every surface shows it; `patch`, `line` and `column` only where they are known."""
        shown: dict[str, Json] = {
            "code": self.code,
            "where": self.where,
            "says": self.says,
            "hint": self.hint,
            "severity": self.severity.value,
        }
        if self.patch is not None:
            shown["patch"] = [dict(step) for step in self.patch]
        if self.line is not None and self.column is not None:
            shown |= {"line": self.line, "column": self.column}
        return shown

    @classmethod
    def from_json(cls, shown: JsonObject) -> "Problem":
        """Read what `to_json` wrote. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
        patch = shown.get("patch")
        return cls(
            code=shown["code"],
            where=shown["where"],
            says=shown["says"],
            hint=shown["hint"],
            severity=Severity(shown["severity"]),
            patch=None if patch is None else tuple(patch),
            line=shown.get("line"),
            column=shown.get("column"),
        )


def errors(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Keep the findings for which a document is refused."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)
