"""The context of a plan: everything that a prompt states, assembled from a request and cut to a budget."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from rapidfuzz import fuzz

from catalog.capability import OUTSIDE, Capability, Effect, Example, OutputCase
from catalog.registry import Catalog
from fragments.bounds import Left
from fragments.checks.handlers import handler_allowed
from fragments.documents import Allow
from fragments.frames import Frame
from fragments.planning import PlanRequest
from planner.answers import plan_schema
from planner.foreign import Foreign, Own, own
from planner.notation import sample, shape, sketch
from schemas.values import Json, JsonObject

_MINUTES_TOLD = 5  # times left are told in steps of as many minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much of everything a prompt tells. `says` is what was shortened, for the reader of the prompt.

    An input value of up to `whole_bytes` of JSON is shown whole, one of up to `sample_bytes` with a sample, a larger one by its
    shape. The `full_handlers` most relevant handlers are told in full, the others by name and summary.
    """

    worked_examples: bool = True
    handler_examples: int = 3
    whole_bytes: int = 1_000
    sample_bytes: int = 10_000
    full_handlers: int = 1_000
    described: bool = True
    says: str = ""


DETAILS = (
    Detail(),
    Detail(worked_examples=False, says="worked examples"),
    Detail(worked_examples=False, handler_examples=1, says="examples"),
    Detail(worked_examples=False, handler_examples=1, whole_bytes=300, sample_bytes=3_000, says="examples, input samples"),
    Detail(worked_examples=False, handler_examples=0, whole_bytes=100, sample_bytes=0, says="examples, input samples"),
    Detail(
        worked_examples=False,
        handler_examples=0,
        whole_bytes=100,
        sample_bytes=0,
        full_handlers=8,
        says="examples, input samples, handlers that look less relevant",
    ),
    Detail(
        worked_examples=False,
        handler_examples=0,
        whole_bytes=100,
        sample_bytes=0,
        full_handlers=4,
        described=False,
        says="examples, input samples, handlers that look less relevant, comments",
    ),
    Detail(
        worked_examples=False,
        handler_examples=0,
        whole_bytes=500,
        sample_bytes=0,
        full_handlers=3,
        says="examples, input samples, most handlers",
    ),
)
"""From everything to the least that a plan can be made from, in the order in which things are left out."""

_FAILURE_CHARACTERS = 1_500  # why the phase before failed is told whole at any level


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedExample:
    """A goal and a good plan for it, shown where all `handlers` in it may be used."""

    title: str
    handlers: tuple[str, ...]
    goal: str
    input: str  # JSON
    reach: str
    plan: str  # JSON


def usable(catalog: Catalog, allows: Iterable[Allow]) -> tuple[Capability, ...]:
    """List the newest version of every handler that all of `allows` let a plan use, by name."""
    newest: dict[str, Capability] = {}
    for capability in catalog:  # by name, oldest version first
        newest[capability.name] = capability
    return tuple(c for c in newest.values() if all(_allows(allow, c) for allow in allows))


def effects_allowed(allows: Iterable[Allow]) -> tuple[Effect, ...]:
    """List the effects that all of `allows` let a step have."""
    lists = [allow.effects for allow in allows if allow.effects is not None]
    return tuple(effect for effect in Effect if all(effect in allowed for allowed in lists))


def channels_allowed(frame: Frame) -> frozenset[str]:
    """Name the operator's channels that all frames around let a plan use."""
    return frozenset(channel for channel in frame.channels if _all_match(frame.allows, "channels", channel))


def relevant_first(capabilities: Iterable[Capability], goal: str) -> tuple[Capability, ...]:
    """Sort by likeness of goal and description, the likest first, then by name."""

    def likeness(capability: Capability) -> float:
        return fuzz.token_set_ratio(goal.lower(), f"{capability.name} {capability.summary} {capability.description}".lower())

    return tuple(sorted(capabilities, key=lambda c: (-likeness(c), c.name)))


