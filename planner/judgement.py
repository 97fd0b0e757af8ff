"""From a model's words to a judgement: read, checked, mended where that is safe, checked again."""

from dataclasses import dataclass
from typing import TypeAlias

from catalog.registry import Catalog
from fragments.documents import Fragment, Refusal
from fragments.frames import Frame
from fragments.mending import check_and_mend
from fragments.problems import Problem
from fragments.proofs import Report
from fragments.reading import read_fragment
from planner.models.port import Answer
from schemas.values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A plan that passed every check, after `mended` patches."""

    fragment: Fragment
    report: Report
    mended: tuple[JsonObject, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What is wrong with the answer as the model wrote it; patches that did not mend all of it are told too."""

    problems: tuple[Problem, ...]
    mended: tuple[JsonObject, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The model says that the goal cannot or must not be planned."""

    reason: str
    mended: tuple[JsonObject, ...] = ()


Judgement: TypeAlias = Passed | Wrong | Refused


def judge(answer: Answer, catalog: Catalog, frame: Frame) -> Judgement:
    """Judge an answer. Total: whatever a model wrote, it comes to one of the three."""
    mended = check_and_mend(read_fragment(answer.text), read_fragment, catalog, frame)
    if isinstance(mended.document, Fragment):
        return Passed(fragment=mended.document, report=mended.report, mended=mended.applied)
    if isinstance(mended.document, Refusal):
        return Refused(reason=mended.document.refused, mended=mended.applied)
    cut = (_cut_off(answer),) if answer.truncated else ()
    return Wrong(problems=(*cut, *mended.report.problems), mended=mended.applied)


def _cut_off(answer: Answer) -> Problem:
    tokens = f" of {answer.tokens_out} tokens" if answer.tokens_out is not None else ""
    return Problem(
        code="answer.cut_off",
        where="",
        says=f"The answer was cut off at its limit{tokens}.",
        hint="Answer with fewer steps and shorter expressions, schemas and texts.",
    )
