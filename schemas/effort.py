"""How much work one judgement may be: schemas and patterns that anybody wrote are applied within a limit, or not at all."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """A limit: `applications` of keywords to values, and `pattern_s`, the seconds of this thread that patterns take.

    What grows with the size of a value or of a keyword, such as comparing and telling, counts as more than one. Where schemas
    and patterns behave, as all but made-up ones do, the limit is far away: no answer depends on how fast a machine is.
    """

    applications: int
    pattern_s: float


CHECKING = Effort(applications=500_000, pattern_s=0.5)
"""For a plan while it is checked."""

RUNNING = Effort(applications=5_000_000, pattern_s=2.0)
"""For one value that a running task brings: outputs are larger than plans."""


class UndecidedError(RuntimeError):
    """Nothing is decided: a value neither fits its schema nor fails to; the message is a sentence that says why."""


class TooMuchWorkError(UndecidedError):
    """Applying the schemas at hand takes more than the limit."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(TOO_MUCH)


TOO_MUCH = "The schemas or their patterns are too much work on values of this size."


@dataclass(slots=True)
class _Left:
    applications: int
    pattern_s: float


_left: ContextVar[_Left | None] = ContextVar("effort_left", default=None)


@contextmanager
def bounded(effort: Effort) -> Iterator[None]:
    """Hold all schemas applied within to one limit, or raise `TooMuchWorkError`. Within another limit that one counts alone."""
    if _left.get() is not None:
        yield
        return
    token = _left.set(_Left(effort.applications, effort.pattern_s))
    try:
        yield
    finally:
        _left.reset(token)


def count(applications: int = 1) -> None:
    """Count work: one application of a keyword to a value, or what is as much. Raises `TooMuchWorkError`."""
    left = _left.get()
    if left is not None:
        left.applications -= applications
        if left.applications < 0:
            raise TooMuchWorkError


def timed(work: Callable[[], T]) -> T:
    """Do work on a pattern within the time that is left for all."""
    left = _left.get()
    if left is None:
        return work()
    if left.pattern_s <= 0:
        raise TooMuchWorkError
    begin = time.thread_time()
    try:
        return work()
    finally:
        left.pattern_s -= time.thread_time() - begin
