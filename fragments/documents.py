"""The workflow language: one `Step` model for people (YAML) and planners (JSON)."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from catalog.capability import Document, Effect
from fragments.bounds import Bounds, Duration
from schemas.values import Json

Name = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Lower case letters, digits, underscores; a letter first."),
]


class StepType(StrEnum):
    """What kind of unit a step is."""

    STANDARD = "standard"  # runs a handler, one branch of a switch, or a loop over nested steps
    DECISION = "decision"  # runs a handler that chooses which of the steps behind it come to exist
    DEFERRED = "deferred"  # waits for those of its dependencies that came to exist; may run a handler
    PLANNING = "planning"  # asks a planner for a fragment and runs it
    WORKFLOW = "workflow"  # runs another template as its child


EventName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=128)]
Tag = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,62}$")]


class Backoff(StrEnum):
    """How the wait between attempts grows."""

    NONE = "none"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"


class Retry(Document):
    """How often and how soon a failed attempt is made again. Only errors that say `retryable` are."""

    max_attempts: int = Field(default=3, ge=1, le=20, description="Counts the first run.")
    backoff: Backoff = Backoff.EXPONENTIAL
    base: Duration = Field(default="1s", validate_default=True)
    cap: Duration = Field(default="60s", validate_default=True)
    jitter: float = Field(default=0.1, ge=0, le=1, description="Share of the wait that chance may add or take.")
    retry_on: tuple[str, ...] | None = Field(default=None, description="Error types; all retryable ones when left out.")


class OnFailure(StrEnum):
    """What a loop does when one item fails."""

    FAIL_FAST = "fail_fast"  # the step fails, items not yet started are cancelled
    CONTINUE = "continue"  # the others go on; the failure stands in the output


class FailureThreshold(Document):
    """How many items of a loop may fail: a `count` or a `share` of all. One more fails the step."""

    count: int | None = Field(default=None, ge=0)
    share: float | None = Field(default=None, ge=0, le=1)


class ForEach(Document):
    """Run the step, or its nested `steps`, once per item.

    The step's output is `{outputs, item_count, success_count, failure_count, failures: [{index, error}]}`, `outputs` in the
    order of the items with null for an item that failed.
    """

    items: Json = Field(description="A reference to a list, or a literal list.")
    as_: Name = Field(default="item", alias="as")
    index: Name = "index"
    max_parallel: int = Field(default=10, ge=1, le=1_000)
    max_items: int = Field(default=100, ge=1, le=10_000, description="More items than this fail the step.")
    on_failure: OnFailure = OnFailure.FAIL_FAST
    failure_threshold: FailureThreshold | None = Field(
        default=None, description="With on_failure continue: how many items may fail; any number when left out."
    )
    output: Json = Field(default=None, description="With nested steps: one item's output; default, its only last step's.")


def _few_and_short(globs: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what would take long: each is tried on every name. Not a part of the schema, which models read."""
    if len(globs) > _MOST_GLOBS or any(len(glob) > _MOST_GLOBS for glob in globs):
        message = f"at most {_MOST_GLOBS} names or globs of at most {_MOST_GLOBS} characters"
        raise ValueError(message)
    return globs


_MOST_GLOBS = 256
Globs = Annotated[tuple[str, ...], AfterValidator(_few_and_short)]
"""Names or patterns in which `*` stands for anything."""


class Allow(Document):
    """What the plan of a planning step may use. It only narrows what the frame around it may."""

    handlers: Globs | None = Field(default=None, description="Names or globs.")
    effects: tuple[Effect, ...] | None = None
    hosts: Globs | None = Field(default=None, description="Names or globs.")
    channels: Globs | None = Field(default=None, description="Names or globs.")
    secrets: Globs | None = Field(default=None, description="Names or globs.")


Condition = Annotated[
    str,
    Field(
        min_length=1, description="CEL over `input`, `steps`, `task` and loop names, such as `steps.fetch.output.count > 3`."
    ),
]


class Branch(Document):
    """What a switch may run: a handler, or nested `steps` whose `output` is the branch's."""

    handler: str | None = None
    config: dict[str, Json] = Field(default={})
    input: dict[str, Json] = Field(default={})
    steps: tuple["Step", ...] | None = None
    output: Json = Field(default=None, description="With nested steps: the output; default, its only last step's.")


