"""The embedded runner: carries effects out and brings commands back, in one process, on asyncio."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from structlog import get_logger

from catalog.calls import Failed
from engine import facts, tasks
from engine.alarms import Alarms
from engine.aside import HEAVY_CHARACTERS, Aside, is_heavy_order, weight
from engine.chain import Finding, Log, Tip, seal
from engine.commands import Cancel, Command, Expire, Order, Recover, ReportPlan, ReportStep, Submit, Wake
from engine.decide import decide
from engine.effects import Effect, ExpireAt, Plan, RunHandler, WakeAt
from engine.errors import (
    AlreadyAppliedError,
    ConflictError,
    EngineError,
    FactUnwritableError,
    RunnerClosedError,
    StoreError,
    TaskQuarantinedError,
    TaskStuckError,
    UnknownTaskError,
)
from engine.facts import Fact
from engine.garbage import paced
from engine.outcomes import Rim
from engine.owed import claim_of, effects, effects_of
from engine.ports import Clock, Handlers, Planner, Store
from engine.quarantine import Quarantine, followed
from engine.records import TaskRow
from engine.rules import Rules
from engine.runs import Receipt, TaskRun, Waiting
from engine.state import TaskState
from engine.views import Change, changes
from fragments.planning import Provenance, Unplanned

log = get_logger()

_PAGE = 500
_LOADED_AT_ONCE = 64
_STORE_AGAIN = timedelta(seconds=1)
_ENDS = (facts.TaskCompleted, facts.TaskFailed, facts.TaskRefused, facts.TaskCancelled)


class Runner:
    """Runs tasks. A task's commands are decided one after another; its effects begin only when their facts are committed."""

    def __init__(
        self, *, store: Store, clock: Clock, rules: Rules, alarms: Alarms, rim: Rim, chance: Callable[[], float]
    ) -> None:
        """Take what `open` made."""
        self._store, self._clock, self._rules, self._alarms, self._rim, self._chance = store, clock, rules, alarms, rim, chance
        self._quarantine = Quarantine(store, clock)
        self._aside = Aside()
        self._runs: dict[str, TaskRun] = {}
        self._pumps: set[asyncio.Task[None]] = set()
        self._effects: set[asyncio.Task[None]] = set()
        self._ending = self._closed = False  # nothing is begun any more; nothing is decided any more

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        store: Store,
        handlers: Handlers,
        planner: Planner,
        clock: Clock,
        rules: Rules,
        chance: Callable[[], float] = random.random,
        handlers_at_once: int = 16,
        plans_at_once: int = 8,
        takes_up: bool = True,
        grace_s: float = 0,
    ) -> AsyncIterator["Runner"]:
        """Take up every unfinished task, then run until the block is left.

        Nothing more is begun then; what is under way has `grace_s` seconds to come to its end, whose facts are kept. The rest
        is called off and taken up next time, and at once where the block is left by an exception. Without `takes_up`
        unfinished tasks can be cancelled and stay as they are otherwise: a process that ends soon would interrupt them again.
        """
        alarms = Alarms(clock)
        rim = Rim(
            handlers=handlers,
            planner=planner,
            clock=clock,
            alarms=alarms,
            handlers_at_once=handlers_at_once,
            plans_at_once=plans_at_once,
        )
        runner = cls(store=store, clock=clock, rules=rules, alarms=alarms, rim=rim, chance=chance)
        async with paced():
            ringing = asyncio.create_task(alarms.run())
            try:
                if takes_up:
                    await runner._take_up()
                yield runner
                await runner._drain(grace_s)
            finally:
                await runner._close()
                ringing.cancel()
                await asyncio.gather(ringing, return_exceptions=True)

    async def submit(self, command: Command) -> Receipt:
        """Begin a task, or cancel one, and return when that is committed. What comes a second time changes nothing.

        A task whose log does not hold can only be cancelled. Raises `UnknownTaskError`, `FactUnwritableError` for what JSON or
        UTF-8 cannot write, `TaskQuarantinedError`, `StoreError`, `RunnerClosedError`.
        """
        if isinstance(command.order, Submit):
            return await self._send(self._runs.setdefault(command.task, TaskRun(TaskState(task=command.task))), command)
        run = self._runs.get(command.task)
        if run is not None:
            return await self._send(run, command)
        row = await self._row(command.task)
        if row.status != tasks.Status.RUNNING:
            return Receipt(task=row.id, seq=row.seq, applied=False)
        run = self._runs[command.task] = TaskRun(TaskState(task=command.task))
        flawed = await self._load(run, marked=row.quarantine is not None)
        if flawed is not None and isinstance(command.order, Cancel):
            return await self._quarantine.cancel(command.task, flawed, command)
        if run.fault is not None:
            raise run.fault
        return await self._send(run, command)

    async def cancel(self, task: str, reason: str, actor: str) -> Receipt:
        """Cancel a task. One that has ended stays as it is. Raises as `submit` does."""
        return await self.submit(Command(id="", task=task, actor=actor, order=Cancel(reason=reason)))

    def runs(self, task: str) -> bool:
        """Say whether this process runs the task."""
        return task in self._runs

    async def feed(self, task: str, *, after: int = 0) -> AsyncGenerator[Fact]:
        """Give a task's facts from line `after` + 1 on, those to come as they are committed, to the last one.

        The feed of a task in quarantine ends with what stands in its log. Raises `UnknownTaskError`, `TaskStuckError`,
        `StoreError`, `RunnerClosedError`.
        """
        while True:
            run = self._runs.get(task)
            page = await self._store.facts(task, after=after, limit=_PAGE)
            for fact in page:
                yield fact
                after = fact.seq
                if isinstance(fact.body, _ENDS):
                    return
            if not page and run is None:
                await self._row(task)
                return
            if not page and run is not None:
                await run.beyond(after)

    async def finished(self, task: str) -> TaskRow:
        """Wait for a task's end and give it. Raises as `feed` does, and `TaskQuarantinedError`."""
        run = self._runs.get(task)
        if run is not None:
            await run.ended()
        row = await self._row(task)
        if row.quarantine is not None and row.status == tasks.Status.RUNNING:
            raise TaskQuarantinedError(task, f"fact {row.quarantine['seq']}: {row.quarantine['says']}")
        return row

    async def _row(self, task: str) -> TaskRow:
        row = await self._store.task(task)
        if row is None:
            raise UnknownTaskError(task)
        return row

    async def _send(self, run: TaskRun, command: Command) -> Receipt:
        if self._ending:
            raise RunnerClosedError
        if run.fault is not None:
            raise run.fault
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._put(run, Waiting(command, answer))
        return await answer

    def _post(self, run: TaskRun, actor: str, order: Order) -> None:
        self._put(run, Waiting(Command(id="", task=run.state.task, actor=actor, order=order)))

    def _put(self, run: TaskRun, waiting: Waiting) -> None:
        if not self._closed and run.fault is None:
            run.inbox.append(waiting)
            self._start(run)

    def _start(self, run: TaskRun) -> None:
        if not run.busy and run.inbox and not self._closed:
            run.busy = True
            pump = asyncio.create_task(self._pump(run))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, run: TaskRun) -> None:
        try:
            while run.inbox and not self._closed:
                if not await self._work(run, run.take()):
                    return
        finally:
            run.busy = False

    async def _work(self, run: TaskRun, batch: Sequence[Waiting]) -> bool:
        """Apply a batch; say whether to go on at once."""
        try:
            await self._apply(run, batch)
        except StoreError as fault:
            return await self._store_failed(run, batch, fault)
        except FactUnwritableError as wrong:
            _refuse(batch, wrong)
            self._forget_unborn(run)
        except Exception as fault:  # a fault in deciding one task must not end the others
            log.exception("task_stuck", task=run.state.task)
            stuck = TaskStuckError(run.state.task, f"{type(fault).__name__}: {fault}")
            _refuse(batch, stuck)
            run.stop(stuck)
        return True

    async def _apply(self, run: TaskRun, batch: Sequence[Waiting]) -> None:
        """Decide commands one after another and commit what follows from all of them at once."""
        commands = [waiting.command for waiting in batch]
        heavy = run.weight > HEAVY_CHARACTERS or any(is_heavy_order(command.order) for command in commands)
        work = partial(self._outcome, run, commands)
        state, tip, log_, changed, owed = await self._aside.do(work) if heavy else work()
        if log_:
            await self._store.append(log_, changed, [command.id for command in commands if command.id])
        run.fresh = False
        run.weight += weight(log_)
        run.committed(state, tip, [fact.body for fact in log_])
        if state.ended:
            self._runs.pop(state.task, None)
        for effect in owed:
            self._issue(run, effect)
        _answer(batch, Receipt(task=state.task, seq=tip.seq, applied=bool(log_)))
        self._forget_unborn(run)

    def _outcome(
        self, run: TaskRun, commands: Sequence[Command]
    ) -> tuple[TaskState, Tip, list[Fact], list[Change], list[Effect]]:
        """Work out what follows from commands. Changes nothing: it may run beside the loop, whose pump waits for it."""
        before = state = run.state
        tip = run.tip
        log_: list[Fact] = []
        for command in commands:
            state, tip, sealed = self._decided(state, tip, command)
            log_ += sealed
        bodies = [fact.body for fact in log_]
        owed = effects(state, self._rules) if run.fresh else effects_of(before, state, bodies, self._rules)
        return state, tip, log_, list(changes(before, state, log_)) if log_ else [], owed

    def _decided(self, state: TaskState, tip: Tip, command: Command) -> tuple[TaskState, Tip, list[Fact]]:
        now = self._clock.now()
        decision = decide(state, command, rules=self._rules, now=now, chance=self._chance())
        try:
            sealed, tip = seal(state.task, tip, decision.bodies, actor=command.actor, at=now)
        except FactUnwritableError as wrong:
            return self._decided(state, tip, _unwritable(command, wrong))
        return decision.state, tip, sealed

    async def _store_failed(self, run: TaskRun, batch: Sequence[Waiting], fault: StoreError) -> bool:
        """Say whether to go on at once. What was decided is not committed, so it is decided again from what is."""
        if isinstance(fault, AlreadyAppliedError):
            _answer(batch, Receipt(task=run.state.task, seq=run.tip.seq, applied=False))
            self._forget_unborn(run)
            return True
        log.warning("store_failed", task=run.state.task, fault=str(fault))
        if isinstance(fault, ConflictError):
            run.inbox.extendleft(reversed(batch))
            await self._load(run)
            if run.fault is None and run.tip.seq < fault.seq:  # no line is taken: a row that the log needs is not there
                run.stop(TaskStuckError(run.state.task, "the rows beside its log are damaged"))
            return True
        if batch[0].answer is not None:
            _refuse(batch, fault)
            self._forget_unborn(run)
            return True
        run.inbox.extendleft(reversed(batch))
        self._alarms.at(self._clock.now() + _STORE_AGAIN, lambda: self._start(run))
        return False

    def _forget_unborn(self, run: TaskRun) -> None:
        if run.state.info is None and not run.inbox:
            self._runs.pop(run.state.task, None)

    def _issue(self, run: TaskRun, effect: Effect) -> None:
        step, key = effect.step, claim_of(effect)
        if self._ending or key in run.under_way.get(step, {}):
            return
        if isinstance(effect, (RunHandler, Plan)):
            self._begin(run, effect, key)
            return
        waited: Order = Wake(step=step, attempt=effect.attempt) if isinstance(effect, WakeAt) else Expire(step=step)
        run.begun(step, key, self._alarms.at(effect.due, lambda: self._rang(run, effect, waited)))

    def _rang(self, run: TaskRun, effect: WakeAt | ExpireAt, order: Order) -> None:
        run.over(effect.step, claim_of(effect))
        self._post(run, "clock", order)

    def _begin(self, run: TaskRun, effect: RunHandler | Plan, key: object) -> None:
        carried: Coroutine[Any, Any, None] = (
            self._run_handler(run, effect) if isinstance(effect, RunHandler) else self._ask_planner(run, effect)
        )
        task = asyncio.create_task(carried)
        run.begun(effect.step, key, task)
        self._effects.add(task)
        task.add_done_callback(self._effects.discard)

    async def _run_handler(self, run: TaskRun, effect: RunHandler) -> None:
        outcome = await self._rim.run(effect)
        run.over(effect.step, claim_of(effect))
        await self._report(run, "handler", ReportStep(step=effect.step, attempt=effect.attempt, outcome=outcome))

    async def _ask_planner(self, run: TaskRun, effect: Plan) -> None:
        reply = await self._rim.plan(effect)
        run.over(effect.step, claim_of(effect))
        about = effect.request
        order = ReportPlan(step=effect.step, phase=about.phase, turn=about.turn, attempt=effect.attempt, reply=reply)
        await self._report(run, "planner", order)

    async def _report(self, run: TaskRun, actor: str, order: Order) -> None:
        """Bring an outcome back; whoever brings it works the inbox off, where nobody does so already: a task less per step."""
        if self._closed or run.fault is not None:
            return
        run.inbox.append(Waiting(Command(id="", task=run.state.task, actor=actor, order=order)))
        if run.busy:
            return
        run.busy = True
        mine = asyncio.current_task()
        assert mine is not None, "effects are tasks"
        self._effects.discard(mine)  # closing cancels effects and waits for pumps, and this is one now
        self._pumps.add(mine)
        mine.add_done_callback(self._pumps.discard)
        await self._pump(run)

    async def _take_up(self) -> None:
        """Load every unfinished task and recover it; some at a time, since each waits for the store."""
        unfinished = iter(await self._store.unfinished())
        marked = frozenset(await self._store.quarantined())
        count = 0

        async def some() -> None:
            nonlocal count
            for task in unfinished:
                count += 1
                await self._recover(task, marked=task in marked)

        await asyncio.gather(*(some() for _ in range(_LOADED_AT_ONCE)))
        if count:
            log.info("tasks_taken_up", count=count)

    async def _recover(self, task: str, *, marked: bool) -> None:
        run = self._runs[task] = TaskRun(TaskState(task=task))
        try:
            if await self._load(run, marked=marked) is not None:
                return
            await self._send(run, Command(id="", task=task, actor="engine", order=Recover()))
        except StoreError:
            raise  # without its log no task can be taken up: starting would only look well
        except EngineError as fault:
            log.error("task_not_taken_up", task=task, fault=str(fault))  # noqa: TRY400 - the fault says it all

    async def _load(self, run: TaskRun, *, marked: bool = False) -> Log | None:
        """Load a task; where its log does not hold, quarantine it and give the log. `marked`: it was in quarantine before."""
        task = run.state.task
        stored = await self._store.load(task)
        run.weight = weight(stored.facts)
        follow = partial(followed, task, stored)
        found = await self._aside.do(follow) if run.weight > HEAVY_CHARACTERS else follow()
        if isinstance(found, Finding):
            run.stop(await self._quarantine.enter(task, found))
            self._runs.pop(task, None)
            return stored
        if marked:
            await self._quarantine.lift(task)
        run.state, run.tip, run.fresh = found, Tip(seq=stored.facts[-1].seq, hash=stored.facts[-1].hash), True
        return None

    async def _drain(self, grace_s: float) -> None:
        """Let what is under way come to its end for a while."""
        self._ending = True
        self._rim.dismiss()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace_s
        while (busy := self._effects | self._pumps) and (left := deadline - loop.time()) > 0:
            await asyncio.wait(busy, timeout=left)

    async def _close(self) -> None:
        self._ending = self._closed = True
        for task in self._effects:
            task.cancel()
        await asyncio.gather(*self._effects, *self._pumps, return_exceptions=True)
        self._aside.close()
        for run in self._runs.values():
            run.stop(run.fault or RunnerClosedError())


