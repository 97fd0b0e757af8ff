"""Numbers that only pass through a handler keep their digits."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Sandbox

NUMBERS = [
    0,
    -0.0,
    1,
    1.0,
    0.1,
    1e-7,
    5e-324,
    19.99,
    0.30000000000000004,
    123456789.12345679,
    9007199254740993,
    -9007199254740993,
    9223372036854775807,
    18446744073709551616,
    10**299,
    1e22,
    1.5e300,
    1.7976931348623157e308,
]
VALUE = {"list": NUMBERS, **{f"n{i}": number for i, number in enumerate(NUMBERS)}}


@pytest.mark.parametrize(
    ("handler", "config", "given", "path"),
    [
        ("transform", {"expression": "$"}, {"data": VALUE}, ()),
        ("transform", {"expression": "$value"}, {"data": None, "value": VALUE}, ()),
        ("transform", {"expression": "[$].list"}, {"data": VALUE}, None),
        ("aggregate", {"strategy": "concat"}, {"items": [[VALUE]]}, ("value", 0)),
        ("aggregate", {"strategy": "merge"}, {"items": [VALUE]}, ("value",)),
        ("fan_out", {"strategy": "each"}, {"items": [VALUE]}, ("partitions", 0)),
        ("fan_out", {"strategy": "each", "distinct": True}, {"items": [VALUE]}, ("partitions", 0)),
        ("validate", {"schema": {"type": "object"}}, {"data": VALUE}, None),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_value_comes_out_as_it_went_in(
    sandbox: "Sandbox", handler: str, config: dict[str, Any], given: dict[str, Any], path: tuple[Any, ...] | None
) -> None:
    found = sandbox.run(handler, config, given)["ok"]
    for key in path or ():
        found = found[key]

    assert json.dumps(NUMBERS)[1:-1] in json.dumps(found)
    if path is not None:
        assert json.dumps(found) == json.dumps(VALUE)
