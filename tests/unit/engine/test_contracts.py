from typing import Any

import pytest

from engine.contracts import misfit


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("schema", "value", "says"),
    [
        pytest.param({"type": "object"}, {}, None, id="fits"),
        pytest.param({"required": ["a"]}, {}, "at the top: 'a' is a required property", id="something is missing"),
        pytest.param(
            {"properties": {"a": {"items": {"type": "string"}}}},
            {"a": ["x", 1]},
            "at /a/1: 1 is not of type 'string'",
            id="deep",
        ),
        pytest.param({"type": "strin"}, {}, "the schema itself is wrong: 'strin' is not valid", id="no schema"),
        pytest.param(
            {"$ref": "https://example.com/s"}, {}, "the schema itself is wrong: it refers to", id="a schema elsewhere"
        ),
        pytest.param({"pattern": "^(a+)+$"}, "a" * 60 + "!", "at the top: 'aaaa", id="a pattern that would not end"),
        pytest.param(
            {"pattern": "^(?=a)"},
            "a",
            "the schema itself is wrong: The pattern '^(?=a)' cannot be evaluated here: look-around is not supported.",
            id="a pattern that looks ahead",
        ),
        pytest.param(
            {"items": {"$ref": "#"}}, nested(100_000), "at the top: It is nested too deep", id="a value nested without end"
        ),
        pytest.param(
            {"properties": {"a": {"$ref": "#"}}, "patternProperties": {"^a$": {"$ref": "#"}}},
            {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {}}}}}}}}}},
            None,
            id="a schema that doubles, and a value that is shallow",
        ),
    ],
)
def test_a_value_is_held_against_a_schema(schema: dict[str, Any], value: Any, says: str | None) -> None:
    found = misfit(schema, value)
    assert found == says if says is None or found is None else found.startswith(says)
