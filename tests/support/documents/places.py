"""Where the parts of a written document are: its steps, the bodies that call handlers, its texts, each with its pointer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fragments.references import Reference, whole

Json = Any
Found = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the document that is one whole reference: what holds it, under which key, and where."""

    holder: Any
    key: Any
    where: str
    reference: Reference


def steps_of(value: dict[str, Any], pointer: str = "") -> Iterator[Found]:
    """Go through every step, with its pointer."""
    for i, step in enumerate(value.get("steps", ())):
        at = f"{pointer}/steps/{i}"
        yield at, step
        yield from steps_of(step, at)
        for where, branch in branches_of(step, at):
            yield from steps_of(branch, where)


def branches_of(step: dict[str, Any], at: str) -> Iterator[Found]:
    """Go through the branches of a step's switch."""
    switch = step.get("switch", {})
    for i, case in enumerate(switch.get("cases", ())):
        yield f"{at}/switch/cases/{i}", case
    if "default" in switch:
        yield f"{at}/switch/default", switch["default"]


def bodies_of(value: dict[str, Any]) -> Iterator[Found]:
    """Go through whatever holds a `handler`."""
    for at, step in steps_of(value):
        candidates = [(at, step), *branches_of(step, at), (f"{at}/fallback", step.get("fallback", {}))]
        yield from ((where, body) for where, body in candidates if "handler" in body)


def conditions_of(value: dict[str, Any]) -> Iterator[Found]:
    """Go through whatever holds a `when`: steps and cases."""
    for at, step in steps_of(value):
        yield from ((where, holder) for where, holder in [(at, step), *branches_of(step, at)] if "when" in holder)


def references_of(value: dict[str, Any]) -> Iterator[Text]:
    """Go through the texts of inputs and of the document's output that are one whole reference."""
    for at, body in bodies_of(value):
        yield from _texts(body, "input", f"{at}/input")
    for at, step in steps_of(value):
        if "handler" not in step:
            yield from _texts(step, "input", f"{at}/input")
    yield from _texts(value, "output", "/output")


def _texts(holder: Any, key: Any, where: str) -> Iterator[Text]:
    part = holder.get(key) if isinstance(holder, dict) else holder[key]
    if isinstance(part, dict):
        for name in part:
            yield from _texts(part, name, f"{where}/{name}")
    elif isinstance(part, list):
        for i in range(len(part)):
            yield from _texts(part, i, f"{where}/{i}")
    elif isinstance(found := whole(part), Reference):
        yield Text(holder, key, where, found)