def _unwritable(command: Command, wrong: FactUnwritableError) -> Command:
    """Give what is decided in place of a report that holds what no log can hold; raise where somebody sent it."""
    order = command.order
    if isinstance(order, ReportStep):
        failed = Failed(type="output_invalid", message=f"the output is no JSON text: {wrong.why}")
        instead: Order = ReportStep(step=order.step, attempt=order.attempt, outcome=failed)
    elif isinstance(order, ReportPlan):
        paid = Provenance(source=order.reply.provenance.source, cost_usd=order.reply.provenance.cost_usd)
        unplanned = Unplanned(type="internal_error", message=f"the answer is no JSON text: {wrong.why}", provenance=paid)
        instead = ReportPlan(step=order.step, phase=order.phase, turn=order.turn, attempt=order.attempt, reply=unplanned)
    else:
        raise wrong
    return Command(id=command.id, task=command.task, actor=command.actor, order=instead)


def _answer(batch: Sequence[Waiting], receipt: Receipt) -> None:
    for waiting in batch:
        if waiting.answer is not None and not waiting.answer.done():
            waiting.answer.set_result(receipt)


def _refuse(batch: Sequence[Waiting], fault: EngineError) -> None:
    for waiting in batch:
        if waiting.answer is not None and not waiting.answer.done():
            waiting.answer.set_exception(fault)
