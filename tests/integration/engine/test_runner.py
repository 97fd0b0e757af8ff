import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.calls import Call, Failed, Ok, Outcome
from engine import facts
from engine.chain import verify
from engine.commands import Cancel, Command
from engine.errors import (
    ConflictError,
    FactUnwritableError,
    RunnerClosedError,
    StoreUnavailableError,
    TaskQuarantinedError,
    TaskStuckError,
    UnknownTaskError,
)
from engine.facts import Fact
from engine.ports import Handlers, Planner, Store
from engine.rules import Rules
from engine.runner import Runner
from engine.runs import Receipt
from engine.store.sql import SqlStore
from fragments.bounds import Left
from fragments.planning import PlanReply, PlanRequest
from tests.support.clocks import ManualClock
from tests.support.handlers import ScriptedHandlers
from tests.support.planners import ScriptedPlanner, asked, offered, rejected
from tests.support.stores import FailingStore
from tests.support.templates import CATALOG, RULES, submission, template

PLAN = {"name": "plan", "type": "planning", "goal": "g"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    async with SqlStore.open(f"sqlite:///{tmp_path}/store.db") as opened:
        yield opened


class House:
    """A runner and the fakes around it; opened again, it is the next process on the same database."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, ManualClock()
        self.handlers, self.planner = ScriptedHandlers(), ScriptedPlanner()
        self._opened = AsyncExitStack()

    async def open(self, *, handlers: Handlers | None = None, planner: Planner | None = None, **more: Any) -> Runner:
        """Open a runner; the one before must be closed."""
        settings: dict[str, Any] = {"rules": RULES, "chance": lambda: 0.5, **more}
        return await self._opened.enter_async_context(
            Runner.open(
                store=self.store,
                handlers=handlers or self.handlers,
                planner=planner or self.planner,
                clock=self.clock,
                **settings,
            )
        )

    async def close(self) -> None:
        """Close the runner."""
        await self._opened.aclose()


@pytest.fixture
async def house(store: SqlStore) -> AsyncIterator[House]:
    made = House(store)
    yield made
    await made.close()


async def until(runner: Runner, kind: str, *, step: str | None = None, times: int = 1, after: int = 0) -> Fact:
    """Follow a task's feed to the fact wanted."""
    async for fact in runner.feed("t1", after=after):
        if fact.kind == kind and step in (None, getattr(fact.body, "step", None)):
            times -= 1
            if times == 0:
                return fact
    msg = f"the task ended without {kind} {step}"
    raise AssertionError(msg)


async def test_a_task_runs_from_submission_to_its_answer(house: House) -> None:
    house.handlers.scripts["a"] = lambda call: Ok(output=call.input["x"] + 1)
    runner = await house.open()
    steps = {"name": "a", "input": {"x": "{{ input.x }}"}}, {"name": "b", "input": {"y": "{{ steps.a.output }}"}}
    receipt = await runner.submit(submission(template(*steps, output="{{ steps.b.output }}"), input={"x": 1}))
    row = await runner.finished("t1")
    assert receipt == Receipt(task="t1", seq=4, applied=True)
    assert (row.status, row.output, [step.status for step in row.steps]) == ("complete", {"y": 2}, ["complete", "complete"])
    log = [fact async for fact in runner.feed("t1")]
    assert log == await house.store.facts("t1")
    assert verify("t1", log).ok


async def test_a_goal_is_planned_mended_run_and_answered(house: House) -> None:
    fragment = {"steps": [{"name": "a", "handler": "echo", "input": {"x": 1}}], "output": "{{ steps.a.output }}"}
    house.planner = ScriptedPlanner([rejected("bad"), offered(fragment)])
    runner = await house.open()
    await runner.submit(submission(template(PLAN, output="{{ steps.plan.output }}"), goal="g"))
    row = await runner.finished("t1")
    assert (row.status, row.output) == ("complete", {"x": 1})
    assert [request.turn for request in house.planner.requests] == [1, 2]
    assert [plan.status for plan in await house.store.plans("t1")] == ["refused", "accepted"]


async def test_a_feed_gives_what_is_there_and_then_what_comes(house: House) -> None:
    house.handlers.hold("b")
    runner = await house.open()
    await runner.submit(submission(template({"name": "a"}, {"name": "b", "depends_on": ["a"]})))
    seen: list[str] = []

    async def follow() -> None:
        async for fact in runner.feed("t1", after=4):
            seen.append(fact.kind)
            if fact.kind == "StepStarted":
                house.handlers.release("b")

    await follow()
    assert seen == ["StepCompleted", "StepReady", "StepStarted", "StepCompleted", "ScopeClosed", "TaskCompleted"]
    assert [fact async for fact in runner.feed("t1", after=10)] == []


async def test_a_retry_waits_for_its_time(house: House) -> None:
    house.handlers.scripts["a"] = lambda call: (
        Ok(output=1) if call.attempt == 2 else Failed(type="busy", message="", retryable=True)
    )
    runner = await house.open()
    await runner.submit(submission(template({"name": "a", "retry": {"base": "10s", "jitter": 0}})))
    failed = await until(runner, "AttemptFailed")
    assert [call.attempt for call in house.handlers.calls] == [1]
    await house.clock.advance(timedelta(seconds=10))
    assert (await runner.finished("t1")).status == "complete"
    assert isinstance(failed.body, facts.AttemptFailed)
    assert failed.body.retry_at == failed.at + timedelta(seconds=10)


async def test_an_attempt_that_takes_too_long_is_ended(house: House) -> None:
    house.handlers.hold("a")
    runner = await house.open()
    await runner.submit(submission(template({"name": "a", "timeout": "5s", "retry": {"max_attempts": 1}})))
    await house.handlers.arrived("a")
    await house.clock.advance(timedelta(seconds=5))
    row = await runner.finished("t1")
    assert row.error == {"type": "timed_out", "message": "the attempt took longer than 5 s", "retryable": True, "step": "a"}


async def test_the_timeout_of_an_attempt_counts_from_when_its_call_begins(house: House) -> None:
    house.handlers.hold("a", begun=False)
    runner = await house.open()
    await runner.submit(submission(template({"name": "a", "handler": "write", "timeout": "5s"})))
    await house.handlers.arrived("a")
    await house.clock.advance(timedelta(seconds=50))
    house.handlers.scripts["a"] = lambda _: Ok(output=1)
    house.handlers.release("a")
    assert (await runner.finished("t1")).status == "complete"
    assert [call.attempt for call in house.handlers.calls] == [1]


class Unready:
    """Fails the first call before it begins, and begins the others."""

    def __init__(self, first: Outcome | Exception) -> None:
        self.first, self.attempts = first, list[int]()

    async def run(self, call: Call) -> Outcome:
        self.attempts.append(call.attempt)
        if call.attempt > 1:
            call.begun()
            return Ok(output=call.attempt)
        if isinstance(self.first, Exception):
            raise self.first
        return self.first


@pytest.mark.parametrize("error", ["worker_lost", "closing", "overloaded", "limit_wall"])
async def test_a_write_that_was_not_begun_is_tried_again(house: House, error: str) -> None:
    unready = Unready(Failed(type=error, message="not now", retryable=True))
    runner = await house.open(handlers=unready)
    await runner.submit(submission(template({"name": "a", "handler": "write", "retry": {"base": "10s", "jitter": 0}})))
    await until(runner, "AttemptFailed")
    await house.clock.advance(timedelta(seconds=10))
    assert (await runner.finished("t1")).status == "complete"
    assert unready.attempts == [1, 2]


async def test_an_adapter_that_raises_before_a_write_begins_leaves_no_doubt_about_its_effect(house: House) -> None:
    runner = await house.open(handlers=Unready(ValueError("secret")))
    await runner.submit(submission(template({"name": "a", "handler": "write"})))
    error = (await runner.finished("t1")).error
    assert error is not None
    assert error["type"] == "internal_error"


async def test_a_turn_that_takes_too_long_is_ended(house: House) -> None:
    class Silent:
        def __init__(self) -> None:
            self.asked = asyncio.Event()

        async def plan(self, request: PlanRequest) -> PlanReply:
            self.asked.set()
            await asyncio.Event().wait()
            raise AssertionError(request)

    silent = Silent()
    runner = await house.open(planner=silent, rules=Rules(catalog=CATALOG, plan_timeout_s=7.0))
    await runner.submit(submission(template(PLAN)))
    await silent.asked.wait()
    await house.clock.advance(timedelta(seconds=7))
    refused = (await until(runner, "PlanRefused")).body
    assert isinstance(refused, facts.PlanRefused)
    assert refused.error is not None
    assert (refused.error.type, refused.error.message) == ("timed_out", "the planner took longer than 7 s")


async def test_cancelling_calls_off_what_runs(house: House) -> None:
    house.handlers.hold("a")
    runner = await house.open()
    await runner.submit(submission(template({"name": "a"})))
    await house.handlers.arrived("a")
    assert (await runner.cancel("t1", "enough", "me")).applied
    assert not (await runner.cancel("t1", "again", "me")).applied
    assert (await runner.finished("t1")).status == "cancelled"
    house.handlers.release("a")
    await asyncio.sleep(0)
    assert house.handlers.answered == []


async def test_a_command_with_an_id_is_applied_once(house: House) -> None:
    house.handlers.hold("a")
    runner = await house.open()
    order = submission(template({"name": "a"}))
    assert (await runner.submit(order)).applied
    assert not (await runner.submit(order)).applied
    cancel = Command(id="c1", task="t1", actor="me", order=Cancel(reason="r"))
    assert (await runner.submit(cancel)).applied
    assert not (await runner.submit(cancel)).applied
    assert not (await runner.submit(order)).applied
    assert len(await house.store.facts("t1")) == 8


async def fed(runner: Runner) -> list[Fact]:
    return [fact async for fact in runner.feed("nobody")]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(fed, id="feed"),
        pytest.param(lambda runner: runner.finished("nobody"), id="finished"),
        pytest.param(lambda runner: runner.cancel("nobody", "r", "me"), id="cancel"),
    ],
)
async def test_a_task_that_is_not_there_is_unknown(house: House, ask: Callable[[Runner], Awaitable[Any]]) -> None:
    runner = await house.open()
    with pytest.raises(UnknownTaskError, match="there is no task nobody"):
        await ask(runner)


