"""The keys that seal logs, and the tips of logs that the operator keeps elsewhere: where the settings say they are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from structlog import get_logger

from engine import facts
from engine.errors import StoreError
from engine.facts import Fact
from engine.store import tips
from engine.store.keys import Keys
from engine.store.sql import SqlStore, keys_of
from engine.store.tips import Kept, LogTip
from service.settings import Settings

log = get_logger()

_ENDS = (facts.TaskCompleted, facts.TaskFailed, facts.TaskRefused, facts.TaskCancelled)


def installation_keys(settings: Settings) -> Keys:
    """Say where the keys of this installation are."""
    beside = keys_of(settings.database_url)
    secret = settings.seal_key.get_secret_value().encode() if settings.seal_key else None
    return Keys(file=settings.seal_keys or beside.file, secret=secret)


def kept_tips(settings: Settings, keys: Keys) -> Kept:
    """Read the tips that are kept; none where the settings name no file. Raises `TipsError`, `KeysError`."""
    if settings.tips is None:
        return Kept()
    kept = tips.read(settings.tips, keys.ring())
    for finding in kept.findings:
        log.error("tips_flawed", where=finding.where, says=finding.says)
    return kept


class TipsExport:
    """Writes to a file how far logs went: at intervals, when a task ends, and when the server stops."""

    def __init__(self, file: Path | None, keys: Keys, *, every_s: float) -> None:
        """Take where to and how often; without a file nothing is written."""
        self._file, self._keys, self._every_s = file, keys, every_s
        self._moved: dict[str, LogTip] = {}
        self._ended = asyncio.Event()

    def note(self, last: Fact) -> None:
        """Take the last fact of what was committed."""
        if self._file is None:
            return
        self._moved[last.task] = LogTip(task=last.task, seq=last.seq, hash=last.hash, count=last.seq)
        if isinstance(last.body, _ENDS):
            self._ended.set()

    @asynccontextmanager
    async def running(self, store: SqlStore) -> AsyncIterator[None]:
        """Write what the file does not know yet, then what moves, until the block is left."""
        if self._file is None:
            yield
            return
        await self._write({tip.task: tip for tip in await store.tips()})
        writing = asyncio.create_task(self._repeat())
        try:
            yield
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            await self._flush()

    async def _repeat(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), self._every_s)
            self._ended.clear()
            await self._flush()

    async def _flush(self) -> None:
        moved, self._moved = self._moved, {}
        if moved:
            await self._write(moved)

    async def _write(self, moved: dict[str, LogTip]) -> None:
        assert self._file is not None, "without a file nothing is written"
        try:
            await asyncio.shield(asyncio.to_thread(exported, self._file, self._keys, list(moved.values())))
        except StoreError as fault:  # tasks go on; what was not written is written with what moves next
            log.error("tips_not_exported", fault=str(fault))  # noqa: TRY400 - the fault says it all
            self._moved = moved | self._moved


def exported(file: Path, keys: Keys, moved: list[LogTip]) -> int:
    """Add tips to a file; give how many it did not know. Blocks. Raises `TipsError`, `KeysError`."""
    return tips.append(file, keys.ring(), moved, at=datetime.now(UTC))
