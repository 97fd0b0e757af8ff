"""The planner: one turn of one plan, from a request to a checked fragment or to everything that is wrong with it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from catalog.registry import Catalog
from fragments.planning import Declined, Offered, PlanReply, PlanRequest, Provenance, Rejected, Unplanned
from planner.judgement import Judgement, Passed, Refused, judge
from planner.library import Choice, Library, choose
from planner.models.port import Answer, Model, ModelError, ModelUnknownError, Prompt
from planner.prompt import BUDGET_CHARACTERS, MAX_TOKENS, build

Models: TypeAlias = Callable[[str], Model]
"""Makes a model of its name. Raises `ModelError` for one that there is not."""

KEPT_CHARACTERS = 200_000
"""As much of an answer is kept; a plan is a few thousand, and facts are kept for ever."""

SET_A_MODEL = (
    "Set GOALWRIGHT_MODEL (for example anthropic/claude-sonnet-4-5) and its provider's key, or submit a template with "
    "POST /v1/tasks."
)


class FragmentPlanner:
    """Plans by one model call a turn, or by an authored template where no model can.

    A template stands in when no model is configured, or when the model failed in a way that trying again does not mend, and
    only for the first phase: a template that ran already is no better the second time. `models` makes the model that a
    request names.
    """

    def __init__(
        self,
        model: Model | None,
        catalog: Catalog,
        templates: Library,
        *,
        models: Models | None = None,
        budget_characters: int = BUDGET_CHARACTERS,
        max_tokens: int = MAX_TOKENS,
    ) -> None:
        """Keep the collaborators; nothing is asked before the first request."""
        self._model = model
        self._catalog = catalog
        self._templates = templates
        self._models = models
        self._budget_characters = budget_characters
        self._max_tokens = max_tokens

    async def plan(self, request: PlanRequest) -> PlanReply:
        """Make one turn. Never raises for what a model does or a provider says."""
        try:
            model = self._model_for(request)
        except ModelError as error:
            return await self._without_model(request, error, Provenance(source="none", model=request.model or ""))
        if model is None:
            return await self._without_model(request, None, Provenance(source="none"))
        prompt = await asyncio.to_thread(self._prompt, request)
        try:
            answer = await model.ask(prompt)
        except ModelError as error:
            return await self._without_model(request, error, _unanswered(model, prompt, error))
        # Reading a hostile answer of a megabyte takes long enough to hold up every other task.
        judgement = await asyncio.to_thread(judge, answer, self._usable(request), request.frame)
        return _reply(judgement, _answered(prompt, answer, judgement))

    def _model_for(self, request: PlanRequest) -> Model | None:
        if request.model is None or (self._model is not None and request.model == self._model.name):
            return self._model
        if self._models is None:
            msg = f"The model {request.model} cannot be chosen here."
            raise ModelUnknownError(msg)
        return self._models(request.model)

    def _prompt(self, request: PlanRequest) -> Prompt:
        return build(request, self._usable(request), budget_characters=self._budget_characters, max_tokens=self._max_tokens)

    def _usable(self, request: PlanRequest) -> Catalog:
        """Give what a plan of this task may use: a plan over newer versions would pass and then run with the task's own."""
        return self._catalog if request.handlers is None else self._catalog.only(request.handlers)

    async def _without_model(self, request: PlanRequest, error: ModelError | None, provenance: Provenance) -> PlanReply:
        if error is not None and (error.retryable or request.phase > 1):
            return _unplanned(error, provenance)
        if request.phase > 1:
            message = f"No model is configured, and a template cannot plan a phase after the first. {SET_A_MODEL}"
            return Unplanned(type="no_model", message=message, provenance=provenance)
        catalog = self._usable(request)
        found = await asyncio.to_thread(choose, self._templates, request.goal, request.input, request.frame, catalog)
        if isinstance(found, Choice):
            return _from_template(found, error, provenance)
        if error is not None:
            return _unplanned(error, replace(provenance, notes=(*provenance.notes, found.reason)))
        message = f"No model is configured and no template fits this goal. {SET_A_MODEL}"
        return Unplanned(type="no_model", message=message, provenance=replace(provenance, notes=(found.reason,)))


def _reply(judgement: Judgement, provenance: Provenance) -> PlanReply:
    if isinstance(judgement, Passed):
        return Offered(fragment=judgement.fragment, report=judgement.report, provenance=provenance)
    if isinstance(judgement, Refused):
        return Declined(reason=judgement.reason, provenance=provenance)
    return Rejected(problems=judgement.problems, provenance=provenance)


def _answered(prompt: Prompt, answer: Answer, judgement: Judgement) -> Provenance:
    kept, notes = _kept(answer.text)
    return Provenance(
        source=answer.source,
        model=answer.model,
        prompt_version=prompt.version,
        prompt_digest=prompt.digest,
        messages=prompt.messages,
        answer=kept,
        mended=judgement.mended,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        cost_usd=answer.cost_usd,
        latency_ms=answer.latency_ms,
        notes=(*answer.notes, *notes),
    )


def _unanswered(model: Model, prompt: Prompt, error: ModelError) -> Provenance:
    return Provenance(
        source="none",
        model=model.name,
        prompt_version=prompt.version,
        prompt_digest=prompt.digest,
        messages=prompt.messages,
        cost_usd=error.cost_usd,
    )


def _kept(text: str) -> tuple[str, tuple[str, ...]]:
    # Half a surrogate pair cannot be stored as UTF-8.
    clean = text.encode("utf-8", "replace").decode("utf-8")
    if len(clean) <= KEPT_CHARACTERS:
        return clean, ()
    return clean[:KEPT_CHARACTERS], (f"The answer had {len(clean)} characters; the first {KEPT_CHARACTERS} are kept.",)


def _unplanned(error: ModelError, provenance: Provenance) -> Unplanned:
    return Unplanned(
        type=error.type,
        message=error.message,
        retryable=error.retryable,
        retry_after_s=error.retry_after_s,
        provenance=provenance,
    )


def _from_template(choice: Choice, error: ModelError | None, provenance: Provenance) -> Offered:
    template = choice.template
    notes = (
        "No model is configured." if error is None else f"The model failed: {error.message}",
        f"The template {template.name} {template.version} fits the goal ({choice.likeness:.0f} of 100 alike) and its input.",
    )
    return Offered(
        fragment=choice.fragment,
        report=choice.report,
        provenance=replace(provenance, source="template", notes=notes),
    )
