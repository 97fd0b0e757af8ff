"""The guest's stand-in for pendulum reads what a timestamp of CEL is as pendulum does, and nothing else."""

import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pendulum
import pytest

from catalog.build import GUEST


@pytest.fixture
def standin() -> Iterator[ModuleType]:
    """Load the stand-in under the library's name, and put the library back."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "pendulum"}
    sys.path.insert(0, str(GUEST / "standins"))
    yield import_module("pendulum")
    sys.path.remove(str(GUEST / "standins"))
    for name in [name for name in sys.modules if name.split(".")[0] == "pendulum"]:
        del sys.modules[name]
    sys.modules |= kept


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.5+02:00",
        "2026-01-31T12:00:00.123456789-11:30",
        "0001-01-01T00:00:00Z",
        "2024-02-29T23:59:59Z",
    ],
)
def test_a_timestamp_is_read_as_pendulum_reads_it(standin: ModuleType, text: str) -> None:
    found, wanted = standin.parse(text), pendulum.parse(text)

    assert found.timestamp() == wanted.timestamp()  # type: ignore[union-attr]  # a date and time, for these
    assert found.utcoffset() == wanted.utcoffset()  # type: ignore[union-attr]  # the same


@pytest.mark.parametrize("text", ["", "now", "12:00", "2026-01-31", "2026-02-30T00:00:00Z", "2026-01-31T12:00:00", "2026-W05"])
def test_what_is_no_timestamp_of_rfc_3339_is_refused(standin: ModuleType, text: str) -> None:
    with pytest.raises(ValueError, match=r"RFC 3339|day"):
        standin.parse(text)


def test_the_only_zone_with_a_name_is_utc(standin: ModuleType) -> None:
    invalid = import_module("pendulum.tz.exceptions").InvalidTimezone

    assert standin.timezone("utc").utcoffset(None).total_seconds() == 0
    with pytest.raises(invalid):
        standin.timezone("Europe/Paris")
