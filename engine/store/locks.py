"""The lock beside a database: one process runs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from engine.errors import DatabaseBusyError


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the database for this process alone; the lock goes with the process. Raises `DatabaseBusyError`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{file}.lock", timeout=0, mode=0o600, thread_local=False)
    try:
        lock.acquire()
    except Timeout as held:
        raise DatabaseBusyError(str(file)) from held
    try:
        yield
    finally:
        lock.release()
