"""Examples of explanations, judged as what they are: by the checks, the door, the conversion."""

import json
from collections.abc import Callable
from typing import Any

from catalog.capability import Capability, Effect
from catalog.hosts import hosts_by_key
from catalog.loader import load_catalog
from catalog.registry import Catalog
from fragments.bounds import Left
from fragments.dialects import Dialect, convert, read_bindings
from fragments.documents import Template
from fragments.explanations import Around, Child, Explanation, Kind
from fragments.frames import Frame
from fragments.json_text import unreadable
from fragments.mending import check_reading
from fragments.positions import located
from fragments.problems import Problem, errors
from fragments.proofs import Bound, Manifest
from fragments.reading import read_document, read_fragment, read_template, read_text
from fragments.workflows import WorkflowInterface
from planner.judgement import Wrong, judge
from planner.models.port import Answer
from planner.models.roster import Entry, Roster
from schemas.reading import UnreadableJsonError, read_json
from service.goals import Goal, House, admit, template_of
from tests.support.telling import of_problems

CATALOG = load_catalog().catalog
_OBJECT = {"type": "object"}


def judged(told: Explanation, text: str) -> tuple[Problem, ...]:
    """Judge an example, or what became of one, as its explanation says that it is judged."""
    return of_problems(_JUDGES[told.kind](text, told.around))


def frame(around: Around, document: object) -> Frame:
    """Make a frame of what stands around an example. A template has its own input_schema and bounds."""
    own = document if isinstance(document, Template) else None
    left = Left().narrowed(around.left)
    return Frame(
        input_schema=own.input_schema if own is not None else around.input_schema or _OBJECT,
        input=around.given,
        must_produce=around.must_produce,
        allows=(around.allow,) if around.allow is not None else (),
        left=left.narrowed(own.bounds) if own is not None else left,
        input_hosts=hosts_by_key(around.given or {}),
        channels=frozenset(around.channels),
        operator_hosts=around.operator_hosts,
        secrets=frozenset(around.secrets),
        groups=None if around.groups is None else frozenset(around.groups),
        workflows={f"{child.namespace}/{child.name}": (interface(child),) for child in around.workflows},
        runs=None if around.runs is None else frozenset(around.runs),
    )


def interface(child: Child) -> WorkflowInterface:
    """Write the interface of a workflow that runs one step and reaches nothing."""
    return WorkflowInterface(
        name=child.name,
        namespace=child.namespace,
        version=child.version,
        input_schema=child.input_schema,
        output_schema={},
        bound=Bound(steps=1, handler_calls=1, model_calls=0, cost_usd=0.0, depth=0, wall_clock_s=1.0),
        authority=Manifest(),
        effects=frozenset({Effect.PURE}),
        digest=f"digest of {child.name}",
        calls=child.calls,
    )


def _of_a_document(text: str, around: Around) -> tuple[Problem, ...]:
    read = read_document(text)
    report = check_reading(read, CATALOG, frame(around, read.document or read.rest))
    return tuple(located(report.problems, read.positions))


def _of_an_answer(text: str, around: Around) -> tuple[Problem, ...]:
    read = read_fragment(text)
    return check_reading(read, CATALOG, frame(around, read.document)).problems


def _of_a_source(text: str, around: Around) -> tuple[Problem, ...]:
    bindings = read_bindings(around.mapping)[0] if around.mapping is not None else None
    return convert(text, Dialect(around.dialect) if around.dialect is not None else None, bindings).problems


def _of_a_mapping(text: str, _: Around) -> tuple[Problem, ...]:
    return read_bindings(text)[1]


def _of_a_submission(text: str, around: Around) -> tuple[Problem, ...]:
    read = read_template(text)
    assert read.document is not None
    house = House(
        left=Left().narrowed(around.left), hosts=around.operator_hosts, channels=frozenset(around.channels), secrets=frozenset()
    )
    return admit(read.document, around.given or {}, catalog=CATALOG, house=house).report.problems


_JUDGES = {
    Kind.DOCUMENT: _of_a_document,
    Kind.ANSWER: _of_an_answer,
    Kind.SOURCE: _of_a_source,
    Kind.MAPPING: _of_a_mapping,
    Kind.SUBMISSION: _of_a_submission,
}


def _with_feed(url: str) -> tuple[Problem, ...]:
    house = House(left=Left(), hosts=("*",), channels=frozenset())
    goal = Goal(goal="Count the news", inputs={"feed": url})
    return admit(template_of(goal), goal.inputs, catalog=CATALOG, house=house, goal=goal).report.problems


def _with_model(name: str) -> tuple[Problem, ...]:
    roster = Roster(entries=(Entry(glob="openai/*"),))
    house = House(left=Left(), hosts=("*",), channels=frozenset(), models=roster)
    goal = Goal(goal="Count", model=name)
    return admit(template_of(goal), {}, catalog=CATALOG, house=house, goal=goal).report.problems


def _plan(*steps: dict[str, Any], output: Any = None) -> dict[str, Any]:
    return {"steps": list(steps), "output": output}


def _transform(name: str = "one", **more: Any) -> dict[str, Any]:
    return {"name": name, "handler": "transform", "config": {"expression": "1"}, "input": {"data": 1}, **more}


def _checked(plan: dict[str, Any], catalog: Catalog = CATALOG, around: Frame | None = None) -> tuple[Problem, ...]:
    return check_reading(read_document(plan), catalog, around or Frame()).problems


def _one_step(**more: Any) -> dict[str, Any]:
    return _plan(_transform(**more), output="{{ steps.one.output }}")


