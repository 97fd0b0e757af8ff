"""Faults of the database library, told as errors of the store: none of the library's own leaves this package."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from engine.errors import StoreBrokenError, StoreError, StoreUnavailableError

LATER: tuple[type[Exception], ...] = (
    exc.OperationalError,  # locked, disk full, file gone, server gone
    exc.TimeoutError,  # no connection came free
    exc.DisconnectionError,
    exc.InvalidatePoolError,
    sqlite3.OperationalError,  # raised bare while a connection is being set up
    OSError,  # the folder of the file cannot be made
)
"""What may be over when one tries again."""

NEVER: tuple[type[Exception], ...] = (exc.SQLAlchemyError, exc.EmulatedDBAPIException, sqlite3.Error)
"""Everything else: a fault here, or damage."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise errors of the store in place of the library's own. Raises `StoreUnavailableError` and `StoreBrokenError`."""
    try:
        yield
    except StoreError:
        raise
    except LATER as fault:
        raise StoreUnavailableError(_says(fault)) from fault
    except NEVER as fault:
        raise StoreBrokenError(_says(fault)) from fault


def _says(fault: Exception) -> str:
    # The library's own text repeats the statement with every value in it, and values are the users' data.
    cause = fault.orig if isinstance(fault, exc.StatementError) else fault
    return f"the database said: {type(cause).__name__}: {cause}"
