from typing import Any

import pytest

from fragments.documents import Fragment, Refusal, Template
from fragments.positions import located
from fragments.reading import MOST_BYTES, read_document, read_fragment, read_template, read_text
from tests.support.catalogs import step, told
from tests.support.telling import of_problems

TOO_DEEP = "The document is nested more than 64 deep."
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
    ("text", "code", "place", "says"),
    [
        pytest.param("a:\n  - b\n c: d", "yaml.syntax", (3, 2), "Did not find expected key.", id="indentation"),
        pytest.param(
            "é:\n  é: \x00", "yaml.syntax", (2, 6), "The character U+0000 must not stand in YAML.", id="a control character"
        ),
        pytest.param("a: &x 1\nb: *x", "yaml.unsupported", (1, 4), "Anchors are not supported.", id="an anchor"),
        pytest.param("a: *x", "yaml.unsupported", (1, 4), "Aliases are not supported.", id="an alias"),
        pytest.param(
            "a: !!binary aGk=",
            "yaml.unsupported",
            (1, 4),
            "The tag tag:yaml.org,2002:binary is not supported.",
            id="a tag",
        ),
        pytest.param("--- 1\n--- 2", "yaml.unsupported", (2, 1), "A second document begins.", id="two documents"),
        pytest.param("a: {{ x }}", "yaml.unsupported", (1, 5), "A key is a list or a mapping.", id="an unquoted reference"),
        pytest.param("a: 1\na: 2", "yaml.duplicate_key", (2, 1), "The key 'a' stands twice.", id="a key twice"),
        pytest.param("a: .nan", "yaml.number", (1, 4), ".nan is not a finite number.", id="not a number"),
        pytest.param("a: 1e999", "yaml.number", (1, 4), "1e999 is not a finite number.", id="infinite"),
        pytest.param(
            "a: " + "9" * 5_000,
            "yaml.number",
            (1, 4),
            "The number has 5,000 digits; at most 300 are read.",
            id="a huge integer",
        ),
        pytest.param("[" * 100_000, "document.nesting", (1, 65), TOO_DEEP, id="nested lists"),
        pytest.param("- " * 100_000, "document.nesting", (1, 129), TOO_DEEP, id="nested block lists"),
        pytest.param('{"a":\n NaN}', "json.number", (2, 2), "NaN is not a number in JSON.", id="JSON: not a number"),
        pytest.param('{"a": -1e999}', "json.number", (1, 7), "-1e999 is not a finite number.", id="JSON: infinite"),
        pytest.param(
            '{"a": ' + "9" * 5_000 + "}",
            "json.number",
            (1, 7),
            "The number has 5,000 digits; at most 300 are read.",
            id="JSON: a huge integer",
        ),
        pytest.param(
            '{"a": 1, "b": [{}, {"c": 1,\n "\\u0063": 2}]}',
            "json.duplicate_key",
            (2, 2),
            "The key 'c' stands twice in one object.",
            id="JSON: a key twice",
        ),
        pytest.param('{"a": 1,\n "b"}', "json.invalid", (2, 5), "Expecting ':' delimiter.", id="JSON: syntax"),
        pytest.param('{"a": [1, 2', "json.invalid", (1, 12), "Expecting ',' delimiter.", id="JSON: cut off"),
        pytest.param('\n{"a":' * 100_000, "document.nesting", (66, 1), TOO_DEEP, id="JSON: nested objects"),
        pytest.param(
            '{"a":\n ["\\ud800"]}',
            "json.surrogate",
            (2, 3),
            "The text '\\ud800' holds half of a surrogate pair.",
            id="JSON: half a surrogate pair",
        ),
        pytest.param("a\né\ud800", "text.encoding", (2, 2), "The text is not valid UTF-8.", id="half a surrogate pair"),
        pytest.param(b"a\n\xc3\xa9\xff", "text.encoding", (2, 2), "The text is not valid UTF-8.", id="other bytes"),
        pytest.param("a" * (MOST_BYTES + 1), "text.too_large", None, "The text is larger than 1 MiB.", id="too large"),
        pytest.param("é" * MOST_BYTES, "text.too_large", None, "The text is larger than 1 MiB.", id="too large in UTF-8"),
        pytest.param("", "shape.type", None, "A document is an object of keys and values, not nothing.", id="nothing"),
        pytest.param("\n- 1", "shape.type", (2, 1), "A document is an object of keys and values, not a list.", id="a list"),
    ],
)
def test_a_text_that_cannot_be_read_is_one_problem_with_its_place(
    text: str | bytes, code: str, place: tuple[int, int] | None, says: str
) -> None:
    reading = read_document(text)
    assert reading.document is None
    (problem,) = of_problems(located(reading.problems, reading.positions))
    assert (problem.code, problem.line and (problem.line, problem.column), problem.says) == (code, place, says)


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
    assert [(p.code, p.says) for p in of_problems(read_fragment(answer).problems)] == [("json.invalid", says)]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param({"a": float("nan")}, "document.value", id="not a number"),
        pytest.param({"a": {1, 2}}, "document.value", id="a set"),
        pytest.param({1: 2}, "document.value", id="a key that is no text"),
        pytest.param({"a": 10**400}, "document.value", id="a huge integer"),
        pytest.param({"a": 10**300}, "document.value", id="an integer of 301 digits"),
        pytest.param({"a": -(10**300)}, "document.value", id="an integer of 301 digits below zero"),
        pytest.param({"a": [0] * 200_000}, "document.too_large", id="many values"),
    ],
)
def test_a_value_that_json_cannot_write_is_refused(value: Any, code: str) -> None:
    assert [problem.code for problem in of_problems(read_document(value).problems)] == [code]


