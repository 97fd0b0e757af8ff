import asyncio
import signal
import sys
from pathlib import Path

import pytest

from engine.chain import verify
from engine.clock import SystemClock
from engine.errors import DatabaseBusyError
from engine.runner import Runner
from engine.store.sql import SqlStore
from tests.support.killed import Witnessed
from tests.support.planners import ScriptedPlanner
from tests.support.templates import RULES

ROOT = Path(__file__).parents[2]


def holds(file: Path, line: str) -> bool:
    return file.exists() and line in file.read_text(encoding="utf-8").splitlines()


async def line_in(file: Path, line: str) -> None:
    """Wait until another process wrote a line; there is no event to wait for, only the file."""
    async with asyncio.timeout(30):
        while not holds(file, line):  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)


async def test_after_kill_9_the_next_process_finishes_the_task_and_repeats_no_finished_step(tmp_path: Path) -> None:
    witness, database = tmp_path / "witness", f"sqlite:///{tmp_path}/engine.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.killed", database, str(witness), cwd=ROOT
    )
    try:
        await line_in(witness, "began block")
        with pytest.raises(DatabaseBusyError):
            async with SqlStore.open(database):
                pytest.fail("the other process holds the database")
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with (
        SqlStore.open(database) as store,
        Runner.open(
            store=store, handlers=Witnessed(witness), planner=ScriptedPlanner(), clock=SystemClock(), rules=RULES
        ) as runner,
    ):
        row = await runner.finished("t1")
        log = await store.facts("t1")
    assert (row.status, row.output) == ("complete", "after")
    assert verify("t1", log).ok
    assert witness.read_text(encoding="utf-8").splitlines() == [
        *(f"{what} each/{i}/each" for i in range(3) for what in ("began", "ended")),
        "began block",
        "began block",
        "ended block",
        "began after",
        "ended after",
    ]
