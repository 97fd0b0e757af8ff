"""Worker processes: started when needed, handed out one call at a time, killed when overdue, replaced when lost."""

import asyncio
import logging
import os
import resource
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from broker import orders
from broker.orders import FrameError, Order, Report
from broker.policy import Policy
from broker.processes import environment
from broker.sandbox import privileges

GRACE_SECONDS = 0.5  # between a worker's own deadline and its end by force
START_SECONDS = 30.0
BEGIN_SECONDS = 10.0  # from an order to the beginning of its call, which a worker that is ready makes at once
CLOSE_SECONDS = 2.0
READY_SECONDS = 0.001  # after which a worker has put its last call away and got ready for the next
LOOK_EVERY = 50  # calls between two looks at how much memory a worker keeps

_PAGE_BYTES = resource.getpagesize()
_log = logging.getLogger(__name__)


class WorkerLostError(Exception):
    """The worker died, or broke the stream, while it held a call. `begun` is false where the call surely was not begun."""

    def __init__(self, says: str, *, begun: bool = True) -> None:
        """Say what was seen."""
        super().__init__(says)
        self.begun = begun


class NoWorkerError(WorkerLostError):
    """No worker could be started, so the call was not begun."""

    def __init__(self, says: str) -> None:
        """Say why."""
        super().__init__(says, begun=False)


class OverdueError(Exception):
    """The worker did not answer within the call's wall clock and was killed."""


class Worker:
    """One process. It holds at most one call at any time."""

    def __init__(self, process: Process) -> None:
        """Own a process that has said it is ready."""
        self.calls = 0
        self.idle_since = 0.0
        self._process = process
        self._components: tuple[str, str] = ("", "")  # of the last call and the one before

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
                ready, _ = await worker._exchange(orders.pack({"policy": policy, "network": network}))
        except (TimeoutError, WorkerLostError) as error:
            await worker.kill()
            message = f"a worker did not start: {error or 'it took too long'}"
            raise NoWorkerError(message) from error
        except BaseException:  # a caller that gives up leaves no process behind
            await worker.kill()
            raise
        in_force = tuple(ready["in_force"])
        if in_force != privileges.expected():
            _log.warning("worker_less_confined: in force: %s", privileges.describe(in_force))
        return worker

    @property
    def alive(self) -> bool:
        """Say whether the process still runs."""
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        """Name the process."""
        return self._process.pid

    def expects(self, component: str) -> bool:
        """Say whether the worker will have an instance of this component ready: its last two calls were for it."""
        return self._components == (component, component)

    async def carry(self, order: Order, call: bytes, begun: Callable[[], None]) -> tuple[Report, bytes]:
        """Have the worker carry out one order; call `begun` when it begins, from when its wall clock counts.

        Raises `WorkerLostError` or `OverdueError`; either way the process is gone.
        """
        self.calls += 1
        self._components = (order.component, self._components[0])
        try:
            await self._hand_over(orders.pack(order.to_json(), call))
            begun()
            async with asyncio.timeout(order.allowance.wall_ms / 1000 + GRACE_SECONDS):
                header, content = await self._answer()
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

    @property
    def resident_bytes(self) -> int:
        """Tell how much memory the process has in use; 0 where the system does not say."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE_BYTES
        except OSError:
            return 0

    async def _hand_over(self, frame: bytes) -> None:
        """Hand an order over and wait until the worker begins. Where it ends before, the call was not begun."""
        try:
            async with asyncio.timeout(BEGIN_SECONDS):
                await self._exchange(frame)
        except TimeoutError:
            await self.kill()
            assert self._process.stdout is not None
            begun = bool(await self._process.stdout.read())  # it may have said so at the last moment
            message = "the worker did not begin the call"
            raise WorkerLostError(message, begun=begun) from None
        except WorkerLostError as error:
            raise WorkerLostError(str(error), begun=False) from None

    async def _exchange(self, frame: bytes) -> tuple[dict[str, Any], bytes]:
        """Write a frame and read the answer. Raises `WorkerLostError`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(frame)
            await self._process.stdin.drain()
        except (ConnectionError, ValueError) as error:
            raise WorkerLostError(str(error)) from error
        return await self._answer()

    async def _answer(self) -> tuple[dict[str, Any], bytes]:
        """Read an answer. Raises `WorkerLostError`."""
        assert self._process.stdout is not None
        try:
            answer = await orders.receive(self._process.stdout)
        except (ConnectionError, FrameError, ValueError) as error:
            raise WorkerLostError(str(error)) from error
        if answer is None:
            message = "the worker process ended"
            raise WorkerLostError(message)
        return answer


class Crew:
    """The workers of one kind. Started one by one as calls need them; idle ones are used again.

    A call goes to one that has had the time to get ready since its last call, and of those to one that expects its component;
    of several to the one used last, which is still warm.

    A worker that has carried `worker_calls` calls, or keeps more than `worker_bytes` between calls, is let go.
    """

    def __init__(self, policy: Policy, *, network: bool) -> None:
        """Start nobody yet. With `network`, workers make ready for it."""
        self._policy = policy
        self._network = network
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def pids(self) -> tuple[int, ...]:
        """Name the processes that live."""
        return tuple(worker.pid for worker in (*self._idle, *self._busy) if worker.alive)

    @asynccontextmanager
    async def worker(self, component: str) -> AsyncIterator[Worker]:
        """Lend a worker for a call of this component; take it back if it lives. Raises `NoWorkerError`."""
        worker = await self._available(component)
        self._busy.add(worker)
        try:
            yield worker
        finally:
            self._busy.discard(worker)
            if worker.alive:
                self._back(worker)

    async def end(self) -> None:
        """Kill the workers that hold a call."""
        await asyncio.gather(*(worker.kill() for worker in self._busy))

    async def close(self) -> None:
        """End every worker."""
        workers, self._idle = [*self._idle, *self._busy], []
        await asyncio.gather(*(worker.close() for worker in workers), *self._leaving)

    async def _available(self, component: str) -> Worker:
        self._idle = [worker for worker in self._idle if worker.alive]
        if self._idle:
            chosen = _chosen(self._idle, component)
            self._idle.remove(chosen)
            return chosen
        return await Worker.start(self._policy.to_json(), network=self._network)

    def _back(self, worker: Worker) -> None:
        looked_at = worker.calls % LOOK_EVERY == 0
        worn = looked_at and worker.resident_bytes > self._policy.worker_bytes
        if worker.calls < self._policy.worker_calls and not worn:
            worker.idle_since = time.monotonic()
            self._idle.append(worker)
            return
        leaving = asyncio.create_task(worker.close())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)


def _chosen(idle: list[Worker], component: str) -> Worker:
    """Choose of workers in the order in which they became idle: a ready one, and better one that expects the component."""
    now = time.monotonic()
    ready = [worker for worker in idle if worker.idle_since <= now - READY_SECONDS]
    expecting = [worker for worker in idle if worker.expects(component)]
    both = [worker for worker in ready if worker in expecting]
    return (both or ready or expecting[:1] or idle[:1])[-1]