async def test_an_adapter_that_raises_costs_one_step_and_tells_nothing_of_what_it_knows(house: House) -> None:
    def broken(_call: Call) -> Outcome:
        msg = "the password is hunter2"
        raise ValueError(msg)

    house.handlers.scripts["a"] = broken
    runner = await house.open()
    await runner.submit(submission(template({"name": "a"})))
    row = await runner.finished("t1")
    says = "the handler adapter raised ValueError; the service's log says more"
    assert row.error == {"type": "internal_error", "message": says, "retryable": False, "step": "a"}


async def test_a_timeout_of_the_adapters_own_is_no_timeout_of_ours(house: House) -> None:
    def broken(_call: Call) -> Outcome:
        raise TimeoutError

    house.handlers.scripts["a"] = broken
    runner = await house.open()
    await runner.submit(submission(template({"name": "a", "timeout": "5s"})))
    row = await runner.finished("t1")
    assert row.error is not None
    assert row.error["type"] == "internal_error"


async def test_a_planner_that_raises_fails_the_step(house: House) -> None:
    class Broken:
        async def plan(self, request: PlanRequest) -> PlanReply:
            raise KeyError(request)

    runner = await house.open(planner=Broken())
    await runner.submit(submission(template(PLAN)))
    row = await runner.finished("t1")
    assert row.error is not None
    assert (row.error["type"], row.error["message"]) == (
        "internal_error",
        "the planner adapter raised KeyError; the service's log says more",
    )


