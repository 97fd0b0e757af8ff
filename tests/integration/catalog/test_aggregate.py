"""One value out of many."""

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Sandbox

LOOP = {
    "outputs": [{"a": 1}, None, {"b": 2}, None],
    "item_count": 4,
    "success_count": 2,
    "failure_count": 1,
    "failures": [{"index": 1, "error": {"type": "timed_out", "message": "no answer"}}],
}


@pytest.mark.parametrize(
    ("config", "items", "output"),
    [
        pytest.param({"strategy": "merge"}, LOOP, [{"a": 1, "b": 2}, 2, 1], id="a loop's output, a skipped item is no failure"),
        pytest.param({"strategy": "merge"}, [], [{}, 0, 0], id="nothing merged"),
        pytest.param(
            {"strategy": "concat"}, [[1], 2, [[3]], [], {"a": 1}], [[1, 2, [3], {"a": 1}], 5, 0], id="lists and what is none"
        ),
        pytest.param({"strategy": "count"}, [1, None, 2], [2, 2, 1], id="a number of items"),
        pytest.param(
            {"strategy": "count", "by": "/l/0"},
            [{"l": ["b"]}, {"l": ["a"]}, {"l": [1]}, {"l": [True]}, {"l": []}, {"l": ["b"]}],
            [{"b": 2, "1": 1, "a": 1, "null": 1, "true": 1}, 6, 0],
            id="counts by value, most frequent first",
        ),
        pytest.param(
            {"strategy": "count", "by": ""}, ["x", "y", "x"], [{"x": 2, "y": 1}, 3, 0], id="counts of the items themselves"
        ),
        pytest.param(
            {"strategy": "custom", "expression": "$sum($)"}, [1, 2, None], [3, 2, 1], id="an expression over the list"
        ),
        pytest.param({"strategy": "custom", "expression": "$"}, [7], [[7], 1, 0], id="a list of one"),
        pytest.param(
            {"strategy": "concat", "failure_threshold": {"count": 1}},
            [[1], None],
            [[1], 1, 1],
            id="as many failures as allowed",
        ),
        pytest.param(
            {"strategy": "concat", "failure_threshold": {"share": 0.5}}, [[1], None], [[1], 1, 1], id="a share of failures"
        ),
        pytest.param({"strategy": "concat"}, [None, None], [[], 0, 2], id="any number of failures"),
    ],
)
def test_items_become_one_value(sandbox: "Sandbox", config: dict[str, Any], items: Any, output: list[Any]) -> None:
    value, item_count, failed_count = output
    capability = sandbox.loaded.catalog.capabilities["aggregate@1.0.0"]

    answered = sandbox.run("aggregate", config, {"items": items})

    assert answered == {"ok": {"value": value, "item_count": item_count, "failed_count": failed_count}}
    Draft202012Validator(capability.output_of(config)).validate(answered["ok"])


def test_counts_come_most_frequent_first(sandbox: "Sandbox") -> None:
    answered = sandbox.run("aggregate", {"strategy": "count", "by": ""}, {"items": ["b", "c", "a", "c"]})

    assert list(answered["ok"]["value"].items()) == [("c", 2), ("a", 1), ("b", 1)]


@pytest.mark.parametrize(
    ("config", "items", "type_", "message"),
    [
        pytest.param({"strategy": "merge"}, [{}, [1]], "item_unfit", "merge takes objects; item 1 is a list", id="no object"),
        pytest.param(
            {"strategy": "count", "by": "/a"},
            [{"a": {}}],
            "item_unfit",
            "count needs a text, number, boolean or null at /a; item 0 has an object",
            id="nothing to count by",
        ),
        pytest.param(
            {"strategy": "concat", "failure_threshold": {"share": 0.4}},
            [[1], None],
            "too_many_failures",
            "1 of 2 items failed; failure_threshold allows a share of 0.4",
            id="too many failures",
        ),
        pytest.param(
            {"strategy": "custom", "expression": "$foo("},
            [],
            "expression_invalid",
            "S0203: Expected ) before end of expression near `$foo(`",
            id="no JSONata",
        ),
        pytest.param(
            {"strategy": "count", "output_schema": {"minimum": 5}},
            [1],
            "output_mismatch",
            "the aggregated value does not fit the schema: at its root: 1 is less than the minimum of 5",
            id="another shape",
        ),
    ],
)
def test_what_cannot_be_aggregated_says_why(
    sandbox: "Sandbox", config: dict[str, Any], items: list[Any], type_: str, message: str
) -> None:
    answered = sandbox.run("aggregate", config, {"items": items})

    assert (answered["error"]["type"], answered["error"]["message"]) == (type_, message)


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"strategy": "custom"}, id="custom without an expression"),
        pytest.param({"strategy": "merge", "expression": "$"}, id="an expression without custom"),
        pytest.param({"strategy": "merge", "by": "/a"}, id="by without count"),
        pytest.param({"strategy": "count", "by": "a"}, id="no pointer"),
        pytest.param({"strategy": "count", "failure_threshold": {"share": 2}}, id="more than all"),
        pytest.param({"strategy": "count", "failure_threshold": {"share": 0.1, "count": 1}}, id="two thresholds"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused_before_it_runs(sandbox: "Sandbox", config: dict[str, Any]) -> None:
    capability = sandbox.loaded.catalog.capabilities["aggregate@1.0.0"]

    assert not Draft202012Validator(capability.config_schema).is_valid(config)
