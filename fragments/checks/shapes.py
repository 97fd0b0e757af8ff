"""Check 1: keys of a step that belong together, or exclude each other."""

from collections.abc import Iterator, Mapping

from fragments.checks.layout import Arm, Node
from fragments.checks.view import View
from fragments.documents import Case, Fallback, ForEach, OnFailure, Step, StepType, Switch, Template
from fragments.pointers import braced, has_braced_keys, join
from fragments.problems import Problem
from schemas.values import Json

_SPECIAL = {
    StepType.STANDARD: {"handler", "config", "input", "switch", "for_each", "steps", "retry", "timeout", "idempotent"},
    StepType.DECISION: {"handler", "config", "input", "retry", "timeout", "idempotent"},
    StepType.DEFERRED: {"handler", "config", "input", "retry", "timeout", "idempotent"},
    StepType.PLANNING: {"goal", "allow", "must_produce", "bounds", "input"},
    StepType.WORKFLOW: {"workflow", "input"},
}
"""Keys that some types of steps have and others do not; every other key may stand on any step."""

_VERBS = {
    StepType.DECISION: "decides",
    StepType.DEFERRED: "is deferred",
    StepType.PLANNING: "plans",
    StepType.WORKFLOW: "runs a workflow",
}
_ONE_TYPE = {key: kind for kind in (StepType.PLANNING, StepType.WORKFLOW) for key in _SPECIAL[kind] - {"input"}}
_NOT_AROUND_STEPS = ("config", "input", "retry", "timeout", "idempotent")
_NOT_AROUND_SWITCH = ("config", "input")
_OF_A_HANDLER = ("config", "input", "retry", "timeout", "idempotent", "fallback")


def check_combinations(view: View) -> Iterator[Problem]:
    """Find keys that exclude each other, and keys that lack another one."""
    for node in view.nodes:
        yield from _by_type(node)
        yield from _BY_TYPE[node.step.type](node)
        if node.step.for_each is not None and node.step.for_each.failure_threshold is not None:
            yield from _threshold(node, node.step.for_each)
        if node.step.fallback is not None:
            yield from _fallback(node, node.step.fallback)


def check_lists(view: View) -> Iterator[Problem]:
    """Find events and tags that are named twice."""
    lists = [("", view.document.tags, "tags", "The template")] if isinstance(view.document, Template) else []
    for node in view.nodes:
        step = node.step
        lists += [
            (node.pointer, names, key, node.label)
            for key, names in (("publishes", step.publishes), ("tags", step.tags))
            if names
        ]
    for pointer, names, key, label in lists:
        first: dict[str, int] = {}
        for i, name in enumerate(names):
            if first.setdefault(name, i) != i:
                where = f"{pointer}/{key}/{i}"
                says = f'{label} has "{name}" in "{key}" twice.'
                patch = ({"op": "test", "path": where, "value": name}, {"op": "remove", "path": where})
                yield Problem(code="shape.duplicate", where=where, says=says, hint="Leave it out.", patch=patch)


def check_fixed_texts(view: View) -> Iterator[Problem]:
    """Find references where the text is fixed when the plan is made: in goals, in allow lists, in keys."""
    for node in view.nodes:
        if braced(node.step.goal):
            advice = "Give the value as input and name it in the goal."
            yield _fixed(_label(node), "a goal", f"{node.pointer}/goal", advice)
        if node.step.allow is not None:
            for where, _ in braced(node.step.allow.model_dump(), f"{node.pointer}/allow"):
                yield _fixed(_label(node), "what is allowed", where, "Write it out.")
        for arm in node.arms:
            for where, _ in braced(arm.branch.equals if isinstance(arm.branch, Case) else None, f"{arm.pointer}/equals"):
                yield _fixed(_label(node), "what a case equals", where, 'Compare in "when".')
    for place in view.places:
        for where in _keys_in_braces(place.value, place.pointer) if has_braced_keys(place.value) else ():
            label = "The output" if place.node is None else place.node.label
            yield _fixed(label, "a key", where, "Only values can be references.")


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


def _by_type(node: Node) -> Iterator[Problem]:
    """Find keys that steps of this type do not have."""
    kind = node.step.type
    stray = node.step.model_fields_set & _STRAY[kind]
    for key in _ALL_SPECIAL if stray else ():
        if key not in stray:
            continue
        only = _ONE_TYPE.get(key)
        if kind is StepType.STANDARD and only is not None:
            advice = f'Add "type: {only.value}" or leave out "{key}".'
            yield _wrong(node, key, f'has "{key}", which only {only.value} steps have', advice)
            continue
        advice = 'Put the step into the "steps" of a loop.' if key == "for_each" else f'Leave out "{key}".'
        yield _wrong(node, key, f'{_VERBS.get(kind, "is a standard step")}, so it cannot have "{key}"', advice)


def _planning(node: Node) -> Iterator[Problem]:
    if not (node.step.goal or "").strip():
        yield _wrong(node, "", "plans and has no goal", 'Add "goal": what the plan shall reach.')


def _workflow(node: Node) -> Iterator[Problem]:
    if node.step.workflow is None:
        yield _wrong(node, "", "runs a workflow and names none", 'Add "workflow": name, namespace/name or name@RANGE.')


def _decision(node: Node) -> Iterator[Problem]:
    if node.step.handler is None:
        yield _wrong(node, "", "decides and has no handler", 'Add "handler": what it decides by.')


def _deferred(node: Node) -> Iterator[Problem]:
    if node.step.handler is None:
        for key in _OF_A_HANDLER:
            if key in node.step.model_fields_set:
                yield _wrong(node, key, f'has "{key}" and no handler', 'Add "handler", or leave it out.')


