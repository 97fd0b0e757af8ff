"""The effect rim: handlers and planners called so that whatever they do becomes an outcome."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from structlog import get_logger

from catalog.calls import Failed, Ok, Outcome
from engine.alarms import Alarm, Alarms
from engine.effects import Plan, RunHandler
from engine.ports import Clock, Handlers, Planner
from engine.reasons import Reason
from fragments.planning import PlanReply, Unplanned
from schemas.limits import DEPTH, depth_exceeds
from schemas.slices import is_heavy

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
        """Run one attempt. Its timeout counts from when its call begins, not while it waits for a worker."""
        async with self._slot(self._handler_slots):
            limit = self._limit(effect.timeout_s)
            try:
                async with limit:
                    outcome = await self._handlers.run(replace(effect.call, begun=limit.start))
                outcome = await self._within(outcome)
            except _TooLongError:
                says = f"the attempt took longer than {effect.timeout_s:g} s"
                outcome = Failed(type=Reason.TIMED_OUT, message=says, retryable=True)
            except Exception as fault:  # an adapter that raises must cost one step, not the service
                log.exception("handler_adapter_raised", task=effect.task, step=effect.step, attempt=effect.attempt)
                outcome = Failed(type=Reason.INTERNAL_ERROR, message=_says("handler", fault))
        return replace(outcome, begun=limit.started) if isinstance(outcome, Failed) else outcome

    async def plan(self, effect: Plan) -> PlanReply:
        """Ask for one turn. Its timeout counts from when a slot was free."""
        async with self._slot(self._plan_slots):
            try:
                async with self._limit(effect.timeout_s) as limit:
                    limit.start()
                    return await self._planner.plan(effect.request)
            except _TooLongError:
                says = f"the planner took longer than {effect.timeout_s:g} s"
                return Unplanned(type=Reason.TIMED_OUT, message=says, retryable=True)
            except Exception as fault:  # as above
                log.exception("planner_adapter_raised", task=effect.task, step=effect.step, attempt=effect.attempt)
                return Unplanned(type=Reason.INTERNAL_ERROR, message=_says("planner", fault))

    async def _within(self, outcome: Outcome) -> Outcome:
        """Refuse an output that is nested so deep that no larger record could hold it; the broker's adapter lets none pass."""
        if not isinstance(outcome, Ok):
            return outcome
        exceeds = partial(depth_exceeds, outcome.output)
        if not (await asyncio.to_thread(exceeds) if is_heavy(outcome.output) else exceeds()):
            return outcome
        message = f"the output is nested more than {DEPTH} deep"
        return Failed(type="output_invalid", message=message, usage=outcome.usage, logs=outcome.logs)

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

    def _limit(self, timeout_s: float | None) -> "_Limit":
        return _Limit(timeout_s, clock=self._clock, alarms=self._alarms)


class _TooLongError(Exception):
    """The call was ended from outside; an adapter's own TimeoutError is another thing."""


class _Limit:
    """Ends what is done within it with `_TooLongError`, `timeout_s` after `start` was first called."""

    def __init__(self, timeout_s: float | None, *, clock: Clock, alarms: Alarms) -> None:
        """Do not count yet; without `timeout_s` never end anything."""
        self.started = False
        self._clock, self._alarms, self._timeout_s = clock, alarms, timeout_s
        self._timeout = asyncio.timeout(None)
        self._alarm: Alarm | None = None

    def start(self) -> None:
        """Begin to count; again does nothing."""
        if self.started:
            return
        self.started = True
        if self._timeout_s is not None:
            due = self._clock.now() + timedelta(seconds=self._timeout_s)
            self._alarm = self._alarms.at(due, self._ring)

    async def __aenter__(self) -> Self:
        """Be ready to end the task that is in here."""
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop counting; raise `_TooLongError` where the time was up."""
        if self._alarm is not None:
            self._alarm.cancel()
        try:
            await self._timeout.__aexit__(kind, raised, trace)
        except TimeoutError:
            raise _TooLongError from None

    def _ring(self) -> None:
        self._timeout.reschedule(asyncio.get_running_loop().time())


def _says(what: str, fault: Exception) -> str:
    # The text of a foreign exception may hold anything, users' data included: it goes to the log and not to the task.
    return f"the {what} adapter raised {type(fault).__name__}; the service's log says more"
