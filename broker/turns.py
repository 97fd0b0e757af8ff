"""Places for calls, handed out fairly: by lane, by namespace, from a queue that has an end."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


class NoTurnError(Exception):
    """A call that will get no place."""


class OverloadedError(NoTurnError):
    """The queue is full, and the call's namespace holds no less of it than any other."""


class ClosedError(NoTurnError):
    """No place is handed out any more."""


@dataclass(slots=True)
class _Lane:
    free: int
    queues: dict[str, deque[asyncio.Future[None]]] = field(default_factory=dict)  # namespaces in the order of their turns


class Turns:
    """Hands out the places of each lane.

    Namespaces take turns, so one that asks for much delays itself and not the others; within one, first come is first served.
    A namespace holds at most `per_namespace` places over all lanes. At most `queue` calls wait: when one more comes, the
    newest of the namespace with the longest queue is refused, which may be the one that came.
    """

    def __init__(self, lanes: Mapping[str, int], *, per_namespace: int, queue: int) -> None:
        """Start with every place free; `lanes` tells how many each has."""
        self._lanes = {name: _Lane(places) for name, places in lanes.items()}
        self._per_namespace = per_namespace
        self._queue = queue
        self._held: Counter[str] = Counter()
        self._waiting = 0
        self._closed = False

    @property
    def waiting(self) -> int:
        """Tell how many calls wait."""
        return self._waiting

    @asynccontextmanager
    async def turn(self, lane: str, namespace: str) -> AsyncIterator[None]:
        """Hold a place. Raises `OverloadedError` or `ClosedError` where there will be none."""
        await self._take(self._lanes[lane], namespace)
        try:
            yield
        finally:
            self._give(self._lanes[lane], namespace)

    def close(self) -> None:
        """Refuse who waits and who comes; places that are held stay held."""
        self._closed = True
        for lane in self._lanes.values():
            for queue in lane.queues.values():
                for waiting in queue:
                    _refuse(waiting, ClosedError())

    async def _take(self, lane: _Lane, namespace: str) -> None:
        if self._closed:
            raise ClosedError
        if lane.free and namespace not in lane.queues and self._held[namespace] < self._per_namespace:
            self._grant(lane, namespace)
            return
        if self._waiting >= self._queue:
            self._make_room(lane, namespace)
        place = asyncio.get_running_loop().create_future()
        lane.queues.setdefault(namespace, deque()).append(place)
        self._waiting += 1
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:  # it came at the same moment
                self._give(lane, namespace)
            raise
        finally:
            self._leave(lane, namespace, place)

    def _leave(self, lane: _Lane, namespace: str, place: asyncio.Future[None]) -> None:
        """Take note that one call waits no longer; whoever was served left its queue then."""
        queue = lane.queues.get(namespace)
        if queue is not None and place in queue:
            queue.remove(place)
            self._waiting -= 1
            if not queue:
                del lane.queues[namespace]

    def _give(self, lane: _Lane, namespace: str) -> None:
        lane.free += 1
        self._held[namespace] -= 1
        if not self._held[namespace]:
            del self._held[namespace]
        for each in self._lanes.values():  # a namespace at its limit may have waited in either lane
            self._serve(each)

    def _serve(self, lane: _Lane) -> None:
        while lane.free:
            found = next((name for name in lane.queues if self._held[name] < self._per_namespace), None)
            if found is None:
                return
            queue = lane.queues.pop(found)
            place = queue.popleft()
            self._waiting -= 1
            if queue:
                lane.queues[found] = queue  # behind all others
            if not place.done():
                self._grant(lane, found)
                place.set_result(None)

    def _grant(self, lane: _Lane, namespace: str) -> None:
        lane.free -= 1
        self._held[namespace] += 1

    def _make_room(self, lane: _Lane, namespace: str) -> None:
        longest = max((queue for each in self._lanes.values() for queue in each.queues.values()), key=len)
        if len(longest) <= len(lane.queues.get(namespace, ())) + 1:
            raise OverloadedError
        _refuse(longest[-1], OverloadedError())
        self._waiting -= 1
        longest.pop()


def _refuse(waiting: asyncio.Future[None], error: NoTurnError) -> None:
    if not waiting.done():
        waiting.set_exception(error)
