"""Many calls at once: fairness, totals of a task, killed workers, worn workers, and the end of the pool."""

import asyncio
import os
import random
import signal
from collections import Counter
from contextlib import suppress

import pytest

from broker.policy import Policy
from broker.pool import WasmPool
from broker.tasks import TaskLimits
from catalog.calls import Failed, Ok, Outcome, Usage
from catalog.capability import Effect, Limits
from tests.integration.broker.conftest import Opened, capability
from tests.integration.broker.test_pool import Held, call, kind
from tests.support.servers import serving

SMALL = Policy(workers=1, waiting_workers=1)
STORM = 1_000


async def prepared(pool: WasmPool) -> None:
    await pool.prepare(lambda *_: None)


async def test_a_storm_of_kills_loses_no_call(opened: Opened) -> None:
    policy = Policy(workers=2, waiting_workers=2)
    chances = random.Random(1)
    async with opened(capability("pure", imports=()), policy=policy) as pool:
        await prepared(pool)
        calls = [asyncio.create_task(pool.run(call("pure"))) for _ in range(STORM)]
        kills = 0
        for done, finished in enumerate(asyncio.as_completed(calls), start=1):
            await finished
            if done % 50 == 0 and pool.workers:
                with suppress(ProcessLookupError):
                    os.kill(chances.choice(pool.workers), signal.SIGKILL)
                kills += 1
        found = Counter(kind(task.result()) for task in calls)
        assert kind(await pool.run(call("pure"))) == "ok"
    assert kills >= 15
    assert (found, found.total()) == (Counter(ok=STORM), STORM)


async def test_a_worker_that_died_idle_costs_a_write_nothing(opened: Opened) -> None:
    async with opened(capability("ok", effect=Effect.WRITE)) as pool:
        await pool.run(call("ok"))
        (worker,) = pool.workers
        os.kill(worker, signal.SIGKILL)
        assert kind(await pool.run(call("ok"))) == "ok"
        assert pool.workers != (worker,)


async def test_one_namespace_does_not_starve_another(opened: Opened) -> None:
    async with opened(capability("pure", imports=()), policy=SMALL) as pool:
        await prepared(pool)
        greedy = [asyncio.create_task(pool.run(call("pure", namespace="greedy"))) for _ in range(200)]
        await asyncio.sleep(0)
        modest = [asyncio.create_task(pool.run(call("pure", namespace="modest"))) for _ in range(5)]
        await asyncio.gather(*modest)
        assert sum(task.done() for task in greedy) < 50
        assert Counter(kind(outcome) for outcome in await asyncio.gather(*greedy)) == Counter(ok=200)


async def test_a_namespace_has_only_so_many_calls_at_once(opened: Opened) -> None:
    held = Held()
    with serving(x=held.reply) as server:
        policy = Policy(workers=1, waiting_workers=2, namespace_calls=1, private={"granted.demo": server.at})
        async with opened(capability("http"), policy=policy) as pool:
            await prepared(pool)
            first, second = (asyncio.create_task(pool.run(call("http", namespace="a"))) for _ in range(2))
            await held.until_asked()
            other = asyncio.create_task(pool.run(call("http", namespace="b")))
            while len(server.seen) < 2:  # noqa: ASYNC110 - the server runs in a thread and knows no event loop
                await asyncio.sleep(0.005)
            assert (first.done(), second.done(), len(pool.workers)) == (False, False, 2)
            held.go.set()
            assert [kind(await task) for task in (first, second, other)] == ["ok", "ok", "ok"]
    assert len(server.seen) == 3


async def test_the_calls_of_a_task_share_its_allowance(opened: Opened) -> None:
    policy = Policy(workers=1, waiting_workers=1, task_limits=TaskLimits(cpu_ms=250))
    async with opened(capability("loop"), capability("ok"), policy=policy) as pool:
        limits = Limits(cpu_ms=100)
        looped = [await pool.run(call("loop", task="t", limits=limits)) for _ in range(4)]
        after = await pool.run(call("ok", task="t"))
        other = await pool.run(call("loop", task="other", limits=limits))
        fine = await pool.run(call("ok"))
    assert [kind(outcome) for outcome in looped] == ["limit_cpu", "limit_cpu", "task_limit_cpu", "task_limit_cpu"]
    assert isinstance(after, Failed)
    says = "the calls of this task have used the 250 ms of processor time that one task may use"
    assert (after.type, after.message, after.usage) == ("task_limit_cpu", says, Usage())
    assert (kind(other), kind(fine)) == ("limit_cpu", "ok")


