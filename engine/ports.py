"""What the engine needs from others: each port has one adapter in production and one fake in the tests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from catalog.calls import Call, Outcome
from engine.chain import Log
from engine.facts import Fact
from engine.records import PlanRow, TaskPage, TaskRow, WaitRow
from engine.views import Change
from fragments.planning import PlanReply, PlanRequest


class Handlers(Protocol):
    """Runs one attempt of one step; never raises for what the handler does. Production: `broker.pool.WasmPool`.

    Calls `call.begun` before the call can have an effect. What fails without it was not begun, and may be tried again.
    """

    async def run(self, call: Call) -> Outcome: ...


class Planner(Protocol):
    """Makes one turn of one plan; never raises for what a model does. Production: `planner.planner.FragmentPlanner`."""

    async def plan(self, request: PlanRequest) -> PlanReply: ...


class Clock(Protocol):
    """Tells the time and waits for it."""

    def now(self) -> datetime: ...

    async def sleep_until(self, due: datetime) -> None: ...


class Views(Protocol):
    """Answers what readers ask."""

    async def task(self, task: str) -> TaskRow | None: ...

    async def tasks(self, *, status: str | None, limit: int, before: str | None) -> TaskPage: ...

    async def plans(self, task: str) -> list[PlanRow]: ...

    async def waits(self, *, limit: int) -> list[WaitRow]: ...


class Store(Views, Protocol):
    """Keeps facts and the views beside them. One `append` is one transaction: all of it or nothing.

    It seals what it writes; `load` says where a log does not hold.
    """

    async def append(self, facts: Sequence[Fact], changes: Sequence[Change], commands: Sequence[str]) -> None: ...

    async def facts(self, task: str, *, after: int = 0, limit: int | None = None) -> list[Fact]: ...

    async def load(self, task: str) -> Log: ...

    async def unfinished(self) -> list[str]: ...

    async def quarantined(self) -> list[str]: ...
