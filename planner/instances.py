"""From a template to the fragment that it becomes for one goal: defaults put in, the channel chosen."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jsonpointer import resolve_pointer, set_pointer

from catalog.capability import Capability
from catalog.registry import Catalog
from fragments.documents import Fragment, Step, Template
from fragments.references import Key, Reference, substitute
from schemas.values import Json, JsonObject


class ChannelUnclearError(Exception):
    """The template sends to a channel that is not there, and nothing says which of those that are there is meant."""


def channels_of(template: Template, catalog: Catalog) -> frozenset[str]:
    """Name the channels that the template's steps send to."""
    return frozenset(channel for _, _, channel in _sent_to(template.steps, catalog))


def defaults_of(template: Template, values: JsonObject) -> dict[str, Json]:
    """Give the defaults of the input values that are missing."""
    properties = template.input_schema.get("properties", {})
    return {
        name: schema["default"]
        for name, schema in properties.items()
        if isinstance(schema, dict) and "default" in schema and name not in values
    }


def as_fragment(template: Template, values: JsonObject, goal: str, channels: frozenset[str], catalog: Catalog) -> Fragment:
    """Make the plan that a template is for these input values. Raises `ChannelUnclearError`.

    Defaults of the template's `input_schema` take the place of references to values that are missing. Its channel is a default
    as well: a channel that the goal names, or the only one that there is, takes its place.
    """
    chosen = {name: _channel(name, goal, channels) for name in sorted(channels_of(template, catalog))}
    defaults = defaults_of(template, values)

    def replace(reference: Reference) -> Json | None:
        if reference.root != "input" or not reference.path or reference.path[0] not in defaults:
            return None
        return _followed(defaults[str(reference.path[0])], reference.path[1:])

    steps = [_bound(step, catalog, chosen) for step in template.steps]
    return Fragment.model_validate(
        {
            "reasoning": f"The authored template {template.name} {template.version}: {template.summary}",
            "steps": [_filled(step.model_dump(mode="json", by_alias=True, exclude_unset=True), replace) for step in steps],
            "output": substitute(template.output, replace),
        }
    )


def _filled(step: dict[str, Json], replace: Callable[[Reference], Json | None]) -> dict[str, Json]:
    # Not the whole step: `config` may hold Mustache, whose braces are no references.
    filled = {key: substitute(step[key], replace) for key in ("input", "for_each") if key in step}
    nested = {"steps": [_filled(inner, replace) for inner in step["steps"]]} if step.get("steps") else {}
    return step | filled | nested


def _followed(value: Json, path: Iterable[Key]) -> Json | None:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):  # the checks name the reference that leads nowhere
            return None
    return value


def _channel(named: str, goal: str, channels: frozenset[str]) -> str:
    in_goal = [channel for channel in sorted(channels) if re.search(rf"(?<!\w){re.escape(channel)}(?!\w)", goal, re.IGNORECASE)]
    if len(in_goal) == 1:
        return in_goal[0]
    if named in channels:
        return named
    if len(channels) == 1:
        return next(iter(channels))
    there = ", ".join(sorted(channels)) or "none"
    msg = f"it sends to the channel {named}, and the channels here are: {there}. Name one of them in the goal."
    raise ChannelUnclearError(msg)


def _sent_to(steps: Iterable[Step], catalog: Catalog) -> Iterator[tuple[Step, str, str]]:
    for step in steps:
        capability = catalog.resolve(step.handler) if step.handler is not None else None
        for pointer in capability.authority.channels if isinstance(capability, Capability) else ():
            channel = resolve_pointer({"config": step.config}, pointer, None)
            if isinstance(channel, str):
                yield step, pointer, channel
        yield from _sent_to(step.steps or (), catalog)


def _bound(step: Step, catalog: Catalog, chosen: dict[str, str]) -> Step:
    config = step.config
    for _, pointer, channel in _sent_to([step.model_copy(update={"steps": None})], catalog):
        config = set_pointer({"config": config}, pointer, chosen[channel], inplace=False)["config"]
    changes: dict[str, Any] = {"config": config} if config is not step.config else {}
    if step.steps is not None:
        changes["steps"] = tuple(_bound(inner, catalog, chosen) for inner in step.steps)
    return step.model_copy(update=changes)
