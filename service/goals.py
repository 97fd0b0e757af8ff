"""From what a user submits to a template that is ready to run: parsing, defaults, checks. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pydantic import Field

from catalog.capability import Document
from catalog.hosts import host_of, hosts_by_key
from catalog.registry import Catalog
from engine.commands import Submit
from engine.constructs import RUNS
from fragments.bounds import Bounds, Left
from fragments.checks import check
from fragments.constructs import Construct
from fragments.documents import Allow, Step, StepType, Template
from fragments.frames import Frame
from fragments.pointers import join
from fragments.problems import Problem
from fragments.proofs import Report
from fragments.schemas.defaults import filled
from fragments.schemas.soundness import schema_flaw
from fragments.workflows import Workflows
from planner.models.roster import Roster
from schemas.effort import CHECKING, UndecidedError, bounded
from schemas.formats import FORMATS
from schemas.validation import misfits, validator
from schemas.values import Json, JsonObject
from service.values import FreeObject

_URL = re.compile(r"https?://\S{1,2000}", re.IGNORECASE)


class Goal(Document):
    """What a user wants: a sentence, its inputs, the shape of the answer, bounds, and what a plan may use."""

    goal: str = Field(min_length=1, max_length=10_000)
    inputs: FreeObject = Field(default_factory=dict)
    must_produce: FreeObject | None = Field(default=None, description="JSON Schema of the answer wanted.")
    bounds: Bounds | None = None
    allow: Allow | None = None
    model: str | None = Field(
        default=None, max_length=200, description="One of the models that the operator lists; default: the operator's."
    )
    namespace: str = Field(default="default", pattern=r"^[a-z][a-z0-9-]{0,28}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the operator lets any task use."""

    left: Left
    hosts: tuple[str, ...]
    channels: frozenset[str]
    secrets: frozenset[str] = frozenset()
    workflows: Workflows = field(default_factory=dict)
    models: Roster = field(default_factory=Roster)
    groups: frozenset[str] | None = None

    @property
    def frame(self) -> Frame:
        """Frame what any document may use here; who checks one adds what stands around it."""
        return Frame(
            left=self.left,
            channels=self.channels,
            secrets=self.secrets,
            operator_hosts=self.hosts,
            workflows=self.workflows,
            groups=self.groups,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What the door says to a submission: its report, and the order to run it unless the report has errors."""

    report: Report
    submit: Submit | None


def template_of(goal: Goal) -> Template:
    """Write a goal as the one-step template that it is: its step plans."""
    return Template(
        name="goal",
        namespace=goal.namespace,
        input_schema={"type": "object"},
        steps=(
            Step(
                name="plan",
                type=StepType.PLANNING,
                goal=goal.goal,
                input={key: _reference_to(key) for key in goal.inputs},
                allow=goal.allow,
                must_produce=goal.must_produce,
            ),
        ),
        bounds=goal.bounds,
        output="{{ steps.plan.output }}",
    )


def admit(
    template: Template,
    given: JsonObject,
    *,
    catalog: Catalog,
    house: House,
    goal: Goal | None = None,
    runs: frozenset[Construct] | None = RUNS,
) -> Admission:
    """Check a template and its input against the catalog, what the operator allows, and what the engine runs.

    `runs` None: what the engine does not run is let pass, for who only checks.
    """
    values, problems = _input_of(template, given)
    problems += _beyond_the_house(template.bounds, house.left)
    problems += _unlisted(goal, house.models) + tuple(_hostless(values, "/input"))
    frame = _frame_of(template, values, house, runs)
    report = check(template, catalog, frame)
    report = replace(report, problems=(*problems, *report.problems))
    if not report.ok or report.digest is None or report.authority is None:
        return Admission(report=replace(report, bound=None, authority=None, digest=None), submit=None)
    submit = Submit(
        template=template,
        input=values,
        left=frame.left,
        hosts=tuple(sorted(frame.hosts)),
        catalog=catalog.in_force(),
        digest=report.digest,
        authority=report.authority.to_json(),
        goal=goal.goal if goal else None,
        model=goal.model if goal else None,
    )
    return Admission(report=report, submit=submit)


def _frame_of(template: Template, values: JsonObject, house: House, runs: frozenset[Construct] | None) -> Frame:
    return replace(
        house.frame,
        input_schema=template.input_schema,
        input=values,
        left=house.left.narrowed(template.bounds),
        input_hosts=hosts_by_key(values),
        runs=runs,
    )


def planning_frame(goal: Goal, house: House) -> Frame:
    """Frame the plan of a goal as its one planning step will."""
    return replace(
        house.frame,
        input=goal.inputs,
        must_produce=goal.must_produce,
        allows=(goal.allow,) if goal.allow else (),
        left=house.left.narrowed(goal.bounds),
        input_hosts=hosts_by_key(goal.inputs),
        runs=RUNS,
        depth=1,
    )


def _reference_to(key: str) -> str:
    return f"{{{{ input.{key} }}}}" if key.isidentifier() and key.isascii() else f'{{{{ input["{key}"] }}}}'


def _input_of(template: Template, given: JsonObject) -> tuple[JsonObject, tuple[Problem, ...]]:
    schema = template.input_schema
    try:
        with bounded(CHECKING):
            if schema_flaw(schema) is not None:
                return given, ()  # the checks of the template name it
            values: JsonObject = filled(schema, given)
            found = list(misfits(validator(schema, formats=FORMATS), values))
    except UndecidedError as error:
        says = f"The input cannot be compared with the template's input_schema: {error}"
        return given, (
            Problem(
                code="input.invalid", where="/input", says=says, hint="Use a simpler schema or simpler patterns, or less input."
            ),
        )
    return values, tuple(
        Problem(
            code="input.invalid",
            where="/input" + "".join(f"/{part}" for part in error.absolute_path),
            says=f"The input does not fit the template's input_schema: {error.message}.",
            hint=f"Schema: input_schema/{'/'.join(map(str, error.absolute_schema_path))}.",
        )
        for error in found
    )


def _hostless(value: Json, where: str) -> Iterator[Problem]:
    """Find URLs whose host is no host: they reach nothing, and name hosts to people and models as they like."""
    if isinstance(value, str):
        if _URL.fullmatch(value) and host_of(value[:5].lower() + value[5:]) is None:
            says = "The URL names no host that there can be."
            advice = "Write the host in letters, digits and hyphens, or in its xn-- form."
            yield Problem(code="input.host", where=where, says=says, hint=advice)
        return
    parts = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _hostless(part, join(where, key))


def _unlisted(goal: Goal | None, models: Roster) -> tuple[Problem, ...]:
    refusal = models.refusal(goal.model) if goal is not None and goal.model is not None else None
    if refusal is None:
        return ()
    says, advice = refusal
    return (Problem(code="planner.model", where="/model", says=says, hint=advice),)


def _beyond_the_house(bounds: Bounds | None, left: Left) -> tuple[Problem, ...]:
    if bounds is None:
        return ()
    asked = {**bounds.model_dump(exclude_none=True), "wall_clock_s": bounds.wall_clock and bounds.wall_clock.total_seconds()}
    asked.pop("wall_clock", None)
    allowed = left.to_json()
    return tuple(
        Problem(
            code="bounds.operator",
            where=f"/bounds/{name.removesuffix('_s') if name == 'wall_clock_s' else name}",
            says=f"Asks for {name} = {amount:g}; this server allows {allowed[name]:g}.",
            hint="Ask for less, or have the operator raise the bounds in the settings.",
        )
        for name, amount in asked.items()
        if amount is not None and amount > allowed[name]
    )
