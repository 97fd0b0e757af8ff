import json

import pytest

from fragments.positions import Position, Positions, located
from fragments.problems import Problem, Severity
from fragments.reading import read_document, read_fragment, read_text
from tests.support.telling import of_problems

FLOW = """\
# a comment, é
name: digest
steps:
  - name: fetch
    handler: http_request
    config: {method: GET, "url": "a b"}
    input:
      data: |
        two
        lines
      é/~: [1, {deep: 2}]
  -   name: next
output: 1
"""


@pytest.mark.parametrize(
    ("pointer", "value", "key"),
    [
        pytest.param("", (2, 1), (2, 1), id="the document begins behind its comments"),
        pytest.param("/name", (2, 7), (2, 1), id="a scalar and its key"),
        pytest.param("/steps", (4, 3), (3, 1), id="a list begins with its first dash"),
        pytest.param("/steps/0", (4, 5), (4, 5), id="a member of a list has no key"),
        pytest.param("/steps/0/config/url", (6, 34), (6, 27), id="in flow style"),
        pytest.param("/steps/0/input/data", (8, 13), (8, 7), id="a block begins with its mark"),
        pytest.param("/steps/0/input/é~1~0/1/deep", (11, 23), (11, 17), id="escapes in the pointer, letters beyond ASCII"),
        pytest.param("/steps/1/name", (12, 13), (12, 7), id="a second member"),
        pytest.param("/steps/1/handler", (12, 7), (12, 7), id="what is missing stands where the mapping begins"),
        pytest.param("/steps/7/handler/x", (4, 3), (4, 3), id="the nearest thing around, over several levels"),
        pytest.param("/steps/-1", (4, 3), (4, 3), id="no index"),
        pytest.param("/steps/²", (4, 3), (4, 3), id="no digit"),
        pytest.param("/name/0", (2, 7), (2, 7), id="nothing stands within a scalar"),
    ],
)
def test_a_pointer_leads_to_line_and_column_of_its_value_and_of_its_key(
    pointer: str, value: tuple[int, int], key: tuple[int, int]
) -> None:
    positions = read_text(FLOW).positions
    assert positions is not None
    assert (positions.value(pointer), positions.key(pointer)) == (Position(*value), Position(*key))


def pointers(value: object, at: str = "") -> list[tuple[str, object]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(at, value), *(deeper for key, part in parts for deeper in pointers(part, f"{at}/{key}"))]


def test_every_value_and_key_of_a_json_text_begins_where_its_position_says() -> None:
    value = {"a": {"b": [1, "x: [}", {}], "c": []}, 'd"e\\': [[True], None, -1.5e3, "\n"], "": {"k": {"k": "k"}}, "é": "ü"}
    text = "\n " + json.dumps(value, indent=1, ensure_ascii=False)
    lines = text.split("\n")
    positions = Positions(text, is_json=True)
    for pointer, part in pointers(value):
        at, key = positions.value(pointer), positions.key(pointer)
        assert at is not None
        assert key is not None
        begins = "{" if isinstance(part, dict) else "[" if isinstance(part, list) else json.dumps(part, ensure_ascii=False)
        assert lines[at.line - 1][at.column - 1 :].startswith(begins)
        name = pointer.rpartition("/")[2]
        has_key = bool(pointer) and not (name.isdigit())
        assert key == at or lines[key.line - 1][key.column - 1 :].startswith(json.dumps(name, ensure_ascii=False) + ":")
        assert (key != at) == has_key


@pytest.mark.parametrize("text", ["", "# nothing\n"], ids=["an empty text", "a comment"])
def test_a_text_without_a_value_has_no_positions(text: str) -> None:
    assert Positions(text, is_json=False).value("/a") is None


BROKEN = """\
name: digest
stepps: 1
steps:
  - name: fetch
    handler: transform
    timeout: soon
    policy: {}
  - handler: transform
"""


def test_problems_of_shape_stand_at_the_value_the_mapping_or_the_key() -> None:
    read = read_document(BROKEN)
    found = {(p.code, p.where): (p.line, p.column) for p in of_problems(located(read.problems, read.positions))}
    assert found == {
        ("shape.unknown_key", "/stepps"): (2, 1),
        ("shape.value", "/steps/0/timeout"): (6, 14),
        ("language.unsupported", "/steps/0/policy"): (7, 5),
        ("shape.missing", "/steps/1"): (8, 5),
    }


def test_a_problem_that_has_a_place_keeps_it() -> None:
    placed = Problem(code="yaml.syntax", where="", says="x", line=9, column=9)
    assert located((placed,), read_text(FLOW).positions) == (placed,)


def test_what_was_parsed_already_has_no_positions() -> None:
    read = read_document({"name": "x"})
    assert read.positions is None
    assert located(read.problems, read.positions) == read.problems


def test_a_model_is_told_line_and_column_in_words_within_its_object() -> None:
    (problem,) = of_problems(read_fragment('Here:\n{"steps": [,\n}').problems)
    assert (problem.says, problem.line) == ("Line 1, column 12: Expecting value.", None)


@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(Problem(code="a.b", where="/x", says="No."), id="plain"),
        pytest.param(Problem(code="a.b", where="/x", says="No.", hint="Do.", line=3, column=4), id="with a place"),
        pytest.param(Problem(code="a.b", where="", says="No.", severity=Severity.WARNING, patch=()), id="a warning"),
        pytest.param(Problem(code="a.b", where="", says="No.", patch=({"op": "remove", "path": "/x"},)), id="with a patch"),
    ],
)
def test_a_problem_is_written_so_that_it_is_read_back(problem: Problem) -> None:
    assert Problem.from_json(problem.to_json()) == problem


def test_a_place_is_written_with_the_problem_only_where_it_is_known() -> None:
    problem = Problem(code="a.b", where="/x", says="No.")
    plain = {"code": "a.b", "where": "/x", "says": "No.", "hint": "", "severity": "error"}
    assert problem.to_json() == plain
    placed = Problem(code="a.b", where="/x", says="No.", line=3, column=4)
    assert placed.to_json() == {**plain, "line": 3, "column": 4}
