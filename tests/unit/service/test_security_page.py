"""The security page promises what tests hold: each test that it names is one that pytest collects."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "security.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| (?!promise|---|who\b)(.*) \| (.*) \|$")


def promises() -> list[tuple[str, str]]:
    """Give the rows of the tables below `## Promises`: what is promised, and what holds it."""
    part = PAGE.read_text(encoding="utf-8").partition("\n## Promises\n")[2].partition("\n## ")[0]
    found = (ROW.match(line) for line in part.splitlines())
    return [(row[1], row[2]) for row in found if row]


def collected(path: str) -> set[str]:
    """Name the tests of a module: what pytest collects of it, less what is always skipped."""
    file = ROOT / path
    if not file.is_file() or not file.name.startswith("test_"):
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name for node in functions if node.name.startswith("test_") and not _skipped(node)}


def _skipped(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    marks = [ast.unparse(mark).partition("(")[0] for mark in node.decorator_list]
    return "pytest.mark.skip" in marks


def test_promises_are_found() -> None:
    assert len(promises()) >= 6


@pytest.mark.parametrize("row", promises(), ids=lambda row: row[0][:60])
def test_a_promise_names_tests_that_exist(row: tuple[str, str]) -> None:
    named = NAMED.findall(row[1])
    assert named, "a promise names the test that holds it as `path::name`"
    assert [name for path, name in named if name not in collected(path)] == []


def test_a_test_that_does_not_exist_would_be_found() -> None:
    assert "test_promises_are_found" in collected("tests/unit/service/test_security_page.py")
    assert "test_that_nobody_wrote" not in collected("tests/unit/service/test_security_page.py")
    assert collected("tests/unit/service/test_nothing_here.py") == set()
