import pytest

from fragments.conditions import Condition, Fault, parse, references, steps_read
from fragments.problems import Severity
from schemas.conditions.parsing import MOST_CHARACTERS
from tests.support.telling import of_faults


def codes(text: str) -> list[str]:
    parsed = parse(text)
    return [] if isinstance(parsed, Condition) else [fault.code for fault in of_faults(parsed)]


def only(text: str) -> Fault:
    parsed = parse(text)
    assert not isinstance(parsed, Condition)
    (fault,) = of_faults(parsed)
    return fault


def test_a_condition_is_parsed_once() -> None:
    assert parse("input.n > 3") is parse("input.n > 3")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", "condition.syntax", id="nothing"),
        pytest.param(" \n ", "condition.syntax", id="only spaces"),
        pytest.param("input.n >", "condition.syntax", id="cut off"),
        pytest.param("input.n > 3)", "condition.syntax", id="a bracket too many"),
        pytest.param("input.n > \x00", "condition.syntax", id="NUL"),
        pytest.param('input.s == "\ud800"', "condition.syntax", id="half of a surrogate pair"),
        pytest.param("a.b{c: 1}", "condition.syntax", id="a message"),
        pytest.param("x" * 4_097, "condition.too_long", id="a character too many"),
        pytest.param("(" * 33 + "true" + ")" * 33, "condition.too_complex", id="nested 33 deep"),
        pytest.param("1" + "+1" * 40 + " == 1", "condition.too_complex", id="a sum of 41 terms nests 40 deep"),
        pytest.param("true" + " && true" * 300, "condition.too_complex", id="more than 500 parts"),
        pytest.param("[1].all(x, true)" + " && [1].all(x, true)" * 10, "condition.too_complex", id="eleven macros"),
        pytest.param("[1].all(a, [1].all(b, [1].all(c, [1].all(d, true))))", "condition.too_complex", id="macros four deep"),
        pytest.param("[1].map(a, a).map(b, b).map(c, c).map(d, d) == []", "condition.too_complex", id="a chain of four macros"),
        pytest.param(r"input.s.matches('\\pL{50}')", "condition.too_complex", id="a pattern that takes long to compile"),
        pytest.param(" && ".join(["has(a.b)"] * 51), "condition.too_complex", id="51 has()"),
        pytest.param("true" + " && true" * 250, "condition.too_complex", id="501 parts"),
    ],
)
def test_what_is_no_condition_is_a_fault(text: str, code: str) -> None:
    assert codes(text) == [code]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('"' + "x" * (MOST_CHARACTERS - 8) + '"==""', id="the longest text"),
        pytest.param("(" * 32 + "true" + ")" * 32, id="nested 32 deep"),
        pytest.param('"((((((((((((((((((((((((((((((((((((((((" != ""', id="brackets in a text"),
        pytest.param("true // ((((((((((((((((((((((((((((((((((((((((((", id="brackets in a comment"),
        pytest.param("[1].all(a, [1].all(b, [1].all(c, true)))", id="macros three deep"),
        pytest.param("'.all(.all(.all(.all(.all(.all(.all(.all(.all(.all(.all(.all(' != ''", id="macros in a text"),
        pytest.param("true" + " && true" * 200, id="a long chain of && does not nest"),
        pytest.param("!true" + " && true" * 249, id="500 parts"),
        pytest.param(" && ".join(["has(a.b)"] * 50), id="50 has()"),
        pytest.param("[1].all(x, true)" + " && [1].all(x, true)" * 9, id="ten macros"),
    ],
)
def test_what_is_within_the_caps_parses(text: str) -> None:
    assert isinstance(parse(text), Condition)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("input.a and input.b", "CEL writes &&, || and !.", id="words for operators"),
        pytest.param("input.n = 3", "CEL compares with ==.", id="one equals sign"),
        pytest.param("input.n === 3", "CEL compares with == and !=.", id="three equals signs"),
        pytest.param("input.a & input.b", "CEL writes && and ||.", id="one ampersand"),
        pytest.param("{{ input.n }} > 3", "A condition is CEL as a whole: write input.n > 3, without braces.", id="braces"),
        pytest.param(
            "input.n ?? 3 > 2",
            "Test with has(...) or != null, and choose with condition ? a : b.",
            id="another language's default",
        ),
    ],
)
def test_what_is_often_written_in_place_of_cel_is_told(text: str, hint: str) -> None:
    assert only(text).hint == hint


