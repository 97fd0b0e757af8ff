"""What conditions mean: rows of our own, written against the CEL language definition (cel-spec, doc/langdef.md)."""

from typing import TypeAlias

import pytest

from fragments.conditions import ConditionError, Kind, holds
from schemas.values import Json
from tests.support.telling import hear

Outcome: TypeAlias = bool | Kind
Row: TypeAlias = tuple[str, Outcome]

LOOKUP: dict[str, Json] = {
    "input": {
        "n": 4,
        "whole": 4.0,
        "half": 2.5,
        "big": 9_007_199_254_740_993,
        "huge": 2**70,
        "text": "Grüße 😀",
        "yes": True,
        "nothing": None,
        "empty": {},
        "numbers": [1, 2, 3],
        "people": [{"name": "Ada", "age": 36}, {"name": "Alan"}],
        "prices": {"tea": 2.5, "cake": 4},
        "a-b": 1,
    },
    "steps": {"done": {"output": {"n": 1}, "status": "complete"}, "left_out": {"output": None, "status": "skipped"}},
    "task": {"id": "t1", "namespace": "demo"},
    "item": {"deep": {"list": [[1, [2, {"x": None}]]]}},
}

INTEGERS: tuple[Row, ...] = (
    ("7 / 2 == 3", True),
    ("-7 / 2 == -3", True),
    ("7 / -2 == -3", True),
    ("-7 / -2 == 3", True),
    ("7 % 3 == 1", True),
    ("-7 % 3 == -1", True),
    ("7 % -3 == 1", True),
    ("-7 % -3 == -1", True),
    ("1 / 0 == 1", Kind.VALUE),
    ("1 % 0 == 1", Kind.VALUE),
    ("9223372036854775807 + 1 > 0", Kind.VALUE),
    ("-9223372036854775808 - 1 < 0", Kind.VALUE),
    ("9223372036854775807 * 2 > 0", Kind.VALUE),
    ("-(-9223372036854775808) > 0", Kind.VALUE),
    ("-9223372036854775808 / -1 > 0", Kind.VALUE),
    ("9223372036854775807 == 9223372036854775807", True),
    ("9223372036854775808 > 0", Kind.SYNTAX),
    ("0xFF == 255", True),
    ("-0x10 == -16", True),
    ("1 - -1 == 2", True),
    ("1--1 == 2", True),
    ("2 + 3 * 4 == 14", True),
    ("(2 + 3) * 4 == 20", True),
    ("10 - 3 - 2 == 5", True),
    ("- - 1 == 1", True),
    ("5u + 3u == 8u", True),
    ("3u - 5u == 0u", Kind.VALUE),
    ("7u / 2u == 3u", True),
    ("18446744073709551615u + 1u > 0u", Kind.VALUE),
    ("-1u == 1u", Kind.TYPE),
    ("1u + 1 == 2", Kind.TYPE),
)

DOUBLES: tuple[Row, ...] = (
    ("0.1 + 0.2 == 0.3", False),
    ("1.0 / 3.0 > 0.33", True),
    ("1.0 / 0.0 > 9223372036854775807", True),
    ("-1.0 / 0.0 < 0.0", True),
    ("0.0 / 0.0 == 0.0 / 0.0", False),
    ("0.0 / 0.0 != 0.0 / 0.0", True),
    ("0.0 == -0.0", True),
    ("1.5e3 == 1500.0", True),
    (".5 == 0.5", True),
    ("1e400 > 1e308", True),
    ("5.5 % 2.0 == 1.5", Kind.TYPE),
    ("1 + 1.0 == 2.0", Kind.TYPE),
    ("1.0 + 1 == 2.0", Kind.TYPE),
    ("2 * 1.5 == 3.0", Kind.TYPE),
    ("double(1) + 1.0 == 2.0", True),
    ("-(2.5) == -2.5", True),
)

NUMBERS_BY_VALUE: tuple[Row, ...] = (
    ("3 == 3.0", True),
    ("3.0 == 3", True),
    ("3u == 3", True),
    ("3u == 3.0", True),
    ("3 != 3.5", True),
    ("2 < 2.5", True),
    ("2.5 > 2", True),
    ("2u <= 2.5", True),
    ("-1 < 1u", True),
    ("18446744073709551615u > -1", True),
    ("9223372036854775807 < 9223372036854775808u", True),
    ("input.n == 4.0", True),
    ("input.whole == 4", True),
    ("input.whole % 3 == 1", True),
    ("input.n + input.whole == 8", True),
    ("input.numbers[input.whole - 2] == 3", True),
    ("input.half > 2 && input.half < 3", True),
    ("input.huge > 9223372036854775807", True),
    ("input.big == 9007199254740993", True),
    ("3 in [1.0, 3.0]", True),
    ("[1, 2.0] == [1.0, 2]", True),
    ('{"a": 1} == {"a": 1.0}', True),
    ("[1, 2, 3][2.0] == 3", True),
)

