from typing import Any

import pytest

from fragments.documents import Fragment, Refusal, Template
from fragments.reading import MOST_BYTES, read_document, read_fragment, read_template
from tests.support.catalogs import step, told

DURATION = "a duration: a number of seconds or a text such as 500ms, 30s, 10m, 1h30m"

TEMPLATE = """
name: digest
steps:
  - name: fetch
    handler: transform@^1
    config: {expression: "a"}
    input: {data: "{{ input.x }}", when: 2024-01-01, flag: yes, zip: 007, big: 1e3, no: null}
    for_each: {items: [1, 2], as: one}
output: "{{ steps.fetch.output }}"
"""


def test_a_template_is_read_from_yaml_as_json_writes_it() -> None:
    template = read_template(TEMPLATE).document
    assert isinstance(template, Template)
    assert template.steps[0].input == {
        "data": "{{ input.x }}",
        "when": "2024-01-01",
        "flag": "yes",
        "zip": "007",
        "big": 1000.0,
        "no": None,
    }
    assert template.steps[0].for_each is not None
    assert template.steps[0].for_each.as_ == "one"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param('{"refused": "no"}', id="bare"),
        pytest.param('```json\n{"refused": "no"}\n```', id="fenced"),
        pytest.param('Here you are:\n```\n{"refused": "no"}\n```\nDone.', id="fenced without a language, between sentences"),
        pytest.param('I am sorry. {"refused": "no"} That is all.', id="between sentences"),
        pytest.param('Not {this}: {"refused": "no"}', id="beside braces that hold no JSON"),
        pytest.param('\ufeff{"refused": "no"}', id="behind a byte order mark"),
    ],
)
def test_the_one_object_in_an_answer_is_read(answer: str) -> None:
    assert read_fragment(answer).document == Refusal(refused="no")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        pytest.param({"name": "a", "steps": [step()]}, Template, id="with a name"),
        pytest.param({"steps": [step()], "output": None}, Fragment, id="without a name"),
        pytest.param('{"steps": [{"name": "a"}], "output": 1}', Fragment, id="as JSON text"),
    ],
)
def test_a_document_is_a_template_where_it_has_a_name(source: Any, kind: type) -> None:
    assert isinstance(read_document(source).document, kind)


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        pytest.param("a:\n  - b\n c: d", "yaml.syntax", "Line 3, column 2: did not find expected key.", id="indentation"),
        pytest.param("a: \x00", "yaml.syntax", "This is not YAML", id="a control character"),
        pytest.param("a: &x 1\nb: *x", "yaml.unsupported", "Line 1, column 4: anchors are not supported.", id="an anchor"),
        pytest.param("a: *x", "yaml.unsupported", "Line 1, column 4: aliases are not supported.", id="an alias"),
        pytest.param("a: !!binary aGk=", "yaml.unsupported", "Line 1, column 4: the tag", id="a tag"),
        pytest.param("--- 1\n--- 2", "yaml.unsupported", "Line 2, column 1: a second document begins.", id="two documents"),
        pytest.param(
            "a: {{ x }}", "yaml.unsupported", "Line 1, column 5: a key is a list or a mapping.", id="an unquoted reference"
        ),
        pytest.param("a: 1\na: 2", "yaml.duplicate_key", "Line 2, column 1: the key 'a' stands twice.", id="a key twice"),
        pytest.param("a: .nan", "yaml.number", "Line 1, column 4: .nan is not a finite number.", id="not a number"),
        pytest.param("a: 1e999", "yaml.number", "Line 1, column 4: 1e999 is not a finite number.", id="infinite"),
        pytest.param("a: " + "9" * 5_000, "yaml.number", "Line 1, column 4: an integer of 5000 digits.", id="a huge integer"),
        pytest.param("[" * 100_000, "document.nesting", "Line 1, column 65: nested more than 64 deep.", id="nested lists"),
        pytest.param(
            "- " * 100_000, "document.nesting", "Line 1, column 129: nested more than 64 deep.", id="nested block lists"
        ),
        pytest.param('{"a": NaN}', "json.number", "NaN is not a number in JSON.", id="JSON: not a number"),
        pytest.param('{"a": -1e999}', "json.number", "-1e999 is not a finite number.", id="JSON: infinite"),
        pytest.param(
            '{"a": ' + "9" * 5_000 + "}", "json.number", "The number is an integer of 5000 digits.", id="JSON: a huge integer"
        ),
        pytest.param(
            '{"a": 1, "b": {"c": 1, "c": 2}}',
            "json.duplicate_key",
            "The key 'c' stands twice in one object.",
            id="JSON: a key twice",
        ),
        pytest.param('{"a": 1,\n "b"}', "json.invalid", "Line 2, column 5: Expecting ':' delimiter.", id="JSON: syntax"),
        pytest.param('{"a": [1, 2', "json.invalid", "Line 1, column 12: Expecting ',' delimiter.", id="JSON: cut off"),
        pytest.param('{"a":' * 100_000, "document.nesting", "Line 1: nested more than 64 deep.", id="JSON: nested objects"),
        pytest.param(
            '{"a": "\\ud800"}', "document.value", "A text holds half of a surrogate pair.", id="JSON: half a surrogate pair"
        ),
        pytest.param("\ud800", "text.encoding", "The text is not valid UTF-8 at position 0.", id="half a surrogate pair"),
        pytest.param(b"\xff\xfe", "text.encoding", "The text is not valid UTF-8 at position 0.", id="other bytes"),
        pytest.param("a" * (MOST_BYTES + 1), "text.too_large", "The text is larger than 1 MiB.", id="too large"),
        pytest.param("é" * MOST_BYTES, "text.too_large", "The text is larger than 1 MiB.", id="too large in UTF-8"),
        pytest.param("", "shape.type", "A document is an object of keys and values, not nothing.", id="nothing"),
        pytest.param("- 1", "shape.type", "A document is an object of keys and values, not a list.", id="a list"),
    ],
)
def test_a_text_that_cannot_be_read_is_one_problem(text: str | bytes, code: str, says: str) -> None:
    reading = read_document(text)
    assert reading.document is None
    assert [problem.code for problem in reading.problems] == [code]
    assert reading.problems[0].says.startswith(says)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param("I cannot do that.", "The answer holds no JSON object.", id="no object"),
        pytest.param('{"a": 1} or {"b": 2}', "The answer holds 2 texts in braces.", id="two objects"),
        pytest.param("[" * 100_000, "The answer holds no JSON object.", id="brackets"),
        pytest.param(
            "```json\n{'a': 1}\n```", "Line 1, column 2: Expecting property name enclosed in double quotes.", id="single quotes"
        ),
    ],
)
def test_an_answer_without_its_one_object_is_invalid(answer: str, says: str) -> None:
    assert [(p.code, p.says) for p in read_fragment(answer).problems] == [("json.invalid", says)]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param({"a": float("nan")}, "document.value", id="not a number"),
        pytest.param({"a": {1, 2}}, "document.value", id="a set"),
        pytest.param({1: 2}, "document.value", id="a key that is no text"),
        pytest.param({"a": 10**400}, "document.value", id="a huge integer"),
        pytest.param({"a": [0] * 200_000}, "document.too_large", id="many values"),
    ],
)
def test_a_value_that_json_cannot_write_is_refused(value: Any, code: str) -> None:
    assert [problem.code for problem in read_document(value).problems] == [code]


