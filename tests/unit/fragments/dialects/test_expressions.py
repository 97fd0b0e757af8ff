import json
from typing import Any

import pytest

from fragments.dialects import Bindings, Conversion, convert, yaml_of
from fragments.yaml_text import read_yaml
from tests.support.telling import of_conversion

BINDINGS = Bindings.model_validate({"callables": {"x": {"handler": "run"}}})


def of(task: dict[str, Any]) -> Conversion:
    text = json.dumps({"tasks": [{"id": "get-it", "taskRef": "x"}, {"id": "a", "taskRef": "x", **task}]})
    return of_conversion(convert(text, bindings=BINDINGS))


def last(conversion: Conversion) -> dict[str, Any]:
    assert conversion.template is not None
    return dict(conversion.template["steps"][-1])


@pytest.mark.parametrize(
    ("text", "made"),
    [
        pytest.param("{{input.a}}", "{{ input.a }}", id="input"),
        pytest.param("{{ input.a.b-c[0] }}", "{{ input.a.b-c[0] }}", id="a dash and an index"),
        pytest.param('{{input["a b"]}}', '{{ input["a b"] }}', id="a key in quotes"),
        pytest.param("{{input['a b']}}", '{{ input["a b"] }}', id="a key in single quotes"),
        pytest.param("{{input.$x}}", '{{ input["$x"] }}', id="a key that needs quotes here"),
        pytest.param("{{tasks.get-it.output}}", "{{ steps.get_it.output }}", id="a whole output"),
        pytest.param("{{tasks.get-it.output.a.b}}", "{{ steps.get_it.output.a.b }}", id="a path of an output"),
        pytest.param("{{tasks.get-it.forEach.outputs[0]}}", "{{ steps.get_it.output.outputs[0] }}", id="outputs of a loop"),
        pytest.param("{{tasks.get-it.forEach.itemCount}}", "{{ steps.get_it.output.item_count }}", id="a loop's items"),
        pytest.param(
            "{{tasks.get-it.forEach.successCount}}", "{{ steps.get_it.output.success_count }}", id="a loop's successes"
        ),
        pytest.param(
            "{{tasks.get-it.forEach.failureCount}}", "{{ steps.get_it.output.failure_count }}", id="a loop's failures"
        ),
        pytest.param("{{secrets.KEY}}", "{{ secrets.KEY }}", id="a secret"),
        pytest.param("{{forEach.item}}", "{{ item }}", id="an item"),
        pytest.param("{{forEach.item.a}}", "{{ item.a }}", id="a path of an item"),
        pytest.param("{{forEach.index}}", "{{ index }}", id="an index"),
        pytest.param("a {{input.b}} c {{forEach.index}}", "a {{ input.b }} c {{ index }}", id="within a text"),
    ],
)
def test_an_expression_in_braces_is_a_reference(text: str, made: str) -> None:
    conversion = of({"forEach": {"items": [1]}, "input": {"v": text}})
    assert (last(conversion)["input"], conversion.problems) == ({"v": made}, ())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{}}", id="nothing"),
        pytest.param("{{input.a", id="no end"),
        pytest.param("{{input.a + 1}}", id="arithmetic"),
        pytest.param("{{input.a | default('x')}}", id="a filter"),
        pytest.param("{{env.HOME}}", id="a root that there is not"),
        pytest.param("{{tasks.gone.output}}", id="a task that there is not"),
        pytest.param("{{tasks.get-it}}", id="a task alone"),
        pytest.param("{{tasks.get-it.status}}", id="a task's status"),
        pytest.param("{{tasks.get-it.forEach.itemResults}}", id="a loop's results one by one"),
        pytest.param("{{forEach.other}}", id="a name that no loop binds"),
        pytest.param("{{forEach.$parent.item}}", id="a loop around that there is not"),
        pytest.param("{{secrets}}", id="all secrets"),
        pytest.param("{{input" + ".a" * 600 + "}}", id="too long"),
    ],
)
def test_what_is_no_path_is_a_problem_and_stays_as_written(text: str) -> None:
    conversion = of({"forEach": {"items": [1]}, "input": {"v": text}})
    assert [(p.code, p.where) for p in conversion.problems] == [("dialect.expression", "/tasks/1/input/v")]
    assert last(conversion)["input"] == {"v": text}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        pytest.param("{{tasks.get-it.output.score}} >= 700", "steps.get_it.output.score >= 700", id="a comparison"),
        pytest.param("{{forEach.item.status}} == 'pending'", "item.status == 'pending'", id="an item and a text"),
        pytest.param("{{input.a}} > 100 && {{input.a}} < 1.5e3", "input.a > 100 && input.a < 1.5e3", id="and"),
        pytest.param("!({{input.a}} || {{input.b}} != null)", "!(input.a || input.b != null)", id="not, or, brackets, null"),
        pytest.param("{{input.a}}==-1", "input.a==-1", id="a negative number, without blanks"),
        pytest.param('{{input["content-type"]}} == "x"', 'input["content-type"] == "x"', id="a key with a dash"),
        pytest.param("{{input.in}} == 1", 'input["in"] == 1', id="a key that is a word of CEL"),
        pytest.param("{{tasks.get-it.output[0]}} == true", "steps.get_it.output[0] == true", id="an index"),
        pytest.param("'{{input.a}}' == 'x'", "string(input.a) == 'x'", id="an expression in quotes"),
        pytest.param(
            "'n-{{input.a}}-' == 'n-1-'", "('n-' + string(input.a) + '-') == 'n-1-'", id="an expression within a text"
        ),
        pytest.param("  {{input.a}}  ==  1  ", "input.a == 1", id="blanks"),
    ],
)
def test_a_condition_is_cel(text: str, made: str) -> None:
    conversion = of({"forEach": {"items": [1]}, "condition": {"if": text}})
    assert last(conversion)["when"] == made
    assert [p.code for p in conversion.problems] == ([] if "forEach" in text else ["dialect.differs"])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("approved == true", id="a bare name"),
        pytest.param("{{input.a}} === 1", id="three equals signs"),
        pytest.param("{{input.a}} ==", id="half a comparison"),
        pytest.param("size({{input.a}}) > 1", id="a function"),
        pytest.param("{{input.a}} ? 1 : 2", id="a choice"),
        pytest.param("{{env.A}} == 1", id="a root that there is not"),
        pytest.param("{{input.a}} == 'x", id="an open text"),
        pytest.param("(" * 200 + "{{input.a}}" + ")" * 200, id="too deep"),
    ],
)
def test_a_condition_that_cannot_be_translated_is_a_problem(text: str) -> None:
    conversion = of({"condition": {"if": text}})
    assert {(p.code, p.where) for p in conversion.problems} == {("dialect.expression", "/tasks/1/condition/if")}
    assert "when" not in last(conversion)


def test_what_is_read_of_the_input_becomes_its_schema() -> None:
    task = {
        "forEach": {"items": "{{input.orders}}", "itemVar": "order"},
        "condition": {"if": "{{forEach.order.open}} && {{input.limits.low}} > 1"},
        "input": {"id": "{{forEach.order.lines[0].id}}", "all": "{{input}}"},
    }
    conversion = of(task)
    assert conversion.template is not None
    assert conversion.template["input_schema"] == {
        "type": "object",
        "required": ["orders", "limits"],
        "properties": {
            "orders": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["lines", "open"],
                    "properties": {
                        "lines": {"type": "array", "items": {"type": "object", "required": ["id"], "properties": {"id": {}}}},
                        "open": {},
                    },
                },
            },
            "limits": {"type": "object", "required": ["low"], "properties": {"low": {}}},
        },
    }


def test_a_path_deeper_than_documents_are_is_described_as_far_as_they_go() -> None:
    conversion = of({"input": {"v": "{{input" + ".a" * 60 + "}}"}})
    assert conversion.ok
    assert read_yaml(yaml_of(conversion.template)) == (conversion.template, ())
