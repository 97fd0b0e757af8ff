"""Properties of authority: whatever a planner offers, no plan within a plan reaches more than the plan around it."""

from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from engine import facts
from engine.rules import Rules
from fragments.documents import Allow
from fragments.proofs import Manifest
from tests.support.planners import offered
from tests.support.templates import CATALOG, template
from tests.support.worlds import World

HOSTS = ("a.example", "b.example", "c.example:8443")
CHANNELS = ("desk", "ops")
NAMES = {"handlers": ("fetch", "upsert", "write", "echo"), "hosts": HOSTS, "channels": CHANNELS, "secrets": ("key", "other")}
RULES = Rules(catalog=CATALOG, turns=50, channels=frozenset(CHANNELS), secrets=frozenset(NAMES["secrets"]))
SLOW = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
DEPTH = 3


def calls(name: str) -> st.SearchStrategy[dict[str, Any]]:
    config = st.fixed_dictionaries(
        {},
        optional={"url": st.sampled_from([f"https://{host}/x" for host in HOSTS]), "channel": st.sampled_from(CHANNELS)},
    )
    given_ = st.fixed_dictionaries({}, optional={"key": st.sampled_from(["{{ secrets.key }}", "{{ secrets.other }}"])})
    handler = st.sampled_from(("fetch", "upsert", "write", "echo", "paid"))
    call = st.fixed_dictionaries({"name": st.just(name), "handler": handler, "config": config, "input": given_})
    return call.map(lambda one: one if one["handler"] not in ("echo", "paid") else {**one, "config": {}, "input": {}})


def allows() -> st.SearchStrategy[dict[str, Any] | None]:
    lists = {key: st.lists(st.sampled_from([*names, "*"]), max_size=3, unique=True) for key, names in NAMES.items()}
    effects = st.lists(st.sampled_from(["pure", "read", "write"]), max_size=3, unique=True)
    return st.none() | st.fixed_dictionaries({}, optional={**lists, "effects": effects})


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    steps = [draw(calls(f"s{i}")) for i in range(draw(st.integers(1, 4)))]
    allow = draw(allows())
    sub: dict[str, Any] = {"name": "sub", "type": "planning", "goal": "g"} | ({"allow": allow} if allow else {})
    loop = {"name": "each", "for_each": {"items": [1]}, "steps": [sub]}
    return {"steps": [*steps, loop if draw(st.booleans()) else sub], "output": 1}


def within(manifest: Manifest, around: Manifest, frame: Allow) -> bool:
    """Say whether a manifest holds nothing that the one around does not hold and the frame does not name."""
    named = {key: set(getattr(frame, key) or ()) - {"*"} for key in ("handlers", "hosts", "channels", "secrets", "effects")}
    versions = {f"{name}@1.0.0" for name in named["handlers"]}
    return (
        set(manifest.handlers) <= {*around.handlers, *versions}
        and set(manifest.hosts) <= {*around.hosts, *named["hosts"]}
        and set(manifest.channels) <= {*around.channels, *named["channels"]}
        and set(manifest.secrets) <= {*around.secrets, *named["secrets"]}
        and set(manifest.effects) <= {*around.effects, *named["effects"], "pure"}
        and set(manifest.hosts_written) <= {*around.hosts_written, *named["hosts"]}
    )


@SLOW
@given(allows(), st.lists(plans(), min_size=2, max_size=12))
def test_no_plan_within_a_plan_reaches_more_than_the_plan_around_and_the_frame_names(
    allow: dict[str, Any] | None,
    offers: list[dict[str, Any]],
) -> None:
    w = World(RULES)
    w.submit(template({"name": "plan", "type": "planning", "goal": "g"} | ({"allow": allow} if allow else {})))
    frame, around, depth = Allow.model_validate(allow or {}), None, 0
    for offer in offers:
        asked = [effect.step for effect in w.owed if effect.step.endswith(("plan", "sub"))]
        if not asked or depth == DEPTH:
            break
        first = w.reply(asked[-1], offered(offer))[0]
        if not isinstance(first, facts.PlanAccepted):
            continue
        manifest = Manifest.from_json(first.report["authority"])
        assert around is None or within(manifest, around, frame)
        around, depth = manifest, depth + 1
    event(f"plans accepted: {depth}")
