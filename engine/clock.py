"""The time as the machine tells it."""

import asyncio
from datetime import UTC, datetime

_LONGEST_S = 3600.0


class SystemClock:
    """Tells the time in UTC and waits for it, also when the machine's time is set meanwhile."""

    def now(self) -> datetime:
        """Tell the time."""
        return datetime.now(UTC)

    async def sleep_until(self, due: datetime) -> None:
        """Return at `due` or as soon after as can be."""
        left = (due - self.now()).total_seconds()
        if left > 0:
            await asyncio.sleep(min(left, _LONGEST_S))
            await self.sleep_until(due)