EQUALITY: tuple[Row, ...] = (
    ('1 == "1"', False),
    ('1 != "1"', True),
    ("true == 1", False),
    ("null == null", True),
    ("null == 0", False),
    ('null == ""', False),
    ("null == false", False),
    ("input.nothing == null", True),
    ("input.n != null", True),
    ("[] == []", True),
    ("[1, 2] == [2, 1]", False),
    ("[1, [2, 3]] == [1, [2, 3]]", True),
    ('[1, "a"] == [1, 2]', False),
    ("[1] == [1, 2]", False),
    ('{"a": 1, "b": 2} == {"b": 2, "a": 1}', True),
    ('{"a": 1} == {"a": 1, "b": null}', False),
    ("{} == []", False),
    ("input.numbers == [1, 2, 3]", True),
    ('input.prices == {"cake": 4, "tea": 2.5}', True),
    ("1 == 1 == true", True),
    ("type(1) == int && type(1u) == uint && type(1.0) == double", True),
    ('type("a") == string && type(b"a") == bytes && type(null) == null_type', True),
    ("type([]) == list && type({}) == map && type(true) == bool && type(int) == type", True),
    ("dyn(1) == 1", True),
)

ORDERING: tuple[Row, ...] = (
    ('"a" < "b"', True),
    ('"Z" < "a"', True),
    ('"a" < "aa"', True),
    ('"é" > "z"', True),
    ("false < true", True),
    ('b"a" < b"b"', True),
    ("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3", True),
    ('1 < "2"', Kind.TYPE),
    ("1 < null", Kind.TYPE),
    ("null < null", Kind.TYPE),
    ("[1] < [2]", Kind.TYPE),
    ('{"a": 1} < {"a": 2}', Kind.TYPE),
    ("1 < true", Kind.TYPE),
)

STRINGS: tuple[Row, ...] = (
    ('"a" + "b" == "ab"', True),
    ("'a' == \"a\"", True),
    (r'"\n\t\\\"\'" == "\u000a\u0009\x5c\x22\x27"', True),
    (r'"\101\x42\u0043\U00000044" == "ABCD"', True),
    (r'r"\n" == "\\n"', True),
    (r"R'\d' == '\\d'", True),
    ('"""two\nlines""" == "two\\nlines"', True),
    ("'''it's''' == \"it's\"", True),
    (r'"\q" == "q"', Kind.SYNTAX),
    (r'"\ud83d" == ""', Kind.SYNTAX),
    ('"two\nlines" == ""', Kind.SYNTAX),
    ('size("") == 0', True),
    ('size("Grüße") == 5', True),
    ('size("😀") == 1', True),
    ('"😀".size() == 1', True),
    ("input.text.size() == 7", True),
    ('input.text == "Gr\\u00fc\\u00dfe \\U0001F600"', True),
    ('"hello".contains("ell")', True),
    ('"hello".contains("")', True),
    ('"hello".startsWith("he") && "hello".endsWith("lo")', True),
    ('"hello".startsWith("lo")', False),
    ('"Hello" == "hello"', False),
    ('"a" in "abc"', Kind.TYPE),
    ('"a" * 3 == "aaa"', Kind.TYPE),
    ('"a" + 1 == "a1"', Kind.TYPE),
    ('"abc"[0] == "a"', Kind.TYPE),
    ('"a".startsWith(1)', Kind.TYPE),
)

BYTES: tuple[Row, ...] = (
    ('b"abc" == b"abc"', True),
    ('b"é" == b"\\303\\251"', True),
    (r'b"\xff" == b"\377"', True),
    ('size(b"é") == 2', True),
    ('b"a" + b"b" == b"ab"', True),
    ('bytes("é") == b"é"', True),
    ('string(b"abc") == "abc"', True),
    (r'string(b"\xff") == ""', Kind.VALUE),
    ('b"a" == "a"', False),
    (r'b"\u00ff" == b""', Kind.SYNTAX),
    (r'rb"\x" == b"\\x"', Kind.SYNTAX),
    (r'br"\x" == b"\\x"', True),
)

