"""Commands: what the world asks of a task. Each is applied once: its id is remembered with the facts that it led to."""

from dataclasses import dataclass, field
from typing import TypeAlias

from catalog.calls import Outcome
from fragments.bounds import Left
from fragments.documents import Template
from fragments.planning import PlanReply
from schemas.values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Begin a task with a template that passed its checks. `authority` is the manifest of its report, as JSON."""

    template: Template
    input: JsonObject
    left: Left
    hosts: tuple[str, ...]
    catalog: JsonObject
    digest: str
    goal: str | None = None
    model: str | None = None
    authority: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStep:
    """An attempt of a handler ended."""

    step: str
    attempt: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlan:
    """A turn of planning ended."""

    step: str
    phase: int
    turn: int
    attempt: int
    reply: PlanReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """A time that the task waited for has come."""

    step: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Answer what a step waits for. `groups` are those of the sender, who is the command's actor; `id` the sender's own."""

    step: str
    signal: str
    body: JsonObject
    groups: tuple[str, ...] = ()
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    """A wall clock is used up: the task's, or that of the planning step at the address."""

    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recover:
    """The process that ran the task died: what it had under way is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """End the task."""

    reason: str


Order: TypeAlias = Submit | ReportStep | ReportPlan | Wake | Signal | Expire | Recover | Cancel


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One order for one task, from somebody, with an id of its own."""

    id: str
    task: str
    actor: str
    order: Order
