from typing import Any

import pytest

from engine.constructs import RUNS
from fragments.constructs import MEMBERS, Construct
from planner.answers import answer_schema, plan_schema


def keys(schema: Any) -> set[str]:
    return set(schema["$defs"]["Step"]["properties"])


def test_a_planner_is_told_nothing_that_the_engine_does_not_run() -> None:
    plain = plan_schema(RUNS)
    assert plain == plan_schema()
    assert keys(plain) == {
        *("name", "type", "description", "handler", "config", "input", "depends_on", "for_each", "steps", "retry", "timeout"),
        *("idempotent", "goal", "allow", "must_produce", "bounds"),
    }
    assert plain["$defs"]["StepType"]["enum"] == ["standard", "planning"]
    assert set(plain["$defs"]) == {"Allow", "Backoff", "Bounds", "Effect", "ForEach", "OnFailure", "Retry", "Step", "StepType"}


@pytest.mark.parametrize(
    ("construct", "key", "definitions"),
    [
        pytest.param(Construct.WHEN, "when", set(), id="conditions"),
        pytest.param(Construct.SWITCH, "switch", {"Branch", "Case", "Switch"}, id="switches"),
        pytest.param(Construct.FALLBACK, "fallback", {"Fallback"}, id="fallbacks"),
        pytest.param(Construct.WORKFLOW, "workflow", set(), id="workflows"),
        pytest.param(Construct.PRIORITY, "priority", set(), id="priorities"),
    ],
)
def test_a_construct_that_the_engine_runs_is_told_with_all_that_belongs_to_it(
    construct: Construct, key: str, definitions: set[str]
) -> None:
    told = plan_schema(frozenset({construct}))
    assert keys(told) - keys(plan_schema()) == {key}
    assert set(told["$defs"]) - set(plan_schema()["$defs"]) == definitions


def test_what_is_hidden_is_of_the_models() -> None:
    everything = plan_schema(frozenset(Construct))["$defs"]
    for model, key in (place for places in MEMBERS.values() for place in places if place[0] != "Template"):
        assert key in everything[model].get("properties", everything[model].get("enum"))


def test_an_answer_is_a_plan_or_a_refusal() -> None:
    assert set(answer_schema(RUNS)["properties"]) == {"reasoning", "steps", "output", "refused"}
    assert "when" in keys(answer_schema(frozenset({Construct.WHEN})))
