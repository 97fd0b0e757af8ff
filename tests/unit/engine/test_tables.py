"""The tables of moves, and the drawings that must show the same."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from engine import facts, steps, tasks
from engine.codec import BODIES
from engine.errors import IllegalMoveError

PAGE = (Path(__file__).parents[3] / "docs" / "engine.md").read_text(encoding="utf-8")


def drawn(title: str) -> set[tuple[str, str]]:
    """Give the arrows of the state diagram under a heading, without those to and from the outer world."""
    section = PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    diagram = section.split("```mermaid\n", 1)[1].split("```", 1)[0]
    return {(a, b) for a, b in re.findall(r"^\s*(\S+) --> (\S+)", diagram, re.MULTILINE) if "[*]" not in {a, b}}


@pytest.mark.parametrize(
    ("title", "moves"),
    [
        pytest.param("The states of a step", steps.MOVES, id="steps"),
        pytest.param("The states of a task", tasks.MOVES, id="tasks"),
    ],
)
def test_the_drawing_shows_the_table(title: str, moves: Mapping[StrEnum, frozenset[StrEnum]]) -> None:
    assert drawn(title) == {(str(a), str(b)) for a, targets in moves.items() for b in targets}


def test_the_page_lists_every_fact() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert rows == [kind.__name__ for kind in BODIES]
    assert set(BODIES) == {kind for kind in vars(facts).values() if isinstance(kind, type) and kind in BODIES}


@pytest.mark.parametrize(("before", "after"), [(a, b) for a in steps.Status for b in steps.Status], ids=str)
def test_a_step_moves_only_as_the_table_says(before: steps.Status, after: steps.Status) -> None:
    if after in steps.MOVES[before]:
        assert steps.move("s", before, after) is after
    else:
        with pytest.raises(IllegalMoveError, match=f"s cannot go from {before} to {after}"):
            steps.move("s", before, after)


def test_a_task_that_ended_moves_no_more() -> None:
    with pytest.raises(IllegalMoveError):
        tasks.move("t", tasks.Status.COMPLETE, tasks.Status.FAILED)


def test_every_step_can_reach_an_end_from_everywhere() -> None:
    for status in steps.Status:
        reached, new = {status}, {status}
        while new:
            new = {b for a in new for b in steps.MOVES[a]} - reached
            reached |= new
        assert reached & steps.FINISHED
