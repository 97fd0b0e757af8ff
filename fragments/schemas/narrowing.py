"""What of one schema does not fit another any more: the places where a change breaks those who rely on the schema of before.

Both sides keep their references; they are followed as the comparison goes, so nothing is too large to be compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fragments.schemas.fitting import Fit, fits
from fragments.schemas.inlining import lookup
from schemas.values import Json, Schema

_WORDS = {"$comment", "$defs", "default", "deprecated", "description", "examples", "readOnly", "title", "writeOnly"}
_OF_OBJECTS = {"properties", "required", "additionalProperties"}
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
_STRUCTURAL = {*_OF_OBJECTS, *_LISTED, "items", "$ref"}
_ABSENT: Mapping[str, Json] = {}


class Way(StrEnum):
    """Which way values go: what a caller gives must still be taken, what it is given must still be as before."""

    TAKEN = "taken"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Break:
    """One place where values of before do not fit any more: a JSON Pointer into the value, and why."""

    where: str
    says: str


def breaks(before: Schema, after: Schema, way: Way) -> Iterator[Break]:
    """Go through what breaks when one schema takes the place of another.

    A schema of what is taken that takes more breaks nothing, nor does one of what is given that gives fewer values.
    """
    producer, consumer = (before, after) if way is Way.TAKEN else (after, before)
    yield from _Comparison(producer, consumer, way).at(producer, consumer, "")


@dataclass(slots=True)
class _Comparison:
    """Compares what comes (`p`) with what fits (`c`)."""

    producer: Schema
    consumer: Schema
    way: Way
    seen: set[tuple[str, str]] = field(default_factory=set)

    def at(self, p: Schema, c: Schema, where: str) -> Iterator[Break]:
        pair = _reference(p), _reference(c)
        if any(pair):
            if pair in self.seen:
                return
            self.seen.add(pair)
            yield from self.at(_followed(p, self.producer), _followed(c, self.consumer), where)
            return
        if isinstance(p, bool) or isinstance(c, bool):
            yield from self._plain(p, c, where)
            return
        yield from self._own(p, c, where)
        yield from self._members(p, c, where)
        if "items" in c or "items" in p:
            yield from self.at(p.get("items", _ABSENT), c.get("items", _ABSENT), f"{where}/*")
        for key in _LISTED:
            yield from self._listed(key, p, c, where)

    def _own(self, p: Mapping[str, Json], c: Mapping[str, Json], where: str) -> Iterator[Break]:
        """Compare what the schemas say of the value itself: type, choice, bounds, format."""
        left, right = ({key: held for key, held in s.items() if key not in _WORDS | _STRUCTURAL} for s in (p, c))
        if left == right or fits(left, right) is Fit.YES:
            return
        changed = sorted(key for key in left.keys() | right.keys() if left.get(key) != right.get(key))
        before, after = (left, right) if self.way is Way.TAKEN else (right, left)
        for key in changed:
            yield Break(where, f"{key} was {_shown(before, key)} and is {_shown(after, key)}")

    def _members(self, p: Mapping[str, Json], c: Mapping[str, Json], where: str) -> Iterator[Break]:
        missing = [name for name in c.get("required", ()) if name not in p.get("required", ())]
        says = "is required now" if self.way is Way.TAKEN else "need not be there any more"
        yield from (Break(f"{where}/{name}", says) for name in missing)
        come, fit = p.get("properties", {}), c.get("properties", {})
        rest = c.get("additionalProperties", True)
        for name, held in come.items():
            if name in fit:
                yield from self.at(held, fit[name], f"{where}/{name}")
            elif self.way is Way.TAKEN and rest is False:
                yield Break(f"{where}/{name}", "is not taken any more")
        if self.way is Way.GIVEN and p.get("additionalProperties") is not False:
            gone = [name for name in fit if name not in come and name not in missing]
            yield from (Break(f"{where}/{name}", "is not described any more") for name in gone)
        if self.way is Way.TAKEN and rest is False and p.get("additionalProperties", True) is not False:
            yield Break(where, "takes no other names any more")
        elif isinstance(rest, Mapping):
            yield from self.at(p.get("additionalProperties", _ABSENT), rest, f"{where}/*")

    def _listed(self, key: str, p: Mapping[str, Json], c: Mapping[str, Json], where: str) -> Iterator[Break]:
        come, fit = p.get(key, []), c.get(key, [])
        if len(come) == len(fit):
            for left, right in zip(come, fit, strict=True):
                yield from self.at(left, right, where)
        elif not (key == "anyOf" and all(part in fit for part in come) and come):
            yield Break(where, f"{key} had {len(come)} parts and has {len(fit)}" if self.way is Way.TAKEN else f"{key} changed")

    def _plain(self, p: Schema, c: Schema, where: str) -> Iterator[Break]:
        if p is False or c is True or p == c or (isinstance(c, Mapping) and not c.keys() - _WORDS):
            return
        yield Break(where, "nothing fits any more" if c is False else "anything may come now")


def _reference(schema: Schema) -> str:
    found = schema.get("$ref") if isinstance(schema, Mapping) else None
    return found if isinstance(found, str) else ""


def _followed(schema: Schema, root: Schema) -> Schema:
    """Give what a reference means, with what stands beside it."""
    reference = _reference(schema)
    if not reference or isinstance(schema, bool):
        return schema
    meant = lookup(root, reference)
    beside = {key: held for key, held in schema.items() if key != "$ref" and key not in _WORDS}
    if meant is None or isinstance(meant, bool) or not beside:
        return {} if meant is None else meant
    return {**meant, **beside}


def _shown(schema: Mapping[str, Json], key: str) -> str:
    return f"{schema[key]!s:.80}" if key in schema else "not said"
