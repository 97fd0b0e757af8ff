"""Environments of a task template of Tasker: what one of them changes of the steps."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from fragments.dialects.draft import Draft, Node
from fragments.near import hint as near_hint
from fragments.pointers import join
from schemas.values import Json

ALL = "ALL"
"""In place of a step's name: what is changed of every step."""


def in_environment(draft: Draft, root: Node, environment: str | None) -> Node:
    """Give a template as it is in an environment, and without its environments; as it stands where none is named."""
    if not isinstance(root.value, Mapping) or not isinstance(root.value.get("environments"), Mapping | None):
        return root
    known = root.value.get("environments") or {}
    at = join(root.at, "environments") if known else root.at
    rest = {key: value for key, value in root.value.items() if key != "environments"}
    if environment is None:
        if known:
            names = ", ".join(map(str, known))
            says = f"`environments` is left out: the template is converted as it stands, without what changes in {names}."
            draft.report("dialect.left_out", at, says, "Say --environment NAME to convert it as it is in one of them.")
    elif environment not in known:
        says = f"The template has no environment {environment!r}."
        draft.report("dialect.value", at, says, partial(near_hint, environment, [*map(str, known)]))
    else:
        _change(draft, rest, Node(known[environment], join(at, environment)))
    return Node(rest, root.at)


def _change(draft: Draft, template: dict[str, Json], environment: Node) -> None:
    """Change the steps of a template in place."""
    changes = environment.value or {}
    if not isinstance(changes, Mapping) or not isinstance(changes.get("steps") or [], list):
        draft.shape(environment, "An environment is written as `steps` and what changes of each")
        return
    for key in changes:
        if key != "steps":
            says = f"`{key}` of an environment is left out."
            draft.report("dialect.left_out", join(environment.at, key), says, "Only what it says of steps is converted.")
    steps = template.get("steps")
    if not isinstance(steps, list):
        return
    found = [change for change in changes.get("steps") or [] if isinstance(change, Mapping)]
    for change in sorted(found, key=lambda each: each.get("name") != ALL):  # what is said of all of them goes first
        name = change.get("name")
        if name != ALL and not any(_named(step, name) for step in steps):
            says = f"What the environment changes of {name!r} is left out: the template has no such step."
            draft.report("dialect.left_out", join(environment.at, "steps"), says)
        changed = {key: value for key, value in change.items() if key != "name"}
        template["steps"] = steps = [_merged(step, changed) if name == ALL or _named(step, name) else step for step in steps]


def _named(step: Json, name: Json) -> bool:
    return isinstance(step, Mapping) and step.get("name") == name


def _merged(value: Json, change: Json) -> Json:
    """Put a change over a value, key by key; what is null changes nothing."""
    if not isinstance(value, Mapping) or not isinstance(change, Mapping):
        return value if change is None else change
    merged: dict[str, Any] = dict(value)
    for key, part in change.items():
        merged[key] = _merged(merged.get(key), part)
    return merged
