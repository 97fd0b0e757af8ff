from typing import Any

import pytest

from catalog.capability import Capability
from fragments.documents import Step
from fragments.following import Follower, following
from tests.support.catalogs import CATALOG

GATE = {"name": "ask", "handler": "transform", "config": {"expression": "$"}}


def find(handler: str) -> Capability | None:
    found = CATALOG.resolve(handler)
    return found if isinstance(found, Capability) else None


def follows(*steps: dict[str, Any], of: str = "ask") -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    found = following([Step.model_validate(step) for step in steps], of, find)
    return [(one.step, one.effect, one.hosts, one.channels) for one in found]


def post(name: str, url: str = "https://api.example/x", **more: Any) -> dict[str, Any]:
    return {"name": name, "handler": "http_request", "config": {"method": "POST", "url": url}, **more}


def tell(name: str, channel: str = "desk", **more: Any) -> dict[str, Any]:
    return {"name": name, "handler": "notify", "config": {"channel": channel, "template": "x"}, **more}


AFTER: dict[str, Any] = {"depends_on": ["ask"]}
CASES = [
    pytest.param([GATE], "ask", [], id="nothing"),
    pytest.param([GATE, post("a")], "ask", [], id="a step that does not wait for it"),
    pytest.param([GATE, tell("a", **AFTER)], "ask", [("a", "write", (), ("desk",))], id="declared"),
    pytest.param(
        [GATE, tell("a", input={"x": "{{ steps.ask.output.approved }}"})],
        "ask",
        [("a", "write", (), ("desk",))],
        id="by a reference",
    ),
    pytest.param(
        [GATE, tell("a", when="steps.ask.output.approved")],
        "ask",
        [("a", "write", (), ("desk",))],
        id="by a condition",
    ),
    pytest.param(
        [post("b", depends_on=["a"]), GATE, tell("a", **AFTER)],
        "ask",
        [("b", "write", ("api.example",), ()), ("a", "write", (), ("desk",))],
        id="over a step between, in document order",
    ),
    pytest.param(
        [GATE, {"name": "a", "handler": "http_request", "config": {"url": "https://api.example/"}, **AFTER}],
        "ask",
        [("a", "read", ("api.example",), ())],
        id="a step that only reads",
    ),
    pytest.param(
        [GATE, post("a", "{+u}", input={"url_params": {"u": "{{ input.hook }}"}}, **AFTER)],
        "ask",
        [("a", "write", ("any host of input.hook",), ())],
        id="a host that the input names",
    ),
    pytest.param(
        [GATE, post("a", "{+u}", input={"url_params": {"u": "{{ item }}"}}, for_each={"items": "{{ input.hooks }}"}, **AFTER)],
        "ask",
        [("a", "write", ("any host of input.hooks",), ())],
        id="a host that an item of the input names",
    ),
    pytest.param(
        [GATE, {"name": "each", "for_each": {"items": [1]}, "steps": [tell("a"), post("b")], **AFTER}],
        "ask",
        [("each/a", "write", (), ("desk",)), ("each/b", "write", ("api.example",), ())],
        id="the steps of a loop",
    ),
    pytest.param(
        [{"name": "each", "for_each": {"items": [1]}, "steps": [GATE, tell("a", **AFTER)]}, post("b", depends_on=["each"])],
        "each/ask",
        [("b", "write", ("api.example",), ()), ("each/a", "write", (), ("desk",))][::-1],
        id="within a loop, and behind it",
    ),
    pytest.param(
        [
            GATE,
            {"name": "route", "switch": {"cases": [{"when": "true", "handler": "notify", "config": {"channel": "ops"}}]}}
            | AFTER,
        ],
        "ask",
        [("route/0", "write", (), ("ops",))],
        id="a branch of a switch",
    ),
    pytest.param(
        [{"name": "route", "switch": {"cases": [{"when": "true", "steps": [GATE, tell("a", **AFTER)]}]}}],
        "route/0/ask",
        [("route/0/a", "write", (), ("desk",))],
        id="within a branch",
    ),
    pytest.param(
        [GATE, {**GATE, "name": "a", "fallback": {"handler": "notify", "config": {"channel": "ops"}}, **AFTER}],
        "ask",
        [("a", "pure", (), ()), ("a/fallback", "write", (), ("ops",))],
        id="a fallback",
    ),
    pytest.param(
        [GATE, {"name": "plan", "type": "planning", "goal": "g", "input": {"u": "{{ input.feed }}"}, **AFTER}],
        "ask",
        [("plan", "plan", ("any host of input.feed",), ())],
        id="a plan that is not made yet",
    ),
    pytest.param(
        [GATE, {"name": "run", "type": "workflow", "workflow": "other", **AFTER}],
        "ask",
        [("run", "workflow", (), ())],
        id="a workflow",
    ),
    pytest.param([GATE, {"name": "a", "handler": "gone", **AFTER}], "ask", [("a", "unknown", (), ())], id="an unknown handler"),
]


@pytest.mark.parametrize(("steps", "of", "expected"), CASES)
def test_what_follows_a_step_is_listed_with_what_it_does(
    steps: list[dict[str, Any]],
    of: str,
    expected: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]],
) -> None:
    assert follows(*steps, of=of) == expected


@pytest.mark.parametrize(
    ("effect", "writes"),
    [("pure", False), ("read", False), ("wait", False), ("write", True), ("plan", True), ("workflow", True), ("unknown", True)],
)
def test_what_nobody_knows_yet_counts_as_a_write(effect: str, *, writes: bool) -> None:
    assert Follower(step="a", handler=None, effect=effect).writes is writes
