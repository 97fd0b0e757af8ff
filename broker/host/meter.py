"""The meter of one call: host calls, bytes moved, time left."""

import time
from collections.abc import Callable

from broker.host.refusals import Refusal
from broker.orders import Allowance


class Meter:
    """Counts what one call uses through the host and refuses what goes beyond its allowance.

    `breach` keeps the first limit that was met, so that a guest which ignores the refusal is still reported under its name.
    """

    def __init__(self, allowance: Allowance, clock: Callable[[], float] = time.monotonic) -> None:
        """Start the wall clock now."""
        self.allowance = allowance
        self.host_calls = 0
        self.moved_bytes = 0
        self.breach: str | None = None
        self._clock = clock
        self._started = clock()

    def elapsed_s(self) -> float:
        """Tell the seconds since the call began."""
        return self._clock() - self._started

    def remaining_s(self) -> float:
        """Tell the seconds until the wall limit; negative after it."""
        return self.allowance.wall_ms / 1000 - self.elapsed_s()

    def remaining_bytes(self) -> int:
        """Tell how many bytes may still be moved."""
        return max(0, self.allowance.moved_bytes - self.moved_bytes)

    def charge_call(self) -> Refusal | None:
        """Count one host call before it is made."""
        if self.remaining_s() <= 0:
            return self._refuse("limit_wall", f"the call has used its {self.allowance.wall_ms} ms of wall clock")
        if self.host_calls >= self.allowance.host_calls:
            return self._refuse("limit_host_calls", f"a call may make {self.allowance.host_calls} host calls")
        self.host_calls += 1
        return None

    def charge_bytes(self, count: int) -> Refusal | None:
        """Count bytes that were moved, or are about to be."""
        self.moved_bytes += count
        if self.moved_bytes > self.allowance.moved_bytes:
            return self._refuse("limit_moved_bytes", f"a call may move {self.allowance.moved_bytes} bytes")
        return None

    def late(self) -> Refusal | None:
        """Refuse to go on once the wall clock has run out."""
        if self.remaining_s() > 0:
            return None
        return self._refuse("limit_wall", f"the call has used its {self.allowance.wall_ms} ms of wall clock")

    def _refuse(self, limit: str, message: str) -> Refusal:
        self.breach = self.breach or limit
        return Refusal(limit, message)
