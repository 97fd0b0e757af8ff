"""How long a server asks to be left alone."""

from email.utils import parsedate_to_datetime

LONGEST_S = 86_400.0
"""A longer wait is no advice."""


def retry_after_s(headers: dict) -> float | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds, or a date, which is counted from the answer's own: there is no clock."""
    after = headers.get("retry-after", "").strip()
    if after.isascii() and after.isdecimal():
        wait = float(after)
    else:
        try:
            wait = (parsedate_to_datetime(after) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
        except (ValueError, TypeError, OverflowError):  # no date, none to count from, one with a zone and one without
            return None
    return max(wait, 0.0) if wait <= LONGEST_S else None