PATTERNS: tuple[Row, ...] = (
    ('"hello".matches("^h.*o$")', True),
    ('"hello".matches("ell")', True),
    ('"hello".matches("^ell$")', False),
    ('matches("hello", "l+")', True),
    ('"Grüße".matches("^Gr.+e$")', True),
    ('"x".matches("(?i)X")', True),
    ('"a".matches("(")', Kind.VALUE),
    ('"aa".matches("(a)\\\\1")', Kind.VALUE),
    ('"ab".matches("a(?=b)")', Kind.VALUE),
    ('input.text.matches(r"\\pL+ .")', True),
)

LISTS_AND_MAPS: tuple[Row, ...] = (
    ("[1, 2, 3][0] == 1", True),
    ("[1, 2, 3][3] == 1", Kind.VALUE),
    ("[1, 2, 3][-1] == 3", Kind.VALUE),
    ("[1, 2, 3][1.5] == 2", Kind.TYPE),
    ('[1]["0"] == 1', Kind.TYPE),
    ("[1] + [2, 3] == [1, 2, 3]", True),
    ("size([1, 2]) == 2 && [1, 2].size() == 2 && size({}) == 0", True),
    ("2 in [1, 2]", True),
    ('"2" in [1, 2]', False),
    ("[1] in [[1], [2]]", True),
    ("null in [null]", True),
    ("1 in []", False),
    ('"a" in {"a": null}', True),
    ('"b" in {"a": 1}', False),
    ("1 in {1: 2} && 1u in {1: 2} && 1.0 in {1: 2}", True),
    ('{"a": 1}.a == 1 && {"a": 1}["a"] == 1', True),
    ('{"a": 1}.b == 1', Kind.MISSING),
    ('{"a": 1}["b"] == 1', Kind.MISSING),
    ('{1: "one", true: "yes", 2u: "two"}[true] == "yes"', True),
    ('{"a": 1, "a": 2}.a == 1', Kind.VALUE),
    ("{1.5: 2} == {}", Kind.TYPE),
    ("[1, 2,] == [1, 2]", True),
    ('{"a": 1,}.a == 1', True),
    ('input.people[0].name == "Ada"', True),
    ('input["a-b"] == 1', True),
    ('input.prices["tea"] == 2.5', True),
    ("item.deep.list[0][1][1].x == null", True),
    ("input.missing == 1", Kind.MISSING),
    ("input.n.x == 1", Kind.TYPE),
    ("input.numbers.x == 1", Kind.TYPE),
    ("input.nothing.x == 1", Kind.TYPE),
    ("[1, 2] + 3 == [1, 2, 3]", Kind.TYPE),
)

LOGIC: tuple[Row, ...] = (
    ("true && true", True),
    ("true && false", False),
    ("false || true", True),
    ("!true", False),
    ("!!true", True),
    ("false && 1 / 0 == 1", False),
    ("1 / 0 == 1 && false", False),
    ("true || 1 / 0 == 1", True),
    ("1 / 0 == 1 || true", True),
    ("true && 1 / 0 == 1", Kind.VALUE),
    ("1 / 0 == 1 || false", Kind.VALUE),
    ("input.missing == 1 || true", True),
    ("input.missing == 1 && false", False),
    ("1 && true", Kind.TYPE),
    ('"a" || false', Kind.TYPE),
    ("!1", Kind.TYPE),
    ("!null", Kind.TYPE),
    ("null && true", Kind.TYPE),
    ("true ? true : 1 / 0 == 1", True),
    ("false ? 1 / 0 == 1 : true", True),
    ("1 / 0 == 1 ? true : true", Kind.VALUE),
    ("1 ? true : false", Kind.TYPE),
    ('(true ? 1 : "a") == 1', True),
    ("true ? false : true ? true : true", False),
    ("true || false && false", True),
    ("1 < 2 == true", True),
    ("input.n", Kind.NOT_BOOLEAN),
    ("input.nothing", Kind.NOT_BOOLEAN),
    ("input.yes", True),
)

TESTS: tuple[Row, ...] = (
    ("has(input.n)", True),
    ("has(input.missing)", False),
    ("has(input.nothing)", True),
    ("has(input.empty.x)", False),
    ("has(input.missing.x)", Kind.MISSING),
    ("has(input.n.x)", Kind.TYPE),
    ("has(input.nothing.x)", Kind.TYPE),
    ("!has(input.missing) || input.missing > 3", True),
    ("has(input.missing) && input.missing > 3", False),
    ("has({'a': 1}.a)", True),
    ("has(input)", Kind.SYNTAX),
    ("has(input['n'])", Kind.SYNTAX),
    ("has(1)", Kind.SYNTAX),
)

