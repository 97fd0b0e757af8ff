"""A library of many templates: checked in several processes, kept, and taken up again."""

import gc
from pathlib import Path

import pytest
import yaml

from catalog.loader import load_catalog
from catalog.registry import Catalog
from planner.library import Library, load_library
from planner.verdicts import MANY, verdict_on, verdicts_on

CATALOG = load_catalog().catalog
FLAWED = "name: broken\nsteps:\n  - name: a\n    handler: nothing\n"


def text(number: int) -> str:
    return f"""
name: t{number}
summary: "Adds {number}, \u2028 and \u0085"
bounds: {{wall_clock: 1h30m}}
input_schema: {{type: object, required: [x], properties: {{x: {{type: number}}}}}}
steps:
  - name: total
    handler: transform@^1
    config: {{expression: "x + {number}", output_schema: {{type: number}}}}
    input: {{data: {{x: "{{{{ input.x }}}}"}}}}
    timeout: 30s
output: {{total: "{{{{ steps.total.output }}}}"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "library"
    made.mkdir()
    for number in range(MANY):
        (made / f"{number:03}.yaml").write_text(text(number), encoding="utf-8")
    (made / "flawed.yaml").write_text(FLAWED, encoding="utf-8")
    return made


def loaded(folder: Path, catalog: Catalog = CATALOG) -> Library:
    return load_library(catalog, [folder], kept=folder.parent / "kept")


def kept(folder: Path) -> Path:
    (file,) = (folder.parent / "kept").iterdir()
    return file


def test_a_large_library_is_the_same_alone_in_processes_and_when_it_is_taken_up_again(folder: Path) -> None:
    first = loaded(folder)
    assert len(first.templates) == MANY + 4
    (flaws,) = first.flawed.values()
    assert [(flaw.code, flaw.line, flaw.column) for flaw in flaws] == [("handler.unknown", 4, 14)]
    assert loaded(folder) == first
    sources = [path.read_bytes() for path in sorted(folder.iterdir())]
    assert verdicts_on(sources, CATALOG) == [verdict_on(source, CATALOG) for source in sources]


def test_what_was_kept_is_not_checked_again_until_its_file_changes(folder: Path) -> None:
    loaded(folder)
    file = kept(folder)
    file.write_text(file.read_text("utf-8").replace("Adds 7,", "Kept 7,").replace("Adds 8,", "Kept 8,"), "utf-8")
    (folder / "008.yaml").write_text(text(8).replace("Adds 8,", "Changed 8,"), encoding="utf-8")
    summaries = {template.name: template.summary.partition(",")[0] for template in loaded(folder).templates}
    assert (summaries["t6"], summaries["t7"], summaries["t8"]) == ("Adds 6", "Kept 7", "Changed 8")


@pytest.mark.parametrize("collects", [True, False], ids=["collecting", "not collecting"])
def test_the_garbage_collector_is_left_as_it_was(folder: Path, *, collects: bool) -> None:
    was = gc.isenabled()
    try:
        gc.enable() if collects else gc.disable()
        loaded(folder)
        assert gc.isenabled() is collects
    finally:
        gc.enable() if was else gc.disable()


def test_another_catalog_decides_anew(folder: Path) -> None:
    first = loaded(folder)
    file = kept(folder)
    other = Catalog.of(CATALOG.capabilities.values(), {i: f"x{digest}" for i, digest in CATALOG.digests.items()})
    assert loaded(folder, other) == first
    assert kept(folder) != file


@pytest.mark.parametrize("damage", ["", "\x00\n", "0123 {]\n"], ids=["emptied", "bytes", "no JSON"])
def test_a_damaged_file_of_verdicts_only_costs_time(folder: Path, damage: str) -> None:
    first = loaded(folder)
    file = kept(folder)
    file.write_text(damage + file.read_text("utf-8").replace(' {"name"', " {]")[: 20_000 if damage else 0], "utf-8")
    assert loaded(folder) == first


def test_a_folder_that_cannot_be_written_only_costs_time(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file, no folder", "utf-8")
    assert len(loaded(folder).templates) == MANY + 4


def test_a_small_library_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "one.yaml").write_text(yaml.safe_dump(yaml.safe_load(text(1))), encoding="utf-8")
    assert len(loaded(tmp_path / "library").templates) == 5
    assert not (tmp_path / "kept").exists()