def system_variables(
    request: PlanRequest, capabilities: tuple[Capability, ...], examples: Iterable[WorkedExample], detail: Detail
) -> dict[str, Any]:
    """Collect what the text about the language varies with: which parts of it this plan can use. All of it is our own."""
    names = {capability.name for capability in capabilities}
    shown = [e for e in examples if detail.worked_examples and names.issuperset(e.handlers)]
    return {
        "plan_format": Own(sketch(plan_schema(request.frame.runs))),
        "may_nest": may_nest(request.frame),
        "formats": sorted({found for c in capabilities for found in _formats(c.config_schema)}),
        "examples": [own(asdict(example)) for example in shown],
    }


def request_variables(request: PlanRequest, capabilities: tuple[Capability, ...], detail: Detail) -> dict[str, Any]:
    """Collect what the request's text states: `Own` words, and `Foreign` texts that it fences."""
    frame = request.frame
    channels = ", ".join(sorted(channels_allowed(frame)))  # named by the operator, as handlers are
    return {
        "goal": Foreign(request.goal, kind="goal"),
        "today": Own(f"{request.today:%A}, {request.today.isoformat()}"),
        "phase": request.phase,
        "inputs": [_input(key, request.input[key], detail) for key in sorted(request.input) if key != "previous"],
        "input_format": _input_format(frame),
        "previous": _previous(request, detail),
        "previous_is_input": "previous" in (frame.input or request.input),
        "hosts": _listed(frame.hosts) if frame.hosts else None,
        "other_hosts": Own(_other_hosts(frame)),
        "only_hosts": [_listed(allow.hosts) for allow in frame.allows if allow.hosts is not None],
        "written_hosts": None if frame.written_hosts is None else _listed(frame.written_hosts),
        "channels": Own(channels),
        "effects": Own(", ".join(effect.value for effect in effects_allowed(frame.allows))),
        "handler_names": Own(", ".join(capability.name for capability in capabilities)),
        "handlers": _handlers(capabilities, request.goal, detail),
        "left": own(_left(frame.left)),
        "may_nest": may_nest(frame),
        "must_produce": _wanted(frame.must_produce),
        "shortened": Own(detail.says),
    }


def may_nest(frame: Frame) -> bool:
    """Say whether the plan may hold planning steps: depth and model calls must be left for them."""
    return frame.left.depth > 0 and frame.left.model_calls > 0


def _allows(allow: Allow, capability: Capability) -> bool:
    possible = {capability.effect, *(capability.effect_by.is_.values() if capability.effect_by else ())}
    return handler_allowed(capability, (allow,)) and (allow.effects is None or not possible.isdisjoint(allow.effects))


def _all_match(allows: Iterable[Allow], what: str, name: str) -> bool:
    lists = [patterns for allow in allows if (patterns := getattr(allow, what)) is not None]
    return all(any(fnmatchcase(name, pattern) for pattern in patterns) for patterns in lists)


def _formats(schema: Json) -> Iterable[str]:
    if isinstance(schema, Mapping):
        if isinstance(schema.get("format"), str):
            yield schema["format"]
        for part in schema.values():
            yield from _formats(part)
    elif isinstance(schema, (list, tuple)):
        for part in schema:
            yield from _formats(part)


def _input(key: str, value: Json, detail: Detail) -> Foreign:
    """Tell one value of the input, its key included: keys come from outside as values do."""
    text = _json(value)
    size = len(text.encode("utf-8", "surrogatepass"))
    reference = f"input.{key}" if key.isidentifier() and key.isascii() else f"input[{_json(key)}]"
    lines = [f"{reference}, {size} bytes of JSON"]
    if size <= detail.whole_bytes:
        return Foreign("\n".join([f"{lines[0]}, whole:", text]))
    lines += ["its shape:", shape(value)]
    if size <= detail.sample_bytes:
        lines += ["a sample, lists and texts cut short:", _json(sample(value))]
    return Foreign("\n".join(lines))


