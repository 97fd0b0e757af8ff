"""One task while it runs: its state, the commands that wait for it, and what the world was asked to do for it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine import facts
from engine.chain import Tip
from engine.commands import Command
from engine.errors import EngineError
from engine.state import TaskState

_BATCH = 256
_OVER = (facts.StepCompleted, facts.StepFailed, facts.StepCancelled)


class Cancellable(Protocol):
    """Something that was begun and may be called off: an `asyncio.Task`, an `Alarm`."""

    def cancel(self) -> object:
        """Call it off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a command. `applied` is False where it came too late or a second time and changed nothing."""

    task: str
    seq: int
    applied: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command in an inbox; `answer` where somebody waits for its receipt."""

    command: Command
    answer: asyncio.Future[Receipt] | None = None


@dataclass(slots=True)
class TaskRun:
    """A running task. Only its pump changes `state`, and only after the facts are committed."""

    state: TaskState
    tip: Tip = field(default_factory=Tip)
    weight: int = 0  # characters of the values in its log
    fresh: bool = True  # nothing that it is owed was issued in this process yet
    busy: bool = False  # its pump is running
    fault: EngineError | None = None
    inbox: deque[Waiting] = field(default_factory=deque)
    under_way: dict[str, dict[object, Cancellable]] = field(default_factory=dict)
    _watchers: list[asyncio.Future[None]] = field(default_factory=list)

    def take(self) -> list[Waiting]:
        """Take the commands to decide next: reports that came together share a commit; one that somebody sent goes alone."""
        batch = [self.inbox.popleft()]
        while batch[0].answer is None and self.inbox and self.inbox[0].answer is None and len(batch) < _BATCH:
            batch.append(self.inbox.popleft())
        return batch

    def committed(self, state: TaskState, tip: Tip, bodies: Sequence[facts.Body]) -> None:
        """Take over what was committed; call off what is no longer waited for."""
        self.state, self.tip = state, tip
        for body in bodies:
            if isinstance(body, _OVER) and body.step in self.under_way:
                self.call_off(body.step)
        if state.ended:
            self.call_off_all()
        self.notify()

    def call_off(self, step: str) -> None:
        """Cancel everything that was begun for a step."""
        for begun in self.under_way.pop(step, {}).values():
            begun.cancel()

    def call_off_all(self) -> None:
        """Cancel everything that was begun."""
        for step in list(self.under_way):
            self.call_off(step)

    def begun(self, step: str, key: object, what: Cancellable) -> None:
        """Remember what was begun, to call it off where the step ends first."""
        self.under_way.setdefault(step, {})[key] = what

    def over(self, step: str, key: object) -> None:
        """Forget what came to its end."""
        mine = self.under_way.get(step)
        if mine is not None:
            mine.pop(key, None)
            if not mine:
                del self.under_way[step]

    async def beyond(self, seq: int) -> None:
        """Return when the log is longer than `seq` or can grow no more. Raises what ended the run."""
        while self.tip.seq <= seq and not self.state.ended:
            await self._changed()

    async def ended(self) -> None:
        """Return when the task has ended. Raises what ended the run before."""
        while not self.state.ended:
            await self._changed()

    def notify(self) -> None:
        """Wake whoever waits for more."""
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            if not watcher.done():
                watcher.set_result(None)

    def stop(self, fault: EngineError) -> None:
        """End the run here; the task itself stays as it is in the store."""
        self.fault = fault
        self.call_off_all()
        for waiting in self.inbox:
            if waiting.answer is not None and not waiting.answer.done():
                waiting.answer.set_exception(fault)
        self.inbox.clear()
        self.notify()

    async def _changed(self) -> None:
        if self.fault is not None:
            raise self.fault
        watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers.append(watcher)
        await watcher