TOTALS = [
    pytest.param("output", TaskLimits(output_bytes=10), {"output_bytes": 1 << 20}, "task_limit_output", id="output"),
    pytest.param("http_thrice", TaskLimits(host_calls=2), {"host_calls": 100}, "task_limit_host_calls", id="host calls"),
    pytest.param("loop", TaskLimits(wall_ms=100), {"cpu_ms": 60_000, "wall_ms": 500}, "task_limit_wall", id="wall clock"),
]


@pytest.mark.parametrize(("name", "totals", "limits", "expected"), TOTALS)
async def test_a_total_that_is_met_is_named(
    opened: Opened, name: str, totals: TaskLimits, limits: dict[str, int], expected: str
) -> None:
    private = {"granted.demo": "127.0.0.1:1"}
    ceiling = Limits(cpu_ms=60_000, host_calls=10_000)
    policy = Policy(workers=1, waiting_workers=1, private=private, limits=ceiling, task_limits=totals)
    async with opened(capability(name), policy=policy) as pool:
        found = [
            kind(await pool.run(call(name, task="t", limits=Limits(**limits)))),
            kind(await pool.run(call(name, limits=Limits(**limits)))),
        ]
    assert found[0] == expected
    assert found[1] != expected


async def test_a_task_that_has_logged_enough_logs_no_more_and_is_told(opened: Opened) -> None:
    policy = Policy(workers=1, waiting_workers=1, task_limits=TaskLimits(log_bytes=100))
    async with opened(capability("log_twice"), policy=policy) as pool:
        outcome = await pool.run(call("log_twice", task="t"))
    assert kind(outcome) == "ok"
    assert outcome.logs[-1].startswith("warning: task_limit_log: the calls of this task have used the 100 bytes of log")


async def test_what_an_engine_says_was_used_counts(opened: Opened) -> None:
    policy = Policy(workers=1, waiting_workers=1, task_limits=TaskLimits(cpu_ms=250))
    async with opened(capability("ok"), policy=policy) as pool:
        assert kind(await pool.run(call("ok", task="t", used=Usage(cpu_ms=250)))) == "task_limit_cpu"
        assert kind(await pool.run(call("ok", task="other"))) == "ok"


async def test_a_call_tells_what_it_used(opened: Opened) -> None:
    async with opened(capability("log_twice"), capability("loop")) as pool:
        logged = await pool.run(call("log_twice"))
        looped = await pool.run(call("loop", limits=Limits(cpu_ms=50)))
    assert logged.usage.log_bytes == sum(len(line) + 32 for line in logged.logs)
    assert looped.usage.cpu_ms >= 50


async def test_what_is_not_done_after_the_grace_is_ended_and_everyone_gets_an_outcome(opened: Opened) -> None:
    held = Held()
    with serving(x=held.reply) as server:
        policy = Policy(workers=1, waiting_workers=1, grace_s=0.05, private={"granted.demo": server.at})
        async with opened(capability("http"), policy=policy) as pool:
            running = asyncio.create_task(pool.run(call("http")))
            await held.until_asked()
            begun: list[int] = []
            queued = [asyncio.create_task(pool.run(call("http", begun=lambda: begun.append(1)))) for _ in range(3)]
            await asyncio.sleep(0)
        held.go.set()
        found: list[Outcome] = [await running, *await asyncio.gather(*queued)]
    assert [kind(outcome) for outcome in found] == ["worker_lost", "closing", "closing", "closing"]
    assert begun == []
    assert all(outcome.retryable for outcome in found if isinstance(outcome, Failed))
    assert pool.workers == ()


async def test_a_worn_worker_is_replaced_between_calls(opened: Opened) -> None:
    policy = Policy(workers=1, waiting_workers=1, worker_calls=3)
    async with opened(capability("ok"), policy=policy) as pool:
        seen = []
        for _ in range(7):
            assert kind(await pool.run(call("ok"))) == "ok"
            seen.append(pool.workers)
    assert seen[0] == seen[1]
    assert len({workers for workers in seen if workers}) == 3


async def test_a_worker_that_keeps_too_much_is_replaced(opened: Opened) -> None:
    policy = Policy(workers=1, waiting_workers=1, worker_bytes=1)
    async with opened(capability("ok"), policy=policy) as pool:
        outcomes = [await pool.run(call("ok")) for _ in range(60)]
        assert all(isinstance(outcome, Ok) for outcome in outcomes)
        first = pool.workers
        await asyncio.gather(*(pool.run(call("ok")) for _ in range(60)))
        assert pool.workers != first
