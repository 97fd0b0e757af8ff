"""JSONata expressions: what is parsed in place of them tells the same of them."""

import json
from pathlib import Path

import pytest

from fragments.checks.expressions import Unparsable, likened, parsed, unbound_variables

SUITE = json.loads((Path(__file__).parents[2] / "data" / "jsonata" / "suite.json").read_text())
EXPRESSIONS = sorted({case["expr"] for _, case in SUITE["cases"] if isinstance(case.get("expr"), str)})


def test_every_expression_of_the_published_suite_is_judged_as_it_stands() -> None:
    differing = [text for text in EXPRESSIONS if len(text) < 10_000 and unbound_variables(text) != parsed(text)]
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
    found = unbound_variables("rows[price >")
    assert isinstance(found, Unparsable)
    assert found.advice == "Near character 12, after: rows[price >"


def test_a_signature_that_the_parser_fails_on_is_a_problem() -> None:
    found = unbound_variables("function($x)<n<s>:n>{ $x }(1)")
    assert isinstance(found, Unparsable)
    assert found.says == "the parser gives up on it (RuntimeError)"
