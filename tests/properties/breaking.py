"""What every way to break a document works on: the document, its places, and what must be told of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, TypeVar

from fragments.documents import Allow
from fragments.frames import Frame
from fragments.proofs import Report
from tests.support.documents.places import Found, bodies_of, steps_of

T = TypeVar("T")


@dataclass(slots=True)
class Broken:
    """A document and its frame while one of them is broken, and what the report says of them whole."""

    value: dict[str, Any]
    frame: Frame
    report: Report
    random: Random

    def one_of(self, found: Iterable[T]) -> T:
        """Pick a place to break; none is no place for this way."""
        places = list(found)
        if not places:
            raise NoPlaceError
        return self.random.choice(places)

    def narrowed(self, **allow: Any) -> None:
        """Narrow what the frame allows."""
        self.frame = replace(self.frame, allows=(*self.frame.allows, Allow(**allow)))


class NoPlaceError(Exception):
    """The document has no place that can be broken in this way."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be told: one of the codes, at one of the places or right above one of them."""

    codes: frozenset[str]
    where: tuple[str, ...] = field(default=())


def told(codes: str, *where: str) -> Expected:
    """Write what must be told; codes with blanks between them."""
    return Expected(frozenset(codes.split()), where)


Mutation = Callable[[Broken], Expected]


def handlers(broken: Broken, name: str = "") -> list[Found]:
    return [(at, body) for at, body in bodies_of(broken.value) if body["handler"].startswith(name)]


def of_type(broken: Broken, kind: str) -> list[Found]:
    return [(at, step) for at, step in steps_of(broken.value) if step.get("type") == kind]


def loops(broken: Broken) -> list[Found]:
    return [(at, step) for at, step in steps_of(broken.value) if "for_each" in step]


def loops_at(broken: Broken, at: str) -> int:
    return sum("for_each" in step for step in _above(broken, at))


def loop_around(broken: Broken, at: str) -> str:
    loops = [step["for_each"] for step in _above(broken, at) if "for_each" in step]
    return str(loops[-1].get("as", "item")) if loops else ""


def scopes(value: dict[str, Any]) -> list[list[Found]]:
    found: dict[str, list[Found]] = {}
    for at, step in steps_of(value):
        found.setdefault(at.rpartition("/")[0], []).append((at, step))
    return list(found.values())


def chosen_steps(value: dict[str, Any]) -> list[tuple[Found, Found]]:
    """Pair each decision with the steps that its rules choose."""
    pairs = []
    for scope in scopes(value):
        for decision in scope:
            if decision[1].get("type") == "decision":
                chosen = {name for rule in decision[1]["config"]["rules"] for name in rule["choose"]}
                pairs += [(decision, found) for found in scope if found[1]["name"] in chosen]
    return pairs


def _above(broken: Broken, at: str) -> list[dict[str, Any]]:
    """List the steps around a place, outermost first."""
    return [step for other, step in steps_of(broken.value) if at.startswith(f"{other}/")]
