"""Measures the engine alone: SQLite with synchronous=FULL, handlers that answer at once in the same process.

.venv/bin/python tests/bench/bench_engine.py [chain|fan_out|growth|recovery|raw] ...
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from catalog.calls import Call, Ok, Outcome
from engine.clock import SystemClock
from engine.runner import Runner
from engine.store.sql import SqlStore
from fragments.bounds import Left
from tests.support.planners import ScriptedPlanner
from tests.support.templates import RULES, submission, template


def say(line: str) -> None:
    """Print a figure."""
    sys.stdout.write(f"{line}\n")


PLENTY = Left(steps=100_000, wall_clock_s=3600.0)


class NoOp:
    """Answers at once."""

    async def run(self, call: Call) -> Outcome:
        call.begun()
        return Ok(output=call.attempt)


class Stuck:
    """Never answers."""

    async def run(self, call: Call) -> Outcome:
        call.begun()
        await asyncio.Event().wait()
        return Ok(output=call.attempt)


def chain(steps: int) -> list[dict[str, Any]]:
    """Give steps of which each waits for the one before."""
    first: dict[str, Any] = {"name": "s0"}
    return [first, *({"name": f"s{i}", "depends_on": [f"s{i - 1}"]} for i in range(1, steps))]


def loop(items: int) -> list[dict[str, Any]]:
    """Give one loop."""
    return [{"name": "each", "for_each": {"items": list(range(items)), "max_items": 10_000, "max_parallel": 1_000}}]


async def timed(steps: list[dict[str, Any]]) -> float:
    """Run one task in a fresh database; give the seconds from submission to its end."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as opened:
            store = await opened.enter_async_context(SqlStore.open(f"sqlite:///{folder}/bench.db"))
            runner = await opened.enter_async_context(
                Runner.open(store=store, handlers=NoOp(), planner=ScriptedPlanner(), clock=SystemClock(), rules=RULES)
            )
            made = template(*steps)
            start = time.perf_counter()
            await runner.submit(submission(made, left=PLENTY))
            row = await runner.finished("t1")
            spent = time.perf_counter() - start
            assert row.status == "complete", row.error
            return spent


async def bench_chain() -> None:
    best = min([await timed(chain(500)) for _ in range(5)])
    say(f"chain of 500: {best / 500 * 1e3:.3f} ms a step (best of 5)")


async def bench_fan_out() -> None:
    best = min([await timed(loop(1_000)) for _ in range(5)])
    say(f"fan-out of 1,000: {best / 1_000 * 1e3:.3f} ms a step, {1_000 / best:,.0f} steps/s (best of 5)")


async def bench_growth() -> None:
    for name, make in (("chain", chain), ("fan-out", loop)):
        small = min([await timed(make(100)) for _ in range(5)]) / 100
        large = await timed(make(10_000)) / 10_000
        say(f"growth of a {name}: {small * 1e3:.3f} ms a step at 100, {large * 1e3:.3f} at 10,000, {large / small:.2f} x")


async def bench_recovery(tasks: int = 10_000) -> None:
    """Leave many tasks unfinished, then measure until all of them run again."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        made = template(*chain(4))
        async with SqlStore.open(url) as store:
            start = time.perf_counter()
            async with Runner.open(
                store=store, handlers=Stuck(), planner=ScriptedPlanner(), clock=SystemClock(), rules=RULES
            ) as runner:
                for first in range(0, tasks, 500):
                    some = (submission(made, task=f"t{i}", left=PLENTY) for i in range(first, first + 500))
                    await asyncio.gather(*(runner.submit(each) for each in some))
                say(f"submission of {tasks:,}: {(time.perf_counter() - start) / tasks * 1e3:.3f} ms a task")
            start = time.perf_counter()
            async with Runner.open(store=store, handlers=Stuck(), planner=ScriptedPlanner(), clock=SystemClock(), rules=RULES):
                say(f"recovery of {tasks:,} tasks: {time.perf_counter() - start:.2f} s")


async def bench_raw() -> None:
    """Measure what a commit of one row costs here, without any of us."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(f"{folder}/raw.db", isolation_level=None)
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE t (a TEXT)"):
            connection.execute(statement)
        start = time.perf_counter()
        for _ in range(500):
            connection.execute("INSERT INTO t VALUES (?)", ("x" * 300,))
        say(f"bare commit of one row: {(time.perf_counter() - start) / 500 * 1e3:.3f} ms")
        with suppress(sqlite3.Error):
            connection.close()


BENCHES: dict[str, Callable[[], Awaitable[None]]] = {
    "raw": bench_raw,
    "chain": bench_chain,
    "fan_out": bench_fan_out,
    "growth": bench_growth,
    "recovery": bench_recovery,
}


async def main(wanted: list[str]) -> None:
    """Run the benches named, or all."""
    for name in wanted or BENCHES:
        await BENCHES[name]()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
