"""The pages of `docs/handlers` follow from the capabilities. `GOALWRIGHT_UPDATE_GOLDEN=1` writes them anew."""

import os
from pathlib import Path

import pytest

from catalog.capability import Capability
from catalog.loader import load_catalog
from catalog.pages import cell, page, pages, write_pages

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "handlers"
CATALOG = load_catalog().catalog


@pytest.mark.parametrize("name", sorted(pages(CATALOG)))
def test_a_page_says_what_the_capability_says(name: str) -> None:
    if os.environ.get("GOALWRIGHT_UPDATE_GOLDEN"):
        write_pages(CATALOG, FOLDER)
    assert (FOLDER / name).read_text(encoding="utf-8") == pages(CATALOG)[name]


def test_there_is_no_page_of_a_handler_that_there_is_not() -> None:
    assert sorted(file.name for file in FOLDER.iterdir()) == sorted(pages(CATALOG))


@pytest.mark.parametrize("capability", list(CATALOG), ids=lambda capability: capability.name)
def test_a_page_tells_every_name_that_a_plan_could_write(capability: Capability) -> None:
    text = page(capability)
    for name in (*capability.config_schema.get("properties", {}), *(error.type for error in capability.errors)):
        assert f"`{name}`" in text


def test_a_deprecated_handler_says_so_on_its_page() -> None:
    (first, *_) = CATALOG
    assert "**Deprecated.** Use another." in page(first.model_copy(update={"deprecated": "Use another."}))
    assert "Deprecated" not in page(first)


def test_a_cell_stays_a_cell() -> None:
    assert cell("a | b\n c") == "a \\| b c"
