"""What both dialects leave to be put together: the order of keys, the output of the last steps, the schema of the input."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fragments.bounds import Duration
from fragments.dialects.draft import Draft, Node
from fragments.dialects.inputs import Read, schema_of
from fragments.references import find
from schemas.values import Json

_TEMPLATE_ORDER = ("name", "namespace", "version", "description", "tags", "input_schema", "bounds", "steps", "output")
_STEP_ORDER = (
    "name",
    "type",
    "description",
    "depends_on",
    "when",
    "for_each",
    "handler",
    "workflow",
    "config",
    "input",
    "switch",
    "steps",
    "retry",
    "timeout",
    "fallback",
    "publishes",
)
_READS = re.compile(r"\bsteps\.([a-z][a-z0-9_]*)")
_UNITS = {"s": "seconds", "ms": "milliseconds", "m": "minutes"}
_DURATION: TypeAdapter[Any] = TypeAdapter(Duration)

Step = dict[str, Json]


def step_of(parts: Mapping[str, Json]) -> Step:
    """Put a step's keys into the order in which they are read; what is empty says nothing."""
    return {key: parts[key] for key in _STEP_ORDER if parts.get(key) not in (None, "", [], {})}


def template_of(parts: Mapping[str, Json]) -> dict[str, Json]:
    """Put a template's keys into the order in which they are read."""
    return {key: parts[key] for key in _TEMPLATE_ORDER if parts.get(key) not in (None, "", [], {})}


def output_of(steps: Iterable[Step]) -> dict[str, Json]:
    """Give the outputs of the steps that no other step waits for, by their names."""
    all_steps = list(steps)
    used: set[str] = set()
    for step in all_steps:
        used.update(step.get("depends_on", ()), _READS.findall(json.dumps(step)))
    return {step["name"]: f"{{{{ steps.{step['name']}.output }}}}" for step in all_steps if step["name"] not in used}


def input_schema_of(steps: list[Step], reads: Iterable[Read], output: Json = None) -> dict[str, Json]:
    """Make the schema of what the source and its bindings read of the input."""
    paths = dict.fromkeys(reference.path for _, reference in find([*steps, output]) if reference.root == "input")
    return schema_of([*dict.fromkeys(reads), *(Read(path=path) for path in paths if path)])


def duration(draft: Draft, node: Node, unit: str = "") -> str | None:
    """Read a length of time: a number of the unit, or without a unit a text such as `30s`. Say where it is none."""
    wanted = isinstance(node.value, (int, float)) and not isinstance(node.value, bool) if unit else isinstance(node.value, str)
    if wanted:
        text = f"{node.value}{unit}"
        try:
            _DURATION.validate_python(text)
        except (ValidationError, OverflowError):  # more days than a length of time may have
            pass
        else:
            return text
    hint = f"Write a number of {_UNITS[unit]}." if unit else "Write 500ms, 30s, 10m or 1h30m."
    draft.report("dialect.value", node.at, f"{node.value!r} is no length of time, or none that is allowed.", hint)
    return None


def whole_number(draft: Draft, node: Node, most: int, *, least: int = 1) -> int | None:
    """Read a number from `least` to `most`; say where it is none."""
    if isinstance(node.value, int) and not isinstance(node.value, bool) and least <= node.value <= most:
        return node.value
    draft.report("dialect.value", node.at, f"{node.value!r} is no number from {least} to {most}.")
    return None
