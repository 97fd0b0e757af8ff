"""Check 5: dependencies exist and go in no circle; nothing is done for nobody; loops are well formed."""

from collections.abc import Iterator, Mapping
from itertools import islice

from catalog.capability import Document, Effect
from fragments.checks.findings import replaced
from fragments.checks.flows import Flows
from fragments.checks.layout import Node, Scope
from fragments.checks.view import View
from fragments.graph import cycles, last
from fragments.near import MOST_NAMES, hint, only_near
from fragments.problems import Problem, Severity
from fragments.references import find
from fragments.schemas.fitting import Fit, fits
from fragments.schemas.inference import in_words

_MOST_LOOPS = 3
_MOST_SPELLED = 12  # steps of a circle


def check_dependencies(view: View) -> Iterator[Problem]:
    """Find dependencies on steps that are not in the same scope, and on the step itself."""
    for node in view.nodes:
        for i, name in enumerate(node.step.depends_on):
            where = f"{node.pointer}/depends_on/{i}"
            if name == node.step.name:
                says = f'Step "{name}" depends on itself.'
                yield Problem(code="graph.self_dependency", where=where, says=says, hint="Leave it out.")
            elif name not in node.scope.by_name:
                yield _unknown(node, name, where)


def check_cycles(view: View) -> Iterator[Problem]:
    """Find circles, by what is declared and what references imply."""
    for scope in view.scopes:
        for circle in cycles(scope.waits) if scope.order[1] else ():  # most go in none; spelling one out needs networkx
            shown = circle if len(circle) <= _MOST_SPELLED else (*circle[:_MOST_SPELLED], "...")
            spelled = " waits for ".join((*shown, circle[0]))
            first = scope.by_name[circle[0]]
            says = f"Steps wait for each other: {spelled}."
            advice = f"Take one of these dependencies out, in {' or '.join(circle[:_MOST_SPELLED])}."
            yield Problem(code="graph.cycle", where=first.pointer, says=says, hint=advice)


def check_use(view: View) -> Iterator[Problem]:
    """Find steps whose output nobody uses and that change nothing."""
    read = {use.scope.step(reference.step) for use, reference in view.references if reference.step is not None}
    read |= {asked.scope.step(name) for asked in view.conditions for name in asked.steps}
    for scope in view.scopes:
        awaited = {name for names in scope.waits.values() for name in names}
        result = _result(scope)
        for node in scope.nodes:
            used = node in read or node.step.name in awaited or node is result
            if not used and not may_change(node):
                says = f'Nobody uses the output of step "{node.step.name}", and it changes nothing.'
                advice = "Use its output, or leave the step out."
                yield Problem(code="graph.unused", where=node.pointer, says=says, hint=advice, severity=Severity.WARNING)


def check_loops(flows: Flows) -> Iterator[Problem]:
    """Find loops too deep, over no list, wider than their limit; and bodies of loops and branches without a definite output."""
    for node in flows.view.nodes:
        yield from _branches(node)
        if node.inner is None:
            continue
        if len(node.scope.loops()) >= _MOST_LOOPS:
            says = f'Step "{node.step.name}" is a loop in {len(node.scope.loops())} loops; {_MOST_LOOPS} may be nested.'
            yield Problem(
                code="loop.nesting", where=f"{node.pointer}/for_each", says=says, hint="Split the work over several steps."
            )
        yield from _items(node, flows)
        yield from _body(node)


def may_change(node: Node) -> bool:
    """Say whether a step may change the world, or waits for it: then it is no use to ask who reads its output."""
    if node.planning:
        effects = node.step.allow.effects if node.step.allow is not None else None
        return effects is None or not set(effects) <= {Effect.PURE, Effect.READ}
    within = [*(inner for scope in node.scopes for inner in scope.nodes)]
    effects_of = [body.effect for body in node.bodies]
    if any(effect not in (Effect.PURE, Effect.READ) for effect in effects_of) or any(may_change(inner) for inner in within):
        return True
    return not within and not effects_of  # another workflow, or nothing that is known


