"""Holds what each test of a module hears (`tests.support.telling`) against the golden file of the module.

`GOALWRIGHT_UPDATE_GOLDEN=1` writes those files anew; read what it wrote. A part that is missing, or that no test asks for,
fails.
"""

import os
from collections.abc import Iterator

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.telling import listening


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("GOALWRIGHT_UPDATE_GOLDEN"):
        config.option.update_snapshots = True


@pytest.fixture(autouse=True)
def golden_words(snapshot: SnapshotAssertion) -> Iterator[None]:
    with listening() as heard:
        yield
    if heard:
        assert "\n".join(heard) == snapshot
