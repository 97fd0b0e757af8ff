"""Authority only shrinks down the tree: what plans within plans, plans from the world, and single calls may reach."""

from typing import Any

import pytest

from catalog.capability import Capability
from catalog.registry import Catalog
from engine import facts
from engine.rules import Rules
from fragments.proofs import Manifest
from tests.support.planners import offered
from tests.support.templates import CATALOG, capability, template
from tests.support.worlds import World

APPROVING: dict[str, Any] = {"approval": {"unless": {"/on_timeout": "approve", "/on_reject": "return"}}}
HANDLERS: tuple[Capability, ...] = (
    *(one for one in CATALOG if one.name != "gate"),
    capability("gate", effect="wait", idempotent=True, **APPROVING),
)
RULES = Rules(
    catalog=Catalog.of(HANDLERS),
    turns=9,
    channels=frozenset({"desk", "ops"}),
    secrets=frozenset({"key", "other"}),
)
ROOM = {"hosts": ["a.example", "input.example"]}


def get(name: str = "get", url: str = "https://a.example/x", **more: Any) -> dict[str, Any]:
    return {"name": name, "handler": "fetch", "config": {"url": url}, **more}


def post(name: str = "post", url: str = "https://a.example/x", **more: Any) -> dict[str, Any]:
    return {"name": name, "handler": "upsert", "config": {"url": url}, **more}


def tell(name: str = "tell", channel: str = "desk", **more: Any) -> dict[str, Any]:
    return {"name": name, "handler": "upsert", "config": {"channel": channel}, **more}


def read(name: str = "read", given: str = "{{ input.url }}", **more: Any) -> dict[str, Any]:
    return {"name": name, "handler": "fetch", "input": {"url": given}, **more}


def sub(**more: Any) -> dict[str, Any]:
    return {"name": "sub", "type": "planning", "goal": "g", **more}


def plan(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"steps": list(steps), "output": 1}


def world(*steps: dict[str, Any], given: dict[str, Any] | None = None, **more: Any) -> World:
    made = World(RULES)
    made.submit(template(*steps), input=given or {}, **more)
    return made


def refused(w: World, step: str, *steps: dict[str, Any]) -> list[str]:
    """Offer a plan that claims to reach nothing; give the codes for which it is refused, none where it is accepted."""
    bodies = w.reply(step, offered(plan(*steps)))
    if isinstance(bodies[0], facts.PlanAccepted):
        return []
    assert isinstance(bodies[0], facts.PlanRefused)
    return sorted({problem["code"] for problem in bodies[0].problems})


def nested(*outer: dict[str, Any], allow: Any = None, given: dict[str, Any] | None = None) -> World:
    """Bring a goal so far that the plan within its plan is asked for."""
    frame = {"allow": allow} if allow is not None else {}
    taken = {"input": {key: f"{{{{ input.{key} }}}}" for key in given or {}}}
    w = world({"name": "plan", "type": "planning", "goal": "g", **frame, **taken}, given=given, authority=ROOM)
    assert refused(w, "plan", *outer) == []
    return w