def _unknown(node: Node, name: str, where: str) -> Problem:
    names = [other for other in islice(node.scope.by_name, MOST_NAMES + 2) if other != node.step.name]
    outer = node.scope.parent.step(name) if node.scope.parent is not None else None
    meant = only_near(name, names)
    free = meant is not None and meant not in node.step.depends_on and outer is None
    around = "loop" if node.scope.is_loop else "switch"
    advice = f"Only steps of the same scope can be waited for: let the {around} wait." if outer else hint(name, names)
    says = f'Step "{node.step.name}" depends on "{name}", which is not a step of its scope.'
    patch = replaced(where, name, meant) if free else None
    return Problem(code="graph.unknown_dependency", where=where, says=says, hint=advice, patch=patch)


def _result(scope: Scope) -> Node | None:
    """Give the step whose output is that of a loop's item or of a branch, where it does not say."""
    if scope.owner is None or "output" in _holder(scope, scope.owner).model_fields_set:
        return None
    ends = last(scope.waits)
    return scope.by_name[ends[0]] if len(ends) == 1 else None


def _holder(scope: Scope, owner: Node) -> Document:
    """Give what says the output of a scope within a step: the loop, or the branch."""
    arm = next((arm for arm in owner.arms if arm.inner is scope), None)
    found = owner.step.for_each if arm is None else arm.branch
    assert found is not None, "a scope within a step is that of its loop or of a branch"
    return found


def _items(node: Node, flows: Flows) -> Iterator[Problem]:
    loop = node.step.for_each
    assert loop is not None
    schema = flows.items(node)
    where = f"{node.pointer}/for_each/items"
    verdict = fits(schema, {"type": "array"})
    if verdict is Fit.NO:
        says = f'Step "{node.step.name}" goes through {in_words(schema)}; a list is wanted.'
        yield Problem(code="loop.items", where=where, says=says, hint="Refer to a list: {{ steps.NAME.output.items }}.")
        return
    if verdict is Fit.UNKNOWN and all(node.scope.sees(reference) for _, reference in find(loop.items)):
        says = f'Step "{node.step.name}" goes through {in_words(schema)}, and fails where that is no list.'
        advice = "Say in the schema of the step that it comes from that it is a list."
        yield Problem(code="loop.unproved", where=where, says=says, hint=advice, severity=Severity.WARNING)
    known = schema.get("const") if isinstance(schema, Mapping) else None
    least = len(known) if isinstance(known, (list, tuple)) else schema.get("minItems", 0) if isinstance(schema, Mapping) else 0
    if least > loop.max_items:
        says = f'Step "{node.step.name}" goes through {least} items; its max_items is {loop.max_items}.'
        yield Problem(
            code="loop.width", where=f"{node.pointer}/for_each", says=says, hint="Raise max_items, or loop over fewer."
        )


def _body(node: Node) -> Iterator[Problem]:
    loop = node.step.for_each
    if loop is None or node.inner is None or not node.inner.nodes or "output" in loop.model_fields_set:
        return
    ends = last(node.inner.waits)
    if len(ends) > 1:
        says = f'Loop "{node.step.name}" has {len(ends)} last steps: {", ".join(ends)}.'
        advice = 'Say in "for_each.output" what one item gives; null when nothing is wanted.'
        yield Problem(code="loop.output", where=f"{node.pointer}/for_each", says=says, hint=advice)


def _branches(node: Node) -> Iterator[Problem]:
    for arm in node.arms:
        if arm.inner is None or "output" in arm.branch.model_fields_set:
            continue
        ends = last(arm.inner.waits)
        if len(ends) > 1:
            says = f"{node.label}: {arm.name} has {len(ends)} last steps: {', '.join(ends)}."
            advice = 'Say in "output" what the branch gives; null when nothing is wanted.'
            yield Problem(code="switch.output", where=arm.pointer, says=says, hint=advice)
