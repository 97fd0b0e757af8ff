"""Worker processes: started when needed, handed out one call at a time, killed when overdue, replaced when lost."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from broker import orders
from broker.orders import FrameError, Order, Report
from broker.processes import environment

GRACE_SECONDS = 0.5  # between a worker's own deadline and its end by force
START_SECONDS = 30.0
CLOSE_SECONDS = 2.0


class WorkerLostError(Exception):
    """The worker died, or broke the stream, while it held a call."""


class NoWorkerError(WorkerLostError):
    """No worker could be started, so the call was not begun."""


class OverdueError(Exception):
    """The worker did not answer within the call's wall clock and was killed."""


class Worker:
    """One process. It holds at most one call at any time."""

    def __init__(self, process: Process) -> None:
        """Own a process that has said it is ready."""
        self._process = process

    @classmethod
    async def start(cls, policy: Mapping[str, Any], *, network: bool) -> "Worker":
        """Start a process and wait until it is ready; raises `NoWorkerError`."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "broker.worker"),
            stdin=PIPE,
            stdout=PIPE,
            env=environment(),
            cwd=os.sep,
            start_new_session=True,
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(START_SECONDS):
                await worker._exchange(orders.pack({"policy": policy, "network": network}))
        except (TimeoutError, WorkerLostError) as error:
            await worker.kill()
            message = f"a worker did not start: {error or 'it took too long'}"
            raise NoWorkerError(message) from error
        except BaseException:  # a caller that gives up leaves no process behind
            await worker.kill()
            raise
        return worker

    @property
    def alive(self) -> bool:
        """Say whether the process still runs."""
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        """Name the process."""
        return self._process.pid

    async def carry(self, order: Order, call: bytes) -> tuple[Report, bytes]:
        """Have the worker carry out one order. Raises `WorkerLostError` or `OverdueError`; either way the process is gone."""
        try:
            async with asyncio.timeout(order.allowance.wall_ms / 1000 + GRACE_SECONDS):
                header, content = await self._exchange(orders.pack(order.to_json(), call))
                return Report.of(header), content
        except TimeoutError:
            await self.kill()
            raise OverdueError from None
        except BaseException:  # also a caller that gives up: what the guest is doing now must end
            await self.kill()
            raise

    async def kill(self) -> None:
        """End the process now."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def close(self) -> None:
        """Let the process end by itself; kill it where it does not."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def _exchange(self, frame: bytes) -> tuple[dict[str, Any], bytes]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(frame)
            await self._process.stdin.drain()
            answer = await orders.receive(self._process.stdout)
        except (ConnectionError, FrameError, ValueError) as error:
            raise WorkerLostError(str(error)) from error
        if answer is None:
            message = "the worker process ended"
            raise WorkerLostError(message)
        return answer


class Crew:
    """Up to `size` workers. Started one by one as calls need them; idle ones are used again, the latest first."""

    def __init__(self, policy: Mapping[str, Any], size: int, *, network: bool) -> None:
        """Start nobody yet. With `network`, workers make ready for it."""
        self.waiting = 0
        self._policy = policy
        self._network = network
        self._places = asyncio.Semaphore(size)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()

    @property
    def pids(self) -> tuple[int, ...]:
        """Name the processes that live."""
        return tuple(worker.pid for worker in (*self._idle, *self._busy) if worker.alive)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Worker]:
        """Lend a worker, first come, first served; take it back if it lives. Raises `NoWorkerError`."""
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1
        try:
            worker = await self._available()
            self._busy.add(worker)
            try:
                yield worker
            finally:
                self._busy.discard(worker)
                if worker.alive:
                    self._idle.append(worker)
        finally:
            self._places.release()

    async def close(self) -> None:
        """End every worker."""
        workers, self._idle = [*self._idle, *self._busy], []
        await asyncio.gather(*(worker.close() for worker in workers))

    async def _available(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
        return await Worker.start(self._policy, network=self._network)
