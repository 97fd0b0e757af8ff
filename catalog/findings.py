"""Findings about capability folders, all reported at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: in which file, where (a JSON Pointer), and a sentence."""

    file: Path
    pointer: str = ""
    says: str

    def __str__(self) -> str:
        """Write the finding on one line."""
        where = f" at {self.pointer}" if self.pointer else ""
        return f"{self.file}{where}: {self.says}"


class CatalogError(Exception):
    """Capability folders that cannot be taken as they are: `findings` holds every reason."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Hold the findings; the sentence lists them, one to a line."""
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)))
