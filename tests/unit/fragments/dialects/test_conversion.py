"""Problems of the template, told as problems of the source; names; the template as YAML."""

from textwrap import dedent

import pytest

from fragments.dialects import Bindings, Conversion, convert, yaml_of
from fragments.dialects.vocabulary import TASKER, WORKFLOW_IO, Fate
from fragments.problems import Problem
from fragments.yaml_text import read_yaml

SOURCE = """
    spec:
      tasks:
        - id: get-it
          taskRef: x
          input:
            deep:
              list: [1, "{{input.a}}"]
            moved: 3
        - id: b
          condition:
            if: "{{tasks.get-it.output.ok}}"
          taskRef: unbound
          dependsOn:
            - get-it
            - gone
          timeout: 30s
    kind: Workflow
    apiVersion: workflow.io/v1
    """
BINDINGS = Bindings.model_validate(
    {
        "callables": {
            "x": {
                "handler": "run",
                "config": {"fixed": {"a": 1}, "moved": "{{ given.moved }}"},
                "input": {"more": ["{{ input.z }}"]},
            }
        }
    }
)


@pytest.fixture(scope="module")
def conversion() -> Conversion:
    return convert(dedent(SOURCE), bindings=BINDINGS)


@pytest.mark.parametrize(
    ("where", "there", "line"),
    [
        pytest.param("/steps/0", "/spec/tasks/0", 4, id="a step"),
        pytest.param("/steps/0/input/deep/list/1", "/spec/tasks/0/input/deep/list/1", 8, id="within what was given"),
        pytest.param("/steps/0/config/moved", "/spec/tasks/0/input/moved", 9, id="what a binding moved"),
        pytest.param("/steps/0/config/fixed/a", "/spec/tasks/0/taskRef", 5, id="what a binding wrote"),
        pytest.param("/steps/0/handler", "/spec/tasks/0/taskRef", 5, id="the handler"),
        pytest.param("/steps/1/when", "/spec/tasks/1/condition/if", 12, id="a condition"),
        pytest.param("/steps/1/depends_on/1", "/spec/tasks/1/dependsOn/1", 16, id="a dependency"),
        pytest.param("/steps/1/timeout", "/spec/tasks/1/timeout", 17, id="a timeout"),
        pytest.param("/steps/1/priority", "/spec/tasks/1", 10, id="what the source does not have"),
        pytest.param("", "", 2, id="the whole"),
        pytest.param("/output/b", "", 2, id="what was filled in"),
    ],
)
def test_a_problem_of_the_template_is_told_where_its_cause_stands(
    conversion: Conversion, where: str, there: str, line: int
) -> None:
    patch = ({"op": "remove", "path": where},)
    (told,) = conversion.told([Problem(code="x.y", where=where, says="Wrong.", patch=patch)])
    assert (told.where, told.line, told.patch) == (there, line, None)


def test_a_problem_of_what_a_binding_wrote_names_the_binding(conversion: Conversion) -> None:
    (told,) = conversion.told([Problem(code="x.y", where="/steps/0/config/fixed/a", says="Wrong.", hint="Mend it.")])
    assert told.hint == "Mend it. It comes from the binding of 'x'."


@pytest.mark.parametrize("where", ["/steps/1", "/steps/1/handler", "/steps/1/input/a/b"])
def test_problems_of_a_step_without_a_handler_are_not_told_twice(conversion: Conversion, where: str) -> None:
    assert conversion.told([Problem(code="x.y", where=where, says="Wrong.")]) == ()


def test_a_name_for_what_has_none_is_made_of_what_is_given() -> None:
    conversion = convert("tasks: [{id: a, taskRef: x}]", name="My file_2")
    assert conversion.template is not None
    assert conversion.template["name"] == "my-file-2"


TEXTS = [
    *("", "yes", "null", "~", "1", "1e3", "0x1f", "1_000", "2026-01-01", ".inf", "=", "<<", "on", "12:30:00"),
    *("a: b", "# a", "{{ input.a }}", "- a", " a ", "a\nb\n", "a\n\n", "\ta", "'", '"', "x" * 300, "a " * 100),
    *("\x85", "a\x85\nb", "\r", "a\u2028b", "\u00e9", "\ufeff", "\x7f", "\U0001f600", "\x00", "\n", " \n a"),
]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_text_is_written_so_that_it_is_read_back(text: str) -> None:
    value = {"a": text, "b": [text], text: {"c": [[text], {"d": text}]}}
    assert read_yaml(yaml_of(value, heading=("one", "two"))) == (value, ())


def test_numbers_constants_and_empty_things_are_written_so_that_they_are_read_back() -> None:
    value = {"a": [1, 1.5, 1e300, -0.0, True, None], "b": {}, "c": [], "d": 1e-7, "e": 10**25}
    assert read_yaml(yaml_of(value)) == (value, ())


def test_every_word_of_a_dialect_says_what_becomes_of_it() -> None:
    words = [word for words in (*TASKER.values(), *WORKFLOW_IO.values()) for word in words.values()]
    assert len(words) > 80
    assert all(word.says for word in words)
    assert {word.fate for word in words} == set(Fate)
