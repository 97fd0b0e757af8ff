import re
from pathlib import Path

from fragments.codes import CODES

LANGUAGE = Path(__file__).resolve().parents[3] / "docs" / "language.md"
ROW = re.compile(r"^\| `([a-z_.]+)` \| (.*) \|$", re.MULTILINE)


def test_the_language_page_lists_every_code_with_its_sentence() -> None:
    page = LANGUAGE.read_text().partition("## Problem codes")[2]
    assert ROW.findall(page) == list(CODES.items())
