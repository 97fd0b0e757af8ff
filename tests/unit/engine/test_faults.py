import sqlite3

import pytest
from sqlalchemy import exc

from engine.errors import ConflictError, StoreBrokenError, StoreError, StoreUnavailableError
from engine.store.faults import LATER, translated

THEIRS = sorted(
    (
        kind
        for kind in vars(exc).values()
        if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, Warning)
    ),
    key=lambda kind: kind.__name__,
)
DRIVERS = [kind for kind in vars(sqlite3).values() if isinstance(kind, type) and issubclass(kind, sqlite3.Error)]


def made(kind: type[Exception]) -> Exception:
    """Make one without the arguments that it wants: only its type counts."""
    fault = kind.__new__(kind)
    if isinstance(fault, exc.StatementError):
        fault.orig = sqlite3.Error("why")
    return fault


@pytest.mark.parametrize("kind", [*THEIRS, *DRIVERS], ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_error_of_the_library_and_its_driver_becomes_one_of_ours(kind: type[Exception]) -> None:
    expected = StoreUnavailableError if issubclass(kind, LATER) else StoreBrokenError
    with pytest.raises(StoreError) as told, translated():
        raise made(kind)
    assert type(told.value) is expected


def test_a_statement_and_its_values_are_not_told() -> None:
    fault = exc.OperationalError("SELECT 1", {"secret": "hunter2"}, sqlite3.OperationalError("database is locked"))
    with pytest.raises(StoreUnavailableError) as told, translated():
        raise fault
    assert str(told.value) == "the database said: OperationalError: database is locked"


@pytest.mark.parametrize("fault", [ConflictError("t1", 1), KeyError()], ids=["one of ours", "one of another kind"])
def test_what_is_not_the_databases_goes_through_as_it_is(fault: Exception) -> None:
    with pytest.raises(type(fault)) as told, translated():
        raise fault
    assert told.value is fault
