"""The prompt: text files rendered by one strict function, byte for byte the same for the same request."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Template, TemplateError, pass_context
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context

from catalog.capability import Capability
from catalog.registry import Catalog
from catalog.rendering import environment
from fragments.planning import PlanRequest, Turn
from fragments.problems import Problem, Severity, errors
from planner.answers import answer_schema
from planner.context import DETAILS, Detail, WorkedExample, request_variables, system_variables, usable
from planner.foreign import Foreign, Own, foreign_in, mark_of
from planner.models.port import Prompt
from schemas.values import Json, JsonObject, digest

BUDGET_CHARACTERS = 160_000
"""About 40,000 tokens: what a model of modest context reads beside its answer."""

MAX_TOKENS = 12_000
"""For an answer, its reasoning included where a model reasons before it answers."""

_LONGEST_ANSWER = 60_000  # characters of an earlier answer that are worth showing again

_ENVIRONMENT = environment()


@pass_context
def _finalized(context: Context, value: Any) -> Any:
    """Write what is ours as it is and what is foreign within a fence; refuse every other text."""
    if isinstance(value, Foreign):
        return value.fenced(context["mark"])
    if isinstance(value, str) and not isinstance(value, Own):
        msg = f"a text that is neither ours nor fenced: {value[:40]!r}"
        raise PromptError(msg)
    return value


_ENVIRONMENT.finalize = _finalized


class PromptError(Exception):
    """A prompt file and what is rendered into it do not belong together: a defect of this project, not of a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFiles:
    """The texts of one version. Whoever changes one of them changes `version`: answers are recorded under it."""

    version: str
    system: str
    request: str
    problems: str
    examples: tuple[WorkedExample, ...]


@cache
def prompt_files() -> PromptFiles:
    """Read the texts from `prompts/plan`."""
    folder = files("prompts") / "plan"

    def text(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    names = sorted(path.name for path in (folder / "examples").iterdir() if path.name.endswith(".json"))
    return PromptFiles(
        version=text("version.txt").strip(),
        system=text("system.md"),
        request=text("request.md"),
        problems=text("problems.md"),
        examples=tuple(_worked_example(json.loads(text(f"examples/{name}"))) for name in names),
    )


def build(
    request: PlanRequest,
    catalog: Catalog,
    *,
    texts: PromptFiles | None = None,
    budget_characters: int = BUDGET_CHARACTERS,
    max_tokens: int = MAX_TOKENS,
) -> Prompt:
    """Assemble the prompt for a request: with everything that fits the budget, never without the goal or the bounds."""
    texts = texts or prompt_files()
    capabilities = usable(catalog, request.frame.allows)
    messages = _fitting(request, capabilities, texts, budget_characters)
    return Prompt(
        messages=messages,
        schema=answer_schema(request.frame.runs),
        max_tokens=max_tokens,
        allowance_usd=request.allowance_usd,
        version=texts.version,
        digest=digest(list(messages)),
    )


def render(text: str, variables: Mapping[str, Any]) -> str:
    """Fill a prompt's text.

    Raises `PromptError` for a variable that is missing or not used, and for a text that is neither `Own` nor `Foreign`.
    """
    template, wanted = _compiled(text)
    if wrong := wanted ^ variables.keys():
        msg = f"the text and its variables differ in {', '.join(sorted(wrong))}"
        raise PromptError(msg)
    try:
        return template.render(variables).strip() + "\n"
    except TemplateError as error:
        raise PromptError(str(error)) from error


@lru_cache(maxsize=16)
def _compiled(text: str) -> tuple[Template, frozenset[str]]:
    return _ENVIRONMENT.from_string(text), frozenset(find_undeclared_variables(_ENVIRONMENT.parse(text)))


def _fitting(
    request: PlanRequest, capabilities: tuple[Capability, ...], texts: PromptFiles, budget_characters: int
) -> tuple[JsonObject, ...]:
    for messages in _shorter_and_shorter(request, capabilities, texts):
        if sum(len(message["content"]) for message in messages) <= budget_characters:
            break
    return messages


def _shorter_and_shorter(
    request: PlanRequest, capabilities: tuple[Capability, ...], texts: PromptFiles
) -> Iterator[tuple[JsonObject, ...]]:
    for detail in DETAILS:
        yield _messages(request, capabilities, texts, detail, request.transcript)
    yield _messages(request, capabilities, texts, DETAILS[-1], request.transcript[-1:])


def _messages(
    request: PlanRequest,
    capabilities: tuple[Capability, ...],
    texts: PromptFiles,
    detail: Detail,
    transcript: tuple[Turn, ...],
) -> tuple[JsonObject, ...]:
    system = render(texts.system, system_variables(request, capabilities, texts.examples, detail))
    asked, found = request_variables(request, capabilities, detail), [_found(turn) for turn in transcript]
    mark = {"mark": mark_of(foreign_in([asked, found]))}
    turns: list[JsonObject] = []
    for turn, variables in zip(transcript, found, strict=True):
        turns.append({"role": "assistant", "content": _shown_again(turn.answer)})
        turns.append({"role": "user", "content": render(texts.problems, variables | mark)})
    user = render(texts.request, asked | mark)
    return ({"role": "system", "content": system}, {"role": "user", "content": user}, *turns)


def _found(turn: Turn) -> dict[str, Any]:
    """Collect what was wrong with an answer; sentences and places quote it, and so are foreign."""
    wrong = errors(turn.problems)
    return {
        "count": Own("One problem" if len(wrong) == 1 else f"{len(wrong)} problems"),
        "problems": [_finding(problem) for problem in wrong],
        "warnings": [_finding(one) for one in turn.problems if one.severity is Severity.WARNING],
    }


def _finding(problem: Problem) -> dict[str, Any]:
    where = f"at {problem.where}" if problem.where else "the whole"
    hint = f"\n{problem.hint}" if problem.hint else ""
    return {"code": Own(problem.code), "finding": Foreign(f"{where}: {problem.says}{hint}")}


def _shown_again(answer: str) -> str:
    if not answer.strip():  # providers refuse an empty message
        return "(no answer)"
    rest = len(answer) - _LONGEST_ANSWER
    return answer if rest <= 0 else f"{answer[:_LONGEST_ANSWER]}\n(cut: {rest} more characters)"


def _worked_example(value: Mapping[str, Json]) -> WorkedExample:
    return WorkedExample(
        title=value["title"],
        handlers=tuple(value["handlers"]),
        goal=value["goal"],
        input=json.dumps(value["input"], ensure_ascii=False),
        reach=value["reach"],
        plan=_laid_out(value["plan"]),
    )


def _laid_out(plan: Mapping[str, Json]) -> str:
    # One step a line: readable, at a third of the tokens that full indentation takes.
    steps = ",\n".join(f"  {json.dumps(step, ensure_ascii=False)}" for step in plan["steps"])
    reasoning, output = (json.dumps(plan[key], ensure_ascii=False) for key in ("reasoning", "output"))
    return f'{{\n"reasoning": {reasoning},\n"steps": [\n{steps}\n],\n"output": {output}\n}}'
