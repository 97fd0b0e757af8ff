"""A store that fails when a test says so."""

from collections.abc import Sequence

from engine.errors import StoreError
from engine.facts import Fact
from engine.ports import Store
from engine.views import Change


class FailingStore:
    """Does what the store inside does; the next appends fail with the errors that `fail` was given."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self._errors: list[tuple[StoreError, bool]] = []
        self.facts, self.load = inner.facts, inner.load
        self.unfinished, self.quarantined = inner.unfinished, inner.quarantined
        self.task, self.tasks, self.plans, self.waits = inner.task, inner.tasks, inner.plans, inner.waits

    def fail(self, error: StoreError, *, written: bool = False) -> None:
        """Let one append fail; where `written`, only its answer is lost."""
        self._errors.append((error, written))

    async def append(self, facts: Sequence[Fact], changes: Sequence[Change], commands: Sequence[str]) -> None:
        error, written = self._errors.pop(0) if self._errors else (None, True)
        if written:
            await self._inner.append(facts, changes, commands)
        if error is not None:
            raise error
