"""Parts of a condition that decide it and never change."""

from collections.abc import Iterator

from fragments.conditions.findings import Findings
from fragments.conditions.kinds import Type, in_words, literals_of
from fragments.conditions.reading import references
from fragments.problems import Severity
from schemas.conditions import library
from schemas.conditions.equality import equal
from schemas.conditions.parsing import Condition
from schemas.conditions.trees import Call, Literal, Node, children, walk
from schemas.values import canonical


def constant_faults(condition: Condition, findings: Findings) -> None:
    """Note a condition that reads nothing, and operands of `&&`, `||`, `!` and `?` that are literals."""
    if references(condition.text) or findings.has_error():
        for literal in _decided(condition.tree):
            says = f"A part of the condition is always {str(literal.value).lower()}."
            findings.add("condition.constant", literal, says, "Leave it out.", severity=Severity.WARNING)
        return
    outcome = condition.program.evaluate({})
    if isinstance(outcome, library.Failed):
        findings.add("condition.type", condition.tree, f"The condition always fails: {outcome.says}.")
    else:
        findings.forget("condition.constant")
        says = f"The condition reads nothing: it is always {str(outcome).lower()}."
        findings.add(
            "condition.constant", condition.tree, says, 'Leave "when" out, or read input or steps.', severity=Severity.WARNING
        )


def never_equal(node: Call, types: tuple[Type, ...], findings: Findings) -> None:
    """Note a comparison whose sides have no kind, or no listed value, in common: CEL compares them and finds them unequal."""
    reason = _apart(*types)
    if reason:
        outcome = "false" if node.function == "_==_" else "true"
        findings.warn("condition.constant", node, f"{findings.shown(node)} is always {outcome}: {reason}.", _listed(types))


def _apart(one: Type, other: Type) -> str:
    if one.kinds is None or other.kinds is None:
        return ""
    if not (_numbers_as_one(one.kinds) & _numbers_as_one(other.kinds)):
        return f"one side is {in_words(one.kinds)}, the other {in_words(other.kinds)}"
    first, second = literals_of(one), literals_of(other)
    if first is None or second is None or any(equal(a, b) for a in first for b in second):
        return ""
    return "the values that there can be differ"


def _numbers_as_one(kinds: frozenset[str]) -> frozenset[str]:
    numbers = frozenset({"int", "uint", "double"})
    return kinds | numbers if kinds & numbers else kinds


def _listed(types: tuple[Type, ...]) -> str:
    listed = max((literals_of(one) or () for one in types), key=len)
    return f"There is: {', '.join(canonical(value) for value in listed[:8])}." if len(listed) > 1 else ""


def _decided(tree: Node) -> Iterator[Literal]:
    for node in walk(tree):
        if isinstance(node, Call) and node.function in ("_&&_", "_||_", "!_", "_?_:_"):
            parts = children(node)[:1] if node.function == "_?_:_" else children(node)
            yield from (part for part in parts if isinstance(part, Literal) and part.kind == "bool")
