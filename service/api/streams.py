"""How many clients may wait for facts at once: each holds a connection for as long as it likes."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi.sse import EventSourceResponse
from starlette.types import Receive, Scope, Send

from service.api.refusals import Refusal


class Streams:
    """Counts those who wait, in all and by sender."""

    def __init__(self, *, most: int, most_each: int) -> None:
        """Let `most` wait at once, and `most_each` of one sender."""
        self._most = most
        self._most_each = most_each
        self._open: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """Tell how many wait now."""
        return self._open.total()

    def take(self, sender: str) -> Callable[[], None]:
        """Take a place, and give what returns it. Raises `Refusal` where there is none: 429 for this sender, 503 for all."""
        if self._open[sender] >= self._most_each:
            says = f"{sender} follows {self._open[sender]} tasks already, as many as one sender may; end one of them first."
            raise Refusal(429, "Too many requests", says)
        if self.open >= self._most:
            says = f"{self.open} clients follow tasks already, as many as this server takes; ask again later."
            raise Refusal(503, "Unavailable", says)
        self._open[sender] += 1

        def give_back() -> None:
            self._open[sender] -= 1
            if not self._open[sender]:
                del self._open[sender]

        return give_back

    @contextmanager
    def held(self, sender: str) -> Iterator[None]:
        """Hold a place while the block runs. Raises `Refusal` as `take` does."""
        give_back = self.take(sender)
        try:
            yield
        finally:
            give_back()


class HeldEvents(EventSourceResponse):
    """Server-sent events that call `ended` when the client has left, however it did."""

    ended: Callable[[], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.ended()
