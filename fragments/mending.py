"""Mending: the patches of problems applied, and everything checked again, before anybody is asked.

A patch only ever puts right what was misspelt or misplaced. None that touches a bound or an allowance is applied, whatever
offers it, and what comes out passes the same checks as what a model writes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from jsonpatch import JsonPatch, JsonPatchException
from jsonpointer import JsonPointerException

from catalog.registry import Catalog
from fragments.checks import check
from fragments.documents import Fragment, Refusal, Template
from fragments.frames import Frame
from fragments.problems import Problem
from fragments.proofs import Report
from fragments.reading import Reading
from schemas.values import Json, JsonObject

MOST_ROUNDS = 3
_KEPT = frozenset({"bounds", "allow", "must_produce", "max_items", "max_parallel", "max_attempts", "failure_threshold"})
"""Keys that say what a step may do or use: a person or a model changes them, never a patch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What came of mending: the document where it passes, the last report, the JSON as it is now, the patches applied."""

    report: Report
    value: Json
    document: Template | Fragment | Refusal | None = None
    applied: tuple[JsonObject, ...] = ()


def mend(value: Json, problems: Iterable[Problem]) -> tuple[Json, tuple[JsonObject, ...]]:
    """Apply the patches of problems to a JSON document, each whole or not at all; `value` itself stays as it is.

    A patch tests what it replaces, so one whose place was changed by an earlier one is left out. Gives the new document and
    the operations applied, without their tests.
    """
    applied: list[JsonObject] = []
    for problem in problems:
        if problem.patch is None or any(_keeps_off(step) for step in problem.patch):
            continue
        try:
            value = JsonPatch([dict(step) for step in problem.patch]).apply(value)
        except (JsonPatchException, JsonPointerException):  # its place is not what it was made for any more
            continue
        applied.extend(step for step in problem.patch if step["op"] != "test")
    return value, tuple(applied)


def check_reading(reading: Reading[Any], catalog: Catalog, frame: Frame) -> Report:
    """Report on what was read: what is wrong with its shape, and all that can be checked beside it."""
    document = reading.document if reading.document is not None else reading.rest
    if not isinstance(document, (Template, Fragment)):
        return Report(problems=reading.problems)
    report = check(document, catalog, frame)
    if reading.document is not None:
        return report
    return Report(problems=(*reading.problems, *report.problems))


def check_and_mend(reading: Reading[Any], read: Callable[[JsonObject], Reading[Any]], catalog: Catalog, frame: Frame) -> Mended:
    """Check what was read, apply the patches that the problems carry, and check again, up to three times.

    `read` reads the JSON anew (`read_fragment`, `read_template`). A refusal passes as it is.
    """
    applied: tuple[JsonObject, ...] = ()
    report = check_reading(reading, catalog, frame)
    for _ in range(MOST_ROUNDS):
        if report.ok:
            break
        value, steps = mend(reading.value, report.problems)
        if not steps:
            break
        reading = read(value)
        applied += steps
        report = check_reading(reading, catalog, frame)
    document = reading.document if report.ok else None
    return Mended(report=report, value=reading.value, document=document, applied=applied)


def _keeps_off(step: JsonObject) -> bool:
    """Say whether an operation reaches what a step may do or use."""
    places = (str(step.get("path", "")), str(step.get("from", "")))
    return any(not _KEPT.isdisjoint(place.split("/")) for place in places)