def test_a_value_nested_a_hundred_thousand_deep_is_refused_without_recursion() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    assert [problem.code for problem in of_problems(read_document({"steps": value}).problems)] == ["document.nesting"]
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
    problems = of_problems(read_document({"steps": [step("fetch", handlr="x", timeout="soon")], "output": 1}).problems)
    assert [(p.says, p.hint) for p in problems] == [
        (f'Step "fetch": timeout should be {DURATION}, not "soon".', ""),
        ('Step "fetch" has no key "handlr".', "Nearest: handler."),
    ]


def test_a_misspelt_key_is_not_moved_over_one_that_is_there() -> None:
    (problem,) = of_problems(read_document({"steps": [step("a", handlr="x")], "output": 1}).problems)
    assert problem.patch is None


@pytest.mark.parametrize(
    ("document", "where"),
    [
        pytest.param({"name": "a", "steps": [step()], "policy": {}}, "/policy", id="policy of a template"),
        pytest.param({"name": "a", "steps": [step()], "triggers": []}, "/triggers", id="triggers of a template"),
        pytest.param({"steps": [step(circuit_breaker={})], "output": 1}, "/steps/0/circuit_breaker", id="circuit breaker"),
        pytest.param({"steps": [step(until="x")], "output": 1}, "/steps/0/until", id="until"),
        pytest.param(
            {"steps": [{"name": "l", "for_each": {"items": []}, "steps": [step(until="x")]}], "output": 1},
            "/steps/0/steps/0/until",
            id="within a loop",
        ),
        pytest.param(
            {"steps": [{"name": "s", "switch": {"cases": [{"when": "true", "steps": [step(until="x")]}]}}], "output": 1},
            "/steps/0/switch/cases/0/steps/0/until",
            id="within a branch",
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


def test_a_whole_number_may_be_written_with_a_point() -> None:
    document = read_document('{"name": "x", "bounds": {"steps": 5.0}, "steps": [{"name": "a", "input": {"n": 3.0}}]}').document
    assert isinstance(document, Template)
    assert (document.bounds and document.bounds.steps, document.steps[0].input) == (5, {"n": 3.0})
    assert told(read_document({"name": "x", "bounds": {"steps": 5.5}, "steps": [step()]}).problems) == [
        ("shape.type", "/bounds/steps")
    ]


def test_more_steps_than_a_document_may_have_are_one_problem_wherever_they_stand() -> None:
    many = [{"name": f"s{i}"} for i in range(3_400)]
    switch = {"value": 1, "cases": [{"equals": 1, "steps": many}], "default": {"steps": many}}
    problems = read_document({"output": 1, "steps": [{"name": "r", "switch": switch}, {"name": "l", "steps": many}]}).problems
    assert [(p.code, p.where, p.says) for p in of_problems(problems)] == [
        ("document.too_large", "/steps", "The document has more than 10,000 steps.")
    ]


def test_problems_of_shape_beyond_those_that_help_are_counted() -> None:
    problems = read_document({"output": 1, "steps": [step(depends_on=["A B"] * 600)]}).problems
    assert [p.code for p in problems] == ["shape.value"] * 500 + ["document.problems"]
    assert of_problems(problems[-2:])[-1].says == "100 more problems of the document's shape are not listed."


@pytest.mark.parametrize("globs", [["*"] * 257, ["a" * 257]], ids=["many", "long"])
def test_many_or_long_globs_are_refused(globs: list[str]) -> None:
    planning = {"name": "p", "type": "planning", "goal": "x", "allow": {"handlers": globs}}
    assert told(read_document({"output": 1, "steps": [planning]}).problems) == [("shape.value", "/steps/0/allow/handlers")]


@pytest.mark.parametrize("timeout", ["9" * 400 + "h", 1e308, -1e308], ids=["digits", "a huge number", "a negative one"])
def test_a_length_of_time_beyond_all_is_refused(timeout: Any) -> None:
    assert told(read_document({"output": 1, "steps": [step(timeout=timeout)]}).problems) == [
        ("shape.value", "/steps/0/timeout")
    ]


@pytest.mark.parametrize(
    ("text", "beyond", "code"),
    [
        pytest.param("9" * 300, "9" * 301, "number", id="the digits of a number"),
        pytest.param("[" * 64 + "]" * 64, "[" * 65 + "]" * 65, "nesting", id="the nesting"),
        pytest.param("[" + "0," * 99_996 + "0]", "[" + "0," * 99_997 + "0]", "too_large", id="the values, with the key"),
    ],
)
def test_at_a_cap_a_text_is_read_and_one_beyond_it_is_not(text: str, beyond: str, code: str) -> None:
    for write in ('{{"a": {}}}', "a: {}"):
        within = text.replace("[", "", 1)[:-1] if code == "nesting" else text
        assert read_text(write.format(within)).problems == ()
        found = [problem.code.partition(".")[2] for problem in read_text(write.format(beyond)).problems]
        assert found == [code]


@pytest.mark.parametrize("most", [10**300 - 1, -(10**300) + 1], ids=["the largest", "the smallest"])
def test_an_integer_of_300_digits_is_read(most: int) -> None:
    assert read_document({"name": "t", "steps": [step(input={"data": most})]}).document is not None
