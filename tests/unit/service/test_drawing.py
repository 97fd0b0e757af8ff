import io
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from catalog.loader import load_catalog
from fragments.checks import check
from fragments.checks.view import View
from fragments.documents import Template
from fragments.frames import Frame
from service.drawing import text
from service.drawing.mermaid import mermaid
from service.drawing.picture import Arrow, Picture, Wait, picture
from service.drawing.svg import svg
from service.terminal import Terminal

CATALOG = load_catalog().catalog
ONE = {"name": "one", "handler": "transform", "config": {"expression": "1"}, "input": {"data": 0}}
TWO = {"name": "two", "handler": "transform", "config": {"expression": "$"}, "input": {"data": "{{ steps.one.output }}"}}
LOOP = {"name": "all", "for_each": {"items": [1, 2], "max_items": 2}, "steps": [ONE, TWO], "depends_on": ["first"]}
FIRST = {**ONE, "name": "first", "when": "input.n > 3", "retry": {"max_attempts": 2}}


def drawn(*steps: dict[str, Any], **more: Any) -> Picture:
    template = Template.model_validate({"name": "case", "steps": steps, **more})
    frame = Frame(input_schema=template.input_schema)
    return picture(View(template, CATALOG, frame), check(template, CATALOG, frame))


def test_arrows_tell_what_is_declared_from_what_references_imply() -> None:
    made = drawn(ONE, TWO, {**ONE, "name": "three", "depends_on": ["two"]}, output="{{ steps.three.output }}")
    assert made.root.arrows == (
        Arrow(before="/steps/0", after="/steps/1", wait=Wait.IMPLIED),
        Arrow(before="/steps/1", after="/steps/2", wait=Wait.DECLARED),
    )


def test_a_loop_holds_the_group_of_its_steps() -> None:
    made = drawn({**FIRST, "when": None}, LOOP, output="{{ steps.all.output.outputs }}")
    loop = made.root.boxes[1]
    assert (loop.runs, loop.notes) == ("loop", ("for each of 2 items: at most 2, 10 at once",))
    assert [(group.title, [box.name for box in group.boxes]) for group in loop.groups] == [("each item", ["one", "two"])]


def test_a_switch_holds_a_group_for_each_case_with_steps() -> None:
    cases = [{"equals": 1, "handler": "transform", "config": {"expression": "1"}}, {"when": "input.n > 3", "steps": [ONE]}]
    switch = {"value": "{{ input.n }}", "cases": cases, "default": {"steps": [TWO | {"input": {"data": 1}}]}}
    route = drawn({"name": "route", "switch": switch}, output="{{ steps.route.output }}").root.boxes[0]
    assert route.notes == ("case 0 = 1: transform", "case 1 when input.n > 3: steps", "the default: steps")
    assert [group.title for group in route.groups] == ["case 1", "the default"]


def test_a_problem_stands_on_the_innermost_step_that_it_is_about() -> None:
    made = drawn({**LOOP, "depends_on": [], "steps": [ONE, {**TWO, "handler": "transfrom"}]}, output=1)
    loop = made.root.boxes[0]
    assert [problem.code for problem in loop.groups[0].boxes[1].problems] == ["handler.unknown"]
    assert (made.proof, made.problems) == ((), ())


def test_a_document_without_errors_shows_what_it_proves() -> None:
    made = drawn(ONE, output="{{ steps.one.output }}")
    assert made.proof[0].startswith("at worst 1 steps, 3 handler calls, 0 model calls, $0.00")
    assert made.proof[1:] == ("handlers: transform@1.0.0", "effects: pure")


def test_the_text_lists_steps_with_what_they_wait_for_and_their_problems() -> None:
    sink = io.StringIO()
    text.show(drawn(ONE, {**TWO, "handler": "transfrom"}, output=1), Terminal(file=sink, width=200))
    lines = sink.getvalue().splitlines()
    assert lines[0] == "case 1.0.0"
    assert lines[1] == "├── one  transform@1.0.0"
    assert lines[2] == "└── two  transfrom  after one (reads)"
    assert lines[3].startswith('    └── ✗ handler.unknown Step "two" uses the handler "transfrom"')


def test_mermaid_text_holds_no_sign_that_mermaid_would_take_for_its_own() -> None:
    made = mermaid(drawn({**FIRST, "when": 'input.a["b"] == "x;#<y>"'}, output=1))
    (line,) = [line for line in made.splitlines() if line.strip().startswith("s_0[")]
    inside = line.split('["')[1].removesuffix('"]')
    assert not set(inside.replace("<br/>", "").replace("#", "").replace(";", "")) & set('"<>[]{}()|`')


def test_mermaid_draws_groups_arrows_and_problems() -> None:
    made = mermaid(drawn({**FIRST, "when": None}, LOOP, output=1))
    assert "  s_0 --> s_1" in made
    assert "      s_1_0 -.-> s_1_1" in made
    assert 'subgraph s_1_in["each item"]' in made
    assert "class s_1 warning" in made


def test_svg_is_well_formed_and_shows_every_step_and_problem() -> None:
    made = svg(
        drawn({**FIRST, "when": "input.n < 3 && '<&>' != ''"}, {**LOOP, "steps": [ONE, {**TWO, "handler": "nope"}]}, output=1)
    )
    root = ET.fromstring(made)
    shown = " ".join("".join(part.itertext()) for part in root.iter("{http://www.w3.org/2000/svg}text"))
    for wanted in ("case 1.0.0", "first", "each item", "two", "handler.unknown", "when input.n < 3 && '<&>' != ''"):
        assert wanted in shown


@pytest.mark.parametrize("name", ["\x07bell", "a\u202eb", "x" * 5000], ids=["control", "bidi", "long"])
def test_svg_takes_any_text(name: str) -> None:
    made = svg(drawn({**ONE, "when": f'input.a == "{name}"'}, output=1))
    assert ET.fromstring(made) is not None


def test_a_circle_is_drawn_with_its_problem() -> None:
    made = drawn({**ONE, "depends_on": ["two"]}, TWO, output=1)
    assert [problem.code for box in made.root.boxes for problem in box.problems if problem.code == "graph.cycle"] == [
        "graph.cycle"
    ]
    assert b"<svg" in svg(made)
