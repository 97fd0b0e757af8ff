import subprocess
import sys
from typing import Any

import pytest

from fragments.documents import Step
from fragments.graph import cycles, dependencies, last


def steps(*written: dict[str, Any]) -> list[Step]:
    return [Step.model_validate({"handler": "transform", **one} if "steps" not in one else one) for one in written]


def test_dependencies_are_those_declared_and_those_that_references_imply() -> None:
    scope = steps(
        {"name": "a"},
        {"name": "b", "input": {"x": ["{{ steps.a.output }}", "{{ steps.gone.output }}"]}},
        {
            "name": "c",
            "depends_on": ["b", "elsewhere", "c"],
            "input": {"x": "{{ steps.a.output.x }} {{ steps.c.output }} {{ input.b }}"},
        },
        {"name": "d", "for_each": {"items": "{{ steps.b.output }}"}, "input": {"x": "{{ item }}"}},
    )
    assert dependencies(scope) == {"a": (), "b": ("a",), "c": ("b", "a"), "d": ("b",)}


def test_what_a_loops_body_reads_of_the_names_around_it_counts_for_the_loop() -> None:
    scope = steps(
        {"name": "a"},
        {"name": "b"},
        {
            "name": "loop",
            "for_each": {"items": [1], "output": "{{ steps.c.output }}"},
            "steps": [
                {
                    "name": "inner",
                    "handler": "transform",
                    "input": {"x": "{{ steps.a.output }}", "y": "{{ steps.second.output }}"},
                },
                {
                    "name": "second",
                    "for_each": {"items": "{{ steps.d.output }}"},
                    "steps": [{"name": "third", "handler": "transform", "depends_on": ["b"]}],
                },
            ],
        },
        {"name": "c"},
        {"name": "d"},
    )
    assert dependencies(scope)["loop"] == ("a", "d", "b", "c")


@pytest.mark.parametrize(
    ("waits", "circles"),
    [
        pytest.param({"a": (), "b": ("a",)}, [], id="none"),
        pytest.param({"a": ("b",), "b": ("a",)}, [("a", "b")], id="two steps"),
        pytest.param(
            {"x": (), "c": ("a",), "a": ("b",), "b": ("c",)}, [("c", "a", "b")], id="three steps, from the first written"
        ),
        pytest.param(
            {"a": ("b",), "b": ("a",), "c": ("d", "a"), "d": ("e", "c"), "e": ("c",)},
            [("a", "b"), ("c", "d")],
            id="two knots, the shortest circle of each",
        ),
    ],
)
def test_every_circle_is_spelled_out(waits: dict[str, tuple[str, ...]], circles: list[tuple[str, ...]]) -> None:
    assert cycles(waits) == circles


def test_what_goes_in_no_circle_does_not_load_networkx() -> None:
    code = """
import sys
from fragments.checks import problems_of
from fragments.documents import Fragment
from fragments.frames import Frame
from catalog.registry import Catalog
document = Fragment.model_validate({"steps": [{"name": "a"}, {"name": "b", "depends_on": ["a"]}], "output": None})
assert problems_of(document, Catalog.of((), {}), Frame())
print("networkx" in sys.modules)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "False\n"


def test_the_last_steps_are_those_for_which_none_waits() -> None:
    assert last({"a": (), "b": ("a",), "c": ("a",)}) == ("b", "c")
