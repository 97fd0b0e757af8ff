"""Names and paths of a condition: whether they can be there, and the types of what stands at them."""

from collections.abc import Callable, Mapping

from fragments.conditions import functions, kinds
from fragments.conditions.findings import Findings
from fragments.conditions.guards import Facts, key
from fragments.conditions.kinds import ANY, NULL, Type
from fragments.near import hint, nearest
from fragments.schemas.inference import in_words
from fragments.schemas.inlining import is_unknown
from fragments.schemas.paths import Impossible, at_path
from schemas.conditions.reading import TYPES, path_of
from schemas.conditions.trees import Call, Field, Literal, Name, Node
from schemas.values import Schema

_STEP_DEPTH = 1
_MAP = frozenset({"map"})
_LIST = frozenset({"list"})
_CALLABLE = (*functions.FUNCTIONS, *functions.METHODS, *functions.MACROS, "has")


class Paths:
    """Follows the paths of one condition into the schemas of its roots."""

    def __init__(self, scope_types: Callable[[str], Schema | None], names: tuple[str, ...], findings: Findings) -> None:
        """Look roots up by `scope_types`; `names` are roots that a hint may propose."""
        self.scope_types = scope_types
        self.names = names
        self.findings = findings

    def name(self, node: Name, bound: Mapping[str, Type]) -> Type:
        """Type a name that stands alone or begins a path."""
        if node.name in bound:
            return bound[node.name]
        schema = self.scope_types(node.name)
        if node.name == "steps" and schema is not None:
            says = "The steps can only be read one by one, by their names."
            self.findings.add("condition.path", node, says, "Write steps.NAME.output or steps.NAME.status.")
            return ANY
        if schema is not None:
            return kinds.of_schema(schema)
        if node.name in TYPES:
            return kinds.of_kind("type")
        self.findings.add(
            "condition.unknown_name", node, f'There is no name "{node.name}" here.', self._meant(node.name, bound)
        )
        return ANY

    def is_step(self, node: Node, bound: Mapping[str, Type]) -> bool:
        """Say whether a node is `steps.NAME`, of which `output` and `status` are always there."""
        found = path_of(node)
        return found is not None and found[0].name == "steps" and "steps" not in bound and len(found[1]) == _STEP_DEPTH

    def step(self, node: Node, bound: Mapping[str, Type]) -> Type | None:
        """Type `steps.NAME`; None for every other node."""
        found = path_of(node)
        if found is None or not self.is_step(node, bound):
            return None
        schema = self.scope_types("steps")
        name = str(found[1][0])
        known = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
        if schema is None:
            return self.name(found[0], bound)
        if name in known:
            return kinds.of_schema(known[name])
        if known or not is_unknown(schema):
            says = f'There is no step "{name}" that can be read here.'
            self.findings.add("condition.unknown_name", node, says, hint(name, known, otherwise="No step can be read here."))
        return ANY

    def is_text_key(self, held: Type, index: Node) -> bool:
        """Say whether an index is a fixed name, which reads an object as a dot does."""
        return isinstance(index, Literal) and index.kind == "string" and held.can_be(_MAP)

    def field(self, node: Field, holder: Type, facts: Facts, *, surely: bool) -> Type:
        """Type `holder.name`, or what `has` asks after."""
        if not self._is_object(node, node.operand, holder):
            return ANY
        return self._in_object(node, kinds.not_null(holder), node.name, facts, surely=surely)

    def member(self, node: Call, holder: Type, facts: Facts, *, surely: bool) -> Type:
        """Type `holder["name"]`."""
        operand, index = node.arguments
        if not self._is_object(node, operand, holder) or not isinstance(index, Literal):
            return ANY
        return self._in_object(node, kinds.not_null(holder), index.value, facts, surely=surely)

    def item(self, node: Call, holder: Type, facts: Facts) -> Type:
        """Type `holder[index]` where the index is no fixed name."""
        operand, index = node.arguments
        held = kinds.not_null(holder)
        if isinstance(index, Literal) and held.kinds == _MAP and not is_unknown(held.schema):
            says = f"{self.findings.shown(operand)} is an object, of which the fields have names and no numbers."
            self.findings.add("condition.path", node, says, 'Write .name or ["name"].')
            return ANY
        if not isinstance(index, Literal) or index.kind != "int" or held.kinds != _LIST:
            return kinds.items_of(held) if held.kinds == _LIST else ANY
        if index.value < 0:
            says = f"A list has no item {index.value}: items are counted from 0."
            shown = self.findings.shown(operand)
            self.findings.add("condition.path", node, says, f"The last one is {shown}[size({shown}) - 1].")
            return ANY
        return self._at_index(node, held, index.value, facts)

    def _at_index(self, node: Call, held: Type, index: int, facts: Facts) -> Type:
        if held.items is not None or is_unknown(held.schema):
            return kinds.items_of(held)
        place = at_path(held.schema, (index,))
        operand = node.arguments[0]
        shown = self.findings.shown(operand)
        if isinstance(place, Impossible):
            self.findings.add("condition.path", node, f"{shown} is never long enough to have an item {index}.")
            return ANY
        path = key(operand)
        if not place.certain and not (path is not None and facts.has_item(path, index)):
            says = f"{shown} need not have an item {index}."
            self.findings.warn("condition.path", node, says, f"Test before: size({shown}) > {index} && ...")
        return kinds.of_schema(place.schema)

    def _is_object(self, node: Node, operand: Node, holder: Type) -> bool:
        shown = self.findings.shown(operand)
        if not holder.can_be(_MAP):
            says = f"{shown} is {kinds.in_words(holder.kinds)}, which has no fields."
            self.findings.add("condition.path", node, says, _other_way(holder))
            return False
        if holder.may_be_null:
            says = f"{shown} may be null, and nothing can be read of null."
            self.findings.warn("condition.type", node, says, f"Test before: {shown} != null && ...")
        if holder.kinds is not None and (rest := holder.kinds - _MAP - NULL):
            says = f"{shown} may be {kinds.in_words(rest)}, which has no fields."
            self.findings.warn("condition.type", node, says, f"Test before: type({shown}) == map && ...")
        return True

    def _in_object(self, node: Node, holder: Type, name: str, facts: Facts, *, surely: bool) -> Type:
        if holder.kinds is None or is_unknown(holder.schema):
            return ANY
        tested = isinstance(node, Field) and node.tested
        place = at_path(_closed(holder.schema) if surely else holder.schema, (name,))
        operand = node.operand if isinstance(node, Field) else node.arguments[0] if isinstance(node, Call) else node
        shown = self.findings.shown(operand)
        if isinstance(place, Impossible):
            if tested or not facts.is_there(key(node)):  # behind a test that it never passes nobody reads it
                self._impossible(node, shown, name, place, tested=tested)
            return ANY
        quiet = surely or tested or is_unknown(place.schema) or facts.is_there(key(node))
        if not (place.certain or quiet):
            says = f'{shown} need not have "{name}".'
            self.findings.warn("condition.path", node, says, _guard(node, shown, name))
        return kinds.of_schema(place.schema)

    def _impossible(self, node: Node, shown: str, name: str, place: Impossible, *, tested: bool) -> None:
        there = hint(name, place.there, otherwise=f"It is {in_words(place.schema)}.")
        if tested:
            says = f'This is always false: {shown} cannot have "{name}".'
            self.findings.warn("condition.constant", node, says, there)
        else:
            self.findings.add("condition.path", node, f'{shown} cannot have "{name}".', there)

    def _meant(self, name: str, bound: Mapping[str, Type]) -> str:
        seen = [*(one for one in self.names if self.scope_types(one) is not None), *bound]
        if name.startswith("."):
            return f"Names begin without a dot: {name[1:]}."
        if name in _CALLABLE:
            return f"{name} is a function and needs what it works on: {name}(...)."
        near = nearest(name, seen)
        if near:
            return f"Nearest: {', '.join(near)}."
        there = f" There is: {', '.join(seen)}." if seen else ""
        return f'A text stands in quotes: "{name}".{there}'


def _closed(schema: Schema) -> Schema:
    """Take an object for having no other fields than those named: a step has `output` and `status` and nothing else."""
    return {**schema, "additionalProperties": False} if isinstance(schema, Mapping) and "properties" in schema else schema


def _guard(node: Node, shown: str, name: str) -> str:
    if isinstance(node, Field):
        return f"Test before: has({shown}.{name}) && ..."
    return f'Test before: "{name}" in {shown} && ...'


def _other_way(holder: Type) -> str:
    if holder.kinds == _LIST:
        return "Items of a list are read by number, list[0], or gone through: list.exists(item, ...)."
    return ""
