"""Alarms: what is to be done at a time. One sleeper for all of them, so that a waiting step costs no task of its own."""

import asyncio
import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

from engine.ports import Clock

_FEW = 64


class Alarm:
    """One alarm, until it rings or is cancelled."""

    __slots__ = ("_alarms", "ring")

    def __init__(self, alarms: "Alarms", ring: Callable[[], None]) -> None:
        """Keep what is to be done."""
        self._alarms = alarms
        self.ring: Callable[[], None] | None = ring

    def cancel(self) -> None:
        """Do nothing at the time; free what would have been done."""
        if self.ring is not None:
            self.ring = None
            self._alarms.forget()


class Alarms:
    """Rings alarms when their time has come."""

    def __init__(self, clock: Clock) -> None:
        """Sleep by `clock`."""
        self._clock = clock
        self._heap: list[tuple[datetime, int, Alarm]] = []
        self._numbers = count()
        self._cancelled = 0
        self._earlier = asyncio.Event()

    def at(self, due: datetime, ring: Callable[[], None]) -> Alarm:
        """Call `ring` at `due`, at once where it is past."""
        alarm = Alarm(self, ring)
        entry = (due, next(self._numbers), alarm)
        heapq.heappush(self._heap, entry)
        if self._heap[0] is entry:
            self._earlier.set()
        return alarm

    async def run(self) -> None:
        """Ring for ever."""
        while True:
            self._earlier.clear()
            self._ring()
            await self._sleep()

    def forget(self) -> None:
        """Count one more cancelled alarm; most are cancelled, so they are dropped before they come up."""
        self._cancelled += 1
        if self._cancelled > _FEW and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].ring is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0

    def _ring(self) -> None:
        # A cancelled alarm stays until its time: dropped now, the next one set would be the earliest and wake the sleeper.
        now = self._clock.now()
        while self._heap and self._heap[0][0] <= now:
            alarm = heapq.heappop(self._heap)[2]
            ring = alarm.ring
            if ring is None:
                self._cancelled -= 1
            else:
                alarm.ring = None
                ring()

    async def _sleep(self) -> None:
        if not self._heap:
            await self._earlier.wait()
            return
        sleeper = asyncio.ensure_future(self._clock.sleep_until(self._heap[0][0]))
        waker = asyncio.ensure_future(self._earlier.wait())
        try:
            await asyncio.wait({sleeper, waker}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            waker.cancel()
