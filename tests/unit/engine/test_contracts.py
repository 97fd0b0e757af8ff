from typing import Any

import pytest

from engine.contracts import misfit


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
    ],
)
def test_a_value_is_held_against_a_schema(schema: dict[str, Any], value: Any, says: str | None) -> None:
    found = misfit(schema, value)
    assert found == says if says is None or found is None else found.startswith(says)
