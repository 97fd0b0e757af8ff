"""What conditions mean: rows of our own, written against the CEL language definition (cel-spec, doc/langdef.md).

They are held where conditions of steps are evaluated, and through what guests ask of the host.
"""

import json
from typing import Any, TypeAlias

import pytest

from broker.host import conditions
from fragments.conditions import ConditionError, Kind, holds
from tests.support import languages
from tests.support.telling import hear

Outcome: TypeAlias = bool | str

TABLE: dict[str, Any] = json.loads((languages.CONDITIONS / "semantics.json").read_text())
ROWS = [
    pytest.param(text, outcome, id=f"{section}: {text}")
    for section, rows in TABLE["sections"].items()
    for text, outcome in rows
]


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_a_condition_means_what_cel_says(text: str, expected: Outcome) -> None:
    assert _outcome(text) == expected


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_a_guest_gets_the_same_answer(text: str, expected: Outcome) -> None:
    answer = json.loads(conditions.which(json.dumps([text]), json.dumps(TABLE["roots"]), 1))["ok"]

    if isinstance(expected, bool):
        assert answer == {"held": [0] if expected else []}
    else:
        wanted = "condition_invalid" if expected == Kind.SYNTAX else "condition_failed"
        assert (answer["failed"]["at"], answer["failed"]["type"]) == (0, wanted)


DEVIATIONS = (
    # text, what the specification says, what the library gives
    pytest.param('int(" 1 ") == 1', Kind.VALUE, True, id="spaces around a number that is read from a text"),
    pytest.param('"a" == "a" || 1', Kind.TYPE, True, id="an operand that does not decide is not typed at run time"),
)


@pytest.mark.parametrize(("text", "specified", "given"), DEVIATIONS)
def test_what_the_library_does_otherwise_is_known(text: str, specified: Outcome, given: Outcome) -> None:
    assert _outcome(text) == given != specified


def test_the_table_has_a_row_for_every_section() -> None:
    assert len(ROWS) > 450
    assert all(TABLE["sections"].values())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("input.beyond.exists(x, x.id > 0)", "input.beyond[0].id is 18446744073709551616, a whole number beyond 64 bits"),
        ("input.huge == 1", "input.huge is 1180591620717411303424, a whole number beyond 64 bits"),
        ("input == input", "input.huge is 1180591620717411303424, a whole number beyond 64 bits"),
    ],
)
def test_a_number_beyond_64_bits_is_told_with_its_place(text: str, says: str) -> None:
    with pytest.raises(ConditionError) as raised:
        holds(text, TABLE["roots"])

    assert raised.value.says == f"{says}, which conditions do not hold."


def test_a_number_that_is_not_read_is_no_matter() -> None:
    assert holds("input.n == 4", TABLE["roots"])


def _outcome(text: str) -> Outcome:
    try:
        return holds(text, TABLE["roots"])
    except ConditionError as error:
        hear(f"{text}\n  {error.says}")
        return error.kind
