"""JSONata expressions: what is parsed in place of them tells the same of them."""

import json
from pathlib import Path

import pytest

from fragments.checks.expressions import Names, Unparsable, built_in, likened, names_in, parsed
from schemas.expressions.parsing import REFUSED

SUITE = json.loads((Path(__file__).parents[2] / "data" / "jsonata" / "suite.json").read_text())
EXPRESSIONS = sorted({case["expr"] for _, case in SUITE["cases"] if isinstance(case.get("expr"), str)})


def test_every_expression_of_the_published_suite_is_judged_as_it_stands() -> None:
    differing = [text for text in EXPRESSIONS if len(text) < 10_000 and names_in(text) != parsed(text)]
    assert len(EXPRESSIONS) > 1_000
    assert differing == []


def test_many_of_them_are_parsed_once() -> None:
    forms = {likened(text) for text in EXPRESSIONS}
    assert len(forms) < 0.9 * len(EXPRESSIONS)


@pytest.mark.parametrize(
    ("expression", "form"),
    [
        pytest.param("items[size > $floor and kind != 'none']", "a[a > $floor and a != '']", id="names and texts"),
        pytest.param("$sum(rows.price)", "$sum(a.a)", id="what has a dollar stays"),
        pytest.param(
            "a in [true, null, 1e5] or not", "a in [true, null, 1e5] or a", id="words and numbers of the language stay"
        ),
        pytest.param("function($x)<s-s:n>{ $x }", "function($x)<s-s:n>{ $x }", id="a signature"),
        pytest.param("`a b`.size", "`a b`.size", id="a name in quotes"),
        pytest.param("it's", "it's", id="a quote in a name"),
        pytest.param("ähre.größe", "ähre.a", id="names that begin with other letters stay"),
    ],
)
def test_names_and_texts_are_likened(expression: str, form: str) -> None:
    assert likened(expression) == form


def test_what_does_not_parse_is_told_of_the_expression_itself() -> None:
    found = names_in("rows[price >")
    assert isinstance(found, Unparsable)
    assert found.advice == "Near character 12, after: rows[price >"


def test_a_signature_that_the_parser_fails_on_is_a_problem() -> None:
    found = names_in("function($x)<n<s>:n>{ $x }(1)")
    assert isinstance(found, Unparsable)
    assert found.says == "the parser gives up on it (RuntimeError)"


@pytest.mark.parametrize("name", sorted(REFUSED))
@pytest.mark.parametrize(
    "form",
    [
        "${}()",
        "${}",
        "($f := ${}; $f())",
        "$map([1, 2], ${})",
        "items ~> ${}",
        "items ~> ${}()",
        "$string ~> ${}",
        "(${0}(?))",
        "{{'at': ${}()}}",
        "items[${}() > 1]",
        "items^(${}())",
        "function($x){{ ${}($x) }}",
        "($f := function(){{ ${} }}; $f()())",
        "items.${}()",
        "$exists(${})",
        "[${}, 1][0]()",
        "{{'f': ${}}}.f()",
        "1 > 2 ? ${}() : 3",
        "items.(${0} := 1; ${0})",
        "a ?: ${}()",
        "a ?? ${}()",
        "items ~> |$|{{'at': ${}()}}|",
        "$reduce(items, ${})",
        "/* ${0}() */ ${0}()",
    ],
)
def test_functions_that_cannot_be_used_are_found_wherever_they_stand(form: str, name: str) -> None:
    found = names_in(form.format(name))
    assert isinstance(found, Names)
    assert found.refused == ((name, REFUSED[name]),)


@pytest.mark.parametrize(
    "text", ["'$now()'", "now", "$$.now", "`$now`", "items.random", "{'eval': 1}.eval", "/* $now() */ 1", "$nowhere"]
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    found = names_in(text)
    assert isinstance(found, Names)
    assert found.refused == ()


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("$toMillis(t, '[H01]:[m01]')", True),
        ("t ~> $toMillis('[h]:[m] [P]')", True),
        ("t.$toMillis('[M]-[D]')", True),
        ("$map(ts, $toMillis(?, '[D]'))", True),
        ("$toMillis(t, '[Y]-[M]-[D]')", False),
        ("$toMillis(t, '[D1o] [MNn] [Y0001]')", False),
        ("$toMillis(t)", False),
        ("$toMillis(t, $picture)", False),
        ("$fromMillis(t, '[H01]:[m01]')", False),
    ],
)
def test_a_time_that_leaves_the_date_to_the_clock_is_found(text: str, *, refused: bool) -> None:
    found = names_in(text)
    assert isinstance(found, Names)
    assert bool(found.refused) == refused


def test_no_hint_proposes_them() -> None:
    assert not built_in() & REFUSED.keys()


def test_an_alternative_is_parsed_once_however_often_it_is_nested() -> None:
    deep = "a"
    for operator in ["?:", "??"] * 28:
        deep = f"({deep} {operator} b)"
    assert names_in(deep) == Names()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id = 9007199254740993.5", "9007199254740993.5 has more digits than a number can hold"),
        ("1e400", "Number out of range: 1e400"),
        ("1" * 400, "Number out of range"),
    ],
)
def test_a_number_that_cannot_be_held_is_told(text: str, says: str) -> None:
    found = names_in(text)
    assert isinstance(found, Unparsable)
    assert found.says.startswith(says)


@pytest.mark.parametrize(
    "text",
    [
        "$match(a, /b(?=c)/)",
        "$replace(a, /(?<!b)c/, '')",
        "$split(a, /(b)\\1/)",
        "$contains(a, /\\p{L}/)",
        "a.$match($, /[z-a]/)",
        "$contains(a, /x{2000}/)",
        "$map(a, /b(?!c)/)",
    ],
)
def test_a_regular_expression_that_cannot_be_had_is_a_problem(text: str) -> None:
    found = names_in(text)
    assert isinstance(found, Unparsable)
    assert found.says.startswith("a regular expression in it cannot be evaluated: ")


@pytest.mark.parametrize(
    "text", ["$match(a, /^\\d+$/)", "$split(a, /, */i)", "$replace(a, /^(.)/m, '$1')", "$contains(a, /ä|é/)"]
)
def test_other_regular_expressions_are_none(text: str) -> None:
    assert names_in(text) == Names()
