"""Gets calls carried out: a share of the task's allowance, a turn, a worker, and another one where a worker dies."""

import asyncio
import time
from dataclasses import dataclass, replace
from functools import partial

from structlog import get_logger

from broker.answers import outcome
from broker.crew import Crew, NoWorkerError, OverdueError, WorkerLostError
from broker.orders import Order
from broker.policy import Policy
from broker.tasks import Tasks
from broker.turns import ClosedError, NoTurnError, Turns
from catalog.calls import Call, Failed, Outcome, Usage
from catalog.capability import OUTSIDE
from schemas.slices import PIECE

TRIES = 4  # of a call whose worker died and which may safely be made again

_COMPUTING, _WAITING = "computing", "waiting"
log = get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A call made ready for a worker."""

    call: Call
    order: Order
    content: bytes  # what the guest is given
    repeatable: bool  # it may be made again where nobody knows how far it came
    may_wait: bool = False

    @property
    def lane(self) -> str:
        """Name the kind of workers that carry it."""
        return _WAITING if OUTSIDE & set(self.order.imports) else _COMPUTING


class Dispatch:
    """Carries jobs out. Never raises for what becomes of a worker.

    Handlers that may wait for others (they import `http` or `notify`) have workers of their own, so that a slow host never
    holds up those that only compute.
    """

    def __init__(self, policy: Policy) -> None:
        """Start no worker yet."""
        places = {_COMPUTING: policy.workers, _WAITING: policy.waiting_workers}
        self.tasks = Tasks(policy.task_limits)
        self._policy = policy
        self._turns = Turns(places, per_namespace=policy.namespace_calls, queue=policy.queue)
        self._crews: dict[str, Crew] = {lane: Crew(policy, network=lane == _WAITING) for lane in places}
        self._ended = False

    @property
    def workers(self) -> tuple[int, ...]:
        """Name the worker processes that live, sorted."""
        return tuple(sorted(pid for crew in self._crews.values() for pid in crew.pids))

    async def carry(self, job: Job) -> Outcome:
        """Have a job carried out within its task's allowance."""
        task = job.call.task
        share = await self.tasks.share(task, job.order.allowance, job.call.used)
        if isinstance(share, Failed):
            return share
        usage = Usage()
        try:
            made = await self._taken(replace(job, order=replace(job.order, allowance=share.allowance)) if share.short else job)
            usage = made.usage
            return self.tasks.named(share, made) if share.short else made
        finally:
            self.tasks.settle(task, share, usage)

    async def end(self) -> None:
        """Refuse what waits and end what is under way, by force; each call of theirs gets its outcome."""
        self._ended = True
        self._turns.close()
        await asyncio.gather(*(crew.end() for crew in self._crews.values()))

    async def close(self) -> None:
        """End every worker."""
        await asyncio.gather(*(crew.close() for crew in self._crews.values()))

    async def _taken(self, job: Job) -> Outcome:
        lost = WorkerLostError("")
        began = time.monotonic()

        def begin() -> None:
            nonlocal began
            began = time.monotonic()
            job.call.begun()

        for _ in range(TRIES):
            try:
                turn = self._turns.turn(job.lane, job.call.namespace)
                async with turn, self._crews[job.lane].worker(job.order.component) as worker:
                    report, answer = await worker.carry(job.order, job.content, begin)
                    made = partial(outcome, report, answer, may_wait=job.may_wait)
                    return _judged(job, await asyncio.to_thread(made) if len(answer) > PIECE else made())
            except NoTurnError as error:
                return self._turned_away(error)
            except OverdueError:
                message = f"the call took more than its {job.order.allowance.wall_ms} ms"
                return Failed(type="limit_wall", message=message, retryable=job.repeatable, usage=_elapsed(began))
            except WorkerLostError as error:
                log.warning("worker_lost", says=str(error))
                lost = error
                if error.begun:
                    job.call.begun()  # nobody told so far where it began at the last moment
                if self._ended or (error.begun and not job.repeatable):
                    break
        return self._lost(job, lost, _elapsed(began) if lost.begun else Usage())

    def _turned_away(self, error: NoTurnError) -> Failed:
        if isinstance(error, ClosedError):
            return closing()
        message = f"{self._turns.waiting} calls wait for a worker already"
        return Failed(type="overloaded", message=message, retryable=True, retry_after_s=1.0)

    def _lost(self, job: Job, lost: WorkerLostError, usage: Usage) -> Failed:
        if not lost.begun and self._ended:
            return closing()
        message = "no worker process could be started" if isinstance(lost, NoWorkerError) else "the worker process died"
        message = "the broker closed before the call was done" if self._ended else message
        return Failed(type="worker_lost", message=message, retryable=job.repeatable or not lost.begun, usage=usage)


def closing() -> Failed:
    """Refuse a call because the broker is closing: it was not begun."""
    return Failed(type="closing", message="the broker is closing; the call was not begun", retryable=True)


def _judged(job: Job, made: Outcome) -> Outcome:
    if isinstance(made, Failed) and made.type == "limit_wall":
        return replace(made, retryable=job.repeatable)
    return made


def _elapsed(began: float) -> Usage:
    """Charge a call that nobody measured for the whole time, as if its guest had computed all along."""
    elapsed_ms = (time.monotonic() - began) * 1000
    return Usage(wall_ms=elapsed_ms, cpu_ms=elapsed_ms)