MACROS: tuple[Row, ...] = (
    ("[1, 2].all(x, x > 0)", True),
    ("[].all(x, false)", True),
    ("[].exists(x, true)", False),
    ("[1, 2].exists(x, x == 2)", True),
    ("[1, 2, 2].exists_one(x, x == 2)", False),
    ("[1, 2].exists_one(x, x == 2)", True),
    ("[1, 0].all(x, 1 / x == 2)", False),
    ("[1, 0].exists(x, 1 / x == 1)", True),
    ("[0, 1].exists(x, 1 / x == 1)", True),
    ("[0, 2].exists(x, 1 / x == 1)", Kind.VALUE),
    ("[0, 1].exists_one(x, 1 / x == 1)", Kind.VALUE),
    ("[1, 2, 3].filter(x, x > 1) == [2, 3]", True),
    ("[1, 2, 3].map(x, x * 2) == [2, 4, 6]", True),
    ("[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]", True),
    ("[1, 2, 3].map(x, x > 1, x) == [2, 3]", True),
    ("[[1], [2]].map(x, x[0]) == [1, 2]", True),
    ('{"a": 1, "b": 2}.all(k, k < "c")', True),
    ('{"a": 1}.exists(k, k == "a")', True),
    ("input.prices.exists(k, input.prices[k] > 3)", True),
    ("[1, 2].all(x, [3, 4].all(y, x < y))", True),
    ("[1, 2].all(x, [x].all(x, x > 0))", True),
    ('["a"].all(input, input == "a")', True),
    ("input.people.exists(p, has(p.age) && p.age > 30)", True),
    ('input.people.all(p, p.name.startsWith("A"))', True),
    ("input.people.all(p, p.age > 30)", Kind.MISSING),
    ("input.people.filter(p, has(p.age)).map(p, p.age) == [36]", True),
    ("[1].all(x, x)", Kind.TYPE),
    ("input.n.all(x, true)", Kind.TYPE),
    ("null.all(x, true)", Kind.TYPE),
    ('"abc".all(x, true)', Kind.TYPE),
    ("[1].all(x.y, true)", Kind.SYNTAX),
    ("[1].all(1, true)", Kind.SYNTAX),
    ("[1].all(x, true) && x == 1", Kind.MISSING),
)

CONVERSIONS: tuple[Row, ...] = (
    ('int("42") == 42 && int("-7") == -7', True),
    ('int("x") == 1', Kind.VALUE),
    ('int("0x10") == 16', Kind.VALUE),
    ('int("1_0") == 10', Kind.VALUE),
    ("int(2.9) == 2 && int(-2.9) == -2", True),
    ("int(1e19) == 1", Kind.VALUE),
    ("int(5u) == 5 && uint(5) == 5u", True),
    ("uint(-1) == 0u", Kind.VALUE),
    ('double("1.5") == 1.5 && double(2) == 2.0', True),
    ('double("x") == 1.0', Kind.VALUE),
    ('string(1) == "1" && string(true) == "true" && string(1.5) == "1.5"', True),
    ("string(null) == 'null'", Kind.TYPE),
    ("string([1]) == '[1]'", Kind.TYPE),
    ('bool("true") && !bool("false")', True),
    ('bool("maybe")', Kind.VALUE),
    ("bool(1)", Kind.TYPE),
    ("size(3) == 1", Kind.TYPE),
    ("size(null) == 0", Kind.TYPE),
    ("size() == 0", Kind.TYPE),
    ("unheard_of(1)", Kind.TYPE),
    ('"a".unheard_of()', Kind.TYPE),
)

TIME: tuple[Row, ...] = (
    ('timestamp("2026-01-31T08:00:00Z") < timestamp("2026-01-31T08:00:01Z")', True),
    ('timestamp("2026-01-31T10:00:00+02:00") == timestamp("2026-01-31T08:00:00Z")', True),
    ('timestamp("2026-01-31T08:00:00Z") + duration("1h") == timestamp("2026-01-31T09:00:00Z")', True),
    ('timestamp("2026-01-31T08:00:00Z") - timestamp("2026-01-30T08:00:00Z") == duration("24h")', True),
    ('timestamp("2026-01-31T23:30:00Z").getFullYear() == 2026', True),
    ('timestamp("2026-01-31T23:30:00Z").getMonth() == 0', True),
    ('timestamp("2026-01-31T23:30:00Z").getDate() == 31', True),
    ('timestamp("2026-01-31T23:30:00Z").getDayOfMonth() == 30', True),
    ('timestamp("2026-01-31T23:30:00Z").getDayOfWeek() == 6', True),
    ('timestamp("2026-01-31T23:30:00Z").getDayOfYear() == 30', True),
    ('timestamp("2026-01-31T23:30:00Z").getHours("02:00") == 1', True),
    ('timestamp("2026-01-31T23:30:00.250Z").getMilliseconds() == 250', True),
    ("timestamp(0) == timestamp('1970-01-01T00:00:00Z')", True),
    ("int(timestamp(86400)) == 86400", True),
    ('string(timestamp(0)) == "1970-01-01T00:00:00Z"', True),
    ('duration("1h30m") == duration("5400s")', True),
    ('duration("90s").getMinutes() == 1 && duration("90s").getSeconds() == 90', True),
    ('duration("-1.5s") < duration("0s")', True),
    ('duration("1x") == duration("1s")', Kind.VALUE),
    ('timestamp("now") == timestamp(0)', Kind.VALUE),
    ('timestamp("12:00") == timestamp(0)', Kind.VALUE),
    ('timestamp("2026-02-30T00:00:00Z") == timestamp(0)', Kind.VALUE),
    ('timestamp("9999-12-31T23:59:59Z") + duration("1s") > timestamp(0)', Kind.VALUE),
    ("now() == timestamp(0)", Kind.TYPE),
)

