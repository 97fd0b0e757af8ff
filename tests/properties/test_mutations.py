"""Every way to break a document that passes is told, by the right code, at the right place."""

import json
from functools import lru_cache
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from fragments.problems import Severity
from fragments.proofs import Report
from tests.properties.breaking import Broken, Expected, Mutation, NoPlaceError
from tests.properties.breaking_config import CONFIG
from tests.properties.breaking_reach import REACH
from tests.properties.breaking_wiring import WIRING
from tests.properties.strategies import copied
from tests.support.documents.drawn import Drawn, drawn

FEW = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
SEEDS = st.integers(0, 400)
"""So few that the documents are written and checked once for all mutations."""


@lru_cache(maxsize=500)
def whole(seed: int) -> tuple[Drawn, Report]:
    document = drawn(seed)
    return document, document.report()


def is_told(report: Report, expected: Expected) -> bool:
    """Say whether an error has one of the codes and stands at, within or right above one of the places."""
    errors = [problem for problem in report.problems if problem.severity is Severity.ERROR]
    return any(
        problem.code in expected.codes and any(_is_at(problem.where, where) for where in expected.where) for problem in errors
    )


def _is_at(where: str, expected: str) -> bool:
    return where == expected or where.startswith(f"{expected}/") or where == expected.rpartition("/")[0]


@pytest.mark.parametrize("mutation", [pytest.param(one, id=one.__name__) for one in (*WIRING, *CONFIG, *REACH)])
@FEW
@given(seed=SEEDS, chance=st.integers(0, 2**32))
def test_a_broken_document_is_refused_for_what_broke_it(mutation: Mutation, seed: int, chance: int) -> None:
    document, report = whole(seed)
    assume(report.ok)
    broken = Broken(copied(document.value), document.frame, report, Random(chance))
    try:
        expected = mutation(broken)
    except NoPlaceError:
        assume(False)
    note(json.dumps(broken.value))
    found = Drawn(value=broken.value, frame=broken.frame, is_template=document.is_template).report()
    assert is_told(found, expected), (expected, found.problems)
