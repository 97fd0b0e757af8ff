"""When Python looks for garbage. A full collection visits every list and object of all values that tasks hold, in one go.

With ten megabytes of JSON that takes half a second in which nothing else runs, and it happens again and again
while such a value is read. Values of JSON hold no cycles, so there is nothing to find among them. Here the young are collected
as ever, and all only where the process is small enough for that to take a few milliseconds.
"""

import asyncio
import gc
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

YOUNG, MIDDLE = 5_000, 10
"""Objects that are made between two collections of the young, and how many of these come before one of the middle-aged."""

NEVER = 1 << 30
PERIOD_S = 20.0
SMALL_BYTES = 300 << 20
"""Resident memory up to which all is collected, once a period."""

_PAGE_BYTES = resource.getpagesize()
_open = 0  # runners of this process: the collector is the process's, and so is this


@asynccontextmanager
async def paced() -> AsyncIterator[None]:
    """Collect as said above while the block runs."""
    global _open  # noqa: PLW0603 - see where it is made
    before = gc.get_threshold()
    if not _open:
        gc.freeze()  # what was imported stays
        gc.set_threshold(YOUNG, MIDDLE, NEVER)
    _open += 1
    tending = asyncio.create_task(_tend())
    try:
        yield
    finally:
        tending.cancel()
        with suppress(asyncio.CancelledError):
            await tending
        _open -= 1
        if not _open:
            gc.set_threshold(*before)
            gc.unfreeze()


async def _tend() -> None:
    while True:
        await asyncio.sleep(PERIOD_S)
        if resident_bytes() <= SMALL_BYTES:
            gc.collect()


def resident_bytes() -> int:
    """Tell how much memory the process has in use; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0