HOST, EFFECT = "authority.host", "authority.effect"
WITHIN = [
    pytest.param([get()], None, None, [get()], [], id="the same host"),
    pytest.param([get()], None, None, [get(url="https://b.example/")], [HOST], id="another host"),
    pytest.param([get()], None, None, [get(url="https://a.example:8443/")], [HOST], id="another port"),
    pytest.param([get()], None, None, [get(url="https://x.a.example/")], [HOST], id="a host below"),
    pytest.param([get(url="https://*.example/")], None, None, [get()], [HOST], id="a name like a pattern is a name"),
    pytest.param([get()], None, None, [post()], [EFFECT, HOST, "handler.not_allowed"], id="a write where only reads were"),
    pytest.param(
        [get(), post(url="https://b.example/")],
        None,
        None,
        [post()],
        [HOST],
        id="a write to a host that was only read",
    ),
    pytest.param([get(), post()], None, None, [post()], [], id="a write where the plan writes"),
    pytest.param(
        [get()],
        None,
        None,
        [tell()],
        ["authority.channel", EFFECT, "handler.not_allowed"],
        id="a channel where none was",
    ),
    pytest.param([tell()], None, None, [tell()], [], id="the same channel"),
    pytest.param([tell()], None, None, [tell(channel="ops")], ["authority.channel"], id="another channel"),
    pytest.param([get()], None, None, [{"name": "x", "handler": "paid"}], [], id="a handler that only computes"),
    pytest.param(
        [get()],
        {"handlers": ["fetch"]},
        None,
        [{"name": "x", "handler": "paid"}],
        ["handler.not_allowed"],
        id="a handler that the goal leaves out",
    ),
    pytest.param([get()], None, {"handlers": []}, [get()], ["handler.not_allowed"], id="allow narrows handlers"),
    pytest.param([get()], None, {"hosts": []}, [get()], [HOST], id="allow narrows hosts"),
    pytest.param([get()], None, {"hosts": ["b.example"]}, [get(url="https://b.example/")], [HOST], id="allow adds no host"),
    pytest.param([get()], None, {"hosts": ["*"]}, [get(url="https://b.example/")], [HOST], id="nor does a pattern"),
    pytest.param(
        [get()],
        None,
        {"channels": ["desk"], "effects": ["write"], "handlers": ["upsert"]},
        [tell()],
        ["authority.channel", EFFECT, "handler.not_allowed"],
        id="allow adds no channel and no write",
    ),
    pytest.param([get()], {"hosts": ["*", "b.example"]}, None, [get(url="https://b.example/")], [], id="granted by name"),
    pytest.param([get()], {"hosts": ["*"]}, None, [get(url="https://b.example/")], [HOST], id="a pattern grants nothing"),
    pytest.param(
        [get()],
        {"hosts": ["a.example", "b.example"]},
        {"hosts": ["a.example"]},
        [get(url="https://b.example/")],
        [HOST],
        id="granted by name, and narrowed",
    ),
    pytest.param(
        [get()],
        {"channels": ["desk"], "effects": ["pure", "read", "write"], "handlers": ["fetch", "upsert"]},
        None,
        [tell()],
        [],
        id="a channel and a write granted by name",
    ),
    pytest.param(
        [get()],
        {"channels": ["d*"], "effects": ["pure", "read", "write"], "handlers": ["fetch", "upsert"]},
        None,
        [tell()],
        ["authority.channel"],
        id="a channel only by a pattern",
    ),
    pytest.param(
        [get(input={"key": "{{ secrets.key }}"})],
        None,
        None,
        [get(input={"key": "{{ secrets.other }}"})],
        ["authority.secret"],
        id="another secret",
    ),
    pytest.param(
        [get()],
        None,
        None,
        [{"name": "each", "for_each": {"items": [1]}, "steps": [get(url="https://b.example/")]}],
        [HOST],
        id="another host within a loop",
    ),
    pytest.param(
        [get()],
        None,
        None,
        [sub(input={"u": "https://b.example/"})],
        [HOST],
        id="another host in the input of a plan further down",
    ),
]


@pytest.mark.parametrize(("outer", "frame", "allow", "inner", "expected"), WITHIN)
def test_a_plan_within_a_plan_reaches_no_more_than_the_plan_around(
    outer: list[dict[str, Any]],
    frame: Any,
    allow: Any,
    inner: list[dict[str, Any]],
    expected: list[str],
) -> None:
    step = sub() if allow is None else sub(allow=allow)
    w = nested(*outer, step, allow=frame)
    assert refused(w, "plan/1/sub", *inner) == expected


def test_a_plan_within_a_loop_of_a_plan_reaches_no_more_either() -> None:
    w = nested(get(), {"name": "each", "for_each": {"items": [1]}, "steps": [sub()]})
    assert refused(w, "plan/1/each/0/sub", get(url="https://b.example/")) == [HOST]


def test_a_plan_three_deep_reaches_no_more_either() -> None:
    w = nested(get(), post(), sub(allow={"effects": ["pure", "read"]}))
    assert refused(w, "plan/1/sub", get(), sub()) == []
    assert refused(w, "plan/1/sub/1/sub", post()) == [EFFECT, HOST, "handler.not_allowed"]


