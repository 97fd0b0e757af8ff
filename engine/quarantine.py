"""Tasks whose log does not hold: they can be read, verified and cancelled, and nothing is run for them."""

from structlog import get_logger

from engine import facts
from engine.chain import Finding, Log, Tip, seal
from engine.commands import Cancel, Command
from engine.errors import EngineError, StoreError, TaskQuarantinedError
from engine.evolve import replay
from engine.ports import Clock, Store
from engine.runs import Receipt
from engine.state import TaskState
from engine.tasks import Status
from engine.views import QuarantineLifted, TaskEnded, TaskQuarantined, shown

log = get_logger()


def followed(task: str, stored: Log) -> TaskState | Finding:
    """Give the state that a loaded log comes to, or the first thing for which it must not be run."""
    if stored.flaws:
        return stored.flaws[0]
    last = stored.facts[-1].seq
    try:
        return replay(task, stored.facts)
    except (EngineError, LookupError, ValueError, TypeError, AttributeError, AssertionError) as wrong:
        return Finding(seq=last, says=f"the log cannot be replayed: {wrong}")


class Quarantine:
    """Marks tasks in the store, where every reader sees it, and lifts the mark where a log holds again."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Remember nothing: what is marked stands in the store."""
        self._store, self._clock = store, clock

    async def enter(self, task: str, found: Finding) -> TaskQuarantinedError:
        """Mark a task; give the error that says so. A store that cannot be written keeps no mark: the next load makes it."""
        log.error("task_quarantined", task=task, seq=found.seq, says=found.says)
        mark = TaskQuarantined(task=task, since=self._clock.now(), seq=found.seq, says=found.says)
        try:
            await self._store.append([], [mark], [])
        except StoreError as fault:
            log.warning("quarantine_not_kept", task=task, fault=str(fault))
        return TaskQuarantinedError(task, f"fact {found.seq}: {found.says}")

    async def lift(self, task: str) -> None:
        """Take the mark from a task whose log holds again."""
        log.info("task_quarantine_lifted", task=task)
        await self._store.append([], [QuarantineLifted(task=task)], [])

    async def cancel(self, task: str, stored: Log, command: Command) -> Receipt:
        """End a task without deciding anything from its log: the end is written behind what stands there."""
        assert isinstance(command.order, Cancel), "nothing else is done for such a task"
        reason, now = command.order.reason, self._clock.now()
        last = max(stored.facts, key=lambda fact: fact.seq, default=None)
        tip = Tip() if last is None else Tip(seq=last.seq, hash=last.hash)
        bodies: list[facts.Body] = [facts.CancelRequested(reason=reason), facts.TaskCancelled(reason=reason)]
        sealed, tip = seal(task, tip, bodies, actor=command.actor, at=now)
        error = shown(facts.Error(type="cancelled", message=reason))
        ended = TaskEnded(task=task, status=Status.CANCELLED, ended_at=now, output=None, error=error)
        await self._store.append(sealed, [ended], [command.id] if command.id else [])
        return Receipt(task=task, seq=tip.seq, applied=True)
