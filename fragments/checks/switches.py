"""Check 5, of switches: some case is sure to be taken, and no case is there for nothing."""

from collections.abc import Iterator, Mapping

from fragments.checks.flows import Flows
from fragments.checks.layout import Arm, Node
from fragments.documents import Case
from fragments.problems import Problem, Severity
from fragments.schemas.fitting import Fit, fits, known_values
from fragments.schemas.inference import in_words
from schemas.values import Json, Schema, canonical


def check_switches(flows: Flows) -> Iterator[Problem]:
    """Find switches of which it may be that no case matches, and cases that never do."""
    for node in flows.view.nodes:
        switch = node.step.switch
        if switch is None:
            continue
        given = "value" in switch.model_fields_set
        if switch.default is None:
            yield from _coverage(node, flows.shape(switch.value, node.sight) if given else None)
        yield from _unreachable(node, flows.usual.shape(switch.value, node.sight) if given else None)


def _coverage(node: Node, schema: Schema | None) -> Iterator[Problem]:
    values = known_values(schema) if isinstance(schema, Mapping) else None
    where = f"{node.pointer}/switch"
    if values is None:
        says = f"{node.label}: where no case matches, the switch has nothing to run, and nothing says that one always does."
        yield Problem(code="switch.not_covered", where=where, says=says, hint='Add a "default".')
        return
    told = {_key(case.equals) for case in _literal_cases(node)}
    missing = [value for value in values if _key(value) not in told]
    if missing:
        shown = ", ".join(canonical(value) for value in missing[:6])
        says = f"{node.label}: no case matches {shown}, which the value may be."
        yield Problem(code="switch.not_covered", where=where, says=says, hint='Add a case for each, or a "default".')


def _unreachable(node: Node, schema: Schema | None) -> Iterator[Problem]:
    first: dict[str, Arm] = {}
    for arm in node.arms:
        case = arm.branch
        if not isinstance(case, Case) or not _has_literal(case):
            continue
        earlier = first.setdefault(_key(case.equals), arm)
        where = f"{arm.pointer}/equals"
        if earlier is not arm:
            says = f"{node.label}: {arm.name} is never taken; {earlier.name} matches the same."
            yield _never(where, says, "Leave one of them out.")
        elif schema is not None and fits({"const": case.equals}, schema) is Fit.NO:
            says = f"{node.label}: {arm.name} is never taken; the value is {in_words(schema)}."
            yield _never(where, says, "Compare with a value that there may be.")


def _never(where: str, says: str, advice: str) -> Problem:
    return Problem(code="switch.unreachable", where=where, says=says, hint=advice, severity=Severity.WARNING)


def _literal_cases(node: Node) -> Iterator[Case]:
    return (arm.branch for arm in node.arms if isinstance(arm.branch, Case) and _has_literal(arm.branch))


def _has_literal(case: Case) -> bool:
    return "equals" in case.model_fields_set


def _key(value: Json) -> str:
    """Write a value so that those that are equal in JSON are written alike: numbers by value."""
    return canonical(_by_value(value))


def _by_value(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _by_value(part) for key, part in value.items()}
    return [_by_value(part) for part in value] if isinstance(value, (list, tuple)) else value
