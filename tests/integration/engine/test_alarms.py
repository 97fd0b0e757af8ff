import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from engine.alarms import Alarms
from tests.support.clocks import NOON, ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def alarms(clock: ManualClock) -> AsyncIterator[Alarms]:
    made = Alarms(clock)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


async def test_alarms_ring_in_the_order_of_their_times(alarms: Alarms, clock: ManualClock) -> None:
    rung: list[int] = []
    for seconds in (3, 1, 2):
        alarms.at(NOON + after(seconds), lambda s=seconds: rung.append(s))  # type: ignore[misc]  # mypy cannot infer a default's type
    await clock.advance(after(2))
    assert rung == [1, 2]
    await clock.advance(after(1))
    assert rung == [1, 2, 3]


async def test_an_alarm_of_the_past_rings_at_once(alarms: Alarms, clock: ManualClock) -> None:
    rung = asyncio.Event()
    alarms.at(NOON - after(1), rung.set)
    await clock.advance(after(0))
    assert rung.is_set()


async def test_an_earlier_alarm_wakes_the_sleeper(alarms: Alarms, clock: ManualClock) -> None:
    rung: list[str] = []
    alarms.at(NOON + after(100), lambda: rung.append("late"))
    await clock.advance(after(1))
    alarms.at(NOON + after(2), lambda: rung.append("early"))
    await clock.advance(after(1))
    assert rung == ["early"]


async def test_a_cancelled_alarm_does_not_ring(alarms: Alarms, clock: ManualClock) -> None:
    rung: list[int] = []
    kept = [alarms.at(NOON + after(1), lambda: rung.append(1)) for _ in range(300)]
    for alarm in kept[1:]:
        alarm.cancel()
        alarm.cancel()
    assert len(alarms._heap) < 130
    await clock.advance(after(1))
    assert rung == [1]
