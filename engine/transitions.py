"""What the meanings of facts share: a step moved, put back, its reservation settled."""

from dataclasses import replace

from engine import ledger, steps
from engine.ledger import amounts
from engine.state import StepState, TaskState
from schemas.values import JsonObject


def moved(step: StepState, status: steps.Status) -> steps.Status:
    """Give the status that a step moves to. Raises `IllegalMoveError`."""
    return steps.move(step.path, step.status, status)


def put(state: TaskState, step: StepState, books: ledger.Ledger | None = None) -> TaskState:
    """Replace a step, and the books where they changed."""
    return replace(state, steps=state.steps.set(step.path, step), ledger=state.ledger if books is None else books)


def settled(state: TaskState, step: StepState, spent: JsonObject) -> ledger.Ledger:
    """Settle what a step had reserved by what was spent."""
    if not spent and step.reserved is ledger.NOTHING:
        return state.ledger
    return ledger.settled(state.ledger, state.account_of(step), reserved=step.reserved, spent=amounts(spent))
