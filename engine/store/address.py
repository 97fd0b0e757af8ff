"""The address of a database, and the engines that talk to it."""

from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, QueuePool

from engine.errors import DatabaseUrlError

WRITING = "BEGIN IMMEDIATE"
"""Begins a transaction with the write lock: no upgrade of a read lock can fail half-way."""

_WRITER = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 5000")
_READER = ("query_only = ON", "busy_timeout = 5000")


def parsed(url: str) -> URL:
    """Read an address. Raises `DatabaseUrlError` for anything but a SQLite file, so far the only one supported."""
    try:
        address = make_url(url)
    except ArgumentError as wrong:
        raise DatabaseUrlError(url, "it is no database URL; write sqlite:///PATH") from wrong
    if address.get_backend_name() != "sqlite":
        raise DatabaseUrlError(address.render_as_string(hide_password=True), "only sqlite:///PATH is supported")
    if not address.database or address.database == ":memory:":
        raise DatabaseUrlError(url, "a database in memory would forget every task; write sqlite:///PATH")
    return address


def file_of(address: URL) -> Path:
    """Give the database file."""
    assert address.database, "parsed() made sure"
    return Path(address.database)


def writing(address: URL) -> Engine:
    """Make an engine whose transactions take the write lock when they begin."""
    return _engine(create_engine(address, poolclass=NullPool), pragmas=_WRITER, begin=WRITING)


def reading(address: URL, *, tolerant: bool = False) -> Engine:
    """Make an engine that can change nothing; a `tolerant` one reads texts that are no UTF-8, and takes longer over it."""
    engine = _engine(create_engine(address, poolclass=QueuePool, pool_size=4), pragmas=_READER, begin="BEGIN")
    if tolerant:
        event.listen(engine, "connect", _read_anything)
    return engine


def _read_anything(connection: Any, _record: object) -> None:
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")


def _engine(engine: Engine, *, pragmas: tuple[str, ...], begin: str) -> Engine:
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins no transactions of its own accord
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine
