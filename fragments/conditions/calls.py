"""Functions and operators of a condition: whether they exist, take as many arguments, and work on the types they meet."""

from dataclasses import replace

from fragments.conditions import functions, kinds
from fragments.conditions.findings import Findings
from fragments.conditions.functions import FUNCTIONS, MACROS, METHODS, OPERATORS, SPELLED, Applied, Overloads
from fragments.conditions.kinds import ANY, NULL, Type
from fragments.near import hint
from schemas.conditions import library
from schemas.conditions.reading import path_of
from schemas.conditions.trees import Call, Literal, Loop, Node

_BOOL = frozenset({"bool"})
_RANGES = frozenset({"list", "map"})
_STRING = frozenset({"string"})
_LIST = frozenset({"list"})
_KEYS = frozenset({"string", "int", "uint", "bool"})
_OF_ZONES = frozenset(
    f"get{part}"
    for part in (
        "FullYear",
        "Month",
        "Date",
        "DayOfMonth",
        "DayOfWeek",
        "DayOfYear",
        "Hours",
        "Minutes",
        "Seconds",
        "Milliseconds",
    )
)
_FRACTIONS = ("int", "double")
_CONVERSIONS = ("bool", "double", "duration", "int", "timestamp", "uint")


class Calls:
    """Judges the calls of one condition."""

    def __init__(self, findings: Findings) -> None:
        """Note what is wrong in `findings`."""
        self.findings = findings

    def result(self, node: Call, types: tuple[Type, ...]) -> Type:
        """Type what a call gives; what is wrong with it is noted, and its type then not known."""
        forms = self._forms(node)
        if forms is None:
            return ANY
        if not functions.takes_count(forms, len(types)):
            self._count(node, forms, len(types))
            return ANY
        outcome = functions.applied(forms, types)
        if not outcome.works:
            self._cannot(node, types)
            return ANY
        if outcome.misses:
            self._may_not(node, types, outcome)
        self._literals(node)
        return Type(kinds=outcome.gives) if node.function != "_+_" else _sum(outcome, types)

    def can_index(self, node: Call, types: tuple[Type, Type]) -> bool:
        """Say whether `holder[index]` can work on the types."""
        return self.result(node, types) is not ANY or functions.applied(OPERATORS["_[_]"], types).works

    def test(self, node: Node, found: Type) -> None:
        """Judge a part that must be true or false: before `?`, or within a macro."""
        self._must_be(node, found, _BOOL, "true or false")

    def range(self, node: Loop, found: Type) -> None:
        """Judge what a macro goes through."""
        self._must_be(node.items, found, _RANGES, f"a list or an object, as {node.macro}() needs")

    def map_key(self, node: Node, found: Type) -> None:
        """Judge a key of an object that the condition makes."""
        self._must_be(node, found, _KEYS, "a text, a whole number, true or false, as keys are")

    def _must_be(self, node: Node, found: Type, wanted: frozenset[str], words: str) -> None:
        shown = self.findings.shown(node)
        if not found.can_be(wanted):
            self.findings.add("condition.type", node, f"{shown} is {kinds.in_words(found.kinds)}, and not {words}.")
        elif found.kinds is not None and (rest := found.kinds - wanted):
            hint_ = f"Test before: {shown} != null && ..." if rest == NULL else ""
            self.findings.warn("condition.type", node, f"{shown} may be {kinds.in_words(rest)}, and not {words}.", hint_)

    def _forms(self, node: Call) -> Overloads | None:
        if node.function in OPERATORS:
            return OPERATORS[node.function]
        known = FUNCTIONS if node.target is None else METHODS
        if node.function in known:
            return known[node.function]
        self.findings.add("condition.unknown_function", node, *self._unknown(node))
        return None

    def _unknown(self, node: Call) -> tuple[str, str]:
        name, method = node.function, node.target is not None
        if name in MACROS:
            counts = " or ".join(map(str, MACROS[name]))
            example = "list.map(item, item.name)" if name == "map" else f"list.{name}(item, item > 0)"
            return f"{name}() is called on a list and takes {counts} arguments.", f"Write {example}."
        if name == "has":
            return "has() takes one path with a dot.", "Write has(input.name)."
        if not method and name in METHODS:
            return f"{name}() is called on what it works on.", f"Write value.{name}(...)."
        if method and name in FUNCTIONS:
            return f"{name}() is no method.", f"Write {name}(...)."
        known = (*METHODS, *MACROS) if method else (*FUNCTIONS, "has")
        return f"There is no {'method' if method else 'function'} {name}().", hint(name, known)

    def _count(self, node: Call, forms: Overloads, given: int) -> None:
        method = node.target is not None
        wanted = sorted({len(form.takes) - method for form in forms})
        count = " or ".join(map(str, wanted))
        says = f"{node.function}() takes {count} argument{'' if wanted == [1] else 's'}, and not {given - method}."
        self.findings.add("condition.unknown_function", node, says)

    def _cannot(self, node: Call, types: tuple[Type, ...]) -> None:
        says = f"{self._what(node)} cannot work on {_listed(types)}: {self.findings.shown(node)}."
        self.findings.add("condition.type", node, says, _remedy(node, types, self.findings))

    def _may_not(self, node: Call, types: tuple[Type, ...], outcome: Applied) -> None:
        """Warn of kinds that an argument can have and that no form takes: null, or numbers of two kinds."""
        parts = node.operands
        for i, one in enumerate(types):
            if one.may_be_null and _only_null(outcome, i):
                shown = self.findings.shown(parts[i])
                says = f"{shown} may be null, and {self._what(node)} cannot work on null."
                self.findings.warn("condition.type", parts[i], says, f"Test before: {shown} != null && ...")
        rest = tuple(kinds.not_null(one) if _only_null(outcome, i) else one for i, one in enumerate(types))
        again = functions.applied(self._forms(node) or (), rest)
        if again.misses:
            says = f"{self._what(node)} may meet {_missed(again)}, which it cannot work on: {self.findings.shown(node)}."
            self.findings.warn("condition.type", node, says, _remedy(node, rest, self.findings))

    def _what(self, node: Call) -> str:
        if node.function in OPERATORS:
            return SPELLED.get(node.function, node.function.strip("_"))
        return f"{node.function}()"

    def _literals(self, node: Call) -> None:
        """Judge what can be judged of literal arguments: patterns, texts that are converted, a zero to divide by."""
        last = node.operands[-1] if node.operands else None
        if node.function == "matches" and last is not None and not isinstance(last, Literal) and path_of(last) is None:
            says = f"A pattern is written as a text, or read, and not put together: {self.findings.shown(last)}."
            self.findings.add("condition.pattern", last, says, "Compare with contains, startsWith or endsWith.")
        if not isinstance(last, Literal):
            return
        if node.function == "matches" and last.kind == "string":
            failed = _tried('"".matches(it)', last)
            if failed is not None:
                says = f"The pattern is no regular expression: {failed.says.removeprefix('invalid regular expression: ')}."
                self.findings.add("condition.pattern", last, says, "Patterns are RE2: no look-around, no back-references.")
        elif node.function in _CONVERSIONS and node.target is None and last.kind == "string":
            if _tried(f"{node.function}(it)", last) is not None:
                self.findings.add(
                    "condition.type", node, f"{self.findings.shown(node)} cannot be read.", _FORMS.get(node.function, "")
                )
        elif node.function in _OF_ZONES and node.target is not None and last.kind == "string":
            self._zone(node, last)
        elif node.function in ("_/_", "_%_") and last.kind in ("int", "uint") and last.value == 0:
            self.findings.add("condition.type", node, f"{self.findings.shown(node)} divides by zero.")

    def _zone(self, node: Call, zone: Literal) -> None:
        if _tried(f"timestamp(0).{node.function}(it)", zone) is not None:
            says = f"There is no time zone {self.findings.shown(zone)}."
            self.findings.add("condition.type", zone, says, 'Zones are offsets, "+02:00", or names, "Europe/Berlin".')


