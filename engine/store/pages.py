"""Pages of rows whose values may be of any size."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Row

PAGE_CHARACTERS = 4 << 20
"""Characters of values that a page holds, about: what is larger goes over several, one record a page at the least."""


def paged(rows: Iterable[Row[Any]], size: Callable[[Row[Any]], int]) -> Iterator[Row[Any]]:
    """Go through rows until they fill a page."""
    characters = 0
    for row in rows:
        yield row
        characters += size(row)
        if characters >= PAGE_CHARACTERS:
            return
