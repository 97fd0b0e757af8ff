"""The digest of what was proved: plan, catalog and policy in one name."""

from collections.abc import Sequence

from catalog.capability import Document
from fragments.checks.handlers import handler_allowed
from fragments.checks.layout import Node
from fragments.checks.view import View
from fragments.documents import Branch, Fragment, Step, Switch, Template
from fragments.workflows import WorkflowInterface
from schemas.values import Json, JsonObject, digest

_WORDS = {"reasoning", "description", "summary", "goals"}
"""What is told to readers and runs nothing: it does not change the digest."""


def digest_of(view: View) -> str:
    """Name by SHA-256 all that running the document can come to: the closure that an approval binds.

    That is the document, the source of what it runs, the workflows that it runs, the frame that it was checked against, and
    for every plan within it what that plan may be made of.

    Formatting, key order, defaults written out, and words for readers make no difference.
    """
    used = {body.capability.id for body in view.bodies if body.capability is not None}
    within = [_plan_within(view, node) for node in view.nodes if node.planning]
    children = {node.child.digest for node in view.nodes if isinstance(node.child, WorkflowInterface)}
    frame = view.frame
    return digest(
        {
            "kind": "template" if isinstance(view.document, Template) else "fragment",
            "document": _without_words(view.document),
            "catalog": {name: view.catalog.digests[name] for name in sorted(used)},
            "workflows": sorted(children),
            "plans_within": within,
            "policy": {
                "allows": [allow.model_dump(mode="json") for allow in frame.allows],
                "left": view.left.to_json(),
                "input_hosts": {key: sorted(hosts) for key, hosts in frame.input_hosts.items()},
                "written_hosts": None if frame.written_hosts is None else sorted(frame.written_hosts),
                "channels": sorted(frame.channels),
                "operator_hosts": sorted(frame.operator_hosts),
                "must_produce": frame.must_produce,
                "depth": frame.depth,
                "secrets": sorted(frame.secrets),
                "namespace": view.namespace,
                "runs": None if frame.runs is None else sorted(frame.runs),
            },
        }
    )


def _plan_within(view: View, node: Node) -> JsonObject:
    """Name the frame of a plan that is made later: what it may be made of, and of which sources.

    Its goal, lists and bounds stand in the document, what is around them in the policy.
    """
    allows = (*view.frame.allows, *((node.step.allow,) if node.step.allow is not None else ()))
    usable = (one.id for one in view.catalog if handler_allowed(one, allows))
    return {"step": node.address, "catalog": {name: view.catalog.digests[name] for name in sorted(usable)}}


def _without_words(document: Template | Fragment) -> Json:
    whole = document.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=_WORDS)
    return {**whole, "steps": _steps(document.steps, whole["steps"])}


def _steps(steps: Sequence[Step], written: Sequence[JsonObject]) -> list[JsonObject]:
    return [_step(step, kept) for step, kept in zip(steps, written, strict=True)]


def _step(step: Step, written: JsonObject) -> JsonObject:
    """Leave out what is for readers; write out a null that somebody wrote where leaving it out means something else."""
    kept = {key: value for key, value in written.items() if key != "description"}
    if step.for_each is not None:
        kept["for_each"] = _with_null(step.for_each, written["for_each"], "output")
    if step.fallback is not None:
        kept["fallback"] = _with_null(step.fallback, written["fallback"], "output")
    if step.switch is not None:
        kept["switch"] = _switch(step.switch, written["switch"])
    if step.steps:
        kept["steps"] = _steps(step.steps, written["steps"])
    return kept


def _switch(switch: Switch, written: JsonObject) -> JsonObject:
    cases = [_branch(case, kept) for case, kept in zip(switch.cases, written["cases"], strict=True)]
    last = {"default": _branch(switch.default, written["default"])} if switch.default is not None else {}
    return {**written, "cases": cases, **last}


def _branch(branch: Branch, written: JsonObject) -> JsonObject:
    kept = _with_null(branch, written, "output", "equals")
    return {**kept, "steps": _steps(branch.steps, written["steps"])} if branch.steps else kept


def _with_null(document: Document, written: JsonObject, *keys: str) -> JsonObject:
    return {**written, **{key: None for key in keys if key in document.model_fields_set and key not in written}}
