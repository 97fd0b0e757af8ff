"""Properties of the engine's core over random tasks, outcomes and crashes."""

from random import Random

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from engine import facts, steps, tasks
from engine.chain import verify
from engine.evolve import replay
from engine.ledger import NOTHING, amounts
from engine.owed import effects
from fragments.bounds import Amounts, Left
from schemas.values import JsonObject
from tests.support.chances import begun, happen, keys, pressing
from tests.support.worlds import World

MOST = 600  # things that happen to one task; the longest random task needs about a third of it
SLOW = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def chances() -> st.SearchStrategy[Random]:
    return st.integers(0, 2**32).map(Random)  # a seed: drawn bit by bit, chance would nearly always be the least


def run(world: World, random: Random, *, kindly: bool = False) -> None:
    """Let things happen until the task ends."""
    for _ in range(MOST):
        if world.state.ended:
            return
        assert pressing(world), "nothing would ever happen again but the wall clock"
        happen(world, random, kindly=kindly)
    msg = "the task does not end"
    raise AssertionError(msg)


def allowance(world: World) -> JsonObject:
    first = world.log[0].body
    assert isinstance(first, facts.TaskSubmitted)
    return first.left


def completed(world: World) -> list[str]:
    return [fact.body.step for fact in world.log if isinstance(fact.body, facts.StepCompleted)]


@SLOW
@given(begun(), chances())
def test_every_task_ends_with_nothing_open_and_a_log_that_verifies(world: World, random: Random) -> None:
    run(world, random)
    event(world.state.status)
    assert all(step.finished for step in world.state.steps.values())
    assert all(scope.ended for scope in world.state.scopes.values())
    assert all(account.reserved == NOTHING for account in world.state.ledger.values())
    assert world.owed == []
    assert verify("t1", world.log).findings == ()


def used(world: World) -> Amounts:
    """Add up what the facts say was used, without the ledger."""
    steps = Amounts(steps=sum(len(scope.blueprint.definitions) for scope in world.state.scopes.values()))
    return sum((amounts(getattr(fact.body, "spent", {})) for fact in world.log), steps)


@SLOW
@given(begun(), chances())
def test_a_task_never_uses_more_than_it_may(world: World, random: Random) -> None:
    run(world, random)
    left, root = Left.from_json(allowance(world)), used(world)
    assert world.state.ledger[""].spent == root
    assert (root.steps <= left.steps, root.model_calls <= left.model_calls, root.cost_usd <= left.cost_usd) == (True,) * 3


@SLOW
@given(begun(), chances())
def test_at_every_moment_the_log_gives_the_state_the_ledger_holds_and_what_is_owed_is_known(
    world: World, random: Random
) -> None:
    for _ in range(60):
        assert replay("t1", world.log) == world.state
        assert not any(account.overdrawn for account in world.state.ledger.values())
        assert keys(effects(world.state, world.rules)) == keys(world.owed)
        if world.state.ended:
            return
        happen(world, random)


@SLOW
@given(begun(), chances(), st.data())
def test_a_task_killed_after_any_commit_goes_on_and_repeats_no_finished_step(
    world: World, random: Random, data: st.DataObject
) -> None:
    run(world, random)
    world.crash(after=data.draw(st.sampled_from(world.commits), label="commit"))
    before, length = set(completed(world)), len(world.log)
    run(world, random, kindly=True)
    started = {fact.body.step for fact in world.log[length:] if isinstance(fact.body, (facts.StepStarted, facts.PlanAsked))}
    assert started & before == set()
    assert len(completed(world)) == len(set(completed(world)))
    assert verify("t1", world.log).ok


@SLOW
@given(begun(), chances())
def test_a_task_completes_when_all_steps_of_its_root_do_and_only_then(world: World, random: Random) -> None:
    run(world, random)
    root = [step.status for step in world.state.steps.values() if step.scope == ""]
    assert (world.state.status is tasks.Status.COMPLETE) == (set(root) == {steps.Status.COMPLETE})