@pytest.mark.parametrize("output", [float("nan"), "\ud800", object()], ids=["not a number", "half a character", "no JSON"])
async def test_an_output_that_no_log_can_hold_fails_the_step(house: House, output: Any) -> None:
    house.handlers.scripts["a"] = lambda _call: Ok(output=output)
    runner = await house.open()
    await runner.submit(submission(template({"name": "a"})))
    row = await runner.finished("t1")
    assert row.error is not None
    assert row.error["type"] == "output_invalid"


async def test_an_answer_that_no_log_can_hold_fails_the_planning_step_and_is_charged(house: House) -> None:
    house.planner = ScriptedPlanner([rejected("\ud800", cost_usd=0.1)])
    runner = await house.open()
    await runner.submit(submission(template(PLAN)))
    row = await runner.finished("t1")
    assert row.error is not None
    assert (row.error["type"], row.ledger["spent"]["cost_usd"], asked().cost_usd) == ("internal_error", 0.1, 0.0)


async def test_input_that_no_log_can_hold_is_refused_and_nothing_begins(house: House) -> None:
    runner = await house.open()
    with pytest.raises(FactUnwritableError):
        await runner.submit(submission(template({"name": "a"}), input={"x": float("inf")}))
    assert await house.store.task("t1") is None
    assert (await runner.submit(submission(template({"name": "a"})))).applied


