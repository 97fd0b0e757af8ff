"""What every store promises, held against each adapter of the port."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.commands import Cancel, Expire
from engine.errors import AlreadyAppliedError, ConflictError
from engine.ports import Store
from engine.records import PlanRow, StepRow
from engine.store.sql import SqlStore
from fragments.bounds import Amounts, Left
from tests.support.clocks import NOON
from tests.support.planners import offered, rejected
from tests.support.templates import template
from tests.support.worlds import World

PLAN = {"name": "plan", "type": "planning", "goal": "g"}
FRAGMENT = {"steps": [{"name": "a", "handler": "paid"}], "output": "{{ steps.a.output }}"}


@pytest.fixture(params=["sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    assert request.param == "sqlite"
    async with SqlStore.open(f"sqlite:///{tmp_path}/store.db") as opened:
        yield opened


async def keep(store: Store, world: World) -> World:
    """Append what a world has written."""
    for number, (facts, changes) in enumerate(world.appends):
        await store.append(facts, changes, [f"{world.task}-{number}"])
    return world


def begun(task: str = "t1", *steps: dict[str, Any], after: timedelta = timedelta(0), **more: Any) -> World:
    world = World(task=task, now=NOON + after)
    world.submit(template(*(steps or ({"name": "a"},))), **more)
    return world


def planned() -> World:
    """Give a task that planned twice, ran a plan and completed."""
    world = World()
    world.submit(
        template(PLAN, {"name": "b", "depends_on": ["plan"]}, output="{{ steps.b.output }}"), goal="reach it", input={"x": "ü"}
    )
    world.reply("plan", rejected("bad", answer="{}", cost_usd=0.1))
    world.pass_time(timedelta(seconds=5))
    world.reply("plan", offered(FRAGMENT))
    world.ok("plan/1/a", {"big": 1})
    world.ok("b", 2)
    return world


async def test_facts_are_read_as_they_were_written(store: Store) -> None:
    world = await keep(store, planned())
    read = await store.facts("t1")
    assert read == world.log
    assert [fact.text for fact in read] == [fact.text for fact in world.log]


async def test_facts_are_read_from_anywhere_and_as_many_as_wanted(store: Store) -> None:
    world = await keep(store, planned())
    assert await store.facts("t1", after=3, limit=2) == world.log[3:5]
    assert await store.facts("t1", after=len(world.log)) == []
    assert await store.facts("another") == []


async def test_a_line_of_a_log_is_written_once_and_nothing_beside_it(store: Store) -> None:
    await keep(store, begun())
    other = begun("t1", {"name": "x"}, {"name": "y"})
    facts, changes = other.appends[0]
    with pytest.raises(ConflictError, match="task t1 already has a fact 1"):
        await store.append(facts, changes, ["another"])
    row = await store.task("t1")
    assert row is not None
    assert [step.step for step in row.steps] == ["a"]


async def test_a_command_is_applied_once(store: Store) -> None:
    world = await keep(store, begun())
    world.ok("a", 1)
    facts, changes = world.appends[1]
    with pytest.raises(AlreadyAppliedError, match="command t1-0 was already applied to task t1"):
        await store.append(facts, changes, ["t1-0"])
    assert len(await store.facts("t1")) == 4
    await store.append(facts, changes, ["t1-1"])
    assert len(await store.facts("t1")) == len(world.log)


async def test_of_appends_that_come_together_only_the_one_that_does_not_fit_is_refused(store: Store) -> None:
    await keep(store, begun("t3"))
    worlds = [begun(f"t{i}") for i in range(6)]
    answers = await asyncio.gather(*(keep(store, world) for world in worlds), return_exceptions=True)
    assert [type(answer) for answer in answers] == [World, World, World, AlreadyAppliedError, World, World]
    assert {task: len(await store.facts(task)) for task in ("t0", "t3", "t5")} == {"t0": 4, "t3": 4, "t5": 4}


async def test_unfinished_tasks_are_named_the_oldest_first(store: Store) -> None:
    done = begun("done")
    done.ok("a")
    worlds = [begun("young", after=timedelta(hours=1)), done, begun("old"), begun("cancelled")]
    worlds[-1].command(Cancel(reason="r"))
    for world in worlds:
        await keep(store, world)
    assert await store.unfinished() == ["old", "young"]


async def test_a_task_is_shown_as_it_stands(store: Store) -> None:
    world = await keep(store, planned())
    row = await store.task("t1")
    assert row is not None
    assert (row.namespace, row.name, row.goal, row.status, row.input, row.output, row.error) == (
        "default",
        "case",
        "reach it",
        "complete",
        {"x": "ü"},
        2,
        None,
    )
    assert (row.submitted_at, row.ended_at, row.seq) == (NOON, NOON + timedelta(seconds=5), len(world.log))
    assert row.ledger["spent"] == Amounts(steps=3, model_calls=2, cost_usd=0.2).to_json()
    assert row.ledger["reserved"] == Amounts().to_json()
    assert row.steps == (
        step("plan", type="planning", output={"big": 1}),
        step("b", handler="echo@1.0.0", output=2, depends_on=("plan",)),
        step("plan/1/a", handler="paid@1.0.0", output={"big": 1}),
    )


def step(name: str, **more: Any) -> StepRow:
    shown: dict[str, Any] = {
        "type": "standard",
        "status": "complete",
        "handler": None,
        "attempt": 1,
        "error": None,
        "depends_on": (),
    }
    return StepRow(step=name, **(shown | more))


async def test_a_running_task_is_shown_with_what_is_left(store: Store) -> None:
    await keep(store, begun("t1", {"name": "a", "handler": "paid"}, left=Left(steps=10, cost_usd=1.0)))
    row = await store.task("t1")
    assert row is not None
    assert (row.status, row.ended_at, row.ledger) == (
        "running",
        None,
        {
            "left": Left(steps=9, cost_usd=0.9).to_json(),
            "reserved": Amounts(cost_usd=0.1).to_json(),
            "spent": Amounts(steps=1).to_json(),
        },
    )


async def test_a_failure_is_shown_with_the_step_where_it_began(store: Store) -> None:
    world = begun("t1", {"name": "a", "retry": {"max_attempts": 1}})
    world.failed("a")
    await keep(store, world)
    row = await store.task("t1")
    assert row is not None
    error = {"type": "boom", "message": "boom happened", "retryable": False, "step": "a"}
    assert (row.error, row.steps[0].error, row.steps[0].status) == (error, error, "failed")


async def test_a_task_that_is_not_there_is_none(store: Store) -> None:
    assert await store.task("nobody") is None
    assert await store.plans("nobody") == []


async def test_tasks_come_in_pages_the_newest_first(store: Store) -> None:
    for i in range(5):
        await keep(store, begun(f"t{i}", after=timedelta(minutes=i // 2)))
    first = await store.tasks(status=None, limit=2, before=None)
    second = await store.tasks(status=None, limit=2, before=first.next)
    third = await store.tasks(status=None, limit=2, before=second.next)
    assert [[row.id for row in page.tasks] for page in (first, second, third)] == [["t4", "t3"], ["t2", "t1"], ["t0"]]
    assert (first.next, second.next, third.next) == ("t3", "t1", None)


async def test_tasks_are_chosen_by_status(store: Store) -> None:
    ended = begun("ended")
    ended.command(Expire())
    await keep(store, ended)
    await keep(store, begun("going"))
    page = await store.tasks(status="failed", limit=10, before=None)
    assert [row.id for row in page.tasks] == ["ended"]


async def test_the_turns_of_planning_are_shown_with_their_answers(store: Store) -> None:
    await keep(store, planned())
    first, second = await store.plans("t1")
    assert (first.status, first.turn, first.asked_at, first.answered_at) == ("refused", 1, NOON, NOON)
    assert [problem["says"] for problem in first.problems] == ["bad"]
    assert first.provenance is not None
    assert first.provenance["cost_usd"] == 0.1
    assert (second.status, second.turn, second.phase, second.answered_at) == ("accepted", 2, 1, NOON + timedelta(seconds=5))
    assert second.fragment == FRAGMENT
    assert second.report is not None
    assert second.report["ok"] is True


@pytest.mark.parametrize(
    ("what", "status"),
    [pytest.param("nothing", "asked", id="under way"), pytest.param("cancelled", "lost", id="no longer waited for")],
)
async def test_a_question_without_answer_is_shown(store: Store, what: str, status: str) -> None:
    world = begun("t1", PLAN)
    if what == "cancelled":
        world.command(Cancel(reason="r"))
    await keep(store, world)
    assert await store.plans("t1") == [
        PlanRow(
            step="plan",
            phase=1,
            turn=1,
            attempt=1,
            status=status,
            fragment=None,
            problems=(),
            report=None,
            provenance=None,
            asked_at=NOON,
            answered_at=None,
        )
    ]


async def test_a_lost_call_is_shown_beside_the_one_in_its_place(store: Store) -> None:
    world = begun("t1", PLAN)
    world.crash()
    await keep(store, world)
    assert [(row.attempt, row.status) for row in await store.plans("t1")] == [(1, "lost"), (2, "asked")]
