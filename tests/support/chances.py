"""Tasks and what happens to them, at random: strategies and a driver for properties of the engine."""

from random import Random
from typing import Any

from hypothesis import strategies as st

from catalog.calls import Failed, Ok
from engine import commands
from engine.effects import Effect, ExpireAt, Plan, RunHandler, WakeAt
from engine.owed import claim_of
from fragments.bounds import Left
from fragments.planning import Declined, Offered, PlanReply, PlanRequest, Provenance, Unplanned
from tests.support.planners import offered, rejected
from tests.support.templates import template
from tests.support.worlds import World

HANDLERS = ("echo", "fetch", "write", "upsert", "paid")
RETRIES = ({"max_attempts": 1}, {"max_attempts": 2, "base": "1s"}, {"max_attempts": 3, "backoff": "linear"})


@st.composite
def handler_steps(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Make a step that runs a handler."""
    step: dict[str, Any] = {"name": name, "handler": draw(st.sampled_from(HANDLERS))}
    if draw(st.booleans()):
        step["retry"] = draw(st.sampled_from(RETRIES))
    return step


@st.composite
def steps(draw: st.DrawFn, name: str, depth: int) -> dict[str, Any]:
    """Make a step: a handler, a loop, a planning step."""
    kind = draw(st.sampled_from(("planning", "body", "loop", "handler") if depth else ("handler",)))
    if kind == "handler":
        return draw(handler_steps(name))
    if kind == "planning":
        bounds = draw(
            st.sampled_from((None, {"phases": 2}, {"steps": 3}, {"model_calls": 2}, {"cost_usd": 0.3}, {"wall_clock": "90s"}))
        )
        contract = draw(st.sampled_from((None, {"type": "object"})))
        step: dict[str, Any] = {"name": name, "type": "planning", "goal": "g"}
        return step | ({"bounds": bounds} if bounds else {}) | ({"must_produce": contract} if contract else {})
    loop = {
        "items": list(range(draw(st.integers(0, 3)))),
        "max_parallel": draw(st.integers(1, 3)),
        "on_failure": draw(st.sampled_from(("fail_fast", "continue"))),
    }
    if kind == "loop":
        return draw(handler_steps(name)) | {"for_each": loop}
    return {"name": name, "for_each": loop, "steps": draw(scopes(depth - 1))}


@st.composite
def scopes(draw: st.DrawFn, depth: int) -> list[dict[str, Any]]:
    """Make the steps of one scope; some wait for earlier ones, some read their outputs."""
    made: list[dict[str, Any]] = []
    for i in range(draw(st.integers(2, 5) if depth > 1 else st.integers(1, 3))):
        step = draw(steps(f"s{i}", depth))
        before = [each["name"] for each in made]
        if len(before) > 0 and draw(st.booleans()):
            step["depends_on"] = draw(st.lists(st.sampled_from(before), unique=True, max_size=2))
        if len(before) > 0 and "steps" not in step and draw(st.booleans()):
            step["input"] = {"seen": f"{{{{ steps.{draw(st.sampled_from(before))}.output }}}}"}
        made.append(step)
    return made


bounds = st.builds(
    Left,
    steps=st.sampled_from((100, 100, 100, 25, 6)),
    depth=st.sampled_from((2, 2, 2, 2, 1, 0)),
    phases=st.integers(1, 3),
    model_calls=st.sampled_from((30, 30, 30, 6, 2, 0)),
    cost_usd=st.sampled_from((5.0, 5.0, 5.0, 5.0, 0.3, 0.0)),
)


@st.composite
def begun(draw: st.DrawFn) -> World:
    """Give a task just submitted."""
    world = World()
    world.submit(template(*draw(scopes(2))), left=draw(bounds))
    return world


def happen(world: World, random: Random, *, kindly: bool = False) -> None:
    """Let one thing happen: mostly an answer, now and then a clock, a crash or an end from outside."""
    fate = random.random()
    if not kindly and fate < 0.05:
        world.crash()
    elif not kindly and fate < 0.055:
        world.command(commands.Cancel(reason="chance"))
    elif not kindly and fate < 0.15 and world.past:
        late(world, random.choice(world.past))
    else:
        answer(world, random.choice(pressing(world) or world.owed), random, kindly=kindly)


def pressing(world: World) -> list[Effect]:
    """Give what is owed and is not merely a wall clock: while a task has not ended there is always something."""
    return [effect for effect in world.owed if not isinstance(effect, ExpireAt)]


def late(world: World, effect: Effect) -> None:
    """Answer an effect that was issued at some time; where it is no longer owed, that must say nothing."""
    if isinstance(effect, RunHandler) and keys([effect])[0] not in keys(world.owed):
        order = commands.ReportStep(step=effect.step, attempt=effect.attempt, outcome=Ok(output="late"))
        assert world.command(order) == []


def answer(world: World, effect: Effect, random: Random, *, kindly: bool) -> None:
    """Answer an effect."""
    match effect:
        case RunHandler():
            outcome = Ok(output={"n": effect.attempt}) if kindly or random.random() < 0.85 else _failure(random)
            world.command(commands.ReportStep(step=effect.step, attempt=effect.attempt, outcome=outcome))
        case Plan():
            world.reply(effect.step, _offer(effect.request, random) if kindly else _reply(effect.request, random))
        case WakeAt():
            world.wake(effect.step)
        case ExpireAt():
            world.expire(effect.step)


def keys(effects: list[Effect]) -> list[tuple[str, str]]:
    """Tell effects apart, in an order of their own."""
    return sorted((effect.step, str(claim_of(effect))) for effect in effects)


def _failure(random: Random) -> Failed:
    type_ = random.choice(("boom", "timed_out", "worker_lost", "limit_cpu"))
    return Failed(type=type_, message="chance", retryable=random.random() < 0.8)


def _reply(request: PlanRequest, random: Random) -> PlanReply:
    cost = round(random.random() * request.allowance_usd, 6)
    paid = Provenance(source="model", cost_usd=cost)
    choices: list[PlanReply] = [
        *[_offer(request, random, cost)] * 12,
        rejected("bad", cost_usd=cost),
        rejected("bad", cost_usd=cost),
        Unplanned(type="provider", message="busy", retryable=True, provenance=paid),
        Unplanned(type="provider", message="gone", provenance=paid),
        Declined(reason="no", provenance=paid),
    ]
    return random.choice(choices)


def _offer(request: PlanRequest, random: Random, cost: float = 0.0) -> Offered:
    steps: list[dict[str, Any]] = [{"name": "a", "handler": random.choice(HANDLERS), "retry": {"max_attempts": 1}}]
    if random.random() < 0.4:
        steps.append({"name": "b", "handler": "echo", "input": {"a": "{{ steps.a.output }}"}})
    if random.random() < 0.2 and request.frame.left.depth > 0:
        steps.append({"name": "c", "type": "planning", "goal": "deeper", "depends_on": ["a"]})
    output: Any = random.choice(({"a": "{{ steps.a.output }}"}, "no object"))
    return offered({"steps": steps, "output": output}, cost_usd=cost)