async def test_the_next_process_goes_on_where_the_last_one_ended(house: House) -> None:
    house.handlers.hold("b")
    runner = await house.open()
    made = template({"name": "a"}, {"name": "b", "depends_on": ["a"]}, {"name": "c", "depends_on": ["b"]}, PLAN)
    fragment = {"steps": [{"name": "p", "handler": "echo"}], "output": "{{ steps.p.output }}"}
    house.planner = ScriptedPlanner([rejected("bad"), offered(fragment)])
    await house.close()
    runner = await house.open()
    await runner.submit(submission(made))
    await house.handlers.arrived("b")
    await until(runner, "StepCompleted", step="plan")
    await house.close()
    house.handlers.release("b")
    runner = await house.open()
    row = await runner.finished("t1")
    assert row.status == "complete"
    assert [call.step for call in house.handlers.answered].count("a") == 1
    assert [(call.step, call.attempt) for call in house.handlers.calls if call.step == "b"] == [("b", 1), ("b", 2)]
    assert len({call.idempotency_key for call in house.handlers.calls if call.step == "b"}) == 1
    assert verify("t1", await house.store.facts("t1")).ok


async def test_waits_go_on_in_the_next_process(house: House) -> None:
    house.handlers.scripts["a"] = lambda call: (
        Ok(output=1) if call.attempt == 2 else Failed(type="busy", message="", retryable=True)
    )
    runner = await house.open()
    await runner.submit(submission(template({"name": "a", "retry": {"base": "10s", "jitter": 0}})))
    await until(runner, "AttemptFailed")
    await house.close()
    runner = await house.open()
    await house.clock.advance(timedelta(seconds=10))
    assert (await runner.finished("t1")).status == "complete"


async def test_a_task_whose_time_ran_out_while_nobody_ran_it_ends_at_once(house: House) -> None:
    house.handlers.hold("a")
    runner = await house.open()
    await runner.submit(submission(template({"name": "a"}), left=Left(wall_clock_s=60)))
    await house.handlers.arrived("a")
    await house.close()
    await house.clock.advance(timedelta(hours=1))
    runner = await house.open()
    row = await runner.finished("t1")
    assert row.error is not None
    assert row.error["type"] == "wall_clock_exhausted"


async def test_who_waits_is_told_when_the_runner_closes(house: House) -> None:
    house.handlers.hold("a")
    runner = await house.open()
    await runner.submit(submission(template({"name": "a"})))
    waiting = asyncio.create_task(runner.finished("t1"))
    await house.handlers.arrived("a")
    await house.close()
    with pytest.raises(RunnerClosedError):
        await waiting
    with pytest.raises(RunnerClosedError):
        await runner.submit(submission(template({"name": "a"}), task="t2"))


async def test_only_so_many_handlers_run_at_once_and_planning_does_not_wait_for_them(house: House) -> None:
    class Counting:
        def __init__(self) -> None:
            self.now, self.most, self.full, self.go = 0, 0, asyncio.Event(), asyncio.Event()

        async def run(self, call: Call) -> Outcome:
            call.begun()
            self.now += 1
            self.most = max(self.most, self.now)
            if self.now == 3:
                self.full.set()
            await self.go.wait()
            self.now -= 1
            return Ok(output=call.step)

    counting = Counting()
    runner = await house.open(handlers=counting, handlers_at_once=3)
    await runner.submit(submission(template({"name": "each", "for_each": {"items": list(range(20)), "max_parallel": 20}})))
    await counting.full.wait()
    house_plan = submission(template(PLAN), task="t2")
    await runner.submit(house_plan)
    assert (await runner.finished("t2")).error is not None
    counting.go.set()
    assert (await runner.finished("t1")).status == "complete"
    assert counting.most == 3


async def test_many_tasks_run_side_by_side(house: House) -> None:
    runner = await house.open()
    made = template({"name": "a"}, {"name": "b", "depends_on": ["a"]}, output="{{ steps.b.output }}")
    await asyncio.gather(*(runner.submit(submission(made, task=f"t{i}")) for i in range(100)))
    rows = await asyncio.gather(*(runner.finished(f"t{i}") for i in range(100)))
    assert {row.status for row in rows} == {"complete"}
    assert await house.store.unfinished() == []


async def test_a_report_that_could_not_be_stored_is_stored_when_the_store_is_back(house: House, store: SqlStore) -> None:
    failing = FailingStore(store)
    house.store = failing
    house.handlers.hold("a")
    runner = await house.open()
    await runner.submit(submission(template({"name": "a"})))
    await house.handlers.arrived("a")
    failing.fail(StoreUnavailableError("the disk is full"))
    house.handlers.release("a")
    finished = asyncio.create_task(runner.finished("t1"))
    while not finished.done():
        await house.clock.advance(timedelta(seconds=1))
        await asyncio.sleep(0)
    assert (await finished).status == "complete"
    assert len(house.handlers.calls) == 1


