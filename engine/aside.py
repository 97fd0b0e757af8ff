"""Work on large values, done beside the event loop in a thread or two, so that a task with much data holds up no other.

Python's own code lets other threads run every few milliseconds, and the native calls of `schemas.slices` are short: so the
loop goes on. Small work stays on the loop, where it costs less than handing it over would.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from catalog.calls import Ok
from engine import facts
from engine.commands import Order, ReportPlan, ReportStep, Signal, Submit
from schemas.slices import is_heavy

THREADS = 2  # more would only wait for each other, and the loop for them all
HEAVY_CHARACTERS = 256 << 10  # of values in a task's log, from which on all its commands are decided aside
_LIGHT_CHARACTERS = 512  # of one fact, which do not count: every fact has about as many
_MANY_STEPS = 200

T = TypeVar("T")
_WITH_VALUES = (facts.StepCompleted, facts.ScopeClosed, facts.SignalReceived, facts.AttemptFailed, facts.StepWaits)


class Aside:
    """Threads for work on large values."""

    def __init__(self) -> None:
        """Start none yet."""
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="aside")

    async def do(self, work: Callable[[], T]) -> T:
        """Do the work in a thread; raise what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """End the threads when they have done what they are at."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def is_heavy_order(order: Order) -> bool:
    """Say whether deciding a command may take long: it brings a large value, many steps, or a plan."""
    match order:
        case ReportStep():
            return isinstance(order.outcome, Ok) and is_heavy(order.outcome.output)
        case ReportPlan():
            return True
        case Submit():
            return len(order.template.steps) > _MANY_STEPS or is_heavy(order.input)
        case Signal():
            return is_heavy(order.body)
        case _:
            return False


def weight(log: Sequence[facts.Fact]) -> int:
    """Count the characters of the values that facts hold, which later facts may hold again."""
    return sum(max(0, len(fact.text) - _LIGHT_CHARACTERS) for fact in log if isinstance(fact.body, _WITH_VALUES))
