"""`decide(state, command) -> facts`: everything that the engine ever decides, decided here and in `engine.decisions`.

Pure: the time, chance and the rules are arguments; the same arguments give the same facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine import commands, facts, steps
from engine.decisions import attempts, endings, loops, planning, scopes, waits
from engine.decisions.draft import Draft
from engine.rules import Rules
from engine.state import StepState, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The facts that follow from a command, none where it comes too late, and the state that they lead to."""

    bodies: Sequence[facts.Body]
    state: TaskState


def decide(state: TaskState, command: commands.Command, *, rules: Rules, now: datetime, chance: float) -> Decision:
    """Decide what follows from a command. `chance` in [0, 1) spreads retries; `now` is aware (UTC)."""
    draft = Draft(state, rules=rules, now=now, chance=chance)
    if isinstance(command.order, commands.Submit):
        if state.info is None:
            endings.submit(draft, command.order)
    elif state.info is not None and not state.ended:
        _obey(draft, command)
    _settle(draft)
    return Decision(bodies=draft.bodies, state=draft.state)


def _obey(draft: Draft, command: commands.Command) -> None:
    order = command.order
    match order:
        case commands.ReportStep():
            attempts.report(draft, order)
        case commands.ReportPlan():
            planning.report(draft, order)
        case commands.Wake():
            _wake(draft, order)
        case commands.Signal():
            waits.receive(draft, order, command.actor)
        case commands.Cancel():
            endings.cancel(draft, order)
        case commands.Expire():
            endings.expire(draft, order)
        case commands.Recover():
            _recover(draft)
        case commands.Submit():
            pass  # a task is submitted once


def _wake(draft: Draft, order: commands.Wake) -> None:
    step = draft.state.steps.get(order.step)
    if step is None or step.attempt != order.attempt:
        return
    if step.status is steps.Status.WAITING and step.wait is not None:
        waits.time_out(draft, step, step.wait)
    if step.status is not steps.Status.RETRYING:
        return
    if step.planning is None:
        attempts.begin(draft, step)
    else:
        planning.again(draft, step)


def _recover(draft: Draft) -> None:
    for step in endings.under_way(draft):
        now = draft.state.steps[step.path]
        if now.status is steps.Status.RUNNING and now.attempt == step.attempt:  # the end of another may have ended it
            endings.recover(draft, now)
            _settle(draft)


def _settle(draft: Draft) -> None:
    """Work off what the facts so far made possible: scopes that can end, steps that can begin."""
    while not draft.state.ended:
        if draft.endings:
            scopes.end(draft, *draft.endings.popleft())
        elif draft.beginnings:
            _begin(draft, draft.state.steps[draft.beginnings.popleft()])
        else:
            return


def _begin(draft: Draft, step: StepState) -> None:
    if step.status is not steps.Status.READY:  # its scope ended meanwhile
        return
    if step.definition.for_each is not None:
        loops.begin(draft, step)
    elif step.definition.type == "planning":
        planning.begin(draft, step)
    else:
        attempts.begin(draft, step)
