"""Retry-After in the forms that RFC 9110, section 5.6.7, lists, and in those that it does not."""

from datetime import datetime

import pytest

from catalog.retry_after import retry_after_s
from tests.support.http_tables import RETRY_AFTER, read

NOW = datetime.fromisoformat(read("retry_after")["now"])


@pytest.mark.parametrize(
    ("value", "date", "wait"),
    [pytest.param(row["value"], row["date"], row["wait_s"], id=row["about"]) for row in RETRY_AFTER],
)
def test_a_server_says_how_long_to_wait(value: str, date: str | None, wait: float | None) -> None:
    headers = {"retry-after": value} | ({} if date is None else {"date": date})

    assert retry_after_s(headers, NOW) == wait
