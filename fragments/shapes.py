"""From JSON values to documents: all complaints of the models at once, and words that the language does not have yet."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from catalog.capability import Document
from fragments.bounds import Bounds
from fragments.documents import (
    Allow,
    Branch,
    Case,
    FailureThreshold,
    Fallback,
    ForEach,
    Fragment,
    Refusal,
    Retry,
    Step,
    Switch,
    Template,
)
from fragments.near import hint, only_near
from fragments.pointers import join
from fragments.problems import Problem
from schemas.values import Json

MOST_TOLD = 500
"""Problems of shape that are listed: more help nobody, and finding near names for each takes its time."""

LATER_STEP_KEYS = ("circuit_breaker", "policy", "triggers", "until")
LATER_TEMPLATE_KEYS = ("policy", "triggers", "until")

_PARTS: dict[str, type[BaseModel]] = {
    "steps": Step,
    "for_each": ForEach,
    "failure_threshold": FailureThreshold,
    "switch": Switch,
    "cases": Case,
    "default": Branch,
    "fallback": Fallback,
    "retry": Retry,
    "allow": Allow,
    "bounds": Bounds,
}
_REASONS = {
    "string_type": "should be a text",
    "tuple_type": "should be a list",
    "int_type": "should be a whole number",
    "float_type": "should be a number",
    "bool_type": "should be true or false",
    "dict_type": "should be an object",
    "model_type": "should be an object",
    "enum": "should be {expected}",
    "too_short": "should have at least {min_length} member",
    "string_too_short": "should have at least {min_length} character",
    "string_pattern_mismatch": "should match {pattern}",
    "greater_than": "should be more than {gt}",
    "greater_than_equal": "should be at least {ge}",
    "less_than_equal": "should be at most {le}",
    "value_error": "should be {error}",
}
_Location = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a value holds: `document` where its shape is right; `rest`, to be checked further, where only keys were wrong."""

    problems: tuple[Problem, ...]
    document: Template | Fragment | Refusal | None = None
    rest: Template | Fragment | None = None


def shape_of_document(value: Mapping[str, Json], model: type[Document]) -> Shape:
    """Read a value as one of the language's documents."""
    later = dict(_later(value, model))
    found = _validated(value, model)
    if isinstance(found, Document) and not later:
        return Shape(problems=(), document=found)  # type: ignore[arg-type] # one of the three models, by `model`
    errors = _without_echoes(found.errors(include_url=False)) if isinstance(found, ValidationError) else []
    counted = [error for error in errors if _pointer(error["loc"]) not in later]
    problems = (*later.values(), *(_problem(error, value, model) for error in counted[:MOST_TOLD]), *_untold(counted))
    if any(error["type"] != "extra_forbidden" for error in counted):
        return Shape(problems=problems)
    rest = _validated(_without(value, [error["loc"] for error in errors]), model)
    kept = rest if isinstance(rest, (Template, Fragment)) else None
    return Shape(problems=problems, rest=kept)


def _validated(value: Mapping[str, Json], model: type[Document]) -> Document | ValidationError:
    try:
        # JSON mode: strict about types, yet lists are tuples and texts are enums
        return model.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        whole = [e["loc"] for e in error.errors(include_url=False) if e["type"] == "int_type" and _is_whole(e["input"])]
        return _validated(_with_integers(value, whole), model) if whole else error


def _is_whole(value: Json) -> bool:
    return isinstance(value, float) and value.is_integer()


def _with_integers(value: Mapping[str, Json], locations: list[_Location]) -> Mapping[str, Json]:
    """Write `3.0` as `3` where a whole number is wanted, which it is to JSON Schema."""
    copy = json.loads(json.dumps(value))
    for loc in locations:
        holder = _at(copy, loc[:-1])
        holder[loc[-1]] = int(holder[loc[-1]])
    return copy  # type: ignore[no-any-return] # a JSON object, as `value` is


def _untold(errors: list[Any]) -> Iterator[Problem]:
    if len(errors) > MOST_TOLD:
        says = f"{len(errors) - MOST_TOLD:,} more problems of the document's shape are not listed."
        yield Problem(code="document.problems", where="", says=says, hint="Mend these first.")


def _later(value: Mapping[str, Json], model: type[Document]) -> Iterator[tuple[str, Problem]]:
    keys = LATER_TEMPLATE_KEYS if model is Template else ()
    yield from _unsupported_keys(value, keys, "", "of a template")
    yield from _later_in_steps(value.get("steps"), "/steps")


def _later_in_steps(steps: Json, pointer: str) -> Iterator[tuple[str, Problem]]:
    for i, step in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(step, dict):
            continue
        at = f"{pointer}/{i}"
        yield from _unsupported_keys(step, LATER_STEP_KEYS, at, "of a step")
        if isinstance(step.get("for_each"), dict):
            yield from _in_loop(step["for_each"], f"{at}/for_each")
        if isinstance(step.get("switch"), dict):
            yield from _in_switch(step["switch"], f"{at}/switch")
        yield from _later_in_steps(step.get("steps"), f"{at}/steps")


