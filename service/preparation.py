"""The slow part of a first start, told to whoever waits: handlers being built and compiled."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from rich.status import Status

from service.terminal import Terminal, words

WORTH_TELLING_S = 0.5
"""A handler that was ready sooner came from the cache: nothing is said about it."""


@dataclass(slots=True)
class Preparation:
    """Hears of stages and tells them: live in a terminal, a line per handler that took its time anywhere."""

    console: Terminal
    status: Status | None
    began: dict[str, float] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)

    def __call__(self, handler: str, stage: str) -> None:
        """Take note of a handler's next stage: building, compiling, ready."""
        began = self.began.setdefault(handler, perf_counter())
        took = perf_counter() - began
        if stage == "ready":
            self.stages.pop(handler, None)
            if took >= WORTH_TELLING_S:
                self.console.say("[dim]{handler} built and compiled in {took} s[/dim]", handler=handler, took=f"{took:.1f}")
        else:
            self.stages[handler] = stage
        if self.status is not None:
            told = ", ".join(f"{stage} {handler}" for handler, stage in self.stages.items())
            self.status.update(words("{told}", told=told or "starting"))


@contextmanager
def told(console: Terminal) -> Iterator[Preparation]:
    """Tell preparations while the block runs."""
    if not console.is_terminal:
        yield Preparation(console, None)
        return
    with console.status("starting") as status:
        yield Preparation(console, status)
