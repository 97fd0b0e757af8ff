"""Steps that wait for a signal: answered, timed out. Whatever comes, the handler is run again and decides what it means."""

from engine import commands, facts, steps
from engine.decisions import attempts
from engine.decisions.draft import Draft
from engine.state import StepState, WaitState

MOST_SIGNALS = 1_000
"""Signals that one step takes: each is handed to every later attempt."""

_OPEN = (steps.Status.WAITING, steps.Status.RUNNING, steps.Status.RETRYING)


def receive(draft: Draft, order: commands.Signal, sender: str) -> None:
    """Take a signal that the step waits for; one that it does not wait for, or that was counted, changes nothing."""
    step = draft.state.steps.get(order.step)
    if step is None or not awaits(step, order.signal) or _answered(step, order, sender):
        return
    draft.add(
        facts.SignalReceived(
            step=step.path, signal=order.signal, sender=sender, groups=order.groups, body=order.body, id=order.id
        )
    )
    if step.status is steps.Status.WAITING:
        attempts.begin(draft, draft.state.steps[step.path])


def time_out(draft: Draft, step: StepState, wait: WaitState) -> None:
    """Tell the handler that nobody answered in time."""
    draft.add(facts.WaitTimedOut(step=step.path, attempt=step.attempt, signal=wait.signal))
    attempts.begin(draft, draft.state.steps[step.path])


def _answered(step: StepState, order: commands.Signal, sender: str) -> bool:
    """Say whether the sender has answered what is asked now, or sent this very signal before: each counts once."""
    wait = step.wait
    if wait is None:
        return False
    now = wait.received[wait.asked :]
    return (order.id and (sender, order.id) in wait.ids) or any(
        each["sender"] == sender and each["signal"] == order.signal and not each["timed_out"] for each in now
    )


def awaits(step: StepState, signal: str) -> bool:
    """Say whether a step takes this signal: it waits for it, or its handler is looking at one before."""
    wait = step.wait
    if wait is None or wait.signal != signal or step.status not in _OPEN:
        return False
    return len(wait.received) < MOST_SIGNALS
