"""Every code is explained, and every explanation is true. `GOALWRIGHT_UPDATE_GOLDEN=1` writes the page anew."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from jsonpatch import JsonPatch

from fragments.codes import CODES
from fragments.explanations import Around, Explanation, Kind, explained, explanation, page, section, to_json
from fragments.mending import mend
from fragments.problems import Problem
from fragments.reading import read_text
from tests.support.explained import SERVED, TOLD, judged
from tests.support.telling import of_problems

PAGE = Path(__file__).resolve().parents[3] / "docs" / "problems.md"
EXPLAINED = {code: explanation(code) for code in CODES if code in explained()}
SHOWN = [pytest.param(code, told, id=code) for code, told in EXPLAINED.items() if told.kind is not Kind.WORDS]
PATCHED = [pytest.param(code, told, id=code) for code, told in EXPLAINED.items() if told.patch]


def seen(problem: Problem) -> tuple[Any, ...]:
    return problem.code, problem.where, problem.severity, problem.patch is not None


def test_every_code_has_an_explanation_and_every_explanation_a_code() -> None:
    assert explained() == set(CODES)


def test_why_and_mend_are_sentences() -> None:
    told = [text for one in EXPLAINED.values() for text in (one.why, one.mend)]
    assert [text for text in told if not re.fullmatch(r"[A-Z`][^\n]+\.\n?", text)] == []


@pytest.mark.parametrize(("code", "told"), SHOWN)
def test_the_wrong_example_has_this_problem_and_no_other(code: str, told: Explanation) -> None:
    assert [seen(problem) for problem in judged(told, told.wrong)] == [(code, told.where, told.severity[0], told.patch)]


@pytest.mark.parametrize(("code", "told"), SHOWN)
def test_the_mended_example_has_no_problem(code: str, told: Explanation) -> None:
    assert (code, judged(told, told.right)) == (code, ())


@pytest.mark.parametrize(("code", "told"), PATCHED)
def test_the_patch_makes_the_wrong_example_into_the_mended_one(code: str, told: Explanation) -> None:
    (problem,) = judged(told, told.wrong)
    assert problem.patch is not None, code
    wrong, right = read_text(told.wrong).value, read_text(told.right).value
    mended = JsonPatch([dict(step) for step in problem.patch]).apply(wrong)
    assert mended == right
    assert mend(wrong, [problem])[0] == right


@pytest.mark.parametrize("code", sorted(TOLD))
def test_what_is_told_in_words_is_so(code: str) -> None:
    told, (wrong, right) = EXPLAINED[code], TOLD[code]
    found = {seen(problem) for problem in of_problems(wrong()) if problem.code == code}
    assert found == {(code, told.where, told.severity[0], told.patch)}
    assert right() == ()


def test_all_that_is_told_in_words_is_tried() -> None:
    assert {code for code, told in EXPLAINED.items() if told.kind is Kind.WORDS} == {*TOLD, *SERVED}


def test_the_page_of_problems_is_what_the_explanations_say() -> None:
    if os.environ.get("GOALWRIGHT_UPDATE_GOLDEN"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_has_one_anchor_for_each_code_and_one_link_to_it() -> None:
    text = page()
    assert sorted(re.findall(r'<a id="([^"]+)">', text)) == sorted(CODES)
    assert sorted(re.findall(r"\]\(#([^)]+)\)", text)) == sorted(CODES)


def test_every_block_of_the_page_is_closed() -> None:
    assert page().count("```") == 2 * len(re.findall(r"^```(?:yaml|json)\n(?:(?!```).*\n)+```$", page(), flags=re.MULTILINE))


def test_a_section_tells_what_stands_around_its_example() -> None:
    text = section("workflow.version")
    assert '* workflows that there are: `[{"name": "billing", "version": "1.4.0"}]`' in text
    assert "**Example**, with the problem at `/steps/0/workflow`:" in text
    assert "with the mapping file\n\n```yaml\ncallables:\n" in section("dialect.binding")


@pytest.mark.parametrize("code", ["handler.unknown", "output.unproved", "dialect.binding", "text.encoding"])
def test_the_json_of_an_explanation_reads_back_as_the_same(code: str) -> None:
    written = json.loads(json.dumps(to_json(code)))
    assert (written.pop("code"), written.pop("says")) == (code, CODES[code])
    read = Explanation.model_validate(written)
    assert read == explanation(code)
    assert Around.model_validate(written["around"]) == read.around
