"""What every clock promises."""

import asyncio
from datetime import UTC, timedelta

import pytest

from engine.clock import SystemClock
from engine.ports import Clock
from tests.support.clocks import ManualClock


@pytest.fixture(params=[SystemClock, ManualClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_the_time_is_told_in_utc_and_does_not_go_back(clock: Clock) -> None:
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert second >= first


async def test_a_time_that_has_passed_is_not_waited_for(clock: Clock) -> None:
    await asyncio.wait_for(clock.sleep_until(clock.now() - timedelta(days=1)), timeout=5)


async def test_a_time_to_come_is_waited_for(clock: Clock) -> None:
    due = clock.now() + timedelta(milliseconds=20)
    sleeping = asyncio.ensure_future(clock.sleep_until(due))
    if isinstance(clock, ManualClock):
        await asyncio.sleep(0)
        assert not sleeping.done()
        await clock.advance(timedelta(milliseconds=20))
    await asyncio.wait_for(sleeping, timeout=5)
    assert clock.now() >= due
