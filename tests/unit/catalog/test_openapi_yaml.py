"""YAML means what JSON means: OpenAPI asks for the JSON ruleset of YAML 1.2."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.openapi.importing import Wanted, import_document
from catalog.openapi.yaml_text import YamlError, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("2026-11-30", "2026-11-30", id="a date"),
        pytest.param("2026-11-30T12:00:00Z", "2026-11-30T12:00:00Z", id="a time"),
        pytest.param("0755", "0755", id="octal of 1.1"),
        pytest.param("0o17", "0o17", id="octal of 1.2"),
        pytest.param("0x1F", "0x1F", id="hex"),
        pytest.param("NO", "NO", id="Norway"),
        pytest.param("yes", "yes", id="yes"),
        pytest.param("on", "on", id="on"),
        pytest.param("y", "y", id="y"),
        pytest.param("12:30", "12:30", id="sexagesimal"),
        pytest.param("1_000", "1_000", id="an underscore"),
        pytest.param("+1", "+1", id="a plus"),
        pytest.param(".5", ".5", id="no digit first"),
        pytest.param(".inf", ".inf", id="infinity"),
        pytest.param("1.0.0", "1.0.0", id="a version"),
        pytest.param("1e3", 1000.0, id="an exponent"),
        pytest.param("-0.5", -0.5, id="a fraction"),
        pytest.param("-7", -7, id="an integer"),
        pytest.param("9007199254740993", 9007199254740993, id="a large integer"),
        pytest.param("true", True, id="true"),
        pytest.param("False", False, id="False"),
        pytest.param("null", None, id="null"),
        pytest.param("~", None, id="a tilde"),
        pytest.param("", None, id="nothing"),
        pytest.param('"true"', "true", id="quoted"),
        pytest.param("'1'", "1", id="single quotes"),
        pytest.param("!!str 1", "1", id="a tagged text"),
        pytest.param("!!int 1", 1, id="a tagged integer"),
        pytest.param("|\n   a\n   b\n", "a\nb\n", id="a block"),
        pytest.param("[1, a, {b: c}]", [1, "a", {"b": "c"}], id="flow"),
        pytest.param("{200: a, true: b, null: c, 1.5: d}", {"200": "a", "true": "b", "null": "c", "1.5": "d"}, id="keys"),
        pytest.param("{=: a, !!str 1: b}", {"=": "a", "1": "b"}, id="strange keys"),
    ],
)
def test_a_value_is_read_as_json_has_it(text: str, value: Any) -> None:
    found, odd = read_yaml(f"a: {text}")
    assert (found, odd) == ({"a": value}, ())
    assert json.loads(json.dumps(found)) == {"a": value}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: &x [1]\nb: *x", {"a": [1], "b": [1]}, id="an alias"),
        pytest.param("a: &x {c: 1, d: 2}\nb: {<<: *x, d: 3}", {"a": {"c": 1, "d": 2}, "b": {"d": 3, "c": 1}}, id="a merge"),
        pytest.param(
            "a: &x {c: 1}\ny: &y {d: 1}\nb: {<<: [*x, *y]}", {"a": {"c": 1}, "y": {"d": 1}, "b": {"c": 1, "d": 1}}, id="merges"
        ),
        pytest.param("a: {<<: b}", {"a": {"<<": "b"}}, id="a merge of no object"),
        pytest.param("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}, id="a directive"),
    ],
)
def test_aliases_stand_for_what_they_name(text: str, value: Any) -> None:
    assert read_yaml(text)[0] == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("a: 1\na: 2", "line 2", id="a key twice"),
        pytest.param("a: {b: 1, 'b': 2}", "line 1", id="a key twice within"),
    ],
)
def test_a_key_that_stands_twice_is_told(text: str, says: str) -> None:
    found, odd = read_yaml(text)
    assert says in odd[0]
    assert "stands twice" in odd[0]
    assert found["a"] == 2 or found["a"]["b"] == 2


LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(LAUGHS, "more than 5,000,000 values", id="a billion laughs"),
        pytest.param("a: &x [*x]", "names nothing that ends before it", id="an alias of itself"),
        pytest.param("a: !!binary aGk=", "says what JSON cannot", id="bytes"),
        pytest.param("a: !!timestamp 2026-01-01", "says what JSON cannot", id="a tagged date"),
        pytest.param("a: !ruby/object:X {}", "says what JSON cannot", id="a foreign tag"),
        pytest.param("? [a]\n: b", "a key is a text", id="a list as a key"),
        pytest.param("a: 1e999", "is too large", id="a number that is none"),
        pytest.param(f"a: {'1' * 301}", "more than 300 digits", id="too many digits"),
        pytest.param("a: [", "line 2, column 1", id="no end"),
        pytest.param("a: b: c", "line 1, column 5", id="no YAML"),
        pytest.param("\t- a", "line 1", id="a tab"),
    ],
)
def test_what_json_cannot_say_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(YamlError) as refused:
        read_yaml(text)
    assert says in str(refused.value)


def test_the_values_of_a_document_are_those() -> None:
    document = """
openapi: 3.0.0
info: {title: 2026-11-30, version: 2026-11-30}
servers: [{url: "https://a.example"}]
paths:
  /a:
    get:
      operationId: 1e3
      parameters:
        - {name: country, in: query, schema: {type: string, enum: [NO, SE, on, 0755], default: NO}}
        - {name: since, in: query, schema: {type: string, default: 2026-01-01}}
      responses: {200: {description: ok}}
"""
    (made,) = import_document(Path("api.yaml"), document.encode(), Wanted()).handlers
    properties = made.capability.input_schema["properties"]

    assert properties["country"] == {"type": "string", "enum": ["NO", "SE", "on", "0755"], "default": "NO"}
    assert properties["since"]["default"] == "2026-01-01"
    assert made.capability.version == "2026.0.0"
