"""Places for calls: fair over namespaces, bounded, in lanes."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from broker.turns import ClosedError, OverloadedError, Turns

LANES = {"computing": 1, "waiting": 1}


def turns(*, per_namespace: int = 100, queue: int = 100, **lanes: int) -> Turns:
    return Turns(lanes or LANES, per_namespace=per_namespace, queue=queue)


class Line:
    """Calls that note when their turn came, and end at once."""

    def __init__(self, of: Turns) -> None:
        self.served: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self._turns = of

    def stands(self, *names: str, lane: str = "computing") -> None:
        self.tasks.extend(asyncio.create_task(self._call(name, lane)) for name in names)

    async def _call(self, name: str, lane: str) -> None:
        async with self._turns.turn(lane, name[0]):
            self.served.append(name)
            await asyncio.sleep(0)

    async def done(self) -> list[object]:
        return await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_namespaces_take_turns_and_each_is_served_in_order() -> None:
    places = turns()
    line = Line(places)
    async with places.turn("computing", "x"):
        line.stands("a1", "a2", "a3", "a4", "b1", "b2", "c1")
        await asyncio.sleep(0)
        assert places.waiting == 7
    await line.done()
    assert line.served == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    assert places.waiting == 0


async def test_a_namespace_at_its_limit_waits_while_others_pass() -> None:
    places = turns(per_namespace=1, computing=2, waiting=1)
    line = Line(places)
    async with AsyncExitStack() as held:
        await held.enter_async_context(places.turn("waiting", "a"))
        line.stands("a1", "b1", "b2")
        await asyncio.gather(*line.tasks[1:])
        assert line.served == ["b1", "b2"]
    await line.done()
    assert line.served == ["b1", "b2", "a1"]


async def test_a_lane_that_is_full_does_not_hold_up_another() -> None:
    places = turns()
    line = Line(places)
    async with places.turn("waiting", "a"):
        line.stands("a1")
        await line.done()
    assert line.served == ["a1"]


async def test_a_full_queue_refuses_the_newest_of_whoever_waits_most() -> None:
    places = turns(queue=3)
    line = Line(places)
    async with places.turn("computing", "x"):
        line.stands("a1", "a2", "a3")
        await asyncio.sleep(0)
        line.stands("b1", "a4")
        await asyncio.sleep(0)
        assert places.waiting == 3
    found = await line.done()
    assert [type(each) for each in found] == [type(None), type(None), OverloadedError, type(None), OverloadedError]
    assert line.served == ["a1", "b1", "a2"]


async def test_who_gives_up_leaves_the_queue_and_who_was_just_served_gives_the_place_on() -> None:
    places = turns()
    line = Line(places)
    async with places.turn("computing", "x"):
        line.stands("a1", "b1", "c1")
        await asyncio.sleep(0)
        line.tasks[1].cancel()
        await asyncio.sleep(0)
        assert places.waiting == 2
    line.tasks[0].cancel()  # its place came a moment ago
    found = await line.done()
    assert [type(each) for each in found] == [asyncio.CancelledError, asyncio.CancelledError, type(None)]
    async with places.turn("computing", "x"):
        assert line.served == ["c1"]


async def test_nobody_waits_any_more_once_it_is_closed() -> None:
    places = turns()
    line = Line(places)
    async with places.turn("computing", "x"):
        line.stands("a1")
        await asyncio.sleep(0)
        places.close()
        assert [type(each) for each in await line.done()] == [ClosedError]
        assert places.waiting == 0
    with pytest.raises(ClosedError):
        async with places.turn("computing", "x"):
            pass