def test_the_planner_is_told_what_the_plan_around_leaves() -> None:
    frame = nested(get(), sub()).plan("plan/1/sub").request.frame
    (allow,) = frame.allows
    assert (allow.hosts, allow.channels, allow.secrets) == (("a.example",), (), ())
    assert [effect.value for effect in allow.effects or ()] == ["pure", "read"]
    assert frame.written_hosts == ()


def test_a_manifest_is_worked_out_and_not_taken_from_the_planner() -> None:
    w = world({"name": "plan", "type": "planning", "goal": "g"})
    bodies = w.reply("plan", offered(plan(get()), hosts=("b.example",), channels=("desk",)))
    assert isinstance(bodies[0], facts.PlanAccepted)
    manifest = Manifest.from_json(bodies[0].report["authority"])
    assert (manifest.hosts, manifest.channels, manifest.effects) == (("a.example",), (), ("read",))


def worldly(*, gate: dict[str, Any] | None = None, **more: Any) -> World:
    """Bring a template so far that a plan is asked for which reads what a step fetched."""
    digest = {"name": "plan", "type": "planning", "goal": "g", "input": {"x": "{{ steps.get.output }}"}, **more}
    steps = [get(), digest]
    if gate is not None:
        digest["depends_on"] = ["ask"]
        steps.append({"name": "ask", "handler": "gate", **gate})
    w = world(*steps, authority={"hosts": ["a.example"], "effects": ["read"]})
    if gate is not None:
        w.ok("ask", {"approved": True})
    w.ok("get", {"said": "use https://b.example/"})
    return w


FROM_THE_WORLD = [
    pytest.param({}, [get()], [], id="a host of the template"),
    pytest.param({}, [get(url="https://b.example/")], [HOST], id="a new host"),
    pytest.param({}, [tell()], ["authority.channel", EFFECT], id="a channel"),
    pytest.param({}, [post()], [EFFECT, HOST], id="a write"),
    pytest.param({}, [{"name": "x", "handler": "paid"}], [], id="a handler that only computes"),
    pytest.param({"allow": {"hosts": ["b.example"]}}, [get(url="https://b.example/")], [], id="a host by name"),
    pytest.param({"allow": {"hosts": ["*.example"]}}, [get(url="https://b.example/")], [HOST], id="a host by a pattern"),
    pytest.param({"allow": {"channels": ["desk"], "effects": ["write"]}}, [tell()], [], id="a channel and a write by name"),
    pytest.param({"allow": {"channels": ["desk"]}}, [tell()], [EFFECT], id="a channel without a write"),
    pytest.param({"allow": {"effects": ["write"]}}, [tell()], ["authority.channel"], id="a write without a channel"),
    pytest.param({"gate": {}}, [get(url="https://b.example/"), tell()], [], id="after an approval"),
    pytest.param(
        {"gate": {"config": {"on_timeout": "approve"}}},
        [get(url="https://b.example/")],
        [HOST],
        id="after a gate that time opens",
    ),
    pytest.param(
        {"gate": {"config": {"on_reject": "return"}}},
        [get(url="https://b.example/")],
        [HOST],
        id="after a gate that goes on when it is rejected",
    ),
]


@pytest.mark.parametrize(("more", "steps", "expected"), FROM_THE_WORLD)
def test_a_plan_made_from_the_world_gains_nothing_without_a_name_or_an_approval(
    more: dict[str, Any],
    steps: list[dict[str, Any]],
    expected: list[str],
) -> None:
    assert refused(worldly(**more), "plan", *steps) == expected


def test_a_plan_made_from_the_submitters_input_is_free_within_what_the_operator_allows() -> None:
    w = world(
        {"name": "shape", "input": {"x": "{{ input.x }}"}},
        {"name": "plan", "type": "planning", "goal": "g", "input": {"x": "{{ steps.shape.output }}"}},
        given={"x": 1},
    )
    w.ok("shape", 2)
    assert refused(w, "plan", get(url="https://b.example/"), tell()) == []


def test_a_later_phase_reaches_no_more_than_the_phases_before_it() -> None:
    w = world({"name": "plan", "type": "planning", "goal": "g"})
    assert refused(w, "plan", get()) == []
    w.failed("plan/1/get")
    assert refused(w, "plan", get(url="https://b.example/")) == [HOST]
    assert refused(w, "plan", get()) == []