def test_a_syntax_fault_says_where_and_what() -> None:
    assert only("input.n > 3 &&\n input.kind ==") == Fault(
        code="condition.syntax",
        says="The condition is not CEL at character 30: mismatched input the end.",
        hint='Conditions are CEL: input.n > 3 && input.kind == "a".',
        severity=Severity.ERROR,
        span=(29, 29),
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("(" * 100_000, id="100,000 brackets"),
        pytest.param("[" * 4_096, id="4,096 open lists"),
        pytest.param("a" * 10_000_000, id="10 MB"),
        pytest.param("'" * 4_096, id="quotes"),
        pytest.param('"' * 4_095, id="double quotes"),
        pytest.param('"""' * 1_365, id="triple quotes"),
        pytest.param("\\" * 4_096, id="backslashes"),
        pytest.param("'" + "\\" * 4_000, id="an open text of backslashes"),
        pytest.param("!" * 4_000 + "true", id="negations"),
        pytest.param("- " * 2_000 + "1", id="minus signs"),
        pytest.param("true?" * 800, id="open choices"),
        pytest.param("true?true:" * 400 + "true", id="nested choices"),
        pytest.param("input" + ".a" * 2_000, id="a path of 2,000 fields"),
        pytest.param("input" + "[0]" * 1_300, id="a path of 1,300 indexes"),
        pytest.param("f(" * 2_000, id="open calls"),
        pytest.param("a.f()" + ".f()" * 1_000, id="chained calls"),
        pytest.param("{1:" * 1_300, id="open objects"),
        pytest.param("[" + "1," * 2_000 + "1] == []", id="a list of 2,001 items"),
        pytest.param("1" * 4_096, id="a long number"),
        pytest.param("@#$%" * 1_000, id="no token at all"),
        pytest.param("\ud800" * 4_096, id="lone surrogates"),
        pytest.param("\x00" * 4_096, id="NULs"),
        pytest.param("[1].map(x," * 300, id="open macros"),
        pytest.param("||" * 2_000, id="operators alone"),
        pytest.param("//" * 2_000, id="comments alone"),
        pytest.param("a.b{" * 1_000, id="open messages"),
        pytest.param("\U0001f600" * 4_096, id="emojis"),
        pytest.param("__result__ == @result", id="names of the expansion"),
    ],
)
def test_hostile_texts_are_faults_and_read_nothing(text: str) -> None:
    assert codes(text) != [] or text.startswith(("!", "- "))
    assert codes(text) == [] or (steps_read(text) == () and references(text) == ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("input.n > 3", ["input.n"], id="a field"),
        pytest.param("input['n'] > input.list[0].x", ["input.n", "input.list[0].x"], id="indexes"),
        pytest.param('input["a-b"] == 1', ['input["a-b"]'], id="an odd key"),
        pytest.param("has(input.a.b)", ["input.a.b"], id="has"),
        pytest.param("input.l.all(x, x.y > item.z)", ["input.l", "item.z"], id="a macro's own name is none"),
        pytest.param("input.l.exists(input, input == 1)", ["input.l"], id="a macro's name hides a root"),
        pytest.param("input.l.map(x, x > input.p, x + input.t) == []", ["input.l", "input.p", "input.t"], id="map of three"),
        pytest.param("input.list[input.i] == 1", ["input.list", "input.i"], id="an index that is read"),
        pytest.param("input.n == 1 || input.n == 2", ["input.n"], id="each once"),
        pytest.param("size(task.id) > 0 && type(input) == map", ["task.id", "input"], id="names of types are none"),
        pytest.param("{'a': input.x}.a == [input.y][0]", ["input.x", "input.y"], id="within literals"),
        pytest.param("true", [], id="nothing"),
        pytest.param("input.n >", [], id="no condition"),
    ],
)
def test_a_condition_tells_what_it_reads(text: str, expected: list[str]) -> None:
    assert [reference.text for reference in references(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("steps.a.output.n > 3 && steps.b.status == 'failed'", ("a", "b"), id="output and status"),
        pytest.param("steps['a'].output == steps.a.status", ("a",), id="each once, however it is written"),
        pytest.param("[1].all(x, steps.a.output > x)", ("a",), id="within a macro"),
        pytest.param("steps.size() > 0", (), id="no step by name"),
        pytest.param("input.steps.a > 0", (), id="a field of that name"),
        pytest.param("steps.a.output >", (), id="no condition"),
        pytest.param("x" * 5_000, (), id="too long"),
    ],
)
def test_a_condition_tells_which_steps_it_reads(text: str, expected: tuple[str, ...]) -> None:
    assert steps_read(text) == expected
