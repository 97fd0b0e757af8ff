"""Check 4, of conditions: they parse, read what can be seen, and are of types that their operators take."""

from collections.abc import Callable, Iterator, Mapping

from fragments.checks.configs import rules_in
from fragments.checks.flows import STATUS, TASK, Flows
from fragments.checks.layout import Asked, Node, Scope
from fragments.checks.references import reads_itself
from fragments.conditions import faults, references
from fragments.problems import Problem, Severity
from fragments.references import ROOTS, Reference
from fragments.schemas.fitting import says_nothing
from fragments.schemas.paths import Found, at_path
from schemas.values import Schema

_MOST_LISTED = 100
"""In a document of more steps than these, a condition is shown only those that it names."""


def check_conditions(flows: Flows) -> Iterator[Problem]:
    """Find what is wrong with conditions, whatever the input is."""
    if not flows.view.conditions:
        return
    flows = flows.usual
    for asked in flows.view.conditions:
        yield from _itself(asked)
        types = _types(flows, asked.scope, _steps(flows, asked))
        yield from _findings(asked.text, asked.where, asked.node.label, types)


def check_rules(flows: Flows) -> Iterator[Problem]:
    """Find what is wrong with conditions in config, which see the input of their step and nothing else."""
    for i, body in enumerate(flows.view.bodies):
        for where, text in rules_in(body):
            usual = flows.usual.view.bodies[i]
            types = {"input": flows.usual.shape(usual.input, usual.sight)}
            yield from _findings(text, where, body.label, types.get, names=("input",))


def _findings(
    text: str, where: str, label: str, types: Callable[[str], Schema | None], *, names: tuple[str, ...] = ROOTS
) -> Iterator[Problem]:
    for fault in faults(text, scope_types=types, names=names):
        says = f"{label}: {fault.says}"
        yield Problem(code=fault.code, where=where, says=says, hint=fault.hint, severity=fault.severity)
    untyped = next((reference.text for reference in references(text) if _is_untyped(types(reference.root), reference)), None)
    if untyped is not None:
        says = f"{label}: the condition reads {untyped}, of which no schema is known; it fails where that does not suit it."
        advice = "Where the producing step can be given a schema (output_schema, response_schema, must_produce), give it."
        yield Problem(code="condition.untyped", where=where, says=says, hint=advice, severity=Severity.WARNING)


def _is_untyped(root: Schema | None, reference: Reference) -> bool:
    place = at_path(root, reference.path) if root is not None else None
    return isinstance(place, Found) and _may_be_anything(place.schema)


def _may_be_anything(schema: Schema) -> bool:
    """Say whether nothing says of what type a value is, in some case at least."""
    if says_nothing(schema):
        return True
    if not isinstance(schema, Mapping) or "type" in schema:
        return False
    return any(_may_be_anything(case) for word in ("anyOf", "oneOf") for case in schema.get(word, ()))


def _itself(asked: Asked) -> Iterator[Problem]:
    for name in asked.steps:
        if reads_itself(asked.scope, asked.node, name):
            says = f"{asked.node.label}: the condition reads the step's own output, steps.{name}."
            advice = "Read a step that is complete before it."
            yield Problem(code="reference.itself", where=asked.where, says=says, hint=advice)


def _types(flows: Flows, scope: Scope, steps: Schema) -> Callable[[str], Schema | None]:
    def types(root: str) -> Schema | None:
        if root == "steps":
            return steps
        if root == "input":
            return flows.input
        if root == "task":
            return TASK
        return flows.binding(root, scope) if scope.binder(root) is not None else None

    return types


def _steps(flows: Flows, asked: Asked) -> Schema:
    """Give the schema of the root `steps`: the steps that are seen, each with its output and its status."""
    names = asked.steps
    if len(flows.view.nodes) <= _MOST_LISTED:  # the others are for hints: near names
        names = (*names, *asked.scope.step_names())
    seen = {name: _step(flows, asked, node) for name in names if (node := asked.scope.step(name)) is not None}
    return {"type": "object", "properties": seen, "required": list(seen), "additionalProperties": False}


def _step(flows: Flows, asked: Asked, node: Node) -> Schema:
    properties = {"output": flows.seen(node, asked.scope), "status": STATUS}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
