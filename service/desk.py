"""Where documents from outside are checked: in threads beside the event loop, each under a deadline.

Checks are bounded by steps, sizes and effort; the deadline is for what nobody thought of. A check that is overdue is ended by
an exception of its own in its thread: Python raises it at the next line, and native calls of checks are short.

    OverdueError    the work took longer than its deadline
"""

import asyncio
import ctypes
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

THREADS = 2  # more would only wait for each other, and the loop for them all
DEADLINE_S = 20.0

T = TypeVar("T")


class OverdueError(Exception):
    """The work took longer than its deadline, and was ended. `deadline_s` is in seconds."""

    def __init__(self, deadline_s: float) -> None:
        """Keep the deadline."""
        super().__init__(f"this takes longer than {deadline_s:g} s to check")
        self.deadline_s = deadline_s


class Desk:
    """A few threads for work on documents. Work waits for its turn; its time counts from when it begins."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        """Start no thread yet."""
        self._deadline_s = deadline_s
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="desk")

    async def do(self, work: Callable[[], T]) -> T:
        """Do the work in a thread; raise what it raises, or `OverdueError`."""
        loop = asyncio.get_running_loop()
        begun = asyncio.Event()
        job = _Job(work, lambda: loop.call_soon_threadsafe(begun.set))
        done = loop.run_in_executor(self._threads, job.run)
        watch = asyncio.create_task(self._watch(begun, job))
        try:
            return await done
        except _EndedError:
            raise OverdueError(self._deadline_s) from None
        finally:
            watch.cancel()

    async def _watch(self, begun: asyncio.Event, job: "_Job[T]") -> None:
        await begun.wait()
        await asyncio.sleep(self._deadline_s)
        job.end()


class _EndedError(BaseException):
    """Raised in a thread whose work is overdue; no check takes it for a failure of its own."""


class _Job(Generic[T]):
    """Work that may be ended from another thread."""

    def __init__(self, work: Callable[[], T], begun: Callable[[], object]) -> None:
        self._work, self._begun = work, begun
        self._guard = threading.Lock()
        self._thread: int | None = None

    def run(self) -> T:
        with self._guard:
            self._thread = threading.get_ident()
        self._begun()
        try:
            return self._work()
        finally:
            with self._guard:
                self._thread = None

    def end(self) -> None:
        with self._guard:
            if self._thread is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(_EndedError))
