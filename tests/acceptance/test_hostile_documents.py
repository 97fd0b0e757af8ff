"""Documents made to harm: each is read and checked in a process of its own, and ends as a problem within time and memory."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.hostile import EXPECTED, HOSTILE, Outcome, examiner

MOST_BYTES = 256 << 20


@pytest.fixture(scope="module")
def examine() -> Iterator[Callable[[str], Outcome]]:
    with examiner() as asked:
        yield asked


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_ends_as_a_problem_in_little_memory(name: str, examine: Callable[[str], Outcome]) -> None:
    outcome = examine(name)  # raises where the child ends otherwise: by a traceback, or killed for the time that it takes
    expected = EXPECTED[name]
    assert expected in outcome.codes if expected is not None else outcome.codes == ()
    assert outcome.peak_bytes <= MOST_BYTES


def test_every_hostile_document_has_its_code() -> None:
    assert set(EXPECTED) == set(HOSTILE)
    assert len(HOSTILE) >= 60
    assert sum(code is None for code in EXPECTED.values()) <= 5
