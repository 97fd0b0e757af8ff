"""What the calls of one task may use together, counted while the broker runs."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace

from broker.host.log import CUT
from broker.orders import Allowance
from catalog.calls import Failed, Outcome, Usage

KEPT = 10_000  # tasks whose counts are kept, beside those with a call under way; about 1 KB each

_NEEDED = ("cpu_ms", "wall_ms", "output_bytes")  # without any of these no call can begin
_WORDS = {
    "cpu_ms": "ms of processor time",
    "wall_ms": "ms of wall clock",
    "host_calls": "host calls",
    "moved_bytes": "bytes moved",
    "log_bytes": "bytes of log",
    "output_bytes": "bytes of output",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLimits:
    """What all calls of one task may use together. Raises `ValueError` where no call could ever begin."""

    cpu_ms: int = 3_600_000
    wall_ms: int = 48 * 3_600_000
    host_calls: int = 200_000
    moved_bytes: int = 64 << 30
    log_bytes: int = 64 << 20
    output_bytes: int = 16 << 30

    def __post_init__(self) -> None:
        """Refuse limits that are no limits but a stop, and negative ones."""
        if min(self.host_calls, self.moved_bytes, self.log_bytes) < 0 or min(getattr(self, name) for name in _NEEDED) < 1:
            message = "a task needs processor time, wall clock and output, and no limit is negative"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Share:
    """What one call may use, and in which fields that is less than it wanted because its task has no more."""

    allowance: Allowance
    short: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Account:
    used: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_WORDS, 0.0))
    lent: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_WORDS, 0.0))
    open: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Tasks:
    """The accounts of tasks.

    A call is lent its whole allowance and pays back what it did not use. Near the end of its task's allowance a call waits for
    others of the task to pay back; alone, it gets what is left. So the sum never goes beyond the limits.

    Counts begin with the task's first call in this process, or with what `Call.used` says was used before, whichever is more:
    an engine that keeps count may restart, or move a task, and the limits still hold.
    """

    def __init__(self, limits: TaskLimits, *, kept: int = KEPT) -> None:
        """Start with no accounts. Of tasks without a call under way the `kept` latest are remembered."""
        self._limits: dict[str, int] = {name: getattr(limits, name) for name in _WORDS}
        self._kept = kept
        self._accounts: OrderedDict[str, _Account] = OrderedDict()

    def __len__(self) -> int:
        """Tell how many accounts are kept."""
        return len(self._accounts)

    async def share(self, task: str, wanted: Allowance, used: Usage | None = None) -> Share | Failed:
        """Lend an allowance to a call of `task`, which must be paid back by `settle`; a call of no task gets what it wants."""
        if not task:
            return Share(wanted)
        account = self._account(task, used)
        if account.waiting or not self._fits(account, wanted):
            await self._wait(account, wanted)
        left = {name: self._limits[name] - account.used[name] - account.lent[name] for name in _WORDS}
        spent = next((name for name in _NEEDED if left[name] < 1), None)
        if spent:
            self._wake(account)
            return Failed(type=_type(spent), message=self._says(spent))
        short = frozenset(name for name in _WORDS if left[name] < getattr(wanted, name))
        share = Share(replace(wanted, **{name: max(0, int(left[name])) for name in short}), short)
        self._lend(account, share, 1)
        self._wake(account)
        return share

    def settle(self, task: str, share: Share, usage: Usage) -> None:
        """Pay back what a call did not use."""
        account = self._accounts.get(task)
        if account is None:
            return
        self._lend(account, share, -1)
        for name in _WORDS:
            account.used[name] += getattr(usage, name)
        self._wake(account)
        while len(self._accounts) > self._kept:
            oldest = next((name for name, each in self._accounts.items() if not each.open and not each.waiting), None)
            if oldest is None:
                return
            del self._accounts[oldest]

    def named(self, share: Share, outcome: Outcome) -> Outcome:
        """Say of a limit that a call met that it was its task's, where it was, and of a log that the task's cut it."""
        if "log_bytes" in share.short and outcome.logs and outcome.logs[-1].startswith(f"warning: {CUT}"):
            outcome = replace(outcome, logs=(*outcome.logs, f"warning: {_type('log_bytes')}: {self._says('log_bytes')}"))
        if isinstance(outcome, Failed):
            met = next((name for name in share.short if outcome.type == _type(name).removeprefix("task_")), None)
            if met:
                return replace(outcome, type=_type(met), message=self._says(met), retryable=False, retry_after_s=None)
        return outcome

    def _account(self, task: str, used: Usage | None) -> _Account:
        account = self._accounts.setdefault(task, _Account())
        self._accounts.move_to_end(task)
        if used is not None:
            account.used = {name: max(count, getattr(used, name)) for name, count in account.used.items()}
        return account

    def _fits(self, account: _Account, wanted: Allowance) -> bool:
        if not account.open:
            return True
        return all(getattr(wanted, name) + account.used[name] + account.lent[name] <= self._limits[name] for name in _WORDS)

    async def _wait(self, account: _Account, wanted: Allowance) -> None:
        again = False
        while True:
            turn = asyncio.get_running_loop().create_future()
            if again:
                account.waiting.appendleft(turn)
            else:
                account.waiting.append(turn)
            again = True
            try:
                await turn
            except asyncio.CancelledError:
                if turn in account.waiting:
                    account.waiting.remove(turn)
                self._wake(account)
                raise
            if self._fits(account, wanted):
                return

    def _wake(self, account: _Account) -> None:
        """Let the one that waits longest look again."""
        while account.waiting:
            turn = account.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _lend(self, account: _Account, share: Share, sign: int) -> None:
        account.open += sign
        for name in _WORDS:
            account.lent[name] += sign * getattr(share.allowance, name)

    def _says(self, name: str) -> str:
        return f"the calls of this task have used the {self._limits[name]} {_WORDS[name]} that one task may use"


def _type(name: str) -> str:
    return f"task_limit_{name.removesuffix('_ms').removesuffix('_bytes') if name != 'moved_bytes' else name}"
