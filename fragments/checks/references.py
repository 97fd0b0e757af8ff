"""Check 6: references lead to something that can be seen and along a path that can be there."""

from collections.abc import Iterator
from dataclasses import replace

from fragments.checks.findings import replaced
from fragments.checks.flows import Flows
from fragments.checks.layout import Node, Scope, Use
from fragments.checks.view import View
from fragments.near import hint, only_near
from fragments.problems import Problem, Severity
from fragments.references import FAILURE, ROOTS, SECRETS, Key, Malformed, Reference, redirected, spelled, written
from fragments.schemas.fitting import says_nothing
from fragments.schemas.inference import in_words
from fragments.schemas.inlining import is_unknown
from fragments.schemas.paths import Found, Impossible, at_path
from schemas.values import JsonObject


def check_syntax(view: View) -> Iterator[Problem]:
    """Find texts in braces that are no references."""
    for use in view.uses:
        if isinstance(use.part, Malformed):
            says = f"{_label(use)}: {{{{ {use.part.text[:80]} }}}} is no reference: {use.part.says}."
            advice = "Write {{ steps.NAME.output.PATH }} or {{ input.PATH }}; compute in a transform step."
            patch = replaced(use.where, use.text, _meant(use.text, use.part)) if use.part.meant else None
            yield Problem(code="reference.syntax", where=use.where, says=says, hint=advice, patch=patch)


def check_heads(view: View) -> Iterator[Problem]:
    """Find references to steps and names that are not seen where they stand."""
    for use, reference in view.references:
        if reference.step is not None:
            yield from _step(use, reference, reference.step)
        elif reference.root not in ("input", "task", SECRETS) and use.scope.binder(reference.root) is None:
            yield _unknown_root(use, reference)


def check_paths(flows: Flows) -> Iterator[Problem]:
    """Find paths that the value cannot have; warn of those that it need not have."""
    told: set[tuple[Key, ...]] = set()
    for use, reference in flows.view.references:
        place = flows.place(reference, use.scope)
        if isinstance(place, Impossible):
            if not (use.guarded and _may_be_given(flows, reference)):
                yield _impossible(use, reference, place)
            continue
        if use.guarded or place.certain or not use.scope.sees(reference):  # what is not seen is told by its head
            continue
        if _is_in_skipped(flows, use, reference):
            yield _skipped(use, reference)
        elif (value := (reference.root, *_mended_at(flows, use, reference))) not in told:
            told.add(value)  # one warning for each value to be mended, not one for each reading
            yield _uncertain(use, reference, place)


def _meant(text: str, wrong: Malformed) -> str:
    return text.replace(wrong.text, wrong.meant or wrong.text, 1)


def reads_itself(scope: Scope, node: Node | None, name: str) -> bool:
    """Say whether a name means the very step that reads it, or one around it."""
    target = scope.step(name)
    return target is not None and (target is node or target in scope.owners())


def _may_be_given(flows: Flows, reference: Reference) -> bool:
    """Say whether an input that is not there this time may be there another time."""
    return reference.root == "input" and isinstance(at_path(flows.declared_input, reference.path), Found)


def _mended_at(flows: Flows, use: Use, reference: Reference) -> tuple[Key, ...]:
    """Give the path of which a schema has to say more: the shortest of which none is known, or else the whole one."""
    path = reference.path
    beginnings = (replace(reference, path=path[:i]) for i in range(len(path) - len(reference.tail), len(path)))
    places = ((beginning.path, flows.place(beginning, use.scope)) for beginning in beginnings)
    return next((at for at, place in places if isinstance(place, Found) and says_nothing(place.schema)), path)


def _is_in_skipped(flows: Flows, use: Use, reference: Reference) -> bool:
    """Say whether a path goes into the output of a step that may have been skipped."""
    node = use.scope.step(reference.step) if reference.step is not None and reference.tail else None
    return node is not None and not reference.reads_status and node in flows.view.optional and use.scope.may_be_null(node)


def _skipped(use: Use, reference: Reference) -> Problem:
    says = f'{_label(use)} reads {reference.text}; "{reference.step}" may be skipped, and then there is nothing to go into.'
    advice = f"Say what is to stand there then: {{{{ {reference.text} ?? null }}}}."
    return Problem(code="reference.skipped", where=use.where, says=says, hint=advice)


