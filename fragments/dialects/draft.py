"""What a conversion gathers on its way: problems, notes, and where each part of the template came from."""

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from fragments.dialects.vocabulary import Fate, Words
from fragments.near import hint as near_hint
from fragments.pointers import join
from fragments.positions import Positions
from fragments.problems import Problem, Severity
from schemas.values import Json

_WARNINGS = frozenset({"dialect.left_out", "dialect.differs", "dialect.binding_unused"})
_MOST_OF_A_CODE = 100
_MOST_NOTES = 200
_LONGEST = 400  # characters of a sentence: what somebody wrote may be a megabyte
_OF_KEYS = frozenset({"dialect.not_yet", "dialect.left_out", "dialect.unknown_key"})


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the source and its pointer."""

    value: Json
    at: str

    def child(self, key: str | int) -> "Node":
        """Give the part below; it must be there."""
        return Node(self.value[key], join(self.at, key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a part of the template came from: a pointer into the source, and the callable whose binding wrote it."""

    at: str
    bound: str = ""


@dataclass(slots=True, kw_only=True)
class Draft:
    """The state of one conversion. `unbound` points to bodies of steps, in the template, that have no handler to check."""

    positions: Positions | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    unbound: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def report(self, code: str, at: str | None, says: str, hint: str | Callable[[], str] = "") -> None:
        """Add a problem of the source, or of the mapping file where `at` is None.

        Of one code only the first hundred are told, and for them alone a hint is worked out.
        """
        severity = Severity.WARNING if code in _WARNINGS else Severity.ERROR
        self.counts[code] += 1
        if self.counts[code] > _MOST_OF_A_CODE:
            if self.counts[code] == _MOST_OF_A_CODE + 1:
                says = f"There are more than {_MOST_OF_A_CODE} problems with the code {code}."
                self.problems.append(Problem(code="document.problems", where="", says=says, severity=severity))
            return
        advice = hint if isinstance(hint, str) else hint()
        said = says if len(says) <= _LONGEST else f"{says[:_LONGEST]}..."
        problem = Problem(code=code, where=at or "", says=said, hint=advice, severity=severity)
        self.problems.append(problem if at is None else placed(problem, self.positions, of_key=code in _OF_KEYS))

    def note(self, at: str, says: str) -> None:
        """Add a sentence about what was done, once for each line; no more than a person reads."""
        if len(self.notes) >= _MOST_NOTES:
            self.notes["More was renamed or filled in than is told here."] = sys.maxsize
            return
        place = self.positions.value(at) if self.positions is not None else None
        line = place.line if place is not None else 1
        self.notes[f"Line {line}: {says[:_LONGEST]}"] = line

    def put(self, to: str, at: str, *, bound: str = "") -> None:
        """Remember that a part of the template, and all below it, came from a part of the source."""
        self.origins[to] = Origin(at=at, bound=bound)

    def fields(self, node: Node, words: Words, what: str) -> dict[str, Node]:
        """Give those keys of a mapping that have a counterpart; say of every other that is not empty what becomes of it."""
        if not isinstance(node.value, Mapping):
            self.shape(node, f"{what} is written as keys and values")
            return {}
        known: dict[str, Node] = {}
        for key, value in node.value.items():
            child = node.child(key)
            if key not in words:
                says = f"{what} has no key {key!r} in this dialect: what it means is not known."
                self.report("dialect.unknown_key", child.at, says, partial(near_hint, key, words))
            elif words[key].fate is Fate.CARRIED:
                known[key] = child
            elif value not in (None, [], {}, ""):
                self._without_counterpart(key, child, words)
        return {key: child for key, child in known.items() if child.value is not None}

    def text(self, node: Node, what: str) -> str | None:
        """Give a text, or say that there is none."""
        if isinstance(node.value, str) and node.value:
            return node.value
        self.shape(node, f"{what} is a text")
        return None

    def members(self, node: Node, what: str) -> list[Node]:
        """Give the members of a list, or say that there is none."""
        if isinstance(node.value, list):
            return [node.child(i) for i in range(len(node.value))]
        self.shape(node, f"{what} is a list")
        return []

    def shape(self, node: Node, wanted: str) -> None:
        """Say that a part is not of the kind that its dialect has there."""
        self.report("dialect.shape", node.at, f"{wanted}; here stands {_kind(node.value)}.")

    def _without_counterpart(self, key: str, child: Node, words: Words) -> None:
        if words[key].fate is Fate.NOT_YET:
            self.report("dialect.not_yet", child.at, f"`{key}` has no counterpart yet.", words[key].says)
        else:
            self.report("dialect.left_out", child.at, f"`{key}` is left out.", words[key].says)


def placed(problem: Problem, positions: Positions | None, *, of_key: bool = False) -> Problem:
    """Give a problem the line and column of what it points to."""
    if positions is None:
        return problem
    place = positions.key(problem.where) if of_key else positions.value(problem.where)
    return problem if place is None else replace(problem, line=place.line, column=place.column)


def _kind(value: Json) -> str:
    names: dict[type, str] = {str: "a text", list: "a list", dict: "an object", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number") if value != "" else "an empty text"
