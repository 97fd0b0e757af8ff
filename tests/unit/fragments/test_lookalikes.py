"""Texts that look like references are told, with the right spelling; texts that do not are left alone."""

from typing import Any

import pytest

from catalog.loader import load_catalog
from fragments.checks import check
from fragments.documents import Template
from fragments.frames import Frame
from fragments.references import resolve, substitute

CATALOG = load_catalog().catalog
FIRST = {"name": "x", "handler": "transform", "config": {"expression": "1"}, "input": {"data": 1}}
LOOKUP = {"input": {"a": "A"}, "steps": {"x": {"output": {"k": 1}}}}
X, IN = "{{ steps.x.output }}", "{{ input.a }}"


def told(data: Any) -> list[str]:
    second = {**FIRST, "name": "y", "input": {"data": data}, "depends_on": ["x"]}
    loop = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    document = {"name": "t", "input_schema": loop, "steps": [FIRST, second], "output": "{{ steps.y.output }}"}
    problems = check(Template.model_validate(document), CATALOG, Frame()).problems
    return [problem.hint for problem in problems if problem.code.startswith("reference.") and "/data" in problem.where]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        pytest.param("${steps.x.output}", X, id="a shell's"),
        pytest.param("${{ steps.x.outputs }}", X, id="GitHub's"),
        pytest.param("${{ inputs.a }}", IN, id="GitHub's inputs"),
        pytest.param("$.steps.x.output", X, id="JSONPath's"),
        pytest.param("$.input.a", IN, id="JSONPath's input"),
        pytest.param("$steps.x.output", X, id="a dollar"),
        pytest.param("steps.x.output", X, id="no braces"),
        pytest.param("=steps.x.output", X, id="a spreadsheet's"),
        pytest.param("[[ steps.x.output ]]", X, id="double brackets"),
        pytest.param("{steps.x.output}", X, id="Python's"),
        pytest.param("{ input.a }", IN, id="one brace"),
        pytest.param("<% steps.x.output %>", X, id="Mistral's"),
        pytest.param("<%= input.a %>", IN, id="ERB's"),
        pytest.param("$(input.a)", IN, id="Tekton's"),
        pytest.param("#{input.a}", IN, id="Ruby's"),
        pytest.param("@{input.a}", IN, id="Azure's"),
        pytest.param("Hello ${input.a}!", IN, id="within a text"),
        pytest.param("https://example.org/{input.a}/b", IN, id="within an address"),
        pytest.param("${Steps.x.output}", X, id="another case"),
        pytest.param("${x.output}", X, id="a step's own name"),
        pytest.param("${x.outputs}", X, id="a step's own name, in the plural"),
        pytest.param("${steps.x.result}", X, id="a result"),
        pytest.param("${steps.x.output.items[0].id}", "{{ steps.x.output.items[0].id }}", id="a path"),
        pytest.param({"deep": ["${input.a}"]}, IN, id="deep in a value"),
        pytest.param("{input.a}}", IN, id="a brace too few in front"),
    ],
)
def test_what_looks_like_a_reference_is_told_with_the_right_spelling(text: Any, meant: str) -> None:
    assert f"Write {meant} where the value is meant." in told(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{ steps.x.output }", id="a brace too few at the end"),
        pytest.param("{{ steps.x.output", id="no end"),
        pytest.param("{{ $json.field }}", id="n8n's"),
        pytest.param("{{ $node['x'].json }}", id="n8n's nodes"),
        pytest.param("{{ Steps.x.output }}", id="another case"),
        pytest.param("{{ inputs.a }}", id="another root"),
        pytest.param("{{ x.output }}", id="a step for a root"),
        pytest.param("{{ input.a | upper }}", id="a filter"),
    ],
)
def test_what_stands_in_double_braces_and_is_no_reference_is_told(text: str) -> None:
    assert told(text) != []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Total: $5.00", id="a price"),
        pytest.param("${HOME}/bin", id="a variable of the shell"),
        pytest.param("{name}", id="a name in a brace"),
        pytest.param("see example.org", id="a host"),
        pytest.param("example.org", id="a host alone"),
        pytest.param("{a.b}", id="a path from no root"),
        pytest.param("[[link.md]]", id="a link"),
        pytest.param("the input. The output", id="a sentence"),
        pytest.param("${steps.z.output}", id="no step"),
        pytest.param("body { color: red }", id="a style"),
    ],
)
def test_what_does_not_begin_with_a_name_that_can_be_read_is_left_alone(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{{ "{{" }}', "{{", id="two braces"),
        pytest.param('{{ "{{" }} input.a }}', "{{ input.a }}", id="what looks like a reference"),
        pytest.param('Dear {{ "{{name}}" }}, {{ input.a }}', "Dear {{name}}, A", id="a placeholder of somebody else's"),
        pytest.param('{{ "a" }}', "a", id="a text"),
        pytest.param('{{ "\\u007b{" }}', "{{", id="an escape"),
    ],
)
def test_braces_as_such_stand_in_quotes(text: str, value: str) -> None:
    assert resolve(text, LOOKUP) == value
    assert resolve(substitute(text, lambda _: None), LOOKUP) == value
    assert resolve(substitute(text, lambda _: "B"), LOOKUP) == value.replace("A", "B")
    assert told(text) == []
