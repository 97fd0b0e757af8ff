"""What a test heard in sentences and places, to be held against the golden file of its module.

Tests of `fragments/` compare codes and pointers in code. The words, hints, patches and places beside them are compared with
`__snapshots__/MODULE.ambr`, each test with its own part: see `tests/unit/fragments/conftest.py`.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from fragments.conditions import Fault
from fragments.dialects import Conversion
from fragments.problems import Problem
from fragments.proofs import Report

_LONGEST = 300  # of a line: what somebody wrote may be a megabyte
_MOST = 40  # problems of one report; of more only the ends are golden
_ENDS = 3
_HEARD: ContextVar[list[str] | None] = ContextVar("heard", default=None)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Gather what is heard within, each once, in order."""
    heard: list[str] = []
    token = _HEARD.set(heard)
    try:
        yield heard
    finally:
        _HEARD.reset(token)


def hear(*texts: str) -> None:
    """Add texts to what is gathered; nothing happens where nobody listens."""
    heard = _HEARD.get()
    if heard is not None:
        heard += [text for text in dict.fromkeys(texts) if text not in heard]


def of_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Hear problems, and give them back."""
    kept = tuple(problems)
    if len(kept) > _MOST:
        hear(f"{len(kept)} problems, the first and the last of them:", *map(_problem, (*kept[:_ENDS], *kept[-_ENDS:])))
    else:
        hear(*map(_problem, kept))
    return kept


def of_report(report: Report) -> Report:
    """Hear the problems of a report, or what it proves, and give it back."""
    of_problems(report.problems)
    if report.bound is not None:
        hear(_json("bound", report.bound.to_json()))
    if report.authority is not None:
        hear(_json("authority", {name: value for name, value in report.authority.to_json().items() if value}))
    return report


def of_faults(faults: Iterable[Fault]) -> list[Fault]:
    """Hear the faults of a condition, and give them back."""
    kept = list(faults)
    hear(*(_lines(f"{fault.severity} {fault.code} {fault.span[0]}-{fault.span[1]}", fault.says, fault.hint) for fault in kept))
    return kept


def of_conversion(conversion: Conversion) -> Conversion:
    """Hear what a conversion tells and makes, and where each part of that stands in the source; give it back."""
    of_problems(conversion.problems)
    for key, value in (conversion.template or {}).items():
        if key == "steps":
            hear(*(_json(f"step {i}", step) for i, step in enumerate(value)))
        else:
            hear(_json(key, value))
    hear(*(f"{to} has no handler" for to in sorted(conversion.unbound)))
    hear(*(f"note: {note}" for note in conversion.notes))
    hear(*(_place(conversion, to) for to in conversion.origins))
    return conversion


def _problem(problem: Problem) -> str:
    place = "" if problem.line is None else f" {problem.line}:{problem.column}"
    head = f"{problem.severity} {problem.code} {problem.where or '(whole)'}{place}"
    patch = [] if problem.patch is None else [_json("patch", problem.patch)]
    return _lines(head, problem.says, problem.hint, *patch)


def _place(conversion: Conversion, to: str) -> str:
    (problem,) = Conversion(
        dialect=conversion.dialect, source=conversion.source, origins=conversion.origins, positions=conversion.positions
    ).told([Problem(code="", where=to, says="")])
    return f"{to or '(whole)'} <- {problem.where or '(whole)'} {problem.line}:{problem.column} {problem.hint}".rstrip()


def _lines(head: str, *rest: str) -> str:
    return "\n  ".join(_short(line) for line in (head, *rest) if line)


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}... ({len(line)} characters)"


def _json(name: str, value: object) -> str:
    return f"{name}: {json.dumps(value, ensure_ascii=False)}"