def _input_format(frame: Frame) -> Foreign | None:
    return Foreign(sketch(_in_order(frame.input_schema))) if frame.input_schema.get("properties") else None


def _wanted(must_produce: JsonObject | None) -> Foreign | None:
    if must_produce is None:
        return None
    return Foreign(f"{sketch(_in_order(must_produce))}\n\nAs JSON Schema:\n{_json(must_produce)}")


def _previous(request: PlanRequest, detail: Detail) -> Foreign | None:
    previous = request.previous if request.previous is not None else request.input.get("previous")
    if previous is None:
        return None
    text = _json(previous)
    if len(text) <= max(detail.sample_bytes, _FAILURE_CHARACTERS):
        return Foreign(text)
    cut = _json(sample(previous, characters=400))
    return Foreign(f"{shape(previous)}\n\nA sample, lists and texts cut short:\n\n{cut}")


def _listed(names: Iterable[str]) -> Foreign:
    """List hosts or patterns of them: a goal or an earlier plan wrote them."""
    return Foreign("\n".join(sorted(names)) or "(none)")


def _other_hosts(frame: Frame) -> str:
    if "*" in frame.operator_hosts:
        return "Other hosts may be reached if a config names them literally."
    if not frame.operator_hosts:
        return "No other host may be reached."
    matching = ", ".join(frame.operator_hosts)
    return f"Other hosts may be reached if a config names them literally and they match {matching}."


def _handlers(capabilities: tuple[Capability, ...], goal: str, detail: Detail) -> list[dict[str, Any]]:
    full = {c.name for c in relevant_first(capabilities, goal)[: detail.full_handlers]}
    return [_told(c, detail, in_full=c.name in full) for c in capabilities]


def _told(capability: Capability, detail: Detail, *, in_full: bool) -> dict[str, Any]:
    """Tell a handler: in our own words, or in those of whoever described what was imported."""
    told = _handler(capability, detail) if in_full else _handler_in_brief(capability)
    if capability.origin is None:
        return own({**told, "imported": None})  # type: ignore[no-any-return]  # a mapping stays one
    head = {key: Own(told[key]) for key in ("name", "version")}
    return {**head, "imported": Foreign(_imported(told))}


def _imported(told: Mapping[str, Any]) -> str:
    """Write all that is told of an imported handler as one text."""
    parts = [told["summary"], told["description"] or "Told in brief: the validator answers with what config must be."]
    if told["config"] is not None:
        parts += [f"Effect: {told['effect']}. {told['cost']} Limits of one call: {told['limits']}", told["reach"]]
        parts += ["config:", told["config"], "input:", told["input"]]
        for output in told["outputs"]:
            parts += [f"output {output['when']}".strip() + ":", output["shape"], *output["given_by"]]
        parts += ["errors:", *told["errors"]]
    parts += [f"Example, {one['title']}: {one['call']} gives {one['gives']}" for one in told["examples"]]
    return "\n".join(str(part) for part in parts if part)


def _handler_in_brief(capability: Capability) -> dict[str, Any]:
    return {
        "name": capability.name,
        "version": capability.version,
        "summary": capability.summary,
        "description": None,
        "config": None,
        "examples": [],
    }


def _handler(capability: Capability, detail: Detail) -> dict[str, Any]:
    return _handler_in_brief(capability) | {
        "description": capability.description.strip(),
        "effect": _effect(capability),
        "cost": f"One call costs ${capability.cost_usd:g}." if capability.cost_usd else "A call costs nothing.",
        "limits": _limits(capability),
        "reach": _reach(capability),
        "neighbours": _neighbours(capability),
        "config": sketch(capability.config_schema, described=detail.described),
        "input": sketch(capability.input_schema, described=detail.described),
        "outputs": [*_outputs(capability, detail)],
        "errors": [
            f"`{e.type}`{' (retryable)' if e.retryable else ''}: {' '.join(e.description.split())}" for e in capability.errors
        ],
        "examples": [_example(e) for e in capability.examples if e.error is None][: detail.handler_examples],
    }


