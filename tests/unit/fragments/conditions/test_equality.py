import pytest

from fragments.conditions import equal
from schemas.values import Json

DEEP: Json = None
for _ in range(5_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param(1, 1.0, True, id="numbers by value"),
        pytest.param(2**70, float(2**70), True, id="huge numbers by value"),
        pytest.param(2**53 + 1, float(2**53), False, id="exactly"),
        pytest.param(0.0, -0.0, True, id="zero has no sign"),
        pytest.param(True, 1, False, id="true is no number"),
        pytest.param(0, False, False, id="false is no number"),
        pytest.param(True, True, True, id="booleans"),
        pytest.param(None, None, True, id="null"),
        pytest.param(None, 0, False, id="null is no number"),
        pytest.param(None, "", False, id="null is no text"),
        pytest.param("1", 1, False, id="a text is no number"),
        pytest.param("é", "e\u0301", False, id="texts by code points"),
        pytest.param([1, [2.0]], (1.0, [2]), True, id="lists deeply"),
        pytest.param([1, 2], [2, 1], False, id="lists in order"),
        pytest.param([1], [1, 1], False, id="lists by length"),
        pytest.param([], {}, False, id="a list is no object"),
        pytest.param({"a": 1, "b": [True]}, {"b": [True], "a": 1.0}, True, id="objects deeply"),
        pytest.param({"a": 1}, {"a": True}, False, id="objects by kind"),
        pytest.param({"a": None}, {}, False, id="a key that holds null is there"),
        pytest.param({"a": None}, {"b": None}, False, id="objects by keys"),
        pytest.param(float("nan"), float("nan"), False, id="what is no number equals nothing"),
        pytest.param(DEEP, DEEP, True, id="nested 5,000 deep"),
    ],
)
def test_json_values_are_compared_by_value(one: Json, other: Json, *, same: bool) -> None:
    assert equal(one, other) is same
    assert equal(other, one) is same
