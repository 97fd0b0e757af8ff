"""The states of a step and the moves between them."""

from collections.abc import Mapping
from enum import StrEnum

from engine.errors import IllegalMoveError


class Status(StrEnum):
    """Where a step stands."""

    PENDING = "pending"  # waits for steps that it depends on
    READY = "ready"  # every dependency is complete
    RUNNING = "running"  # an attempt or a turn of planning is under way
    WAITING = "waiting"  # its items or the steps of its plan are under way
    RETRYING = "retrying"  # an attempt or turn ended without a result, another one follows
    COMPLETE = "complete"  # has its output
    FAILED = "failed"  # failed for good
    CANCELLED = "cancelled"  # will not run, or what it was doing no longer counts


MOVES: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.READY, Status.CANCELLED}),
    Status.READY: frozenset({Status.RUNNING, Status.WAITING, Status.FAILED, Status.CANCELLED}),
    Status.RUNNING: frozenset({Status.COMPLETE, Status.WAITING, Status.RETRYING, Status.FAILED, Status.CANCELLED}),
    Status.WAITING: frozenset({Status.COMPLETE, Status.RUNNING, Status.FAILED, Status.CANCELLED}),
    Status.RETRYING: frozenset({Status.RUNNING, Status.FAILED, Status.CANCELLED}),
    Status.COMPLETE: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}

FINISHED = frozenset(status for status, moves in MOVES.items() if not moves)


def move(step: str, before: Status, after: Status) -> Status:
    """Give `after` where the table allows the move; raise `IllegalMoveError` otherwise."""
    if after not in MOVES[before]:
        raise IllegalMoveError(step, before, after)
    return after