def test_a_value_nested_a_hundred_thousand_deep_is_refused_without_recursion() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    assert [problem.code for problem in read_document({"steps": value}).problems] == ["document.nesting"]
    while value:  # taken apart by hand: freeing it at once recurses
        value = value.pop()


def test_every_fault_of_shape_is_told_at_once_with_its_pointer() -> None:
    reading = read_document(
        {
            "name": "Not A Name",
            "stepps": [],
            "steps": [
                {"name": "a", "depends_on": "b", "retry": {"max_attempts": "3", "base": "soon"}, "handlr": "transform"},
                {"handler": 3, "for_each": {"items": [], "max_item": 3, "as_": "x"}},
                4,
            ],
        }
    )
    assert reading.document is None
    assert set(told(reading.problems)) == {
        ("shape.value", "/name"),
        ("shape.unknown_key", "/stepps"),
        ("shape.type", "/steps/0/depends_on"),
        ("shape.unknown_key", "/steps/0/handlr"),
        ("shape.type", "/steps/0/retry/max_attempts"),
        ("shape.value", "/steps/0/retry/base"),
        ("shape.missing", "/steps/1"),
        ("shape.type", "/steps/1/handler"),
        ("shape.unknown_key", "/steps/1/for_each/max_item"),
        ("shape.unknown_key", "/steps/1/for_each/as_"),
        ("shape.type", "/steps/2"),
    }


