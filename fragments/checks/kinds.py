"""Check 5, of decisions, deferred steps and workflows: they are placed where they can do their work."""

from collections.abc import Iterator

from catalog.registry import Miss
from fragments.checks.findings import replaced
from fragments.checks.flows import Flows
from fragments.checks.layout import Body, Node
from fragments.checks.outputs import body_output, decision_schema
from fragments.checks.view import View
from fragments.documents import StepType, Template
from fragments.graph import reads
from fragments.near import hint, only_near
from fragments.pointers import members
from fragments.problems import Problem, Severity
from fragments.schemas.fitting import Fit, fits
from fragments.schemas.inference import in_words
from fragments.workflows import NoWorkflow, WorkflowInterface, find_workflow, names_of, reachable
from schemas.values import Json


def check_decisions(view: View) -> Iterator[Problem]:
    """Find decisions without a step before or behind them, and those that choose what is not theirs to choose."""
    for node in view.nodes:
        if node.step.type is not StepType.DECISION:
            continue
        branches = view.branches[node]
        if not any(True for _ in reads(node.step)) and not node.step.depends_on:
            says = f"{node.label} decides, and waits for no step: there is nothing to decide upon."
            advice = "Let it read the step on whose result it decides."
            yield Problem(code="decision.placement", where=node.pointer, says=says, hint=advice)
        if not branches:
            says = f"{node.label} decides, and no step depends on it: there is nothing to choose."
            advice = f'Write "depends_on: [{node.step.name}]" into the steps that it chooses from.'
            yield Problem(code="decision.placement", where=node.pointer, says=says, hint=advice)
        for body in node.bodies:
            for where, name in _chosen(body):
                if name not in branches:
                    yield _stray(node, name, where, branches)


def check_decision_outputs(flows: Flows) -> Iterator[Problem]:
    """Find decisions that cannot say what a decision says."""
    wanted = decision_schema([node.step.name for node in flows.view.nodes])
    for node in flows.view.nodes:
        if node.step.type is not StepType.DECISION:
            continue
        fallback = node.step.fallback
        gives = [(f"{body.pointer}/handler", body_output(body)) for body in node.bodies]
        if fallback is not None and fallback.handler is None and node.after_failure is not None:
            gives.append((f"{node.pointer}/fallback/output", flows.shape(fallback.output, node.after_failure)))
        for where, schema in gives:
            if fits(schema, wanted) is Fit.NO:
                says = (
                    f"{node.label} decides; what it gives is {in_words(schema)}, which says neither what to create nor nothing."
                )
                advice = 'A decision gives {"outcome": "create_steps", "steps": [names]} or {"outcome": "no_branches"}.'
                yield Problem(code="decision.output", where=where, says=says, hint=advice)


def check_deferred(view: View) -> Iterator[Problem]:
    """Find deferred steps that wait for nothing, and those that need not be deferred."""
    for node in view.nodes:
        if node.step.type is not StepType.DEFERRED:
            continue
        awaited = [node.scope.by_name[name] for name in node.step.depends_on if name in node.scope.by_name]
        if not node.step.depends_on:
            says = f"{node.label} is deferred and declares nothing to wait for."
            advice = 'Name in "depends_on" the steps of which it waits for those that come to exist.'
            yield Problem(code="deferred.nothing", where=node.pointer, says=says, hint=advice)
        elif awaited and not any(one in view.optional for one in awaited):
            says = f"{node.label} is deferred, and every step that it waits for always runs."
            advice = "A standard step waits for them as well."
            where = f"{node.pointer}/type"
            yield Problem(code="deferred.needless", where=where, says=says, hint=advice, severity=Severity.WARNING)


def check_workflows(view: View) -> Iterator[Problem]:
    """Find workflows that there are not, and those that would run themselves."""
    own = f"{view.document.namespace}/{view.document.name}" if isinstance(view.document, Template) else None
    for node in view.nodes:
        where = f"{node.pointer}/workflow"
        if isinstance(node.child, NoWorkflow):
            yield _no_workflow(view, node, node.child, where)
        elif isinstance(node.child, WorkflowInterface) and own in reachable(view.frame.workflows, node.child):
            over = "" if node.child.id == own else f", over {node.child.id}"
            says = f"{node.label} runs this very workflow{over}: it would never end."
            yield Problem(code="workflow.cycle", where=where, says=says, hint="Loop over items, or plan, instead.")


def _chosen(body: Body) -> Iterator[tuple[str, str]]:
    """Go through the names of steps in a decision's config."""
    if body.capability is None:
        return
    for pointer in body.capability.chooses:
        path = tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
        for where, value in members({"config": body.config, "input": body.input}, path, body.pointer):
            yield from _names(where, value)


def _names(where: str, value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, (list, tuple)):
        yield from ((f"{where}/{i}", name) for i, name in enumerate(value) if isinstance(name, str))


def _stray(node: Node, name: str, where: str, branches: list[str]) -> Problem:
    target = node.scope.by_name.get(name)
    if target is None:
        says = f'{node.label} chooses "{name}", which is not a step of its scope.'
        meant = only_near(name, branches)
        patch = replaced(where, name, meant) if meant is not None else None
        return Problem(code="decision.branch", where=where, says=says, hint=hint(name, branches), patch=patch)
    says = f'{node.label} chooses "{name}", which does not depend on it: it would run in any case.'
    advice = f'Write "depends_on: [{node.step.name}]" into the step "{name}".'
    free = target is not node and target.step.type is not StepType.DEFERRED
    patch = _depending(target, node.step.name) if free else None
    return Problem(code="decision.branch", where=where, says=says, hint=advice, patch=patch)


def _depending(target: Node, name: str) -> tuple[dict[str, Json], ...]:
    where = f"{target.pointer}/depends_on"
    if "depends_on" not in target.step.model_fields_set:
        return ({"op": "add", "path": where, "value": [name]},)
    return ({"op": "add", "path": f"{where}/-", "value": name},)


def _no_workflow(view: View, node: Node, found: NoWorkflow, where: str) -> Problem:
    written = node.step.workflow or ""
    name, at, wanted = written.partition("@")
    if found.miss is Miss.SYNTAX:
        says = f'{node.label}: "{written}" names no workflow: after @ comes a version or a range.'
        return Problem(code="workflow.syntax", where=where, says=says, hint="Write name, namespace/name or name@^1.")
    if found.miss is Miss.VERSION:
        says = f"{node.label}: no version of the workflow {name} is in the range {wanted}."
        return Problem(code="workflow.version", where=where, says=says, hint=f"There is: {', '.join(found.near)}.")
    names = names_of(view.frame.workflows, view.namespace)
    meant = only_near(name, names)
    fits_too = meant is not None and isinstance(
        find_workflow(view.frame.workflows, f"{meant}{at}{wanted}", view.namespace), WorkflowInterface
    )
    patch = replaced(where, written, f"{meant}{at}{wanted}") if fits_too else None
    says = f'{node.label} runs the workflow "{name}", which there is not.'
    return Problem(
        code="workflow.unknown", where=where, says=says, hint=hint(name, names, otherwise="There is no workflow."), patch=patch
    )