def _effect(capability: Capability) -> str:
    by = capability.effect_by
    if by is None:
        return capability.effect.value
    cases = ", ".join(f"{value} {effect.value}" for value, effect in by.is_.items())
    return f"by config {by.at}: {cases}; otherwise {capability.effect.value}"


def _limits(capability: Capability) -> str:
    limits = capability.limits
    calls = f", requests to the outside: {limits.host_calls}" if OUTSIDE & set(capability.imports) else ""
    return f"{_time(limits.wall_ms / 1_000)}, {limits.output_bytes / (1 << 20):g} MiB of output{calls}."


def _reach(capability: Capability) -> str:
    hosts, channels = capability.authority.hosts, capability.authority.channels
    told = [
        *([f"The host that it reaches stands at {' and '.join(hosts)}."] if hosts else []),
        *([f"The channel that it sends to stands at {' and '.join(channels)}."] if channels else []),
    ]
    return " ".join(told)


def _neighbours(capability: Capability) -> str:
    told = [
        *([f"often fed by {', '.join(capability.hints.before)}"] if capability.hints.before else []),
        *([f"often followed by {', '.join(capability.hints.after)}"] if capability.hints.after else []),
    ]
    return f"{'; '.join(told)}." if told else ""


def _outputs(capability: Capability, detail: Detail) -> Iterator[dict[str, Json]]:
    usual = OutputCase(output_schema=capability.output_schema, output_from=capability.output_from)
    for case in (*capability.output_cases, usual):
        yield {
            "when": _condition(case, only=not capability.output_cases),
            "shape": sketch(case.output_schema, described=detail.described),
            "given_by": [_given_by(place, source) for place, source in case.output_from.items()],
        }


def _condition(case: OutputCase, *, only: bool) -> str:
    told = [
        *(f"has {pointer}" for pointer in case.given),
        *(f"has {pointer} {_json(value)}" for pointer, value in case.equals.items()),
    ]
    if told:
        return f"where config {' and '.join(told)}"
    return "" if only else "otherwise"


def _given_by(place: str, source: str) -> str:
    return f"`config{source}`, where given, is the schema of `output{_path(place)}`."


def _path(place: str) -> str:
    """Turn a pointer into a schema to a path into the value: `/properties/items/items` to `.items[each]`."""
    path, parts = "", iter(place.split("/")[1:])
    for part in parts:
        if part == "properties":
            path += f".{next(parts, '')}"
        elif part == "items":
            path += "[each]"
        else:  # anyOf/0 and the like choose an alternative, not a part of the value
            next(parts, None)
    return path


def _example(example: Example) -> dict[str, str]:
    call = {"config": example.config, "input": example.input}
    return {"title": example.title, "call": _json(call), "gives": _json(example.output)}


def _left(left: Left) -> dict[str, Json]:
    return left.to_json() | {"cost_usd": f"{left.cost_usd:.2f}", "wall_clock": _coarse(left.wall_clock_s)}


def _coarse(seconds: float) -> str:
    """Tell a time left, rounded down: told to the second, every turn of a conversation would begin with another prompt."""
    minutes = int(seconds // 60)
    if minutes < _MINUTES_TOLD:
        return f"{int(seconds)} s" if seconds < 120 else f"{minutes} minutes"  # noqa: PLR2004 - as people say it
    return f"{minutes - minutes % _MINUTES_TOLD} minutes"


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:g} minutes"  # noqa: PLR2004 - as people say it


def _json(value: Json) -> str:
    # Sorted: a request that was stored and read again must give the same bytes.
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)


def _in_order(schema: JsonObject) -> JsonObject:
    return json.loads(_json(schema))  # type: ignore[no-any-return] # an object stays one
