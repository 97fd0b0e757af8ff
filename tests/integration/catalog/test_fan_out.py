"""Lists in partitions: every item once, in order, within the caps."""

import random
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Sandbox


def parts(sandbox: "Sandbox", config: dict[str, Any], items: Any, **variables: Any) -> dict[str, Any]:
    """Call, and hold config, input and output against what the capability promises."""
    capability = sandbox.loaded.catalog.capabilities["fan_out@1.0.0"]
    given = {"items": items, **variables}
    Draft202012Validator(capability.config_schema).validate(config)
    Draft202012Validator(capability.input_schema).validate(given)
    answered: dict[str, Any] = sandbox.run("fan_out", config, given)
    if "ok" in answered:
        Draft202012Validator(capability.output_of(config)).validate(answered["ok"])
    return answered


@pytest.mark.parametrize(
    ("config", "items", "partitions"),
    [
        pytest.param({"strategy": "each"}, [1, None, "a", {}], [1, "a", {}], id="each, without nulls"),
        pytest.param(
            {"strategy": "each"},
            {"outputs": [1, None], "failures": [{"index": 1, "error": {}}]},
            [1],
            id="the results of a loop",
        ),
        pytest.param(
            {"strategy": "each", "distinct": True},
            [1, 1.0, True, "1", {"a": 1, "b": 2}, {"b": 2, "a": 1.0}],
            [1, True, "1", {"a": 1, "b": 2}],
            id="equal items once",
        ),
        pytest.param({"strategy": "chunk", "size": 2}, [1, 2, 3], [[1, 2], [3]], id="so many each"),
        pytest.param({"strategy": "chunk", "size": 5}, [], [], id="no items"),
        pytest.param({"strategy": "chunk", "count": 2}, [1, 2, 3, 4, 5], [[1, 2], [3, 4, 5]], id="so many lists"),
        pytest.param({"strategy": "chunk", "count": 9}, [1, 2], [[1], [2]], id="more lists than items"),
        pytest.param({"strategy": "chunk", "count": 3}, [], [], id="lists of nothing"),
        pytest.param(
            {"strategy": "chunk", "count": 2, "weight": ""}, [5, 4, 3, 2, 1], [[5, 2, 1], [4, 3]], id="lists of equal weight"
        ),
        pytest.param(
            {"strategy": "chunk", "budget": 5, "weight": "/w"},
            [{"w": 3}, {"w": 2}, {"w": 0.5}, {"w": 5}],
            [[{"w": 3}, {"w": 2}], [{"w": 0.5}], [{"w": 5}]],
            id="lists within a budget",
        ),
        pytest.param(
            {"strategy": "chunk", "budget": 10, "weight": "", "weight_as": "json"},
            ["aaa", "bbb", "c"],
            [["aaa", "bbb"], ["c"]],
            id="weighed as JSON",
        ),
        pytest.param(
            {"strategy": "by_key", "key": "/k"},
            [{"k": 1}, {"k": "1"}, {"k": 1.0}, {"k": True}, {}],
            [
                {"key": 1, "items": [{"k": 1}, {"k": 1.0}]},
                {"key": "1", "items": [{"k": "1"}]},
                {"key": True, "items": [{"k": True}]},
                {"key": None, "items": [{}]},
            ],
            id="groups",
        ),
    ],
)
def test_a_list_is_split(sandbox: "Sandbox", config: dict[str, Any], items: Any, partitions: list[Any]) -> None:
    answered = parts(sandbox, config, items)["ok"]

    assert answered["partitions"] == partitions
    assert answered["count"] == len(partitions)


