from datetime import timedelta
from typing import Any

import pytest

from engine.facts import Error
from engine.retries import next_try
from fragments.documents import Retry
from tests.support.clocks import NOON

BUSY = Error(type="busy", message="m", retryable=True)


def wait(policy: dict[str, Any], *, attempt: int = 1, error: Error = BUSY, chance: float = 0.5, **more: Any) -> float | None:
    at = next_try(Retry.model_validate(policy), attempt=attempt, error=error, now=NOON, chance=chance, **more)
    return None if at is None else (at - NOON).total_seconds()


@pytest.mark.parametrize(
    ("backoff", "waits"),
    [
        pytest.param("none", [2, 2, 2, 2, 2], id="none"),
        pytest.param("linear", [2, 4, 6, 8, 10], id="linear"),
        pytest.param("exponential", [2, 4, 8, 10, 10], id="exponential, up to the cap"),
    ],
)
def test_the_wait_grows_as_the_policy_says(backoff: str, waits: list[float]) -> None:
    policy = {"backoff": backoff, "base": "2s", "cap": "10s", "jitter": 0, "max_attempts": 9}
    assert [wait(policy, attempt=n) for n in range(1, 6)] == waits


@pytest.mark.parametrize(("chance", "expected"), [(0.0, 8.0), (0.5, 10.0), (1.0, 12.0)], ids=["least", "middle", "most"])
def test_chance_spreads_the_wait_by_the_jitter(chance: float, expected: float) -> None:
    assert wait({"base": "10s", "jitter": 0.2}, chance=chance) == expected


def test_the_cap_holds_also_with_jitter() -> None:
    assert wait({"base": "10s", "cap": "10s", "jitter": 1}, chance=1.0) == 10.0


@pytest.mark.parametrize(
    ("policy", "attempt", "error"),
    [
        pytest.param({"max_attempts": 3}, 3, BUSY, id="the last attempt was made"),
        pytest.param({"max_attempts": 1}, 1, BUSY, id="one attempt counts the first run"),
        pytest.param({}, 1, Error(type="busy", message="m"), id="the error says that it is no use"),
        pytest.param({"retry_on": ["other"]}, 1, BUSY, id="the policy names other errors"),
    ],
)
def test_no_further_attempt_follows(policy: dict[str, Any], attempt: int, error: Error) -> None:
    assert wait(policy, attempt=attempt, error=error) is None


def test_without_a_policy_no_attempt_follows() -> None:
    assert next_try(None, attempt=1, error=BUSY, now=NOON, chance=0.5) is None


def test_the_policy_may_name_the_errors() -> None:
    assert wait({"retry_on": ["busy"], "jitter": 0}) == 1.0


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(30.0, 30.0, id="waited for, beyond the cap"),
        pytest.param(0.2, 1.0, id="never sooner than the policy"),
        pytest.param(9_999.0, 300.0, id="capped at five minutes"),
        pytest.param(-1.0, 1.0, id="nonsense"),
    ],
)
def test_whoever_refused_may_ask_for_a_longer_wait(asked: float, expected: float) -> None:
    assert wait({"cap": "10s", "jitter": 0}, retry_after_s=asked) == expected


def test_the_cap_of_a_patient_policy_counts_for_both() -> None:
    at = next_try(Retry.model_validate({"cap": "1h"}), attempt=1, error=BUSY, now=NOON, chance=0.5, retry_after_s=9_999.0)
    assert at == NOON + timedelta(hours=1)
