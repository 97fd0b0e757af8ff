"""The proof that a document which passed all checks carries with it: computed, never claimed."""

from dataclasses import dataclass

from catalog.values import Json
from fragments.problems import Problem, errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The worst case over every run: no run uses more.

    `steps` counts step instances with all items of all loops; `handler_calls` counts attempts; planning steps inside count
    with the whole bounds that they may use up. `cost_usd` covers handler and model calls.
    """

    steps: int
    handler_calls: int
    model_calls: int
    cost_usd: float
    depth: int

    def to_json(self) -> dict[str, Json]:
        """Write every field as a number."""
        return {
            "steps": self.steps,
            "handler_calls": self.handler_calls,
            "model_calls": self.model_calls,
            "cost_usd": self.cost_usd,
            "depth": self.depth,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The authority manifest: everything that the plan can reach, sorted. `writes` are the addresses of steps that write.

    Where the document holds planning steps, `plans_within` names them: their plans are checked against `handlers`, `hosts` and
    `channels` of their own frames when they are made.
    """

    handlers: tuple[str, ...] = ()  # exact versions
    hosts: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    plans_within: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Write every field as a list of names."""
        return {
            "handlers": list(self.handlers),
            "hosts": list(self.hosts),
            "channels": list(self.channels),
            "writes": list(self.writes),
            "plans_within": list(self.plans_within),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the checks found. `bound`, `authority` and `digest` are present only when there is no error."""

    problems: tuple[Problem, ...]
    bound: Bound | None = None
    authority: Manifest | None = None
    digest: str | None = None

    @property
    def ok(self) -> bool:
        """Say whether the document may run."""
        return not errors(self.problems)

    def to_json(self) -> dict[str, Json]:
        """Write the report as HTTP and the CLI answer it."""
        return {
            "ok": self.ok,
            "problems": [problem.to_json() for problem in self.problems],
            "bound": self.bound.to_json() if self.bound else None,
            "authority": self.authority.to_json() if self.authority else None,
            "digest": self.digest,
        }
