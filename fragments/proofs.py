"""The proof that a document which passed all checks carries with it: computed, never claimed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fragments.problems import Problem, errors
from schemas.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The worst case over every run: no run uses more.

    `steps` counts step instances with all items of all loops; `handler_calls` counts attempts; planning steps inside count
    with the whole bounds that they may use up. `cost_usd` covers handler and model calls. `wall_clock_s` is the longest way
    through the graph, with every attempt as long as it may last and every wait between attempts; time in which a call waits
    for a free worker is not in it.
    """

    steps: int
    handler_calls: int
    model_calls: int
    cost_usd: float
    depth: int
    wall_clock_s: float

    def to_json(self) -> dict[str, Json]:
        """Write every field as a number."""
        return {
            "steps": self.steps,
            "handler_calls": self.handler_calls,
            "model_calls": self.model_calls,
            "cost_usd": self.cost_usd,
            "depth": self.depth,
            "wall_clock_s": self.wall_clock_s,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The authority manifest: everything that the plan can reach, sorted. `writes` are the addresses of steps that write.

    `hosts` are names, and `any host of input.NAME` where a URL in an input that is not known yet names them; `hosts_written`
    are those of them that steps which write reach. `effects` are all that its steps may have. Where the document holds planning
    steps, `plans_within` names them: what plans within a plan may reach stands in the manifest of the plan around.
    """

    handlers: tuple[str, ...] = ()  # exact versions
    hosts: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    plans_within: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    hosts_written: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: JsonObject) -> "Manifest":
        """Read what `to_json` wrote.

        Logs written before manifests told effects have none: a plan that wrote may write where it reached, any other may read.
        """
        names = {key: tuple(value.get(key, ())) for key in cls.__dataclass_fields__}
        if "effects" not in value:
            writes = bool(names["writes"])
            names["effects"] = ("pure", "read", "wait", "write") if writes else ("pure", "read", "wait")
            names["hosts_written"] = names["hosts"] if writes else ()
        return cls(**names)

    def joined(self, other: "Manifest") -> "Manifest":
        """Give what either can reach."""
        fields = self.__dataclass_fields__
        return Manifest(**{name: _joined(getattr(self, name), getattr(other, name)) for name in fields})

    def with_child(self, address: str, child: "Manifest") -> "Manifest":
        """Add what a workflow can reach that runs as the child of the step with this address."""
        within = {
            "writes": tuple(f"{address}/{one}" for one in child.writes),
            "plans_within": tuple(f"{address}/{one}" for one in child.plans_within),
        }
        return self.joined(replace(child, **within))

    def to_json(self) -> dict[str, Json]:
        """Write every field as a list of names."""
        return {name: list(getattr(self, name)) for name in self.__dataclass_fields__}


def _joined(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))


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
