"""A process of its own that runs one task until it is killed: `python -m tests.support.killed DATABASE WITNESS`.

Its handlers write a line to WITNESS when they begin and when they end; the step `block` begins and never ends.
"""

import asyncio
import sys
from pathlib import Path

from catalog.calls import Call, Ok, Outcome
from engine.clock import SystemClock
from engine.runner import Runner
from engine.store.sql import SqlStore
from tests.support.planners import ScriptedPlanner
from tests.support.templates import RULES, submission, template

STEPS = (
    {"name": "each", "for_each": {"items": [1, 2, 3], "max_parallel": 1}},
    {"name": "block", "depends_on": ["each"]},
    {"name": "after", "depends_on": ["block"]},
)


class Witnessed:
    """Answers at once, except for the steps named: those begin and never end."""

    def __init__(self, witness: Path, *, block: str = "") -> None:
        self._witness, self._block = witness, block

    async def run(self, call: Call) -> Outcome:
        call.begun()
        self._write(f"began {call.step}")
        if call.step == self._block:
            await asyncio.Event().wait()
        self._write(f"ended {call.step}")
        return Ok(output=call.step)

    def _write(self, line: str) -> None:
        with self._witness.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


async def run_until_killed(database: str, witness: str) -> None:
    """Begin the task and wait for ever."""
    handlers = Witnessed(Path(witness), block="block")
    async with (
        SqlStore.open(database) as store,
        Runner.open(store=store, handlers=handlers, planner=ScriptedPlanner(), clock=SystemClock(), rules=RULES) as runner,
    ):
        await runner.submit(submission(template(*STEPS, output="{{ steps.after.output }}")))
        await runner.finished("t1")


if __name__ == "__main__":
    asyncio.run(run_until_killed(sys.argv[1], sys.argv[2]))