def _step(use: Use, reference: Reference, name: str) -> Iterator[Problem]:
    if reads_itself(use.scope, use.node, name):
        says = f"{_label(use)} reads its own output, {reference.text}."
        yield Problem(code="reference.itself", where=use.where, says=says, hint="Read a step that is complete before it.")
    elif use.scope.step(name) is None:
        names = [other for other in use.scope.step_names() if use.node is None or other != use.node.step.name]
        meant = only_near(name, names)
        patch = _renamed(use, reference, ("steps", meant, *reference.path[1:])) if meant is not None else None
        says = f"{_label(use)} reads steps.{name}, which is not a step here."
        yield Problem(code="reference.unknown_step", where=use.where, says=says, hint=_step_hint(use, name, names), patch=patch)


def _step_hint(use: Use, name: str, names: list[str]) -> str:
    within = _within(use, name) if names else None
    if within is not None and within.is_loop:
        return f'"{name}" stands within a loop: read the loop\'s output, steps.LOOP.output.outputs.'
    if within is not None:
        return f'"{name}" stands within a branch: read the output of the switch, steps.SWITCH.output.'
    return hint(name, names, otherwise="There is no other step here; only {{ input... }} can be read.")


def _within(use: Use, name: str) -> Scope | None:
    """Find the scope, somewhere in the document, that has a step of this name."""
    pending = [[*use.scope.around()][-1]]
    while pending:
        scope = pending.pop()
        if name in scope.by_name:
            return scope
        pending.extend(inner for node in scope.nodes for inner in node.scopes)
    return None


def _unknown_root(use: Use, reference: Reference) -> Problem:
    bound = [name for scope in use.scope.around() for name in scope.bindings]
    steps = use.scope.step_names()
    if reference.root in steps:
        fixed = (
            "steps",
            reference.root,
            *(reference.path if reference.path[:1] == ("output",) else ("output", *reference.path)),
        )
        patch: tuple[JsonObject, ...] | None = _renamed(use, reference, fixed)
        advice = f"Write {written(str(fixed[0]), *fixed[1:])}."
    else:
        meant = only_near(reference.root, [*ROOTS, *bound])
        patch = _renamed(use, reference, (meant, *reference.path)) if meant is not None else None
        advice = f"References begin with {', '.join([*ROOTS, *bound])}."
        advice = "Only a fallback sees the failure." if reference.root == FAILURE else advice
    says = f'{_label(use)} reads "{reference.root}", which is no name here.'
    return Problem(code="reference.unknown_root", where=use.where, says=says, hint=advice, patch=patch)


def _impossible(use: Use, reference: Reference, place: Impossible) -> Problem:
    says = f"{_label(use)} reads {reference.text}; {in_words(place.schema)} has no {spelled(place.missing)}."
    missing = str(place.missing)
    meant = only_near(missing, place.there) if isinstance(place.missing, str) else None
    patch = None
    if meant is not None:
        head = (reference.root, *reference.path)
        position = len(head) - 1 - head[::-1].index(place.missing)
        once = head.count(place.missing) == 1
        patch = _renamed(use, reference, (*head[:position], meant, *head[position + 1 :])) if once else None
    advice = hint(missing, place.there) if place.there else ""
    return Problem(code="reference.path", where=use.where, says=says, hint=advice, patch=patch)


def _uncertain(use: Use, reference: Reference, place: Found) -> Problem:
    if is_unknown(place.schema):
        says = f"{_label(use)} reads {reference.text}, of which no schema is known; a missing path fails the step."
        advice = "Where the producing step can be given a schema (output_schema, response_schema, must_produce), give it."
        return Problem(code="reference.untyped", where=use.where, says=says, hint=advice, severity=Severity.WARNING)
    says = f"{_label(use)} reads {reference.text}, which need not be there; the step fails where it is not."
    advice = "Make it required in the schema, or reshape the value in a transform step."
    return Problem(code="reference.optional", where=use.where, says=says, hint=advice, severity=Severity.WARNING)


def _renamed(use: Use, reference: Reference, path: tuple[Key, ...]) -> tuple[JsonObject, ...]:
    return replaced(use.where, use.text, redirected(use.text, reference, path))


def _label(use: Use) -> str:
    return "The output" if use.node is None else use.node.label
