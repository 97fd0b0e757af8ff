"""CEL's conformance suite (tests/data/cel), evaluated as conditions of steps are, and as guests have it from the host."""

import json

import pytest

from broker.host import conditions
from schemas.conditions import ConditionError, Kind, holds
from tests.support import cel


def of_a_step(text: str, roots: cel.Roots) -> bool | str:
    try:
        return holds(text, roots)
    except ConditionError as error:
        return "invalid" if error.kind is Kind.SYNTAX else "failed"


def of_a_guest(text: str, roots: cel.Roots) -> bool | str:
    answer = json.loads(conditions.which(json.dumps([text]), json.dumps(roots), 1))["ok"]
    return str(answer["failed"]["type"]).removeprefix("condition_") if "failed" in answer else answer["held"] == [0]


@pytest.mark.parametrize("evaluated", [of_a_step, of_a_guest])
def test_what_the_suite_expects_comes_out_but_for_what_is_listed(evaluated: cel.Evaluation) -> None:
    left = [case.name for case in cel.cases() if not cel.is_as_expected(case, evaluated)]

    assert sorted(left) == sorted(name for names in cel.unlike().values() for name in names)


def test_the_suite_is_whole() -> None:
    assert sum(1 for _ in cel.cases()) == 1192
    assert all(cel.unlike())
