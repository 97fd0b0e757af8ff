"""Effects: what the world is asked to do for a task. Each is owed until a command answers it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from catalog.calls import Call
from fragments.planning import PlanRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHandler:
    """Run one attempt; answered by `ReportStep`. `timeout_s` ends the attempt from outside."""

    task: str
    step: str
    attempt: int
    call: Call
    timeout_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Ask the planner for one turn; answered by `ReportPlan`. `timeout_s` ends the turn from outside."""

    task: str
    step: str
    attempt: int
    request: PlanRequest
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeAt:
    """Wait; answered by `Wake`."""

    task: str
    step: str
    attempt: int
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireAt:
    """Watch a wall clock, the task's or that of the planning step at the address; answered by `Expire`."""

    task: str
    due: datetime
    step: str = ""


Effect: TypeAlias = RunHandler | Plan | WakeAt | ExpireAt