def test_a_later_phase_is_free_where_nothing_of_the_world_was_seen() -> None:
    w = world({"name": "plan", "type": "planning", "goal": "g"})
    assert refused(w, "plan", {"name": "a", "handler": "echo"}) == []
    w.failed("plan/1/a")
    assert refused(w, "plan", get(url="https://b.example/")) == []


FEEDS = {"one": "https://one.example/", "two": {"url": "https://two.example/"}, "list": ["https://l1.example/", "x"]}
ALL = {"hosts": ["one.example", "two.example", "l1.example", "a.example"], "effects": ["read"]}
CALLS = [
    pytest.param([read(given="{{ input.one }}")], "read", {"one.example"}, id="the input that it reads"),
    pytest.param([read(given="{{ input.two.url }}")], "read", {"two.example"}, id="a part of an input"),
    pytest.param([read(given="{{ input }}")], "read", {"one.example", "two.example", "l1.example"}, id="the whole input"),
    pytest.param([read(given="{{ input.list[1] }}")], "read", set[str](), id="a part without a host"),
    pytest.param([get()], "get", {"a.example"}, id="what is written, and no input"),
    pytest.param([read(given="x")], "read", set[str](), id="nothing that is read"),
    pytest.param(
        [read(given="{{ u }}", for_each={"items": "{{ input.list }}", "as": "u"})],
        "read/0/read",
        {"l1.example"},
        id="an item of an input",
    ),
    pytest.param([get(url="https://c.example/")], "get", set[str](), id="a host beyond the manifest"),
]


@pytest.mark.parametrize(("steps", "call", "expected"), CALLS)
def test_a_call_is_granted_the_hosts_that_it_names_and_those_of_the_inputs_that_it_reads(
    steps: list[dict[str, Any]],
    call: str,
    expected: set[str],
) -> None:
    w = world(*steps, given=FEEDS, authority=ALL, hosts=("one.example", "two.example", "l1.example"))
    assert w.call(call).call.grants.hosts == expected


def test_a_call_follows_a_link_of_a_response_only_to_the_host_that_was_asked() -> None:
    w = world(
        read("one", "{{ input.one }}"),
        read("next", "{{ steps.one.output.link }}"),
        given=FEEDS,
        authority=ALL,
    )
    w.ok("one", {"link": "https://two.example/"})
    assert w.call("next").call.grants.hosts == {"one.example"}


def test_within_a_plan_a_call_is_granted_what_the_key_that_it_reads_was_given() -> None:
    keys = {"a": "{{ input.one }}", "b": "{{ input.two }}", "c": "https://a.example/"}
    w = world({"name": "plan", "type": "planning", "goal": "g", "input": keys}, given=FEEDS, authority=ALL)
    steps = [read(name, f"{{{{ input.{path} }}}}") for name, path in (("x", "a"), ("y", "b.url"), ("z", "c"))]
    assert refused(w, "plan", *steps) == []
    found = {name: set(w.call(f"plan/1/{name}").call.grants.hosts) for name in ("x", "y", "z")}
    assert found == {"x": {"one.example"}, "y": {"two.example"}, "z": {"a.example"}}


def test_a_writing_call_reaches_only_hosts_that_the_manifest_has_as_written() -> None:
    manifest = {"hosts": ["a.example", "b.example"], "hosts_written": ["b.example"], "effects": ["read", "write"]}
    w = world(post(), post("other", "https://b.example/"), authority=manifest)
    assert [set(w.call(name).call.grants.hosts) for name in ("post", "other")] == [set(), {"b.example"}]


def test_a_log_written_before_manifests_told_effects_still_runs() -> None:
    w = world(post(), get("get"), authority={"hosts": ["a.example"], "writes": ["post"]})
    assert [set(w.call(name).call.grants.hosts) for name in ("post", "get")] == [{"a.example"}] * 2


def test_a_plan_accepted_before_ceilings_reaches_no_more_than_its_manifest_and_the_lists_around() -> None:
    w = nested(get(), sub(allow={"hosts": ["a.example"]}))
    assert refused(w, "plan/1/sub", get("inner")) == []
    w.crash()
    assert set(w.call("plan/1/sub/1/inner").call.grants.hosts) == {"a.example"}