_FORMS = {
    "duration": 'Durations look like "90s", "1h30m", "250ms".',
    "timestamp": 'Timestamps look like "2026-01-31T08:00:00Z".',
    "bool": 'Write bool("true") or bool("false").',
}


def _tried(text: str, literal: Literal) -> library.Failed | None:
    program = library.compiled(text)
    assert isinstance(program, library.Program)
    outcome = program.evaluate({"it": literal.value})
    return outcome if isinstance(outcome, library.Failed) else None


def _only_null(outcome: Applied, index: int) -> bool:
    """Say whether null is a kind of this argument that never works."""
    return any(miss[index] == "null" for miss in outcome.misses)


def _sum(outcome: Applied, types: tuple[Type, ...]) -> Type:
    found = Type(kinds=outcome.gives)
    return replace(found, items=kinds.joined(map(kinds.items_of, types))) if outcome.gives == _LIST else found


def _listed(types: tuple[Type, ...]) -> str:
    return " and ".join(kinds.in_words(one.kinds) for one in types)


def _missed(outcome: Applied) -> str:
    miss = outcome.misses[0]
    return " and ".join("any value" if kind is None else kinds.in_words(frozenset({kind})) for kind in miss)


def _remedy(node: Call, types: tuple[Type, ...], findings: Findings) -> str:
    """Say what to write instead, where the kinds show what was meant."""
    found = [one.kinds for one in types]
    numbers = frozenset(_FRACTIONS)
    if all(one is not None and one <= numbers for one in found) and node.function in ("_+_", "_-_", "_*_", "_/_"):
        first, second = (_as_double(part, findings) for part in node.operands)
        return f"CEL does not mix whole and fractional numbers: {first} {node.function.strip('_')} {second}."
    if node.function == "@in" and found[1] == _STRING:
        return "Texts are searched by .contains(): text.contains(part)."
    if node.function == "_+_" and any(one == _STRING for one in found):
        return "Make texts of both: string(...) + string(...)."
    if node.function.strip("_") in ("<", "<=", ">", ">=") and any(one == _STRING for one in found):
        return "Compare a text with a text, a number with a number; int(...) and double(...) read numbers from texts."
    return ""


def _as_double(node: Node, findings: Findings) -> str:
    if isinstance(node, Literal) and node.kind == "int":
        return f"{node.value}.0"
    return findings.shown(node) if isinstance(node, Literal) else f"double({findings.shown(node)})"
