"""How long an event loop did not get its turn, told by itself: what a client measures would count other things too."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

TICK_S = 0.005


@dataclass(slots=True)
class Lag:
    """The longest that the loop was held, in seconds of this process's own processor time.

    Wall time counts only as far as this process was at work in it: on a busy machine others have the processor.
    """

    worst_s: float = 0.0


@asynccontextmanager
async def watched() -> AsyncIterator[Lag]:
    """Measure the lag of the running loop while the block runs."""
    lag = Lag()
    watch = asyncio.create_task(_watch(lag))
    await asyncio.sleep(0)
    try:
        yield lag
        await asyncio.sleep(2 * TICK_S)
    finally:
        watch.cancel()


async def _watch(lag: Lag) -> None:
    while True:
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(TICK_S)
        held = min(time.perf_counter() - wall - TICK_S, time.process_time() - cpu)
        lag.worst_s = max(lag.worst_s, held)
