"""Constructs of the language that an engine may lack: where a document uses them."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from fragments.documents import Branch, Fallback, Fragment, Step, StepType, Template
from fragments.pointers import braced
from fragments.references import SECRETS, Reference, find, whole


class Construct(StrEnum):
    """A part of the language, named as a sentence names it. What every engine runs has no member."""

    WHEN = "when"
    SWITCH = "switch"
    FALLBACK = "fallback"
    DECISION = "decision steps"
    DEFERRED = "deferred steps"
    WORKFLOW = "workflow steps"
    FAILURE_THRESHOLD = "failure_threshold"
    PUBLISHES = "publishes"
    PRIORITY = "priority"
    STATUS_REFERENCE = "steps.NAME.status"
    SECRETS = "secrets"


_TYPES = {
    StepType.DECISION: Construct.DECISION,
    StepType.DEFERRED: Construct.DEFERRED,
    StepType.WORKFLOW: Construct.WORKFLOW,
}


MEMBERS: Mapping[Construct, tuple[tuple[str, str], ...]] = {
    Construct.WHEN: (("Step", "when"),),
    Construct.SWITCH: (("Step", "switch"),),
    Construct.FALLBACK: (("Step", "fallback"),),
    Construct.DECISION: (("StepType", "decision"),),
    Construct.DEFERRED: (("StepType", "deferred"),),
    Construct.WORKFLOW: (("StepType", "workflow"), ("Step", "workflow")),
    Construct.FAILURE_THRESHOLD: (("ForEach", "failure_threshold"),),
    Construct.PUBLISHES: (("Step", "publishes"),),
    Construct.PRIORITY: (("Step", "priority"), ("Template", "priority")),
}
"""Where the models hold a construct: model and key, or enumeration and value. References are texts, which no model tells."""


def constructs_of(document: Template | Fragment) -> Iterator[tuple[Construct, str]]:
    """Go through the constructs that a document uses, each with a pointer to its place, in document order."""
    if isinstance(document, Template) and document.priority:
        yield Construct.PRIORITY, "/priority"
    yield from _in_steps(document.steps, "")
    yield from _in_value(document.output, "/output")


def _in_steps(steps: tuple[Step, ...], pointer: str) -> Iterator[tuple[Construct, str]]:
    for i, step in enumerate(steps):
        at = f"{pointer}/steps/{i}"
        if step.type in _TYPES:
            yield _TYPES[step.type], f"{at}/type"
        for construct, key in ((Construct.WHEN, "when"), (Construct.PUBLISHES, "publishes"), (Construct.PRIORITY, "priority")):
            if getattr(step, key):
                yield construct, f"{at}/{key}"
        yield from _in_body(step, at)
        if step.for_each is not None:
            if step.for_each.failure_threshold is not None:
                yield Construct.FAILURE_THRESHOLD, f"{at}/for_each/failure_threshold"
            yield from _in_value(step.for_each.items, f"{at}/for_each/items")
            yield from _in_value(step.for_each.output, f"{at}/for_each/output")
        if step.switch is not None:
            yield Construct.SWITCH, f"{at}/switch"
            yield from _in_value(step.switch.value, f"{at}/switch/value")
            for where, branch in branches_of(step, at):
                yield from _in_body(branch, where)
                yield from _in_value(branch.output, f"{where}/output")
        if step.fallback is not None:
            yield Construct.FALLBACK, f"{at}/fallback"
            yield from _in_body(step.fallback, f"{at}/fallback")
            yield from _in_value(step.fallback.output, f"{at}/fallback/output")


def branches_of(step: Step, pointer: str) -> Iterator[tuple[str, Branch]]:
    """Go through the branches of a step's switch, in order, each with its pointer; none where it has no switch."""
    if step.switch is None:
        return
    for i, case in enumerate(step.switch.cases):
        yield f"{pointer}/switch/cases/{i}", case
    if step.switch.default is not None:
        yield f"{pointer}/switch/default", step.switch.default


def _in_body(body: Step | Branch | Fallback, at: str) -> Iterator[tuple[Construct, str]]:
    # in a longer text of config the braces are another language's
    sinks = (where for where, text in braced(body.config, f"{at}/config") if _of_reference(whole(text)) is Construct.SECRETS)
    yield from ((Construct.SECRETS, where) for where in sinks)
    yield from _in_value(body.input, f"{at}/input")
    if not isinstance(body, Fallback) and body.steps is not None:
        yield from _in_steps(body.steps, at)


def _in_value(value: object, pointer: str) -> Iterator[tuple[Construct, str]]:
    for where, reference in find(value, pointer):
        construct = _of_reference(reference)
        if construct is not None:
            yield construct, where


def _of_reference(reference: object) -> Construct | None:
    if not isinstance(reference, Reference):
        return None
    if reference.root == SECRETS:
        return Construct.SECRETS
    return Construct.STATUS_REFERENCE if reference.reads_status else None
