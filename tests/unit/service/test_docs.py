"""What the pages say of codes is true of the code."""

import re
from pathlib import Path

import pytest

from fragments.codes import CODES

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMED = re.compile(r"`((?:yaml|json|shape|language|names|graph|decision|deferred|loop|reference|schema|dialect)\.[a-z_]+)`")
"""A code of a family whose name is no word of documents; `input.url_params` is no code."""


def test_the_language_page_leads_to_the_page_of_problems() -> None:
    assert "[problems.md](problems.md)" in (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    assert (ROOT / "docs" / "problems.md").is_file()


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in PAGES])
def test_every_code_that_a_page_names_is_one(path: Path) -> None:
    assert [code for code in NAMED.findall(path.read_text(encoding="utf-8")) if code not in CODES] == []


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in PAGES])
def test_every_link_to_the_explanation_of_a_code_leads_to_one(path: Path) -> None:
    linked = re.findall(r"problems\.md#([^)]+)\)", path.read_text(encoding="utf-8"))
    assert [code for code in linked if code not in CODES] == []