def _standard(node: Node) -> Iterator[Problem]:
    step = node.step
    runs = [
        key for key, value in (("handler", step.handler), ("steps", step.steps), ("switch", step.switch)) if value is not None
    ]
    if not runs:
        yield _wrong(node, "", "has neither a handler nor steps", 'Add "handler", or "for_each" with "steps".')
    elif len(runs) > 1:
        yield _wrong(node, runs[0], f"has both a {runs[0]} and {runs[1]}", f"Make the {runs[0]} a step of its own.")
    if step.steps is not None:
        yield from _around_steps(node)
    elif step.for_each is not None and step.for_each.output is not None:
        yield _wrong(
            node, "for_each", 'gives "for_each.output" without "steps"', "Leave it out: the handler's outputs are collected."
        )
    if step.switch is not None:
        yield from _switch(node, step.switch)


def _switch(node: Node, switch: Switch) -> Iterator[Problem]:
    for key in _NOT_AROUND_SWITCH:
        if key in node.step.model_fields_set:
            yield _wrong(node, key, f'has a "switch", so it cannot have "{key}" itself', f'Give "{key}" to the branches.')
    literal = any("equals" in case.model_fields_set for case in switch.cases)
    if literal and "value" not in switch.model_fields_set:
        yield _wrong(node, "switch", 'compares with "equals" and has no value', 'Add "value": the reference to compare.')
    elif not literal and "value" in switch.model_fields_set:
        yield _wrong(node, "switch/value", "is compared with nothing", 'Say "equals" in a case, or leave "value" out.')
    for arm in node.arms:
        yield from _arm(node, arm)


def _arm(node: Node, arm: Arm) -> Iterator[Problem]:
    branch = arm.branch
    within = arm.pointer.removeprefix(f"{node.pointer}/")
    if isinstance(branch, Case) and ("equals" in branch.model_fields_set) == (branch.when is not None):
        which = _both_or_neither('"equals"', '"when"', both=branch.when is not None)
        yield _wrong(node, within, f"has {which} in {arm.name}", "A case has one of them.")
    if (branch.handler is None) == (branch.steps is None):
        which = _both_or_neither("a handler", "steps", both=branch.handler is not None)
        yield _wrong(node, within, f"has {which} in {arm.name}", "A branch has one of them.")
    if branch.steps == ():
        yield _wrong(node, f"{within}/steps", f"has an empty list of steps in {arm.name}", "Add a step.")
    stray = ("output",) if branch.steps is None else ("config", "input")
    for key in stray:
        if key in branch.model_fields_set:
            says = f'has "{key}" in {arm.name}, where it goes with {"steps" if key == "output" else "a handler"}'
            yield _wrong(node, f"{within}/{key}", says, "Leave it out.")


def _threshold(node: Node, loop: ForEach) -> Iterator[Problem]:
    threshold = loop.failure_threshold
    assert threshold is not None
    key = "for_each/failure_threshold"
    if loop.on_failure is not OnFailure.CONTINUE:
        advice = 'Add "on_failure: continue", or leave the threshold out.'
        yield _wrong(node, key, "has a failure threshold, and the first failure ends the loop", advice)
    if (threshold.count is None) == (threshold.share is None):
        which = _both_or_neither('"count"', '"share"', both=threshold.count is not None)
        advice = "Say how many items, or what share of them, may fail."
        yield _wrong(node, key, f"has {which} in its failure threshold", advice)


def _fallback(node: Node, fallback: Fallback) -> Iterator[Problem]:
    given = fallback.model_fields_set
    if (fallback.handler is None) == ("output" not in given):
        which = _both_or_neither('"handler"', '"output"', both=fallback.handler is not None)
        yield _wrong(node, "fallback", f"has a fallback with {which}", "Say one of them.")
    for key in ("config", "input"):
        if key in given and fallback.handler is None:
            yield _wrong(node, f"fallback/{key}", f'has a fallback with "{key}" and no handler', "Leave it out.")
    loop = node.step.for_each
    if loop is not None and node.step.steps is not None and loop.on_failure is OnFailure.CONTINUE:
        advice = "Give a fallback to the steps within, or leave out on_failure."
        yield _wrong(node, "fallback", "goes on after an item that failed, so it needs no fallback", advice)


def _around_steps(node: Node) -> Iterator[Problem]:
    if node.step.for_each is None:
        yield _wrong(node, "steps", 'has "steps" without "for_each"', 'Add "for_each", or put the steps beside this one.')
    if not node.step.steps:
        yield _wrong(node, "steps", "has an empty list of steps", "Add a step.")
    for key in _NOT_AROUND_STEPS:
        if key in node.step.model_fields_set:
            yield _wrong(node, key, f'has "steps", so it cannot have "{key}" itself', f'Give "{key}" to the steps within.')


def _both_or_neither(one: str, other: str, *, both: bool) -> str:
    return f"both {one} and {other}" if both else f"neither {one} nor {other}"


def _wrong(node: Node, key: str, what: str, advice: str) -> Problem:
    where = f"{node.pointer}/{key}" if key else node.pointer
    return Problem(code="shape.combination", where=where, says=f"{_label(node)} {what}.", hint=advice)


def _label(node: Node) -> str:
    return node.label


_ALL_SPECIAL = tuple(dict.fromkeys(key for key in Step.model_fields if any(key in keys for keys in _SPECIAL.values())))
_STRAY = {kind: frozenset(_ALL_SPECIAL) - keys for kind, keys in _SPECIAL.items()}
_BY_TYPE = {
    StepType.STANDARD: _standard,
    StepType.DECISION: _decision,
    StepType.DEFERRED: _deferred,
    StepType.PLANNING: _planning,
    StepType.WORKFLOW: _workflow,
}
