"""Retry-After in the forms that RFC 9110, section 5.6.7, lists, and in those that it does not."""

from datetime import UTC, datetime

import pytest

from catalog.retry_after import retry_after_s

NOW = datetime(2026, 1, 2, 0, 0, 10, tzinfo=UTC)
DATE = "Fri, 02 Jan 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "date", "wait"),
    [
        pytest.param("7", None, 7, id="seconds"),
        pytest.param("0", None, 0, id="at once"),
        pytest.param(" 7 ", None, 7, id="blanks around"),
        pytest.param("1.5", None, 1.5, id="a fraction"),
        pytest.param("86400", None, 86_400, id="a day"),
        pytest.param("86401", None, None, id="more than a day"),
        pytest.param("9" * 5_000, None, None, id="digits without end"),
        pytest.param("Fri, 02 Jan 2026 00:01:30 GMT", DATE, 90, id="IMF-fixdate"),
        pytest.param("Friday, 02-Jan-26 00:01:30 GMT", DATE, 90, id="RFC 850"),
        pytest.param("Fri Jan  2 00:01:30 2026", DATE, 90, id="asctime"),
        pytest.param("Fri Jan  2 00:01:30 2026", "Fri Jan  2 00:00:00 2026", 90, id="asctime, both"),
        pytest.param("Fri, 02 Jan 2026 00:01:30 GMT", None, 80, id="counted from now without a Date"),
        pytest.param("Fri, 02 Jan 2026 00:01:30 GMT", "soon", 80, id="counted from now with a broken Date"),
        pytest.param("Fri Jan  2 00:01:30 2026", None, 80, id="asctime, counted from now"),
        pytest.param("Thu, 01 Jan 2026 00:00:00 GMT", DATE, 0, id="gone by"),
        pytest.param("Fri, 02 Jan 2027 00:00:00 GMT", DATE, None, id="in a year"),
        pytest.param("Fri, 02 Jan 2026 01:01:30 +0100", DATE, 90, id="another zone"),
        pytest.param("", DATE, None, id="nothing"),
        pytest.param("-5", DATE, None, id="below zero"),
        pytest.param("+5", DATE, None, id="a sign"),
        pytest.param("5s", DATE, None, id="a unit"),
        pytest.param("1e3", DATE, None, id="an exponent"),
        pytest.param("²", DATE, None, id="a digit that is no number"),
        pytest.param("٣", DATE, None, id="a digit of another script"),
        pytest.param("Fri, 99 Jan 2026 00:00:00 GMT", DATE, None, id="no such day"),
        pytest.param("Fri, 02 Jan 99999999999 00:00:00 GMT", DATE, None, id="no such year"),
        pytest.param("5, 6", DATE, None, id="two values"),
    ],
)
def test_a_server_says_how_long_to_wait(value: str, date: str | None, wait: float | None) -> None:
    headers = {"retry-after": value} | ({} if date is None else {"date": date})

    assert retry_after_s(headers, NOW) == wait
