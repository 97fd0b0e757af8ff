"""The store on SQLite through SQLAlchemy Core, written so that PostgreSQL can follow."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection, Engine

from engine.chain import Anchor, Log, Verdict
from engine.errors import DatabaseBusyError, DatabaseUrlError, StoreUnavailableError
from engine.facts import Fact
from engine.records import PlanRow, TaskPage, TaskRow, WaitRow
from engine.seals import Ring
from engine.store import address, comparison, lines, queries
from engine.store.faults import translated
from engine.store.keys import Keys, beside
from engine.store.locks import locked
from engine.store.marks import opened_ring
from engine.store.statements import Append
from engine.store.tips import LogTip
from engine.store.upgrading import upgrade
from engine.store.writer import Writer
from engine.views import Change
from schemas.values import JsonObject

_READERS = 4
_NO_TEXT = "decode to UTF-8"
"""What SQLite's driver says of a text that is none."""

T = TypeVar("T")
Kept: TypeAlias = Mapping[str, Sequence[Anchor]]
"""What is known of logs from elsewhere, by task."""

Told: TypeAlias = Callable[[Fact], None]


def keys_of(url: str, keys: Keys | None = None) -> Keys:
    """Give the keys that are named, or those beside the database."""
    return keys or Keys(file=beside(address.file_of(address.parsed(url))))


def bring_up_to_date(url: str) -> None:
    """Make or upgrade a database that nobody runs; whoever runs one has upgraded it."""
    try:
        with locked(address.file_of(address.parsed(url))):
            upgrade(url)
    except DatabaseBusyError:
        return


class SqlReader:
    """Reads a database that another process may be running."""

    def __init__(self, engines: tuple[Engine, Engine], threads: ThreadPoolExecutor, ring: Ring, kept: Kept) -> None:
        """Take what is opened and closed by `reading`: an engine, and one that reads text that is none."""
        (self._engine, self._tolerant), self._threads, self._ring, self._kept = engines, threads, ring, kept

    @classmethod
    @asynccontextmanager
    async def reading(cls, url: str, *, keys: Keys | None = None, kept: Kept | None = None) -> AsyncIterator["SqlReader"]:
        """Open a database that is there already. `kept` are tips of logs, by task, that are known from elsewhere.

        Raises `DatabaseUrlError` where there is none, `KeysError`.
        """
        target = address.parsed(url)
        if not address.file_of(target).exists():
            raise DatabaseUrlError(url, "there is no such file")
        ring = await asyncio.to_thread(keys_of(url, keys).ring)
        with ThreadPoolExecutor(_READERS, thread_name_prefix="store-reader") as threads:
            engines = address.reading(target), address.reading(target, tolerant=True)
            try:
                yield cls(engines, threads, ring, kept or {})
            finally:
                for engine in engines:
                    engine.dispose()

    async def facts(self, task: str, *, after: int = 0, limit: int | None = None) -> list[Fact]:
        """Read a task's log from line `after` + 1 on."""
        return await self._read(lambda connection: lines.page(connection, task, self._ring, after=after, limit=limit))

    async def load(self, task: str) -> Log:
        """Read a task's whole log, and where it does not hold."""
        kept = self._kept.get(task, ())
        return await self._read(lambda connection: lines.load(connection, task, self._ring, kept=kept))

    async def unfinished(self) -> list[str]:
        """Name the tasks that can still change, the oldest first."""
        return await self._read(queries.unfinished)

    async def quarantined(self) -> list[str]:
        """Name the tasks that are marked because their log did not hold."""
        return await self._read(queries.quarantined)

    async def task(self, task: str) -> TaskRow | None:
        """Read one task with its steps."""
        return await self._read(lambda connection: queries.task(connection, task))

    async def tasks(self, *, status: str | None, limit: int, before: str | None) -> TaskPage:
        """Read some tasks, the newest first."""
        return await self._read(lambda connection: queries.tasks(connection, status=status, limit=limit, before=before))

    async def plans(self, task: str) -> list[PlanRow]:
        """Read the turns of planning of a task, as they were asked."""
        return await self._read(lambda connection: queries.plans(connection, task))

    async def waits(self, *, limit: int) -> list[WaitRow]:
        """Read the steps that wait for a signal, those of the oldest tasks first."""
        return await self._read(lambda connection: queries.waits(connection, limit=limit))

    async def tips(self) -> list[LogTip]:
        """Read how far every log goes."""
        return await self._read(queries.tips)

    async def stored_tasks(self) -> list[str]:
        """Name every task of which anything is stored."""
        return await self._read(comparison.stored_tasks)

    async def verify(self, task: str) -> Verdict | None:
        """Check all that is stored of a task: its log and every row beside it; None where there is nothing."""
        kept = self._kept.get(task, ())
        return await self._read(lambda connection: comparison.verify(connection, task, self._ring, kept=kept))

    async def signals(self, task: str) -> list[JsonObject]:
        """Read the signals that a task has received, the oldest first."""
        return await self._read(lambda connection: queries.signals(connection, task))

    async def _read(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._queried, query)

    def _queried(self, query: Callable[[Connection], T]) -> T:
        try:
            return _answered(self._engine, query)
        except StoreUnavailableError as fault:
            if _NO_TEXT not in str(fault):
                raise
            return _answered(self._tolerant, query)


def _answered(engine: Engine, query: Callable[[Connection], T]) -> T:
    with translated(), engine.connect() as connection, connection.begin():
        return query(connection)


class SqlStore:
    """Keeps facts and views in one database, which no other process may run meanwhile."""

    def __init__(self, reader: SqlReader, writer: Writer, told: Told) -> None:
        """Take what is opened and closed by `open`."""
        self._reader, self._writer, self._told = reader, writer, told
        self.facts, self.load = reader.facts, reader.load
        self.unfinished, self.quarantined = reader.unfinished, reader.quarantined
        self.task, self.tasks, self.plans, self.waits = reader.task, reader.tasks, reader.plans, reader.waits
        self.signals, self.tips = reader.signals, reader.tips
        self.verify, self.stored_tasks = reader.verify, reader.stored_tasks

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        *,
        keys: Keys | None = None,
        kept: Kept | None = None,
        told: Told = lambda _: None,
    ) -> AsyncIterator["SqlStore"]:
        """Lock the database, bring it up to date and open it. The first key is made where there is none.

        `keys` are those beside the database where none are named; `kept` are tips of logs that are known from elsewhere; `told`
        is told the last fact of everything that was committed.
        Raises `DatabaseBusyError`, `DatabaseNewerError`, `DatabaseUrlError`, `KeysError` and other `StoreError`s.
        """
        target = address.parsed(url)
        with locked(address.file_of(target)):
            await asyncio.to_thread(upgrade, url)
            engine = address.writing(target)
            ring = await asyncio.to_thread(opened_ring, engine, keys_of(url, keys))
            async with SqlReader.reading(url, keys=keys, kept=kept) as reader:
                writer = Writer(engine, ring)
                try:
                    yield cls(reader, writer, told)
                finally:
                    await writer.close()
                    engine.dispose()

    async def append(self, facts: Sequence[Fact], changes: Sequence[Change], commands: Sequence[str]) -> None:
        """Write facts, rows and command ids in one transaction. Raises `ConflictError`, `AlreadyAppliedError`, `StoreError`."""
        await self._writer.append(Append(facts=facts, changes=changes, commands=commands))
        if facts:
            self._told(facts[-1])
