"""Whether and when a failed attempt is made again."""

from datetime import datetime, timedelta

from engine.facts import Error
from fragments.documents import Backoff, Retry

RETRY_AFTER_CAP = timedelta(minutes=5)
"""The longest that an answer's Retry-After is waited for, where the policy's own cap is not longer."""


def next_try(
    policy: Retry | None, *, attempt: int, error: Error, now: datetime, chance: float, retry_after_s: float | None = None
) -> datetime | None:
    """Give the time of the next attempt after attempt number `attempt` (from 1) failed; None where none follows.

    `chance` in [0, 1) decides the jitter. `retry_after_s` is the least wait that whoever refused asked for (RFC 9110, 10.2.3).
    """
    if policy is None or not error.retryable or attempt >= policy.max_attempts:
        return None
    if policy.retry_on is not None and error.type not in policy.retry_on:
        return None
    wait = _wait(policy, attempt) * (1 + policy.jitter * (2 * chance - 1))
    if retry_after_s is not None and retry_after_s > 0:
        asked = timedelta(seconds=min(retry_after_s, max(policy.cap, RETRY_AFTER_CAP).total_seconds()))
        return now + max(asked, min(wait, policy.cap))
    return now + min(wait, policy.cap)


def _wait(policy: Retry, attempt: int) -> timedelta:
    factors = {Backoff.NONE: 1, Backoff.LINEAR: attempt, Backoff.EXPONENTIAL: 1 << (attempt - 1)}
    return policy.base * factors[policy.backoff]