def test_a_key_may_be_computed_with_other_inputs(sandbox: "Sandbox") -> None:
    config = {"strategy": "by_key", "key_expression": "$lookup($teams, owner)"}

    answered = parts(
        sandbox, config, [{"owner": "ann"}, {"owner": "bob"}, {"owner": "eve"}], teams={"ann": "red", "eve": "red"}
    )

    assert answered["ok"]["keys"] == ["red", None]
    assert [len(group["items"]) for group in answered["ok"]["partitions"]] == [2, 1]


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"strategy": "chunk", "size": 7}, id="size"),
        pytest.param({"strategy": "chunk", "count": 7}, id="count"),
        pytest.param({"strategy": "chunk", "count": 7, "weight": "/w"}, id="count by weight"),
        pytest.param({"strategy": "chunk", "budget": 30, "weight": "/w"}, id="budget"),
        pytest.param({"strategy": "by_key", "key": "/w"}, id="by_key"),
    ],
)
def test_no_item_is_lost_doubled_or_moved_within_its_partition(sandbox: "Sandbox", config: dict[str, Any]) -> None:
    chance = random.Random(7)
    items = [{"id": number, "w": chance.randint(0, 9)} for number in range(100)]

    made = parts(sandbox, config, items)["ok"]["partitions"]

    lists = [part["items"] if "key" in config else part for part in made]
    assert sorted(item["id"] for part in lists for item in part) == list(range(100))
    assert all(part == sorted(part, key=lambda item: item["id"]) for part in lists)
    if "weight" in config and "count" in config:
        weights = [sum(item["w"] for item in part) for part in lists]
        assert max(weights) - min(weights) <= 9


@pytest.mark.parametrize(
    ("config", "items", "type_", "message"),
    [
        pytest.param(
            {"strategy": "chunk", "size": 1, "max_partitions": 2},
            [1, 2, 3],
            "too_many_partitions",
            "3 items make 3 partitions; max_partitions allows 2",
            id="too many",
        ),
        pytest.param(
            {"strategy": "by_key", "key": "/k"},
            [{"k": [1]}],
            "item_unfit",
            "a key is a text, number, boolean or null; that of item 0 is a list",
            id="a list as a key",
        ),
        pytest.param(
            {"strategy": "chunk", "count": 1, "weight": "/w"},
            [{"w": -1}],
            "item_unfit",
            "a weight is a number of at least 0; that of item 0 at /w is -1",
            id="less than nothing",
        ),
        pytest.param(
            {"strategy": "chunk", "count": 1, "weight": ""},
            [1, True],
            "item_unfit",
            "a weight is a number of at least 0; that of item 1 at its root is a boolean",
            id="a boolean as a weight",
        ),
        pytest.param(
            {"strategy": "chunk", "budget": 2, "weight": ""},
            [1, 3],
            "item_unfit",
            "item 1 weighs 3, more than the whole budget of 2",
            id="an item beyond the budget",
        ),
        pytest.param(
            {"strategy": "each", "item_schema": {"type": "integer"}},
            [1, "a"],
            "item_mismatch",
            "item 1 does not fit item_schema: at its root: 'a' is not of type 'integer'",
            id="an item of another type",
        ),
        pytest.param(
            {"strategy": "by_key", "key_expression": "a +"},
            [],
            "expression_invalid",
            "S0207: Unexpected end of expression near `a +`",
            id="no JSONata",
        ),
    ],
)
def test_what_goes_wrong_is_said(sandbox: "Sandbox", config: dict[str, Any], items: Any, type_: str, message: str) -> None:
    answered = parts(sandbox, config, items)

    assert answered == {"error": {"type": type_, "message": message, "retryable": False, "retry_after_s": None}}


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"strategy": "chunk"}, id="chunk without a measure"),
        pytest.param({"strategy": "chunk", "size": 1, "count": 1}, id="two measures"),
        pytest.param({"strategy": "chunk", "budget": 1}, id="a budget without a weight"),
        pytest.param({"strategy": "by_key"}, id="by_key without a key"),
        pytest.param({"strategy": "by_key", "key": "/a", "key_expression": "a"}, id="two keys"),
        pytest.param({"strategy": "each", "size": 1}, id="a size for each"),
    ],
)
def test_a_config_that_says_too_little_or_too_much_is_refused(sandbox: "Sandbox", config: dict[str, Any]) -> None:
    schema = sandbox.loaded.catalog.capabilities["fan_out@1.0.0"].config_schema

    assert not Draft202012Validator(schema).is_valid(config)
