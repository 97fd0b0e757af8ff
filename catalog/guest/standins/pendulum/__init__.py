"""Stands in for pendulum, which is native: what celpy uses of it, without clock and without a database of time zones."""

import datetime as dt
import re

from pendulum.tz.exceptions import InvalidTimezone

_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def parse(text: str) -> dt.datetime:
    """Read a date and time of RFC 3339, with its offset; `ValueError` for anything else."""
    found = _RFC_3339.fullmatch(text)
    if not found:
        message = f"not a date and time of RFC 3339, such as 2026-01-31T12:00:00Z: {text!r}"
        raise ValueError(message)
    date, time, fraction, offset = found.groups()
    offset = "+00:00" if offset in "Zz" else offset
    return dt.datetime.fromisoformat(f"{date}T{time}{(fraction or '')[:7]}{offset}")


def timezone(name: str) -> dt.tzinfo:
    """Give UTC; `InvalidTimezone` for other names, which leaves offsets such as `+02:00` to the caller."""
    if name.upper() in ("UTC", "Z", "GMT"):
        return dt.UTC
    raise InvalidTimezone(name)