def _in_switch(switch: Mapping[str, Json], at: str) -> Iterator[tuple[str, Problem]]:
    cases = switch.get("cases")
    branches = [(f"{at}/cases/{i}", case) for i, case in enumerate(cases if isinstance(cases, list) else ())]
    for where, branch in (*branches, (f"{at}/default", switch.get("default"))):
        if isinstance(branch, dict):
            yield from _later_in_steps(branch.get("steps"), f"{where}/steps")


def _in_loop(loop: Mapping[str, Json], at: str) -> Iterator[tuple[str, Problem]]:
    if "as_" in loop:  # the models take it for `as`; the language does not
        says = 'A loop has no key "as_".'
        yield f"{at}/as_", Problem(code="shape.unknown_key", where=f"{at}/as_", says=says, hint="Nearest: as.")


def _unsupported_keys(value: Mapping[str, Json], keys: tuple[str, ...], at: str, what: str) -> Iterator[tuple[str, Problem]]:
    for key in keys:
        if key in value:
            yield join(at, key), _unsupported(join(at, key), f'"{key}" {what} does')


def _unsupported(where: str, what: str, advice: str = "Leave it out.") -> Problem:
    return Problem(code="language.unsupported", where=where, says=f"{what} not exist in the language yet.", hint=advice)


def _problem(error: Any, value: Json, model: type[Document]) -> Problem:
    loc: _Location = error["loc"]
    label = _label(value, loc)
    if error["type"] == "missing":
        says = f'{label} has no "{loc[-1]}".'
        return Problem(code="shape.missing", where=_pointer(loc[:-1]), says=says, hint=f'Add "{loc[-1]}".')
    if error["type"] == "extra_forbidden":
        return _unknown_key(loc, label, model, value)
    kind = "shape.type" if error["type"].endswith(("_type", "_parsing")) else "shape.value"
    shown = "" if not isinstance(error["input"], (str, int, float, bool, type(None))) else f", not {_shown(error['input'])}"
    where = _pointer(loc)
    says = f"{label}: {_name(loc)} {_reason(error)}{shown}."
    return Problem(code=kind, where=where, says=says, patch=_list_patch(error, where), hint=_list_hint(error))


def _unknown_key(loc: _Location, label: str, model: type[Document], value: Json) -> Problem:
    key = str(loc[-1])
    holder = _at(value, loc[:-1])
    names = _keys_of(_owner(loc, model))
    meant = only_near(key, names)
    where = _pointer(loc)
    patch = None
    if meant is not None and meant not in holder:
        move = {"op": "move", "from": where, "path": _pointer((*loc[:-1], meant))}
        patch = ({"op": "test", "path": where, "value": holder[key]}, move)
    return Problem(
        code="shape.unknown_key", where=where, says=f'{label} has no key "{key}".', hint=hint(key, names), patch=patch
    )


def _without_echoes(errors: list[Any]) -> list[Any]:
    """Leave out that a list is too short where it only is because its members are wrong."""
    return [e for e in errors if e["type"] != "too_short" or not any(_is_within(other["loc"], e["loc"]) for other in errors)]


def _is_within(inner: _Location, outer: _Location) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _reason(error: Any) -> str:
    context = error.get("ctx", {})
    if error["type"] in _REASONS:
        return _REASONS[error["type"]].format(**context)
    reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{reason[:1].lower()}{reason[1:]}"


def _owner(loc: _Location, model: type[Document]) -> type[BaseModel]:
    named = [part for part in loc[:-1] if isinstance(part, str)]
    return _PARTS.get(named[-1], model) if named else model


def _keys_of(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _list_patch(error: Any, where: str) -> tuple[dict[str, Json], ...] | None:
    if error["type"] != "tuple_type" or not isinstance(error["input"], (str, dict)):
        return None
    value = error["input"]
    return ({"op": "test", "path": where, "value": value}, {"op": "replace", "path": where, "value": [value]})


def _list_hint(error: Any) -> str:
    return "Put it in a list: [ ... ]." if error["type"] == "tuple_type" else ""


def _without(value: Mapping[str, Json], locations: list[_Location]) -> Mapping[str, Json]:
    copy = json.loads(json.dumps(value))
    for loc in locations:
        _at(copy, loc[:-1]).pop(loc[-1], None)
    return copy  # type: ignore[no-any-return] # a JSON object, as `value` is


def _at(value: Json, loc: _Location) -> Json:
    for key in loc:
        value = value[key]
    return value


def _label(value: Json, loc: _Location) -> str:
    """Name the innermost step around a location."""
    label, part = "The document", value
    for i, key in enumerate(loc):
        try:
            part = part[key]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(key, int) and i and loc[i - 1] == "steps" and isinstance(part, dict):
            label = f'Step "{part["name"]}"' if isinstance(part.get("name"), str) else f"Step {key}"
    return label


def _name(loc: _Location) -> str:
    """Name what stands at a location: `retry.base`, `tags[1]`."""
    first, *rest = loc[-2:] if len(loc) > 1 and isinstance(loc[-2], str) else loc[-1:] or ("it",)
    return "".join([str(first), *(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)])


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - a sentence stays on one line


def _pointer(loc: _Location) -> str:
    return join("", *loc)
