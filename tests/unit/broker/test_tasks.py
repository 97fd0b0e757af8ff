"""What the calls of one task may use together."""

import asyncio
from dataclasses import replace

import pytest

from broker.host.log import CUT
from broker.orders import Allowance
from broker.tasks import Share, TaskLimits, Tasks
from catalog.calls import Failed, Ok, Usage

WANTED = Allowance(
    cpu_ms=100, wall_ms=1_000, memory_bytes=1 << 20, output_bytes=1_000, log_bytes=50, host_calls=10, moved_bytes=500
)
LIMITS = TaskLimits(cpu_ms=250, wall_ms=10_000, output_bytes=10_000, log_bytes=500, host_calls=100, moved_bytes=5_000)


async def shared(tasks: Tasks, task: str = "t", wanted: Allowance = WANTED, used: Usage | None = None) -> Share:
    share = await tasks.share(task, wanted, used)
    assert isinstance(share, Share)
    return share


async def test_a_call_is_lent_what_it_wants_while_there_is_enough() -> None:
    tasks = Tasks(LIMITS)
    assert await shared(tasks) == await shared(tasks, "other") == Share(WANTED)
    assert await shared(tasks, "") == Share(WANTED)
    assert len(tasks) == 2


async def test_the_last_call_gets_what_is_left_and_the_next_one_nothing() -> None:
    tasks = Tasks(LIMITS)
    for _ in range(2):
        share = await shared(tasks)
        tasks.settle("t", share, Usage(cpu_ms=99.5))
    last = await shared(tasks)
    assert last == Share(replace(WANTED, cpu_ms=51), frozenset({"cpu_ms"}))
    tasks.settle("t", last, Usage(cpu_ms=51))
    says = "the calls of this task have used the 250 ms of processor time that one task may use"
    assert await tasks.share("t", WANTED) == Failed(type="task_limit_cpu", message=says)
    assert await shared(tasks, "other") == Share(WANTED)


async def test_calls_at_once_never_hold_more_than_the_task_has() -> None:
    tasks = Tasks(LIMITS)
    first, second = await shared(tasks), await shared(tasks)
    third, fourth = asyncio.create_task(tasks.share("t", WANTED)), asyncio.create_task(tasks.share("t", WANTED))
    await asyncio.sleep(0)
    assert not third.done()
    tasks.settle("t", first, Usage(cpu_ms=50))
    assert await third == Share(WANTED)
    await asyncio.sleep(0)
    assert not fourth.done()
    tasks.settle("t", second, Usage(cpu_ms=100))
    tasks.settle("t", Share(WANTED), Usage(cpu_ms=60))
    assert await fourth == Share(replace(WANTED, cpu_ms=40), frozenset({"cpu_ms"}))


async def test_a_call_that_gives_up_waiting_holds_nobody_up() -> None:
    tasks = Tasks(LIMITS)
    held = [await shared(tasks), await shared(tasks)]
    gone, stays = asyncio.create_task(tasks.share("t", WANTED)), asyncio.create_task(tasks.share("t", WANTED))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    tasks.settle("t", held[0], Usage())
    assert await stays == Share(WANTED)


async def test_what_was_used_before_counts_and_is_never_counted_twice() -> None:
    tasks = Tasks(LIMITS)
    first = await shared(tasks, used=Usage(cpu_ms=200))
    assert first == Share(replace(WANTED, cpu_ms=50), frozenset({"cpu_ms"}))
    tasks.settle("t", first, Usage(cpu_ms=10))
    assert (await shared(tasks, used=Usage(cpu_ms=210))).allowance.cpu_ms == 40


async def test_host_calls_that_are_used_up_stop_only_who_makes_some() -> None:
    tasks = Tasks(replace(LIMITS, host_calls=0))
    pure = replace(WANTED, host_calls=0)
    assert await shared(tasks, wanted=pure) == Share(pure)


@pytest.mark.parametrize(
    ("field", "met", "named"),
    [
        ("cpu_ms", "limit_cpu", "task_limit_cpu"),
        ("wall_ms", "limit_wall", "task_limit_wall"),
        ("host_calls", "limit_host_calls", "task_limit_host_calls"),
        ("moved_bytes", "limit_moved_bytes", "task_limit_moved_bytes"),
        ("output_bytes", "limit_output", "task_limit_output"),
    ],
)
def test_a_limit_is_called_the_tasks_where_it_was(field: str, met: str, named: str) -> None:
    tasks = Tasks(LIMITS)
    failed = Failed(type=met, message="m", retryable=True)
    made = tasks.named(Share(WANTED, frozenset({field})), failed)
    assert isinstance(made, Failed)
    assert (made.type, made.retryable) == (named, False)
    assert tasks.named(Share(WANTED, frozenset({"log_bytes"})), failed) == failed
    assert tasks.named(Share(WANTED, frozenset({field})), Ok(output=1)) == Ok(output=1)


def test_a_log_that_the_task_cut_says_so() -> None:
    made = Tasks(LIMITS).named(Share(WANTED, frozenset({"log_bytes"})), Ok(output=1, logs=(f"warning: {CUT}: ...",)))
    assert made.logs[1:] == (
        "warning: task_limit_log: the calls of this task have used the 500 bytes of log that one task may use",
    )


async def test_only_the_latest_tasks_are_remembered_and_none_with_a_call_under_way() -> None:
    tasks = Tasks(LIMITS, kept=2)
    held = await shared(tasks, "held")
    for number in range(10):
        tasks.settle(str(number), await shared(tasks, str(number)), Usage(cpu_ms=250))
    assert len(tasks) == 2
    assert isinstance(await tasks.share("9", WANTED), Failed)
    tasks.settle("held", held, Usage())


@pytest.mark.parametrize("field", ["cpu_ms", "wall_ms", "output_bytes"])
def test_a_limit_under_which_nothing_could_begin_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match="a task needs"):
        TaskLimits(**{field: 0})
