"""CEL by Google's own implementation (cel-cpp): the only module that knows it. Its errors become values here."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from schemas.values import Json

MOST_ITERATIONS = 9_999
"""Iterations of all macros of one evaluation, nested ones multiplied: the library's own budget, held by a test."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The text is not CEL: what the parser says, and the offset where it stopped."""

    says: str
    at: int


@dataclass(frozen=True, slots=True)
class Failed:
    """An evaluation that came to no value: the library's class of error, and what it says."""

    kind: str
    says: str


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled text."""

    expression: Any

    def tree(self) -> bytes:
        """Give the syntax tree, as `cel.expr.ParsedExpr` within `google.protobuf.Any`."""
        serialized: bytes = self.expression.serialize()
        return serialized

    def evaluate(self, data: dict[str, Json]) -> Json | Failed:
        """Evaluate with roots bound to JSON values. Lists must be `list`, objects `dict`, whole numbers 64 bits wide."""
        try:
            result = self.expression.eval(data=data)
            value = result.value()
        except RuntimeError as error:  # the one exception of the binding; it carries an absl::Status as text
            return _failed(str(error))
        return _failed(str(value)) if result.type().name() == "ERROR" else value


@lru_cache(maxsize=4_096)
def compiled(text: str) -> Program | Unreadable:
    """Compile a text of at most a few thousand characters, all of them encodable."""
    try:
        # Unchecked: the library's checker refuses comparisons across number types, which CEL allows at run time and
        # JSON needs; types are checked by us, against JSON Schemas.
        return Program(_environment().compile(text, disable_check=True))
    except RuntimeError as error:
        return _unreadable(text, str(error))


@cache
def _environment() -> Any:
    from cel_expr_python import cel  # noqa: PLC0415 - loads 14 MB of native code: only where there is a condition

    return cel.NewEnv()


_PLACED = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_STATUS = re.compile(r"^([A-Z_]+): (.*?)(?: \[[A-Z_]+\])?$", re.DOTALL)
_LAST_LINE = 2**32 - 1


def _unreadable(text: str, message: str) -> Unreadable:
    place = _PLACED.search(message)
    if place is None:
        status = _STATUS.match(message)
        return Unreadable(status[2] if status else message, 0)
    line, column = int(place[1]), int(place[2])
    says = place[3].removeprefix("Syntax error: ").strip()
    if line >= _LAST_LINE:
        return Unreadable(says, 0)
    before = sum(len(part) + 1 for part in text.split("\n")[: line - 1])
    return Unreadable(says, min(before + max(column - 1, 0), len(text)))


def _failed(message: str) -> Failed:
    status = _STATUS.match(message)
    return Failed(status[1], status[2]) if status else Failed("UNKNOWN", message)
