import subprocess
import sys

import pytest

from fragments.conditions import CODES, Fault, faults
from fragments.problems import Severity
from schemas.values import Schema
from tests.support.telling import of_faults

STATUS = {"enum": ["complete", "failed", "skipped", "cancelled"]}
COUNTED = {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer"}}, "additionalProperties": False}
QUAKE = {
    "type": "object",
    "required": ["mag", "place"],
    "properties": {"mag": {"type": "number"}, "place": {"type": "string"}, "felt": {"type": "integer"}},
    "additionalProperties": False,
}
SCOPE: dict[str, Schema] = {
    "input": {
        "type": "object",
        "required": ["n", "s", "b", "p", "u", "kind", "quakes", "either", "names", "open", "by_name"],
        "additionalProperties": False,
        "properties": {
            "n": {"type": "integer"},
            "s": {"type": "string"},
            "b": {"type": "boolean"},
            "p": {"type": "number"},
            "o": {"type": "integer"},
            "u": {"type": ["integer", "null"]},
            "kind": {"enum": ["a", "b"]},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "quakes": {"type": "array", "items": QUAKE},
            "names": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
            "by_name": {"type": "object", "additionalProperties": {"type": "integer"}},
            "open": {"type": "object"},
        },
    },
    "steps": {
        "type": "object",
        "properties": {
            "fetch": {"type": "object", "properties": {"output": COUNTED, "status": STATUS}},
            "maybe": {"type": "object", "properties": {"output": {"anyOf": [COUNTED, {"type": "null"}]}, "status": STATUS}},
            "unknown": {},
        },
    },
    "task": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}, "additionalProperties": False},
    "anything": {},
    "nothing": {"type": "object", "required": ["b"], "properties": {"b": {"type": "null"}}, "additionalProperties": False},
    "deep": {"type": "object", "properties": {"c": {"type": "object", "properties": {"x": {"type": "integer"}}}}},
}


def check(text: str) -> list[Fault]:
    return of_faults(faults(text, scope_types=SCOPE.get))


