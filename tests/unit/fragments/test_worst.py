from typing import Any

import pytest

from engine.retries import RETRY_AFTER_CAP
from fragments.checks.worst import LONGEST_RETRY_AFTER_S
from tests.support.catalogs import loop, planning, step
from tests.support.constructs import body, found, report_on, switch

ONCE = {"max_attempts": 1}


def total(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"name": name, **body(), "retry": ONCE, **more}


@pytest.mark.parametrize(
    ("steps", "steps_run", "calls", "cost"),
    [
        pytest.param([total()], 1, 1, 0.01, id="one call"),
        pytest.param([total(retry={"max_attempts": 5})], 1, 5, 0.05, id="every attempt"),
        pytest.param([total(fallback=body())], 1, 2, 0.02, id="a fallback adds"),
        pytest.param([total(fallback={"output": 1})], 1, 1, 0.01, id="a value to fall back on costs nothing"),
        pytest.param([total(when="input.floor > 1")], 1, 1, 0.01, id="a step that may be skipped counts"),
        pytest.param(
            [
                switch(
                    body(when="input.floor > 1"),
                    default={"handler": "transform", "config": {"expression": "$"}, "input": {"data": 1}},
                    retry=ONCE,
                )
            ],
            1,
            1,
            0.01,
            id="the costliest branch",
        ),
        pytest.param(
            [
                switch(
                    body(when="input.floor > 1"),
                    default={"steps": [step("x", retry=ONCE), step("y", retry=ONCE, depends_on=["x"])]},
                    retry=ONCE,
                )
            ],
            3,
            2,
            0.01,
            id="of every amount the branch that takes most",
        ),
        pytest.param(
            [switch(body(when="input.floor > 1"), default=body(), for_each={"items": [1, 2, 3]}, retry=ONCE)],
            4,
            3,
            0.03,
            id="a switch per item",
        ),
        pytest.param(
            [loop("l", switch({"when": "item > 1", "steps": [total()]}, default=body(), retry=ONCE), items=[1, 2])],
            5,
            2,
            0.02,
            id="a switch within a loop",
        ),
        pytest.param([loop("l", total(), items="{{ input.names }}", max_items=3)], 4, 3, 0.03, id="items up to the limit"),
        pytest.param(
            [total("a"), {"name": "j", "type": "deferred", "depends_on": ["a"]}], 2, 1, 0.01, id="a step without a handler"
        ),
    ],
)
def test_no_run_takes_more_steps_calls_and_money(steps: list[dict[str, Any]], steps_run: int, calls: int, cost: float) -> None:
    bound = report_on(steps).bound
    assert bound is not None
    assert (bound.steps, bound.handler_calls, bound.cost_usd) == (steps_run, calls, cost)


@pytest.mark.parametrize(
    ("steps", "seconds"),
    [
        pytest.param([total()], 10.0, id="the handler's own limit"),
        pytest.param([total(timeout="4s")], 4.0, id="a time-out"),
        pytest.param(
            [total(timeout="4s", retry={"max_attempts": 3, "base": "1s", "jitter": 0})],
            3 * 4 + 1 + 2,
            id="waits between attempts",
        ),
        pytest.param(
            [total(timeout="4s", retry={"max_attempts": 3, "backoff": "linear", "base": "10s", "cap": "15s", "jitter": 0.5})],
            3 * 4 + 15 + 15,
            id="waits as long as the policy lets them be",
        ),
        pytest.param(
            [total(timeout="4s", retry={"max_attempts": 3, "backoff": "none", "base": "1s", "jitter": 0})], 14, id="equal waits"
        ),
        pytest.param([total("a"), total("b")], 10, id="side by side"),
        pytest.param(
            [total("a", timeout="3s"), total("b", depends_on=["a"]), total("c", timeout="11s")], 13, id="the longest way"
        ),
        pytest.param([total(for_each={"items": [1, 2, 3, 4, 5], "max_parallel": 2})], 30, id="items so many at a time"),
        pytest.param(
            [
                switch(
                    body(when="input.floor > 1"),
                    default={"steps": [total("x"), total("y", depends_on=["x"])], "output": 1},
                    retry=ONCE,
                )
            ],
            20,
            id="the longest branch",
        ),
        pytest.param([total(fallback=body())], 20, id="a fallback comes after"),
        pytest.param([planning("p", bounds={"wall_clock": "90s"})], 90, id="a plan's own bound"),
        pytest.param([planning("p")], 1800, id="a plan may take what is left"),
        pytest.param([{"name": "w", "handler": "patient"}], 1800, id="somebody who is waited for may take what is left"),
        pytest.param(
            [
                {
                    "name": "f",
                    "handler": "http_request",
                    "config": {"url": "https://feeds.example"},
                    "timeout": "5s",
                    "retry": {"max_attempts": 2},
                }
            ],
            2 * 5 + 300,
            id="who is asked outside may ask for a longer wait",
        ),
    ],
)
def test_no_run_takes_longer(steps: list[dict[str, Any]], seconds: float) -> None:
    bound = report_on(steps).bound
    assert bound is not None
    assert bound.wall_clock_s == seconds


def test_the_engine_waits_no_longer_than_the_bound_says() -> None:
    assert RETRY_AFTER_CAP.total_seconds() == LONGEST_RETRY_AFTER_S


def test_an_unknown_price_is_refused_and_not_free() -> None:
    codes = [code for code, _ in found([{"name": "a", "handler": "dear"}])]
    assert codes == ["bounds.cost", "bounds.price"]
