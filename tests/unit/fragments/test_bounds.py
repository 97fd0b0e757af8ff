from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from fragments.bounds import Bounds, Left


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        pytest.param("500ms", 0.5, id="milliseconds"),
        pytest.param("10m", 600, id="minutes"),
        pytest.param("1h30m", 5_400, id="hours and minutes"),
        pytest.param("30d", 2_592_000, id="days"),
        pytest.param(1.5, 1.5, id="a number of seconds"),
    ],
)
def test_a_duration_is_read_and_written_without_loss(written: Any, seconds: float) -> None:
    bounds = Bounds(wall_clock=written)
    assert bounds.wall_clock == timedelta(seconds=seconds)
    assert Bounds.model_validate(bounds.model_dump(mode="json")) == bounds


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("soon", id="a word"),
        pytest.param("5 m", id="a space"),
        pytest.param("", id="nothing"),
        pytest.param("0s", id="zero"),
        pytest.param("400d", id="more than a year"),
        pytest.param(True, id="a boolean"),
    ],
)
def test_what_is_no_duration_is_refused(written: Any) -> None:
    with pytest.raises(ValidationError):
        Bounds(wall_clock=written)


def test_bounds_only_ever_narrow_what_is_left() -> None:
    left = Left(steps=10, depth=2, cost_usd=0.5)
    narrowed = left.narrowed(Bounds(steps=99, depth=1, cost_usd=0.1, wall_clock="10s"))
    assert narrowed == Left(steps=10, depth=1, cost_usd=0.1, wall_clock_s=10.0)
    assert left.narrowed(None) == left
    assert Left.from_json(narrowed.to_json()) == narrowed