class Case(Branch):
    """A branch and when it is taken: `equals` compares the switch's `value` with a literal, `when` is CEL."""

    equals: Json = Field(default=None, description="A literal. Left out where `when` decides; write null to match null.")
    when: Condition | None = None


class Switch(Document):
    """Run the first case that matches; where none does, `default`. The step's output is that of the branch taken."""

    value: Json = Field(default=None, description="A reference; needed where cases say `equals`.")
    cases: tuple[Case, ...] = Field(min_length=1, max_length=100)
    default: Branch | None = None


class Fallback(Document):
    """What stands in for a step that failed for good: another handler, or a value.

    Inside it `{{ failure.type }}` and `{{ failure.message }}` tell what happened.
    """

    handler: str | None = None
    config: dict[str, Json] = Field(default={})
    input: dict[str, Json] = Field(default={})
    output: Json = Field(default=None, description="In place of a handler: a value made of literals and references.")


class Step(Document):
    """The only unit of execution.

    `config` is literal and fixed when the plan is made; `input` is data: literals and references such as
    `{{ steps.NAME.output.PATH }}`.
    """

    name: Name
    type: StepType = StepType.STANDARD
    description: str = ""
    handler: str | None = Field(default=None, description="`name` or `name@RANGE`, such as `transform@^1`.")
    config: dict[str, Json] = Field(default={})
    input: dict[str, Json] = Field(default={})
    depends_on: tuple[Name, ...] = ()
    when: Condition | None = Field(default=None, description="CEL; where it is false the step is skipped. Per item in a loop.")
    switch: Switch | None = Field(default=None, description="In place of `handler`: branches of which one is run.")
    for_each: ForEach | None = None
    steps: tuple["Step", ...] | None = Field(default=None, description="The body of a loop, in place of `handler`.")
    retry: Retry | None = None
    timeout: Duration | None = Field(default=None, description="For one attempt.")
    fallback: Fallback | None = Field(default=None, description="What stands in where the step failed for good.")
    publishes: tuple[EventName, ...] = Field(default=(), description="Events published when the step is complete.")
    tags: tuple[Tag, ...] = ()
    priority: int = Field(default=0, ge=-100, le=100, description="Of steps that are ready together, higher ones begin first.")
    workflow: str | None = Field(
        default=None, description="Workflow: the template to run, `name`, `namespace/name` or `name@RANGE`."
    )
    idempotent: bool = Field(default=False, description="An attempt whose effect is unknown may be made again.")
    goal: str | None = Field(default=None, description="Planning: what the plan shall reach.")
    allow: Allow | None = Field(default=None, description="Planning: what the plan may use.")
    must_produce: dict[str, Json] | None = Field(default=None, description="Planning: schema of the step's output.")
    bounds: Bounds | None = Field(default=None, description="Planning: what the plan may use up.")


class Fragment(Document):
    """A workflow piece written by a planner. Inside it `input` is the planning step's input and nothing else is seen."""

    reasoning: str = Field(default="", description="Why this plan, in a few sentences.")
    steps: tuple[Step, ...] = Field(min_length=1)
    output: Json = Field(description="The planning step's output: literals and references.")


class Refusal(Document):
    """A planner's answer that the goal cannot or must not be planned: a result, not a failure."""

    refused: str = Field(min_length=1)


class Template(Document):
    """A workflow written by a person: a frame that may hold planning steps."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    namespace: str = Field(default="default", pattern=r"^[a-z][a-z0-9-]{0,28}$")
    version: str = Field(default="1.0.0", pattern=r"^\d+\.\d+\.\d+$")
    summary: str = ""
    description: str = ""
    goals: tuple[str, ...] = Field(default=(), description="Goals that this template answers, for the template planner.")
    input_schema: dict[str, Json] = Field(default={"type": "object"})
    bounds: Bounds | None = None
    tags: tuple[Tag, ...] = ()
    priority: int = Field(default=0, ge=-100, le=100)
    steps: tuple[Step, ...] = Field(min_length=1)
    output: Json = None


DocumentKind = Literal["template", "fragment"]
