"""Interrupts a guest that has used its time."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread, get_ident

from wasmtime import Engine

POLL_SECONDS = 0.005
IDLE_POLLS = 200  # after a second without a guest the watchdog sleeps until the next one


def thread_clock() -> Callable[[], float]:
    """Give a clock of the processor time that the calling thread has used, readable from other threads.

    Where the system has none (macOS) it is the wall clock, so a guest on a busy machine is charged for waiting too.
    """
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.monotonic
    clock = time.pthread_getcpuclockid(get_ident())
    return lambda: time.clock_gettime(clock)


class Budget:
    """The time of one call. Made on the thread that runs the guest; read by the watchdog."""

    def __init__(self, cpu_ms: int, remaining_s: Callable[[], float], cpu_clock: Callable[[], float]) -> None:
        """Start counting."""
        self.tripped: str | None = None
        self._cpu_ms = cpu_ms
        self._remaining_s = remaining_s
        self._clock = cpu_clock
        self._started = cpu_clock()
        self._host_s = 0.0
        self._away = False

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop counting while the host works for the guest; only the wall clock goes on."""
        left = self._clock()
        self._away = True
        try:
            yield
        finally:
            self._host_s += self._clock() - left
            self._away = False

    def used_ms(self) -> float:
        """Tell the processor time used so far, without the host's."""
        return (self._clock() - self._started - self._host_s) * 1000

    def overdrawn(self) -> str | None:
        """Name the limit that is used up, if one is."""
        if self._remaining_s() <= 0:
            return "limit_wall"
        if not self._away and self.used_ms() > self._cpu_ms:
            return "limit_cpu"
        return None


class Watchdog:
    """Moves the engine's epoch when the guest under watch is out of time; a guest's deadline is one epoch ahead.

    Epochs do not tick by themselves here, so a guest that waits for the processor or for the host is not charged for it.
    """

    def __init__(self, engine: Engine) -> None:
        """Start the thread, which ends with the process, and with its parent."""
        self._engine = engine
        self._lock = Lock()
        self._budget: Budget | None = None
        self._busy = Event()
        self._parent = os.getppid()
        Thread(target=self._watch, daemon=True, name="watchdog").start()

    @contextmanager
    def over(self, budget: Budget) -> Iterator[None]:
        """Watch while the guest runs. After leaving, `budget.tripped` names the limit that ended it."""
        with self._lock:
            self._budget = budget
            if not self._busy.is_set():
                self._busy.set()
        try:
            yield
        finally:
            with self._lock:  # an interrupt meant for this guest must not reach the next one
                self._budget = None

    def _watch(self) -> None:
        idle = 0
        while True:
            time.sleep(POLL_SECONDS)
            idle = 0 if self._interrupt() else idle + 1
            if idle > IDLE_POLLS:
                self._rest()
                idle = 0

    def _rest(self) -> None:
        with self._lock:  # a guest that came just now has found the event set and will not set it again
            if self._budget is None:
                self._busy.clear()
        self._busy.wait()

    def _interrupt(self) -> bool:
        """Check the guest that runs, if one does, and say whether one does."""
        with self._lock:
            budget = self._budget
            if budget is None:
                return False
            limit = budget.overdrawn()
            if limit:
                budget.tripped = budget.tripped or limit
                self._engine.increment_epoch()
            if os.getppid() != self._parent:
                os._exit(1)  # nobody is left to answer to
            return True
