"""The planner, asked over scripted answers: no model wrote them, and none is claimed to have."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from catalog.capability import Capability, Effect
from catalog.registry import Catalog
from fragments.checks import check
from fragments.documents import Fragment, Template
from fragments.frames import Frame
from fragments.planning import Declined, Offered, PlanReply, PlanRequest, Provenance, Rejected, Turn, Unplanned
from fragments.problems import Problem
from fragments.reading import read_fragment
from planner.library import Library
from planner.models.port import (
    Answer,
    AuthError,
    Model,
    ModelError,
    ModelUnknownError,
    Prompt,
    ProviderError,
    RecordingMissingError,
)
from planner.planner import KEPT_CHARACTERS, FragmentPlanner
from planner.prompt import build
from schemas.values import Json

TAKEN = {"type": "object", "required": ["rows"], "properties": {"rows": {"type": "array"}}}
WANTED = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
COUNTED = Capability(
    name="counted",
    version="1.0.0",
    summary="Count rows.",
    description="Counts the rows of a list.",
    config_schema={"type": "object", "properties": {"mode": {"enum": ["all", "some"]}}, "additionalProperties": False},
    input_schema={
        "type": "object",
        "required": ["rows"],
        "properties": {"rows": {"type": "array"}},
        "additionalProperties": False,
    },
    output_schema={"type": "object", "required": ["count"], "properties": {"count": {"type": "integer"}}},
    errors=(),
    effect=Effect.PURE,
)
CATALOG = Catalog.of([COUNTED])
FRAME = Frame(
    input={"rows": [1, 2]}, must_produce={"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
)
REQUEST = PlanRequest(
    task="t",
    step="plan",
    phase=1,
    turn=1,
    goal="Count the rows",
    frame=FRAME,
    input={"rows": [1, 2]},
    allowance_usd=0.25,
    today=date(2026, 11, 21),
)


def plan(**changes: Json) -> dict[str, Json]:
    step = {"name": "count", "handler": "counted", "config": {"mode": "all"}, "input": {"rows": "{{ input.rows }}"}}
    return {"reasoning": "One step.", "steps": [step | changes], "output": {"n": "{{ steps.count.output.count }}"}}


GOOD = plan()
TEMPLATE = Template.model_validate(
    {
        "name": "row-count",
        "summary": "Count the rows of a list.",
        "input_schema": TAKEN,
        **{key: GOOD[key] for key in ("steps", "output")},
    }
)
LIBRARY = Library(templates=(TEMPLATE,))
SET_A_MODEL = (
    "Set GOALWRIGHT_MODEL (for example anthropic/claude-sonnet-4-5) and its provider's key, or submit a template with "
    "POST /v1/tasks."
)


class Scripted:
    """A model that says what the test wrote, in order, and keeps what it was asked."""

    def __init__(self, *says: str | Answer | ModelError, name: str = "scripted/model") -> None:
        self.name = name
        self._says = list(says)
        self.asked: list[Prompt] = []

    async def ask(self, prompt: Prompt) -> Answer:
        self.asked.append(prompt)
        said = self._says.pop(0)
        if isinstance(said, ModelError):
            raise said
        return said if isinstance(said, Answer) else answer(said)


def answer(text: str, **changes: Any) -> Answer:
    given = Answer(
        text=text, model="scripted/model", tokens_in=900, tokens_out=80, cost_usd=0.01, latency_ms=5.0, source="model"
    )
    return replace(given, **changes)


def planner(model: Model | None, **changes: Any) -> FragmentPlanner:
    return FragmentPlanner(model, CATALOG, changes.pop("library", Library()), **changes)


def provenance(text: str, *, request: PlanRequest = REQUEST, **changes: Any) -> Provenance:
    prompt = build(request, CATALOG)
    told = Provenance(
        source="model",
        model="scripted/model",
        prompt_version=prompt.version,
        prompt_digest=prompt.digest,
        messages=prompt.messages,
        answer=text,
        tokens_in=900,
        tokens_out=80,
        cost_usd=0.01,
        latency_ms=5.0,
    )
    return replace(told, **changes)


def offered(document: dict[str, Json], told: Provenance) -> Offered:
    fragment = Fragment.model_validate(document)
    report = check(fragment, CATALOG, FRAME)
    assert report.ok
    return Offered(fragment=fragment, report=report, provenance=told)


def text_of(document: dict[str, Json]) -> str:
    return json.dumps(document)


PROSE = f"Certainly! Here is the plan:\n\n```json\n{json.dumps(GOOD, indent=2)}\n```\n\nGood luck."
CYCLE = plan(depends_on=["count"])
MISSPELT = plan(handler="countd", config={"moed": "all"})
MENDED = (
    {"op": "replace", "path": "/steps/0/handler", "value": "counted"},
    {"op": "move", "from": "/steps/0/config/moed", "path": "/steps/0/config/mode"},
)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        pytest.param(text_of(GOOD), lambda told: offered(GOOD, told), id="valid"),
        pytest.param(PROSE, lambda told: offered(GOOD, told), id="valid, between sentences"),
        pytest.param(text_of(MISSPELT), lambda told: offered(GOOD, replace(told, mended=MENDED)), id="valid after mending"),
        pytest.param(
            '{"refused": "There is no host to read from."}',
            lambda told: Declined(reason="There is no host to read from.", provenance=told),
            id="refusal",
        ),
        pytest.param(
            text_of(CYCLE),
            lambda told: Rejected(
                problems=(
                    Problem(
                        code="graph.self_dependency",
                        where="/steps/0/depends_on/0",
                        says='Step "count" depends on itself.',
                        hint="Leave it out.",
                    ),
                ),
                provenance=told,
            ),
            id="a plan that does not pass",
        ),
        pytest.param(
            "I cannot do that.",
            lambda told: Rejected(
                problems=(
                    Problem(
                        code="json.invalid",
                        where="",
                        says="The answer holds no JSON object.",
                        hint="Answer with one JSON object and nothing else.",
                    ),
                ),
                provenance=told,
            ),
            id="words alone",
        ),
        pytest.param(
            '{"refused": ""}',
            lambda told: Rejected(problems=read_fragment('{"refused": ""}').problems, provenance=told),
            id="refusal without a reason",
        ),
    ],
)
async def test_an_answer_comes_to_one_reply(text: str, reply: Callable[[Provenance], PlanReply]) -> None:
    assert await planner(Scripted(text)).plan(REQUEST) == reply(provenance(text))


async def test_an_answer_that_was_cut_off_says_so_first() -> None:
    text = text_of(GOOD)[:-30]
    reply = await planner(Scripted(answer(text, truncated=True))).plan(REQUEST)
    assert isinstance(reply, Rejected)
    assert reply.problems[0] == Problem(
        code="answer.cut_off",
        where="",
        says="The answer was cut off at its limit of 80 tokens.",
        hint="Answer with fewer steps and shorter expressions, schemas and texts.",
    )
    assert [problem.code for problem in reply.problems[1:]] == ["json.invalid"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        pytest.param("x" * 3_000_000, {"text.too_large"}, id="three megabytes"),
        pytest.param("[" * 100_000, {"json.invalid"}, id="brackets without end"),
        pytest.param('{"a":' * 100_000, {"document.nesting"}, id="braces without end"),
        pytest.param('{"steps": "\ud800"}', {"text.encoding"}, id="half a surrogate pair"),
        pytest.param('{"steps": [' + "1" * 5_000 + "]}", {"json.number"}, id="an endless number"),
        pytest.param("", {"json.invalid"}, id="nothing"),
        pytest.param("null", {"json.invalid"}, id="null"),
        pytest.param('{"steps": 5, "output": 1}', {"shape.type"}, id="a wrong type"),
    ],
)
async def test_a_hostile_answer_is_rejected_and_kept_in_a_form_that_can_be_stored(text: str, codes: set[str]) -> None:
    reply = await planner(Scripted(text)).plan(REQUEST)
    assert isinstance(reply, Rejected)
    assert {problem.code for problem in reply.problems} == codes
    assert len(reply.provenance.answer.encode()) <= KEPT_CHARACTERS
    assert json.loads(json.dumps(reply.provenance.to_json()))["answer"] == reply.provenance.answer


async def test_a_long_answer_is_kept_in_part_and_says_so() -> None:
    reply = await planner(Scripted("x" * (KEPT_CHARACTERS + 1))).plan(REQUEST)
    assert isinstance(reply, Rejected)
    assert len(reply.provenance.answer) == KEPT_CHARACTERS
    assert reply.provenance.notes == (
        f"The answer had {KEPT_CHARACTERS + 1} characters; the first {KEPT_CHARACTERS} are kept.",
    )


async def test_a_plan_that_is_wrong_twice_passes_at_the_third_turn() -> None:
    model = Scripted("nonsense", text_of(CYCLE), text_of(GOOD))
    asked, request = planner(model), REQUEST
    kinds = []
    for _ in range(3):
        reply = await asked.plan(request)
        kinds.append(type(reply).__name__)
        if isinstance(reply, Rejected):
            turn = Turn(answer=reply.provenance.answer, problems=reply.problems)
            request = replace(request, turn=request.turn + 1, transcript=(*request.transcript, turn))
    assert kinds == ["Rejected", "Rejected", "Offered"]
    assert reply == offered(GOOD, provenance(text_of(GOOD), request=request))
    assert [message["role"] for message in model.asked[2].messages] == ["system", "user", *["assistant", "user"] * 2]


async def test_a_plan_is_made_over_the_versions_that_its_task_began_with() -> None:
    newer = COUNTED.model_copy(update={"version": "1.1.0", "config_schema": {**COUNTED.config_schema, "required": ["mode"]}})
    model = Scripted(text_of(plan(handler="counted@^1", config={})), text_of(plan(handler="counted@1.1.0")))
    grown = FragmentPlanner(model, Catalog.of([COUNTED, newer], retired={COUNTED.id: "use 1.1.0"}), Library())
    request = replace(REQUEST, handlers=(COUNTED.id,))
    fits, refused = await grown.plan(request), await grown.plan(request)

    assert isinstance(fits, Offered)
    assert fits.report.authority is not None
    assert fits.report.authority.handlers == ("counted@1.0.0",)
    assert isinstance(refused, Rejected)
    assert "handler.version" in {problem.code for problem in refused.problems}
    assert "counted@1.1.0" not in json.dumps(model.asked[0].messages)


async def test_a_prompt_carries_the_allowance_of_its_request() -> None:
    model = Scripted(text_of(GOOD))
    await planner(model, max_tokens=777).plan(REQUEST)
    assert model.asked == [build(REQUEST, CATALOG, max_tokens=777)]


async def test_a_recorded_answer_is_reported_as_recorded_and_cost_nothing() -> None:
    model = Scripted(answer(text_of(GOOD), source="recorded", cost_usd=0.0, latency_ms=None, notes=("Recorded.",)))
    reply = await planner(model).plan(REQUEST)
    told = provenance(text_of(GOOD), source="recorded", cost_usd=0.0)
    assert reply == offered(GOOD, replace(told, latency_ms=None, notes=("Recorded.",)))


async def test_without_a_model_a_fitting_template_is_the_plan() -> None:
    reply = await planner(None, library=LIBRARY).plan(REQUEST)
    document = GOOD | {"reasoning": "The authored template row-count 1.0.0: Count the rows of a list."}
    notes = ("No model is configured.", "The template row-count 1.0.0 fits the goal (89 of 100 alike) and its input.")
    assert reply == offered(document, Provenance(source="template", notes=notes))


async def test_without_a_model_and_a_template_the_reply_says_what_to_set() -> None:
    assert await planner(None).plan(REQUEST) == Unplanned(
        type="no_model",
        message=f"No model is configured and no template fits this goal. {SET_A_MODEL}",
        provenance=Provenance(source="none", notes=("There are no templates.",)),
    )


async def test_without_a_model_no_template_is_run_a_second_time() -> None:
    assert await planner(None, library=LIBRARY).plan(replace(REQUEST, phase=2)) == Unplanned(
        type="no_model",
        message=f"No model is configured, and a template cannot plan a phase after the first. {SET_A_MODEL}",
        provenance=Provenance(source="none"),
    )


async def test_a_failure_that_may_pass_is_reported_as_such_and_no_template_steps_in() -> None:
    model = Scripted(ProviderError("The provider is busy.", retry_after_s=7, cost_usd=0.02))
    assert await planner(model, library=LIBRARY).plan(REQUEST) == Unplanned(
        type="model_provider_failed",
        message="The provider is busy.",
        retryable=True,
        retry_after_s=7,
        provenance=provenance("", source="none", tokens_in=None, tokens_out=None, cost_usd=0.02, latency_ms=None),
    )


async def test_a_template_steps_in_when_the_model_fails_for_good() -> None:
    reply = await planner(Scripted(AuthError("The key was refused.")), library=LIBRARY).plan(REQUEST)
    document = GOOD | {"reasoning": "The authored template row-count 1.0.0: Count the rows of a list."}
    told = provenance("", source="template", tokens_in=None, tokens_out=None, cost_usd=0.0, latency_ms=None)
    notes = (
        "The model failed: The key was refused.",
        "The template row-count 1.0.0 fits the goal (89 of 100 alike) and its input.",
    )
    assert reply == offered(document, replace(told, notes=notes))


async def test_a_model_that_failed_for_good_without_a_template_is_the_error() -> None:
    assert await planner(Scripted(RecordingMissingError("No answer is recorded."))).plan(REQUEST) == Unplanned(
        type="model_recording_missing",
        message="No answer is recorded.",
        provenance=provenance(
            "",
            source="none",
            tokens_in=None,
            tokens_out=None,
            cost_usd=0.0,
            latency_ms=None,
            notes=("There are no templates.",),
        ),
    )


async def test_a_request_may_name_its_model() -> None:
    configured, named = Scripted(name="house/one"), Scripted(text_of(GOOD), name="other/two")
    made: list[str] = []

    def models(name: str) -> Model:
        made.append(name)
        return named

    reply = await planner(configured, models=models).plan(replace(REQUEST, model="other/two"))
    assert (type(reply), made, len(named.asked), configured.asked) == (Offered, ["other/two"], 1, [])


async def test_a_model_that_cannot_be_had_leaves_the_goal_unplanned() -> None:
    def models(name: str) -> Model:
        msg = f"There is no model {name}."
        raise ModelUnknownError(msg)

    notes = ("There are no templates.",)
    told = Provenance(source="none", model="x/y", notes=notes)
    assert await planner(Scripted(), models=models).plan(replace(REQUEST, model="x/y")) == Unplanned(
        type="model_unknown", message="There is no model x/y.", provenance=told
    )
    assert await planner(Scripted()).plan(replace(REQUEST, model="x/y")) == Unplanned(
        type="model_unknown", message="The model x/y cannot be chosen here.", provenance=told
    )
