"""A clock that stands still until a test moves it."""

import asyncio
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class ManualClock:
    """Tells the time that a test gave it; sleepers wake when `advance` passes their time."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, due: datetime) -> None:
        if due <= self._now:
            return
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((due, sleeper))
        await sleeper

    async def advance(self, by: timedelta) -> None:
        """Move on, and let everything that woke run until it waits again."""
        self._now += by
        due = [sleeper for at, sleeper in self._sleepers if at <= self._now]
        self._sleepers = [(at, sleeper) for at, sleeper in self._sleepers if at > self._now]
        for sleeper in due:
            if not sleeper.done():
                sleeper.set_result(None)
        for _ in range(10):
            await asyncio.sleep(0)
