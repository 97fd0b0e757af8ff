"""The effect rim: handlers and planners called so that whatever they do becomes an outcome."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar

from structlog import get_logger

from catalog.calls import Failed, Outcome
from engine.alarms import Alarms
from engine.effects import Plan, RunHandler
from engine.ports import Clock, Handlers, Planner
from engine.reasons import Reason
from fragments.planning import PlanReply, Unplanned

T = TypeVar("T")
log = get_logger()


class Rim:
    """Calls adapters, a bounded number at a time; plans never wait for handlers, nor handlers for plans."""

    def __init__(
        self, *, handlers: Handlers, planner: Planner, clock: Clock, alarms: Alarms, handlers_at_once: int, plans_at_once: int
    ) -> None:
        """Keep the adapters."""
        self._handlers, self._planner, self._clock, self._alarms = handlers, planner, clock, alarms
        self._handler_slots = asyncio.Semaphore(handlers_at_once)
        self._plan_slots = asyncio.Semaphore(plans_at_once)
        self._waiting: set[asyncio.Task[Any]] = set()

    def dismiss(self) -> None:
        """Cancel the tasks that wait for a slot: what they are about was not begun."""
        for task in self._waiting:
            task.cancel()

    async def run(self, effect: RunHandler) -> Outcome:
        """Run one attempt. Its timeout counts from when a slot was free."""
        async with self._slot(self._handler_slots):
            try:
                return await self._limited(self._handlers.run(effect.call), effect.timeout_s)
            except _TooLongError:
                says = f"the attempt took longer than {effect.timeout_s:g} s"
                return Failed(type=Reason.TIMED_OUT, message=says, retryable=True)
            except Exception as fault:  # an adapter that raises must cost one step, not the service
                log.exception("handler_adapter_raised", task=effect.task, step=effect.step, attempt=effect.attempt)
                return Failed(type=Reason.INTERNAL_ERROR, message=_says("handler", fault))

    async def plan(self, effect: Plan) -> PlanReply:
        """Ask for one turn. Its timeout counts from when a slot was free."""
        async with self._slot(self._plan_slots):
            try:
                return await self._limited(self._planner.plan(effect.request), effect.timeout_s)
            except _TooLongError:
                says = f"the planner took longer than {effect.timeout_s:g} s"
                return Unplanned(type=Reason.TIMED_OUT, message=says, retryable=True)
            except Exception as fault:  # as above
                log.exception("planner_adapter_raised", task=effect.task, step=effect.step, attempt=effect.attempt)
                return Unplanned(type=Reason.INTERNAL_ERROR, message=_says("planner", fault))

    @asynccontextmanager
    async def _slot(self, slots: asyncio.Semaphore) -> AsyncIterator[None]:
        mine = asyncio.current_task()
        assert mine is not None, "effects are tasks"
        self._waiting.add(mine)
        try:
            await slots.acquire()
        finally:
            self._waiting.discard(mine)
        try:
            yield
        finally:
            slots.release()

    async def _limited(self, call: Awaitable[T], timeout_s: float | None) -> T:
        if timeout_s is None:
            return await call
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as limit:
                due = self._clock.now() + timedelta(seconds=timeout_s)
                alarm = self._alarms.at(due, lambda: limit.reschedule(loop.time()))
                try:
                    return await call
                finally:
                    alarm.cancel()
        except TimeoutError:
            if limit.expired():
                raise _TooLongError from None
            raise


class _TooLongError(Exception):
    """The call was ended from outside; an adapter's own TimeoutError is another thing."""


def _says(what: str, fault: Exception) -> str:
    # The text of a foreign exception may hold anything, users' data included: it goes to the log and not to the task.
    return f"the {what} adapter raised {type(fault).__name__}; the service's log says more"
