"""Tables of meanings that several places are held against."""

from pathlib import Path
from typing import NamedTuple

import yaml

DATA = Path(__file__).parents[1] / "data"


class Row(NamedTuple):
    """What one pattern means for one text: `match`, `no match`, or why it is refused."""

    about: str
    pattern: str
    text: str
    verdict: str


def _patterns() -> tuple[Row, ...]:
    table = yaml.safe_load((DATA / "patterns" / "table.yaml").read_text(encoding="utf-8"))
    return tuple(Row(about, *row) for about, rows in table.items() for row in rows)


PATTERNS = _patterns()
