import pytest

from fragments.dialects import Dialect, convert
from tests.support.telling import of_conversion

TASKER = "steps: [{name: a, handler: {callable: 'X::Y'}}]"
WORKFLOW_IO = "tasks: [{id: a, taskRef: x}]"
OURS = "name: a\nsteps: [{name: a, handler: transform}]"


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        pytest.param(TASKER, Dialect.TASKER, id="handlers with a callable"),
        pytest.param("steps: [{name: a, dependencies: [b]}]", Dialect.TASKER, id="dependencies alone"),
        pytest.param("namespace_name: n\nsteps: [{name: a}]", Dialect.TASKER, id="a word of the template alone"),
        pytest.param(WORKFLOW_IO, Dialect.WORKFLOW_IO, id="tasks without a frame"),
        pytest.param(
            "apiVersion: workflow.io/v1\nkind: Workflow\nspec: {tasks: [{id: a, taskRef: x}]}", Dialect.WORKFLOW_IO, id="framed"
        ),
        pytest.param('{"tasks": [{"id": "a", "taskRef": "x"}]}', Dialect.WORKFLOW_IO, id="JSON"),
        pytest.param(OURS, None, id="the language itself"),
        pytest.param("a: 1", None, id="neither tasks nor steps"),
        pytest.param("- 1", None, id="a list"),
        pytest.param("kind: Workflow\ntasks: []", None, id="a kind without a version"),
        pytest.param("apiVersion: workflow.io/v2\nkind: Workflow\ntasks: []", None, id="a version that is not known"),
    ],
)
def test_the_dialect_is_found_by_the_words_that_only_it_has(text: str, dialect: Dialect | None) -> None:
    conversion = of_conversion(convert(text))
    assert conversion.dialect is dialect
    assert (dialect is None) == any(problem.code == "dialect.unknown" for problem in conversion.problems)


@pytest.mark.parametrize(
    ("text", "wanted", "says"),
    [
        pytest.param(TASKER, Dialect.WORKFLOW_IO, "This reads as tasker.", id="tasker for workflow-io"),
        pytest.param(WORKFLOW_IO, Dialect.TASKER, "This reads as workflow-io.", id="workflow-io for tasker"),
    ],
)
def test_a_dialect_that_is_said_and_is_not_it_is_refused(text: str, wanted: Dialect, says: str) -> None:
    conversion = of_conversion(convert(text, wanted))
    assert [(p.code, p.says) for p in conversion.problems] == [("dialect.unknown", says)]


def test_a_dialect_that_is_said_is_taken_where_the_words_leave_it_open() -> None:
    conversion = convert("steps: [{name: a, type: deferred}]", Dialect.TASKER)
    assert (conversion.dialect, conversion.ok) == (Dialect.TASKER, True)


def test_a_text_that_is_no_yaml_is_refused_by_the_reader_of_the_language() -> None:
    conversion = of_conversion(convert("tasks: &a [*a]"))
    assert [(p.code, p.line, p.column) for p in conversion.problems] == [("yaml.unsupported", 1, 8)]
    assert conversion.template is None
