"""What crosses between whoever orders a plan and whoever makes it: one request, one turn, one reply."""

from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from fragments.documents import Fragment
from fragments.frames import Frame
from fragments.problems import Problem
from fragments.proofs import Report
from schemas.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An earlier answer in the same conversation and the problems for which it was refused."""

    answer: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """One turn of planning one phase of one planning step.

    The reply may cost at most `allowance_usd` and one model call: that much is reserved in the ledger before this request is
    made. `previous` is `{"output": ...}` or `{"failure": {...}}` of the phase before. `model` None: the configured one.
    `handlers` are the exact ids that the task may use: those in force when it began and unchanged since; None: all there are.
    """

    task: str
    step: str  # address: plan
    phase: int  # from 1
    turn: int  # from 1
    goal: str
    frame: Frame
    input: JsonObject
    allowance_usd: float
    transcript: tuple[Turn, ...] = ()
    previous: JsonObject | None = None
    model: str | None = None
    handlers: tuple[str, ...] | None = None
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where an answer came from, kept for every turn. Figures are None where the source does not report them.

    `source` is `model` (asked now), `recorded` (a recorded answer of a model, replayed), `template` (an authored template was
    chosen) or `none`. `prompt_version` is the version of the prompt files, `prompt_digest` the SHA-256 of the messages.
    """

    source: str
    model: str = ""
    prompt_version: str = ""
    prompt_digest: str = ""
    messages: tuple[JsonObject, ...] = ()
    answer: str = ""
    mended: tuple[JsonObject, ...] = ()  # patches applied before the last check
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float = 0.0
    latency_ms: float | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Write the record as facts and `/plans` show it."""
        return {
            "source": self.source,
            "model": self.model,
            "prompt_version": self.prompt_version,
            "prompt_digest": self.prompt_digest,
            "messages": [dict(m) for m in self.messages],
            "answer": self.answer,
            "mended": [dict(p) for p in self.mended],
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost_usd": self.cost_usd,
            "latency_ms": self.latency_ms,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A fragment that passed every check against the request's frame."""

    fragment: Fragment
    report: Report
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An answer that did not pass: the next turn may mend it."""

    problems: tuple[Problem, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The planner says that the goal cannot or must not be planned. A result, not a failure."""

    reason: str
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplanned:
    """No answer could be had: no model and no fitting template, a provider's error, a price unknown or too high."""

    type: str
    message: str
    retryable: bool = False
    retry_after_s: float | None = None
    provenance: Provenance = field(default_factory=lambda: Provenance(source="none"))


PlanReply: TypeAlias = Offered | Rejected | Declined | Unplanned
