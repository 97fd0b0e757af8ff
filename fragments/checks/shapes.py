"""Check 1: keys of a step that belong together, or exclude each other."""

from collections.abc import Iterator, Mapping

from catalog.values import Json
from fragments.checks.view import Node, View
from fragments.pointers import braced, join
from fragments.problems import Problem

_PLANNING_ONLY = ("goal", "allow", "must_produce", "bounds")
_NOT_PLANNING = ("handler", "config", "for_each", "steps", "retry", "timeout", "idempotent")
_NOT_AROUND_STEPS = ("config", "input", "retry", "timeout", "idempotent")


def check_combinations(view: View) -> Iterator[Problem]:
    """Find keys that exclude each other, and keys that lack another one."""
    for node in view.nodes:
        yield from _planning(node) if node.planning else _standard(node)


def check_fixed_texts(view: View) -> Iterator[Problem]:
    """Find references where the text is fixed when the plan is made: in goals, in allow lists, in keys."""
    for node in view.nodes:
        if braced(node.step.goal):
            advice = "Give the value as input and name it in the goal."
            yield _fixed(_label(node), "a goal", f"{node.pointer}/goal", advice)
        for where, _ in braced(node.step.allow.model_dump() if node.step.allow is not None else {}, f"{node.pointer}/allow"):
            yield _fixed(_label(node), "what is allowed", where, "Write it out.")
        for where in _keys_in_braces(node.step.input, f"{node.pointer}/input"):
            yield _fixed(_label(node), "a key", where, "Only values can be references.")
    for where in _keys_in_braces(view.document.output, "/output"):
        yield _fixed("The output", "a key", where, "Only values can be references.")


def _fixed(label: str, what: str, where: str, advice: str) -> Problem:
    says = f"{label}: {what} is fixed text; what stands in {{{{ }}}} would not be looked up."
    return Problem(code="reference.place", where=where, says=says, hint=advice)


def _keys_in_braces(value: Json, pointer: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            if "{{" in key:
                yield join(pointer, key)
            yield from _keys_in_braces(part, join(pointer, key))
    elif isinstance(value, (list, tuple)):
        for i, part in enumerate(value):
            yield from _keys_in_braces(part, f"{pointer}/{i}")


def _planning(node: Node) -> Iterator[Problem]:
    if not (node.step.goal or "").strip():
        yield _wrong(node, "", "plans and has no goal", 'Add "goal": what the plan shall reach.')
    for key in _NOT_PLANNING:
        if key in node.step.model_fields_set:
            advice = 'Put the planning step into the "steps" of a loop.' if key == "for_each" else f'Leave out "{key}".'
            yield _wrong(node, key, f'plans, so it cannot have "{key}"', advice)


def _standard(node: Node) -> Iterator[Problem]:
    step = node.step
    for key in _PLANNING_ONLY:
        if key in step.model_fields_set:
            yield _wrong(
                node, key, f'has "{key}", which only planning steps have', f'Add "type: planning" or leave out "{key}".'
            )
    if step.handler is None and step.steps is None:
        yield _wrong(node, "", "has neither a handler nor steps", 'Add "handler", or "for_each" with "steps".')
    if step.handler is not None and step.steps is not None:
        yield _wrong(node, "handler", "has both a handler and steps", "Make the handler a step of its own.")
    if step.steps is not None:
        yield from _around_steps(node)
    elif step.for_each is not None and step.for_each.output is not None:
        yield _wrong(
            node, "for_each", 'gives "for_each.output" without "steps"', "Leave it out: the handler's outputs are collected."
        )


def _around_steps(node: Node) -> Iterator[Problem]:
    if node.step.for_each is None:
        yield _wrong(node, "steps", 'has "steps" without "for_each"', 'Add "for_each", or put the steps beside this one.')
    if not node.step.steps:
        yield _wrong(node, "steps", "has an empty list of steps", "Add a step.")
    for key in _NOT_AROUND_STEPS:
        if key in node.step.model_fields_set:
            yield _wrong(node, key, f'has "steps", so it cannot have "{key}" itself', f'Give "{key}" to the steps within.')


def _wrong(node: Node, key: str, what: str, advice: str) -> Problem:
    where = join(node.pointer, key) if key else node.pointer
    return Problem(code="shape.combination", where=where, says=f"{_label(node)} {what}.", hint=advice)


def _label(node: Node) -> str:
    return f'Step "{node.step.name}"'