def test_sentences_name_the_step_and_hints_what_was_meant() -> None:
    problems = read_document({"steps": [step("fetch", handlr="x", timeout="soon")], "output": 1}).problems
    assert [(p.says, p.hint) for p in problems] == [
        (f'Step "fetch": timeout should be {DURATION}, not "soon".', ""),
        ('Step "fetch" has no key "handlr".', "Nearest: handler."),
    ]


def test_a_misspelt_key_is_not_moved_over_one_that_is_there() -> None:
    (problem,) = read_document({"steps": [step("a", handlr="x")], "output": 1}).problems
    assert problem.patch is None


@pytest.mark.parametrize(
    ("document", "where"),
    [
        pytest.param({"name": "a", "steps": [step()], "policy": {}}, "/policy", id="policy of a template"),
        pytest.param({"name": "a", "steps": [step()], "triggers": []}, "/triggers", id="triggers of a template"),
        pytest.param({"steps": [step(when="x")], "output": 1}, "/steps/0/when", id="when"),
        pytest.param({"steps": [step(switch=[])], "output": 1}, "/steps/0/switch", id="switch"),
        pytest.param({"steps": [step(fallback="x")], "output": 1}, "/steps/0/fallback", id="fallback"),
        pytest.param({"steps": [step(circuit_breaker={})], "output": 1}, "/steps/0/circuit_breaker", id="circuit breaker"),
        pytest.param({"steps": [step(publishes=[])], "output": 1}, "/steps/0/publishes", id="publishes"),
        pytest.param({"steps": [step(tags=[])], "output": 1}, "/steps/0/tags", id="tags"),
        pytest.param({"steps": [step(priority=1)], "output": 1}, "/steps/0/priority", id="priority"),
        pytest.param({"steps": [step(until="x")], "output": 1}, "/steps/0/until", id="until"),
        pytest.param({"steps": [step(type="decision")], "output": 1}, "/steps/0/type", id="a decision"),
        pytest.param({"steps": [step(type="deferred")], "output": 1}, "/steps/0/type", id="a deferred step"),
        pytest.param({"steps": [step(type="workflow")], "output": 1}, "/steps/0/type", id="a workflow step"),
        pytest.param(
            {"steps": [{"name": "l", "for_each": {"items": []}, "steps": [step(when="x")]}], "output": 1},
            "/steps/0/steps/0/when",
            id="within a loop",
        ),
        pytest.param(
            {"steps": [step(for_each={"items": [], "failure_threshold": 1})], "output": 1},
            "/steps/0/for_each/failure_threshold",
            id="a failure threshold",
        ),
    ],
)
def test_a_construct_that_does_not_exist_yet_is_named(document: Any, where: str) -> None:
    reading = read_document(document)
    assert told(reading.problems) == [("language.unsupported", where)]
    assert reading.document is None
    assert reading.rest is not None


def test_numbers_and_booleans_are_not_read_from_texts() -> None:
    assert told(read_document({"steps": [step(idempotent="yes")], "output": 1}).problems) == [
        ("shape.type", "/steps/0/idempotent")
    ]