STEPS: tuple[Row, ...] = (
    ("steps.left_out.output == null", True),
    ('steps.left_out.status == "skipped"', True),
    ("steps.done.output.n == 1", True),
    ('steps["done"].output["n"] == 1', True),
    ("steps.left_out.output.n == 1", Kind.TYPE),
    ("steps.left_out.output != null && steps.left_out.output.n == 1", False),
    ("steps.left_out.output == null ? true : steps.left_out.output.n == 1", True),
    ("steps.nobody.output == 1", Kind.MISSING),
    ('task.id == "t1" && task.namespace == "demo"', True),
    ("nobody == 1", Kind.MISSING),
    ("nobody == 1 || true", True),
    ("input.n == 4 || nobody == 1", True),
)

SYNTAX: tuple[Row, ...] = (
    ("true // a comment", True),
    (" \t\n true \r\n", True),
    ("true and true", Kind.SYNTAX),
    ("1 = 1", Kind.SYNTAX),
    ("(true", Kind.SYNTAX),
    ("true)", Kind.SYNTAX),
    ("1 +", Kind.SYNTAX),
    ("if == 1", Kind.SYNTAX),
    ("package == 1", Kind.SYNTAX),
    ("input.?n == 1", Kind.SYNTAX),
    ("a.b{c: 1} == 1", Kind.SYNTAX),
    ("google.protobuf.Int32Value{value: 1} == 1", Kind.SYNTAX),
    ("'a' 'b' == 'ab'", Kind.SYNTAX),
    ("1. == 1.0", Kind.SYNTAX),
    ("input.in == 1", Kind.SYNTAX),
)

SECTIONS = {
    "values-integers": INTEGERS,
    "values-doubles": DOUBLES,
    "numeric-comparison": NUMBERS_BY_VALUE,
    "equality": EQUALITY,
    "ordering": ORDERING,
    "string-literals": STRINGS,
    "bytes": BYTES,
    "regular-expressions": PATTERNS,
    "aggregate-values": LISTS_AND_MAPS,
    "logical-operators": LOGIC,
    "field-selection-has": TESTS,
    "macros": MACROS,
    "type-conversions": CONVERSIONS,
    "timestamps-and-durations": TIME,
    "roots-and-steps": STEPS,
    "syntax": SYNTAX,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [pytest.param(*row, id=f"{section}: {row[0]}") for section, rows in SECTIONS.items() for row in rows],
)
def test_a_condition_means_what_cel_says(text: str, expected: Outcome) -> None:
    assert _outcome(text) == expected


DEVIATIONS = (
    # text, what the specification says, what the library gives
    pytest.param("9007199254740993 == 9007199254740992.0", False, True, id="int and double are compared as doubles"),
    pytest.param('int(" 1 ") == 1', Kind.VALUE, True, id="spaces around a number that is read from a text"),
    pytest.param('"a" == "a" || 1', Kind.TYPE, True, id="an operand that does not decide is not typed at run time"),
)


@pytest.mark.parametrize(("text", "specified", "given"), DEVIATIONS)
def test_what_the_library_does_otherwise_is_known(text: str, specified: Outcome, given: Outcome) -> None:
    assert _outcome(text) == given != specified


def test_the_table_has_a_row_for_every_section() -> None:
    assert sum(map(len, SECTIONS.values())) > 300
    assert all(SECTIONS.values())


def _outcome(text: str) -> Outcome:
    try:
        return holds(text, LOOKUP)
    except ConditionError as error:
        hear(f"{text}\n  {error.says}")
        return error.kind
