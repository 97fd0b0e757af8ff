"""The states of a task, derived from its steps, and the moves between them."""

from collections.abc import Mapping
from enum import StrEnum

from engine.errors import IllegalMoveError


class Status(StrEnum):
    """Where a task stands."""

    RUNNING = "running"  # some step can still change
    COMPLETE = "complete"  # has its answer
    FAILED = "failed"  # a step of the root failed for good, or a bound was used up
    REFUSED = "refused"  # a planner declined the goal: a result
    CANCELLED = "cancelled"  # somebody ended it


MOVES: Mapping[Status, frozenset[Status]] = {
    Status.RUNNING: frozenset({Status.COMPLETE, Status.FAILED, Status.REFUSED, Status.CANCELLED}),
    Status.COMPLETE: frozenset(),
    Status.FAILED: frozenset(),
    Status.REFUSED: frozenset(),
    Status.CANCELLED: frozenset(),
}


def move(task: str, before: Status, after: Status) -> Status:
    """Give `after` where the table allows the move; raise `IllegalMoveError` otherwise."""
    if after not in MOVES[before]:
        raise IllegalMoveError(task, before, after)
    return after
