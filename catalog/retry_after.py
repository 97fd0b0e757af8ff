"""How long a server asks to be left alone: the Retry-After header (RFC 9110, section 10.2.3)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 86_400.0
"""A longer wait is no advice."""

_SECONDS = re.compile(r"[0-9]{1,300}(?:\.[0-9]{1,9})?")  # some servers send a fraction


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds to wait, or None where the header is absent, malformed or beyond a day.

    `headers` have lower-case names. The value is a number of seconds, or a date in any of the three
    forms that RFC 9110, section 5.6.7, tells recipients to accept. A date counts from the answer's
    own Date, so that a server's clock may be wrong, and from `now` where the answer has none.
    """
    value = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        wait = float(value)
    else:
        due = http_date(value)
        if due is None:
            return None
        wait = (due - (http_date(headers.get("date", "")) or now)).total_seconds()
    return max(wait, 0.0) if wait <= LONGEST_S else None


def http_date(text: str) -> datetime | None:
    """Read `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    # The form of asctime names no zone; it is always UTC (RFC 9110, section 5.6.7).
    return found if found.tzinfo else found.replace(tzinfo=UTC)
