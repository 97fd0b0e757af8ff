"""The one thread that writes. Appends that arrive while a commit is under way share the next one."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

from engine.errors import AlreadyAppliedError, ConflictError, StoreError, StoreUnavailableError
from engine.seals import Ring
from engine.store.address import WRITING
from engine.store.faults import translated
from engine.store.schema import COMMANDS
from engine.store.statements import Append, Rows, Statements

_MOST = 512
"""Appends that share a commit at most, so that the first of them does not wait for ever."""

Answer = StoreError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    append: Append
    done: asyncio.Future[None]


class Writer:
    """Commits appends in the order in which they came."""

    def __init__(self, engine: Engine, ring: Ring) -> None:
        """Start the thread; `engine` is the writer's own, `ring` seals what it writes."""
        self._engine, self._ring = engine, ring
        self._statements = Statements(engine.dialect)
        self._unfit = engine.dialect.loaded_dbapi.IntegrityError
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def append(self, append: Append) -> None:
        """Write one append and wait for its commit. Raises `StoreError`s."""
        if self._closed:
            msg = "the store is closed"
            raise StoreUnavailableError(msg)
        done: asyncio.Future[None] = self._loop.create_future()
        self._jobs.put(_Job(append=append, done=done))
        await done

    async def close(self) -> None:
        """Commit what is waiting and end the thread."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        connection: PoolProxiedConnection | None = None
        going = True
        while going:
            jobs, going = self._next()
            if not jobs:
                continue
            answers, connection = self._commit(connection, [job.append for job in jobs])
            self._loop.call_soon_threadsafe(_answer, jobs, answers)
        if connection is not None:
            connection.close()

    def _next(self) -> tuple[list[_Job], bool]:
        first = self._jobs.get()
        jobs: list[_Job] = []
        while first is not None:
            jobs.append(first)
            if len(jobs) == _MOST:
                return jobs, True
            try:
                first = self._jobs.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _commit(
        self, connection: PoolProxiedConnection | None, appends: Sequence[Append]
    ) -> tuple[list[Answer], PoolProxiedConnection | None]:
        try:
            with translated():
                connection = connection or self._engine.raw_connection()
                return self._together(connection, appends), connection
        except StoreError as fault:
            # The connection may be what is broken: the next commit makes a new one.
            if connection is not None:
                connection.invalidate()
            return [fault] * len(appends), None

    def _together(self, connection: PoolProxiedConnection, appends: Sequence[Append]) -> list[Answer]:
        try:
            self._transact(connection, appends)
        except self._unfit:
            # One of them does not fit; written one by one, it alone is refused.
            return [_tried(partial(self._alone, connection, append)) for append in appends]
        return [None] * len(appends)

    def _transact(self, connection: PoolProxiedConnection, appends: Sequence[Append]) -> None:
        rows = Rows.of(appends, self._ring)
        cursor = connection.cursor()
        try:
            cursor.execute(WRITING)
            self._statements.write(cursor, rows)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        finally:
            cursor.close()

    def _alone(self, connection: PoolProxiedConnection, append: Append) -> None:
        try:
            self._transact(connection, [append])
        except self._unfit as refused:
            if not append.facts:
                raise
            fact = append.facts[0]
            applied = self._applied(fact.task, append.commands)
            if applied is not None:
                raise AlreadyAppliedError(fact.task, applied) from refused
            raise ConflictError(fact.task, fact.seq) from refused

    def _applied(self, task: str, commands: Sequence[str]) -> str | None:
        found = COMMANDS.select().where(COMMANDS.c.task == task, COMMANDS.c.id.in_(commands))
        with self._engine.connect() as connection, connection.begin():
            row = connection.execute(found).first()
        return None if row is None else str(row.id)


def _tried(write: Callable[[], None]) -> Answer:
    try:
        with translated():
            write()
    except StoreError as fault:
        return fault
    return None


def _answer(jobs: Sequence[_Job], answers: Sequence[Answer]) -> None:
    for job, answer in zip(jobs, answers, strict=True):
        if job.done.done():  # whoever waited has gone
            continue
        if answer is None:
            job.done.set_result(None)
        else:
            job.done.set_exception(answer)