def _patterned(count: int) -> dict[str, Any]:
    """Write a step whose schema has as many properties, each with a pattern that takes long to compile."""
    costly = {f"p{i}": {"pattern": rf"(\p{{L}}|\p{{N}}|[\p{{M}}\s]){{9}}{i}"} for i in range(count)}
    return _one_step(config={"expression": "1", "output_schema": {"properties": costly}})


def _fetch(version: str, **more: Any) -> Capability:
    whole = {"summary": "Ask", "description": "Ask", "config_schema": {}, "input_schema": {}, "output_schema": {}, "errors": []}
    return Capability.model_validate({"name": "fetch", "version": version, "effect": "read", **whole, **more})


_FETCHES = (_fetch("1.0.0", deprecated="Use fetch@^2."), _fetch("2.0.0"), _fetch("3.0.0", cost_usd=float("inf")))
_FETCHING = Catalog.of(_FETCHES, {one.id: one.version for one in _FETCHES})
_LEAKING = Catalog.of([_fetch("1.0.0"), _fetch("2.0.0")], retired={"fetch@1.0.0": "It leaks a header."})
_LISTED = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "names": {"type": "array", "items": {"type": "string"}}},
}
_NAMES = Frame(input_schema={**_LISTED, "required": ["name", "names"]})
_PLANS = {"name": "plan", "type": "planning", "goal": "Find out"}


def _with_handler(handler: str) -> dict[str, Any]:
    return _plan({"name": "one", "handler": handler}, output="{{ steps.one.output }}")


def _cut(*, truncated: bool) -> tuple[Problem, ...]:
    text = json.dumps(_one_step())
    said = text[:-30] if truncated else text
    figures: dict[str, Any] = {"tokens_in": 1, "tokens_out": 80, "cost_usd": 0.0, "latency_ms": None}
    judgement = judge(Answer(text=said, model="any", source="model", truncated=truncated, **figures), CATALOG, Frame())
    return judgement.problems if isinstance(judgement, Wrong) else ()


def _nested(depth: int) -> str:
    return (
        f"steps: [{{name: one, handler: transform, config: {{expression: '1'}}, input: {{data: {'[' * depth}{']' * depth}}}}}]"
    )


def _unread(text: str | bytes) -> tuple[Problem, ...]:
    try:
        read_json(text)
    except UnreadableJsonError as error:
        return (unreadable(error),)
    return ()


Told = Callable[[], tuple[Problem, ...]]
TOLD: dict[str, tuple[Told, Told]] = {
    "text.too_large": (lambda: read_document("x" * 2_097_152).problems, lambda: _checked(_one_step())),
    "text.encoding": (
        lambda: read_document("name: café\n".encode("latin-1")).problems[:1],
        lambda: read_text("name: café\n".encode()).problems,
    ),
    "document.value": (
        lambda: read_document({"name": "sums", "floor": float("nan")}).problems,
        lambda: _checked(_one_step()),
    ),
    "json.encoding": (lambda: _unread('"é"'.encode("latin-1")), lambda: _unread('"é"'.encode())),
    "json.nesting": (lambda: _unread("[" * 129 + "]" * 129), lambda: _unread("[" * 128 + "]" * 128)),
    "document.nesting": (lambda: read_document(_nested(70)).problems, lambda: read_text(_nested(10)).problems),
    "document.too_large": (
        lambda: read_document(_plan(*(_transform(f"s{i}") for i in range(10_001)), output=1)).problems,
        lambda: _checked(
            _plan(_transform(for_each={"items": "{{ input.names }}"}), output="{{ steps.one.output.outputs }}"), around=_NAMES
        ),
    ),
    "document.problems": (
        lambda: _checked(_plan(*(_transform(f"s{i}", handler="no_such_handler") for i in range(501)), output=1)),
        lambda: errors(_checked(_plan(*(_transform(f"s{i}") for i in range(20)), output=1))),
    ),
    "document.effort": (
        lambda: _checked(_patterned(5_000)),
        lambda: _checked(_patterned(5)),
    ),
    "handler.deprecated": (
        lambda: _checked(_with_handler("fetch@1.0.0"), _FETCHING),
        lambda: _checked(_with_handler("fetch@^2"), _FETCHING),
    ),
    "handler.retired": (
        lambda: _checked(_with_handler("fetch@1.0.0"), _LEAKING),
        lambda: _checked(_with_handler("fetch@^2"), _LEAKING),
    ),
    "condition.too_long": (
        lambda: _checked(_one_step(when=" || ".join(f'input.name == "{i:020}"' for i in range(150))), around=_NAMES),
        lambda: _checked(_one_step(when="input.name in input.names"), around=_NAMES),
    ),
    "bounds.depth": (
        lambda: _checked(_plan(_PLANS, output="{{ steps.plan.output }}"), around=Frame(left=Left(depth=0))),
        lambda: _checked(_one_step(), around=Frame(left=Left(depth=0))),
    ),
    "bounds.price": (
        lambda: _checked(_with_handler("fetch@3.0.0"), _FETCHING),
        lambda: _checked(_with_handler("fetch@2.0.0"), _FETCHING),
    ),
    "input.host": (
        lambda: _with_feed("https://news(now).example.org/"),
        lambda: _with_feed("https://news.example.org/"),
    ),
    "planner.model": (
        lambda: _with_model("openai/http://127.0.0.1:9/v1"),
        lambda: _with_model("openai/gpt-4o"),
    ),
    "answer.cut_off": (lambda: _cut(truncated=True), lambda: _cut(truncated=False)),
}
"""What stands in words in an explanation, made: what causes the problem, and what does not."""

SERVED = frozenset({"template.unknown", "template.folder", "planner.no_model", "request.key_reused"})
"""Codes in words that only a whole service shows: `tests/integration/service/test_explained.py`."""
