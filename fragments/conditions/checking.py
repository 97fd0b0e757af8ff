"""Static checks of a condition against the schemas of its roots. Three-valued: only what cannot work is an error."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from fragments.conditions import kinds
from fragments.conditions.calls import Calls
from fragments.conditions.constants import constant_faults, never_equal
from fragments.conditions.findings import Findings
from fragments.conditions.functions import MACROS
from fragments.conditions.guards import Facts, key, proved
from fragments.conditions.kinds import ANY, Type
from fragments.conditions.paths import Paths
from fragments.problems import Severity
from fragments.schemas.inlining import UNKNOWN
from schemas.conditions.faults import Fault
from schemas.conditions.parsing import Condition, parse
from schemas.conditions.trees import Call, Field, ListOf, Literal, Loop, MapOf, Name, Node, children
from schemas.values import Schema

ScopeTypes: TypeAlias = Callable[[str], Schema | None]
ROOTS = ("input", "steps", "task")
_BOOL = frozenset({"bool"})


def faults(text: str, *, scope_types: ScopeTypes, names: tuple[str, ...] = ROOTS) -> Iterator[Fault]:
    """Find what is wrong with a condition, in the order of the text.

    `scope_types` gives the schema of what stands under a root, without `$ref`; `{}` where nothing is known, None where there is
    no such root. The schema of `steps` has one of `properties` per step, each with `output` and `status`. `names` are roots
    that a hint may propose.
    """
    parsed = parse(text)
    if not isinstance(parsed, Condition):
        yield from parsed
        return
    findings = Findings(text)
    found = _Checker(scope_types, names, findings).type(parsed.tree, Facts())
    if not found.can_be(_BOOL):
        says = f"The condition gives {kinds.in_words(found.kinds)}, and not true or false."
        findings.add(
            "condition.not_boolean", parsed.tree, says, "Compare it with something: ... == ..., ... > 0, size(...) > 0."
        )
    elif found.kinds is not None and found.kinds != _BOOL:
        says = f"The condition may give {kinds.in_words(found.kinds - _BOOL)}, and not true or false."
        findings.add("condition.not_boolean", parsed.tree, says, "Compare it: ... == true.", severity=Severity.WARNING)
    constant_faults(parsed, findings)
    yield from findings.in_order()


class _Checker:
    """Gives every part of a condition its type, and collects what is found on the way."""

    def __init__(self, scope_types: ScopeTypes, names: tuple[str, ...], findings: Findings) -> None:
        self.findings = findings
        self.calls = Calls(findings)
        self.paths = Paths(scope_types, names, findings)
        self.bound: dict[str, Type] = {}

    def type(self, node: Node, facts: Facts) -> Type:
        made: Type = getattr(self, f"_{type(node).__name__.lower()}")(node, facts)
        return made

    def _literal(self, node: Literal, _facts: Facts) -> Type:
        schema = {"const": node.value} if node.kind in _OF_JSON else UNKNOWN
        return Type(kinds=frozenset({node.kind}), schema=schema)

    def _name(self, node: Name, facts: Facts) -> Type:
        return self._known(node, self.paths.name(node, self.bound), facts)

    def _listof(self, node: ListOf, facts: Facts) -> Type:
        items = [self.type(item, facts) for item in node.items]
        return Type(kinds=frozenset({"list"}), items=kinds.joined(items) if items else ANY)

    def _mapof(self, node: MapOf, facts: Facts) -> Type:
        for entry_key, value in node.entries:
            self.calls.map_key(entry_key, self.type(entry_key, facts))
            self.type(value, facts)
        return kinds.of_kind("map")

    def _field(self, node: Field, facts: Facts) -> Type:
        step = self.paths.step(node, self.bound)
        if step is not None:
            return self._known(node, step, facts)
        holder = self.type(node.operand, facts)
        found = self.paths.field(node, holder, facts, surely=self.paths.is_step(node.operand, self.bound))
        return kinds.of_kind("bool") if node.tested else self._known(node, found, facts)

    def _known(self, node: Node, found: Type, facts: Facts) -> Type:
        return kinds.not_null(found) if facts.is_not_null(key(node)) else found

    def _call(self, node: Call, facts: Facts) -> Type:
        if node.function in ("_&&_", "_||_"):
            return self._logic(node, facts)
        if node.function == "_?_:_":
            return self._choice(node, facts)
        if node.function == "_[_]":
            return self._index(node, facts)
        if node.function in MACROS or node.function == "has":  # with other arguments than the macro takes
            return self.calls.result(node, ())
        types = tuple(self.type(part, facts) for part in children(node))
        found = self.calls.result(node, types)
        if node.function in ("_==_", "_!=_"):
            never_equal(node, types, self.findings)
        return found

    def _logic(self, node: Call, facts: Facts) -> Type:
        """Type both operands, each with what the other proves: where the other one decides, an error is forgotten.

        The first is not vouched for by the ways of the second, which may themselves be vouched for by the first.
        """
        when = node.function == "_&&_"
        left, right = node.arguments
        types = (
            self.type(left, facts | proved(right, when=when).without_ways()),
            self.type(right, facts | proved(left, when=when)),
        )
        return self.calls.result(node, types)

    def _choice(self, node: Call, facts: Facts) -> Type:
        test, one, other = node.arguments
        self.calls.test(test, self.type(test, facts))
        chosen = self.type(one, facts | proved(test, when=True))
        return kinds.joined((chosen, self.type(other, facts | proved(test, when=False))))

    def _index(self, node: Call, facts: Facts) -> Type:
        step = self.paths.step(node, self.bound)
        if step is not None:
            return self._known(node, step, facts)
        holder, index = node.arguments
        held, at = self.type(holder, facts), self.type(index, facts)
        if self.paths.is_text_key(held, index):
            surely = self.paths.is_step(holder, self.bound)
            return self._known(node, self.paths.member(node, held, facts, surely=surely), facts)
        if not self.calls.can_index(node, (held, at)):
            return ANY
        return self._known(node, self.paths.item(node, held, facts), facts)

    def _loop(self, node: Loop, facts: Facts) -> Type:
        items = self.type(node.items, facts)
        self.calls.range(node, items)
        hidden = self.bound.get(node.name)
        self.bound[node.name] = kinds.items_of(kinds.not_null(items))
        inner = facts.without(node.name)
        if node.only is not None:
            self.calls.test(node.only, self.type(node.only, inner))
            inner |= proved(node.only, when=True)
        body = self.type(node.body, inner)
        if node.macro != "map":
            self.calls.test(node.body, body)
        if hidden is None:
            del self.bound[node.name]
        else:
            self.bound[node.name] = hidden
        return _of_loop(node, items, body)


_OF_JSON = ("null", "bool", "int", "double", "string")


def _of_loop(node: Loop, items: Type, body: Type) -> Type:
    if node.macro == "map":
        return Type(kinds=frozenset({"list"}), items=body)
    if node.macro == "filter":
        return Type(kinds=frozenset({"list"}), items=kinds.items_of(kinds.not_null(items)))
    return kinds.of_kind("bool")