def found(text: str) -> list[tuple[str, str, str]]:
    """Give severity, code and the part of the text that each fault is about."""
    return [(str(fault.severity), fault.code, text[slice(*fault.span)]) for fault in check(text)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("input.n > 3", id="a comparison"),
        pytest.param("input.n > 3.5 && input.p < 4", id="numbers of two kinds compared"),
        pytest.param('input.kind == "a" || input.kind in ["b"]', id="an enumeration"),
        pytest.param("input.b", id="a boolean by itself"),
        pytest.param("!input.b || input.s == ''", id="negation"),
        pytest.param("steps.fetch.output.count > 3 && steps.fetch.status == 'complete'", id="a step"),
        pytest.param("steps['fetch'].output['count'] > 3", id="a step by index"),
        pytest.param("steps.maybe.output == null", id="a step that may be skipped, compared with null"),
        pytest.param("steps.maybe.output != null && steps.maybe.output.count > 3", id="tested for null before"),
        pytest.param("steps.maybe.output.count > 3 && steps.maybe.output != null", id="tested for null after"),
        pytest.param("steps.maybe.output == null || steps.maybe.output.count > 3", id="or null"),
        pytest.param("!(steps.maybe.output == null) && steps.maybe.output.count > 3", id="not null, the other way"),
        pytest.param("steps.maybe.output == null ? false : steps.maybe.output.count > 3", id="chosen by null"),
        pytest.param("null != input.u && input.u + 1 > 2", id="null on the left"),
        pytest.param("input.u == 3 && input.u < 4", id="equal to something is not null"),
        pytest.param("has(input.o) && input.o > 3", id="tested before"),
        pytest.param("input.o > 3 && has(input.o)", id="tested after"),
        pytest.param("!has(input.o) || input.o > 3", id="or not there"),
        pytest.param("has(input.o) ? input.o > 3 : true", id="chosen"),
        pytest.param("'o' in input && input.o > 3", id="tested by in"),
        pytest.param("has(deep.c) && has(deep.c.x) && deep.c.x > 1", id="tested step by step"),
        pytest.param("'m' in input && input.m.x > 3", id="what is never there, tested by in"),
        pytest.param("nothing.b != null && size(nothing.b) > 0", id="what is always null, tested before"),
        pytest.param("nothing.b[0].x > 1 && nothing.b != null", id="what is always null, tested after"),
        pytest.param("nothing.b == null || nothing.b.all(x, x > 1)", id="always null, or"),
        pytest.param("nothing.b == null ? true : nothing.b.c > 3", id="always null, chosen"),
        pytest.param("input.quakes.exists(q, q.mag > 6.0 && q.place.contains('sea'))", id="a macro over objects"),
        pytest.param("input.quakes.filter(q, q.mag > 6).size() > 0", id="a filter"),
        pytest.param("input.quakes.map(q, has(q.felt), q.felt + 1).all(f, f > 0)", id="a map with a test"),
        pytest.param("input.quakes.exists(q, has(q.felt) && q.felt > 1)", id="a test within a macro"),
        pytest.param("input.names[0] == 'x'", id="an item that is always there"),
        pytest.param("size(input.quakes) > 0 && input.quakes[0].mag > 1.0", id="an item after its list was measured"),
        pytest.param("input.quakes.size() >= 2 && input.quakes[1].mag > 1.0", id="the second item"),
        pytest.param("input.quakes != [] && input.quakes.all(q, q.mag > 1)", id="a list compared"),
        pytest.param("input.by_name.exists(name, name.startsWith('a'))", id="the keys of an object"),
        pytest.param("input.open.whatever.deeper == 1 && anything.x > 3 && size(anything) > anything", id="what is not known"),
        pytest.param("steps.unknown.output.x[3].y", id="a step of which nothing is known"),
        pytest.param("double(input.p) * 2.0 > 3.0 && string(input.p) != ''", id="conversions"),
        pytest.param("input.s.matches('^[a-z]+$') && matches(input.s, input.kind)", id="patterns"),
        pytest.param("timestamp(input.s) + duration('1h') > timestamp('2026-01-31T08:00:00Z')", id="times"),
        pytest.param("timestamp(input.s).getFullYear('Europe/Berlin') == 2026", id="a time in a zone"),
        pytest.param("type(input.either) == string", id="types"),
        pytest.param("[1, 2].map(x, x * 2).exists(y, y == input.n)", id="lists of the condition's own"),
        pytest.param("{'a': input.n}.a > 3", id="an object of the condition's own"),
        pytest.param("input.n / 2 > input.n % 2 && -input.n < 0", id="whole numbers"),
        pytest.param("(input.b ? input.n : 0) > 1", id="a choice"),
    ],
)
def test_what_can_work_has_no_fault(text: str) -> None:
    assert check(text) == []


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        pytest.param("inptu.n > 3", "condition.unknown_name", "inptu", id="a root"),
        pytest.param("input.kind == strong", "condition.unknown_name", "strong", id="a text without quotes"),
        pytest.param("size > 3", "condition.unknown_name", "size", id="a function that is not called"),
        pytest.param("steps.fetc.output.count > 3", "condition.unknown_name", "steps.fetc", id="a step"),
        pytest.param("input.quakes.all(q, r.mag > 3)", "condition.unknown_name", "r", id="a name within a macro"),
        pytest.param("input.quakes.all(q, q.mag > 3) && q.mag > 3", "condition.unknown_name", "q", id="a name after its macro"),
        pytest.param("input.m > 3", "condition.path", "input.m", id="a field"),
        pytest.param("input['m'] > 3", "condition.path", "input['m']", id="a field by index"),
        pytest.param("steps.fetch.outputs == 1", "condition.path", "steps.fetch.outputs", id="a step has output and status"),
        pytest.param(
            "steps.maybe.output.counts > 3 && steps.maybe.output != null",
            "condition.path",
            "steps.maybe.output.counts",
            id="a field of what may be null",
        ),
        pytest.param("input.quakes.all(q, q.depth > 3)", "condition.path", "q.depth", id="a field of an item"),
        pytest.param("input.quakes.mag > 3", "condition.path", "input.quakes.mag", id="a field of a list"),
        pytest.param("input.s.length > 3", "condition.path", "input.s.length", id="a field of a text"),
        pytest.param("input.names[3] == 'x'", "condition.path", "input.names[3]", id="an item beyond the longest list"),
        pytest.param("input.names[-1] == 'x'", "condition.path", "input.names[-1]", id="a negative index"),
        pytest.param("input[0] == 1", "condition.path", "input[0]", id="an object by number"),
        pytest.param("size(steps) > 0", "condition.path", "steps", id="all steps"),
        pytest.param('"a" > 3', "condition.type", '"a" > 3', id="a text and a number in order"),
        pytest.param("input.n + 'x' == 'y'", "condition.type", "input.n + 'x'", id="a number and a text joined"),
        pytest.param('!"s"', "condition.type", '!"s"', id="a text negated"),
        pytest.param("size(3) > 1", "condition.type", "size(3)", id="the size of a number"),
        pytest.param("input.n + 1.5 > 2.0", "condition.type", "input.n + 1.5", id="numbers of two kinds added"),
        pytest.param("input.p % 2 == 0 && 1.5 % 2.0 == 0", "condition.type", "1.5 % 2.0", id="a remainder of fractions"),
        pytest.param("input.s in 'abc'", "condition.type", "input.s in 'abc'", id="a text in a text"),
        pytest.param("input.s && input.b", "condition.type", "input.s && input.b", id="a text in place of a test"),
        pytest.param("input.n ? true : false", "condition.type", "input.n", id="a number in place of a test"),
        pytest.param("input.n.all(x, x)", "condition.type", "input.n", id="a macro over a number"),
        pytest.param("input.names.all(x, x)", "condition.type", "x", id="a macro that tests a text"),
        pytest.param("input.s.startsWith(1)", "condition.type", "input.s.startsWith(1)", id="a method's argument"),
        pytest.param("input.quakes < input.quakes", "condition.type", "input.quakes < input.quakes", id="lists in order"),
        pytest.param("{1.5: 2} == input.open", "condition.type", "1.5", id="a key"),
        pytest.param(
            "nothing.b == null && size(nothing.b) > 0", "condition.type", "size(nothing.b)", id="null, on the side that it is"
        ),
        pytest.param("nothing.b != null || nothing.b > 1", "condition.type", "nothing.b > 1", id="null, where nothing guards"),
        pytest.param("input.n / 0 == 1", "condition.type", "input.n / 0", id="division by zero"),
        pytest.param("uint(input.n) % 0u == 1u", "condition.type", "uint(input.n) % 0u", id="a remainder of zero, unsigned"),
        pytest.param("int('x') == input.n", "condition.type", "int('x')", id="a number that is none"),
        pytest.param("timestamp('now') > timestamp(input.s)", "condition.type", "timestamp('now')", id="the clock"),
        pytest.param("duration('1 hour') > duration(input.s)", "condition.type", "duration('1 hour')", id="a duration"),
        pytest.param("foo(input.n) > 3", "condition.unknown_function", "foo(input.n)", id="a function"),
        pytest.param("now() > timestamp(input.s)", "condition.unknown_function", "now()", id="now"),
        pytest.param("input.s.lower() == 'a'", "condition.unknown_function", "input.s.lower()", id="a method"),
        pytest.param(
            "contains(input.s, 'a')", "condition.unknown_function", "contains(input.s, 'a')", id="a method as function"
        ),
        pytest.param("input.s.string() == 'a'", "condition.unknown_function", "input.s.string()", id="a function as method"),
        pytest.param("size(input.s, 2) > 1", "condition.unknown_function", "size(input.s, 2)", id="too many arguments"),
        pytest.param("input.s.contains() == true", "condition.unknown_function", "input.s.contains()", id="too few arguments"),
        pytest.param(
            "input.names.all(x) == true", "condition.unknown_function", "input.names.all(x)", id="a macro's arguments"
        ),
        pytest.param(
            "input.names.reduce(a, b, 0, a) == 1", "condition.unknown_function", "input.names.reduce(a, b, 0, a)", id="no macro"
        ),
        pytest.param("input.s.matches('(')", "condition.pattern", "'('", id="a pattern"),
        pytest.param("input.s.matches('a(?=b)')", "condition.pattern", "'a(?=b)'", id="look-ahead"),
        pytest.param(
            "input.s.matches('^' + input.s)", "condition.pattern", "'^' + input.s", id="a pattern that is put together"
        ),
        pytest.param("input.n", "condition.not_boolean", "input.n", id="a number"),
        pytest.param("input.b ? 'yes' : 'no'", "condition.not_boolean", "input.b ? 'yes' : 'no'", id="a text"),
        pytest.param("input.n >", "condition.syntax", "", id="syntax"),
    ],
)
def test_what_cannot_work_is_an_error_with_its_place(text: str, code: str, part: str) -> None:
    assert ("error", code, part) in found(text)


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        pytest.param("input.o > 3", "condition.path", "input.o", id="a field that need not be there"),
        pytest.param("input.by_name.a > 3", "condition.path", "input.by_name.a", id="a key of any name"),
        pytest.param("input.quakes[0].mag > 3", "condition.path", "input.quakes[0]", id="an item of a list that may be empty"),
        pytest.param(
            "size(input.quakes) > 0 && input.quakes[1].mag > 3", "condition.path", "input.quakes[1]", id="a list too short"
        ),
        pytest.param("has(input.o) || input.o > 3", "condition.path", "input.o", id="a test that protects nothing"),
        pytest.param("has(deep.c.x) && has(deep.c.y)", "condition.path", "deep.c", id="tests that vouch for each other"),
        pytest.param("input.quakes.exists(q, q.felt > 1)", "condition.path", "q.felt", id="a field of an item"),
        pytest.param("input.u > 3", "condition.type", "input.u", id="what may be null in an order"),
        pytest.param(
            "steps.maybe.output.count > 3", "condition.type", "steps.maybe.output.count", id="a field of what may be null"
        ),
        pytest.param(
            "steps.maybe.output.all(k, k != '')", "condition.type", "steps.maybe.output", id="a macro over what may be null"
        ),
        pytest.param("input.u != null || input.u > 3", "condition.type", "input.u", id="a test for null that protects nothing"),
        pytest.param("input.either > 3", "condition.type", "input.either > 3", id="a text or a number"),
        pytest.param("input.p * 2 > 3", "condition.type", "input.p * 2", id="a number that may be a fraction"),
        pytest.param(
            "input.b ? input.b : input.n", "condition.not_boolean", "input.b ? input.b : input.n", id="perhaps no boolean"
        ),
        pytest.param("true", "condition.constant", "true", id="a literal"),
        pytest.param("1 < 2", "condition.constant", "1 < 2", id="literals"),
        pytest.param('"input.n" == "3"', "condition.constant", '"input.n" == "3"', id="texts that differ, and nothing is read"),
        pytest.param("'a' == 'b' || input.b", "condition.constant", "'a' == 'b'", id="texts that differ, beside what is read"),
        pytest.param("input.n > 3 || true", "condition.constant", "true", id="a literal that decides"),
        pytest.param("input.s == 3", "condition.constant", "input.s == 3", id="kinds that are never equal"),
        pytest.param("input.kind != 'c'", "condition.constant", "input.kind != 'c'", id="a value that is none of them"),
        pytest.param(
            "steps.fetch.status == 'completed'", "condition.constant", "steps.fetch.status == 'completed'", id="no status"
        ),
        pytest.param("has(input.m)", "condition.constant", "has(input.m)", id="a test for what cannot be there"),
        pytest.param("has(input.m) && input.m > 3", "condition.constant", "has(input.m)", id="and what is read behind it"),
    ],
)
def test_what_may_fail_or_never_changes_is_a_warning(text: str, code: str, part: str) -> None:
    assert found(text) == [("warning", code, part)]


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        pytest.param("inptu.n > 3", 'There is no name "inptu" here.', "Nearest: input.", id="near"),
        pytest.param(
            "input.kind == strong",
            'There is no name "strong" here.',
            'A text stands in quotes: "strong". There is: input, steps, task.',
            id="quotes",
        ),
        pytest.param(
            "steps.fetc.status == 'failed'", 'There is no step "fetc" that can be read here.', "Nearest: fetch.", id="step"
        ),
        pytest.param("steps.fetch.output.cont > 1", 'steps.fetch.output cannot have "cont".', "Nearest: count.", id="field"),
        pytest.param("input.o > 3", 'input need not have "o".', "Test before: has(input.o) && ...", id="absent"),
        pytest.param(
            "input.u > 3", "input.u may be null, and > cannot work on null.", "Test before: input.u != null && ...", id="null"
        ),
        pytest.param(
            "input.p * 2 > 3",
            "* may meet a fractional number and a whole number, which it cannot work on: input.p * 2.",
            "CEL does not mix whole and fractional numbers: double(input.p) * 2.0.",
            id="fractions",
        ),
        pytest.param(
            '"a" > 3',
            '> cannot work on a text and a whole number: "a" > 3.',
            "Compare a text with a text, a number with a number; int(...) and double(...) read numbers from texts.",
            id="order",
        ),
        pytest.param(
            "input.s in 'abc'",
            "in cannot work on a text and a text: input.s in 'abc'.",
            "Texts are searched by .contains(): text.contains(part).",
            id="in",
        ),
        pytest.param("input.s.startswith('a')", "There is no method startswith().", "Nearest: startsWith.", id="method"),
        pytest.param(
            "input.names[-1] == 'x'",
            "A list has no item -1: items are counted from 0.",
            "The last one is input.names[size(input.names) - 1].",
            id="last",
        ),
        pytest.param(
            "input.s.matches('(')",
            "The pattern is no regular expression: missing ): (.",
            "Patterns are RE2: no look-around, no back-references.",
            id="pattern",
        ),
        pytest.param(
            "steps.fetch.status == 'completed'",
            "steps.fetch.status == 'completed' is always false: the values that there can be differ.",
            'There is: "complete", "failed", "skipped", "cancelled".',
            id="status",
        ),
    ],
)
def test_a_fault_says_what_is_wrong_and_what_to_do(text: str, says: str, hint: str) -> None:
    (fault,) = check(text)
    assert (fault.says, fault.hint) == (says, hint)


def test_all_faults_are_reported_in_the_order_of_the_text() -> None:
    text = "inptu.n > 3 && input.m == 1 && foo(2) && input.s > 3"
    assert [(fault.code, text[slice(*fault.span)]) for fault in check(text)] == [
        ("condition.unknown_name", "inptu"),
        ("condition.path", "input.m"),
        ("condition.unknown_function", "foo(2)"),
        ("condition.type", "input.s > 3"),
    ]


def test_names_that_a_hint_may_propose_can_be_given() -> None:
    types = {"quake": QUAKE}.get
    (fault,) = of_faults(faults("quak.mag > 3", scope_types=types, names=("input", "quake")))
    assert fault.hint == "Nearest: quake."


def test_every_code_that_a_fault_has_is_in_the_table() -> None:
    texts = ["input.n >", "x" * 5_000, "(" * 40, "nobody", "foo()", "input.m", "!1", "input.n", "input.s.matches('(')", "true"]
    assert {fault.code for text in texts for fault in check(text)} == set(CODES)
    assert {fault.severity for text in texts for fault in check(text)} == set(Severity)


def test_what_has_no_condition_does_not_load_the_library() -> None:
    code = "import sys, fragments.conditions; print(sorted({'cel_expr_python', 'google.protobuf'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