async def test_a_commit_whose_answer_was_lost_is_found_in_the_log_and_not_repeated(house: House, store: SqlStore) -> None:
    failing = FailingStore(store)
    house.store = failing
    house.handlers.hold("a")
    runner = await house.open()
    await runner.submit(submission(template({"name": "a"}, {"name": "b", "depends_on": ["a"]})))
    await house.handlers.arrived("a")
    failing.fail(ConflictError("t1", 5), written=True)
    house.handlers.release("a")
    assert (await runner.finished("t1")).status == "complete"
    assert [call.step for call in house.handlers.calls] == ["a", "b"]
    assert verify("t1", await house.store.facts("t1")).ok


async def test_a_submission_that_cannot_be_stored_is_refused_and_may_come_again(house: House, store: SqlStore) -> None:
    failing = FailingStore(store)
    house.store = failing
    runner = await house.open()
    failing.fail(StoreUnavailableError("the disk is full"))
    with pytest.raises(StoreUnavailableError, match="the disk is full"):
        await runner.submit(submission(template({"name": "a"})))
    assert (await runner.submit(submission(template({"name": "a"})))).applied


async def test_a_fault_in_deciding_one_task_leaves_the_others_alone(house: House) -> None:
    house.handlers.hold("a")

    def faulty() -> float:
        return chances.pop() if chances else 0.5

    chances: list[Any] = []
    runner = await house.open(chance=faulty)
    retried = {"name": "a", "retry": {"max_attempts": 3}}
    house.handlers.scripts["a"] = lambda _call: Failed(type="busy", message="", retryable=True)
    await runner.submit(submission(template(retried)))
    await house.handlers.arrived("a")
    chances.append("no number")
    house.handlers.release("a")
    with pytest.raises(TaskStuckError, match="task t1 cannot go on because of a fault in the engine: TypeError"):
        await runner.finished("t1")
    await runner.submit(submission(template({"name": "b"}), task="t2"))
    assert (await runner.finished("t2")).status == "complete"
    assert await house.store.unfinished() == ["t1"]


async def test_a_log_that_does_not_hold_does_not_keep_the_others_from_being_taken_up(house: House) -> None:
    house.handlers.hold("a")
    runner = await house.open()
    for task in ("t1", "t2"):
        await runner.submit(submission(template({"name": "a"}), task=task))
    await until(runner, "StepStarted")
    await house.close()
    (last,) = await house.store.facts("t1", after=3)
    forged = Fact(task="t1", seq=5, at=last.at, actor="x", body=facts.StepReady(step="a"), prev=last.hash, hash="0")
    await house.store.append([forged], [], [])
    house.handlers.release("a")
    runner = await house.open()
    with pytest.raises(TaskQuarantinedError, match="fact 5: the fact is not what its hash was made of"):
        await runner.finished("t1")
    assert (await runner.finished("t2")).status == "complete"


async def test_what_is_under_way_at_the_end_comes_to_its_own_end_and_nothing_more_is_begun(house: House) -> None:
    house.handlers.hold("a")
    runner = await house.open(handlers_at_once=1, grace_s=60)
    made = template({"name": "a"}, {"name": "after", "depends_on": ["a"]}, {"name": "beside"})
    await runner.submit(submission(made))
    await house.handlers.arrived("a")
    closing = asyncio.create_task(house.close())
    await asyncio.sleep(0)  # it goes as far as it can without the held step
    with pytest.raises(RunnerClosedError):
        await runner.submit(submission(template({"name": "a"}), task="t2"))
    house.handlers.release("a")
    await closing
    kept = [(fact.kind, getattr(fact.body, "step", None)) for fact in await house.store.facts("t1")]
    assert ("StepCompleted", "a") in kept
    assert [call.step for call in house.handlers.calls] == ["a"]

    runner = await house.open()
    assert (await runner.finished("t1")).status == "complete"
    assert sorted(call.step for call in house.handlers.calls) == ["a", "after", "beside"]


async def test_a_block_that_is_left_by_an_exception_waits_for_nothing(store: SqlStore) -> None:
    handlers = ScriptedHandlers()
    handlers.hold("a")

    async def fail() -> None:
        async with Runner.open(
            store=store, handlers=handlers, planner=ScriptedPlanner(), clock=ManualClock(), rules=RULES, grace_s=3_600
        ) as runner:
            await runner.submit(submission(template({"name": "a"})))
            await handlers.arrived("a")
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert handlers.answered == []
