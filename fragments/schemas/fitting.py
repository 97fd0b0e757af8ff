"""Whether what one schema lets out is what another takes in. Sound, not complete: a pair that fits is never called unfit."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from math import ceil, floor, inf, isfinite

from fragments.schemas.inlining import is_unknown, subschemas
from fragments.schemas.validators import accepts
from schemas.values import Json, Schema

_MOST_STEPS = 5_000
_MOST_VALUES = 64  # values of an enumeration that are tried one by one
_UNCOMPARED = {
    None: {"not", "if", "$ref", "$dynamicRef"},
    "string": {"pattern", "format"},
    "integer": {"multipleOf", "format"},
    "number": {"multipleOf", "format"},
    "array": {"contains", "unevaluatedItems"},
    "object": {"patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties"},
}
"""What a consumer may ask of a value of each type, of any type under None, that is not compared here."""
_EVER_UNCOMPARED = set().union(*_UNCOMPARED.values())
_UNCOMPARED_OF = {kind: _UNCOMPARED[None] | words for kind, words in _UNCOMPARED.items()}
_ALONE = {"pattern", "format", "multipleOf", "not", "propertyNames", "dependentRequired"}
"""Keywords whose meaning does not depend on others: the same one on both sides is met."""
_NEVER_MET = _EVER_UNCOMPARED - _ALONE
_OF_A_TYPE = {
    *("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    *("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
}
_COMBINED = ("anyOf", "oneOf", "allOf")
_COMBINING = frozenset(_COMBINED)
ASSERTING = _EVER_UNCOMPARED.union(_OF_A_TYPE, _COMBINED, ("type", "const", "enum"))
_MORE_THAN_TYPE = ASSERTING - {"type"}
_NEGATING = ("not", "if", "oneOf", "contains", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties")


class Fit(StrEnum):
    """How two schemas stand to each other."""

    YES = "yes"  # every value that comes out may go in
    NO = "no"  # no value that comes out may go in
    UNKNOWN = "unknown"  # some may, some may not; or it could not be decided


def fits(producer: Schema, consumer: Schema) -> Fit:
    """Compare what comes out with what may go in; both without `$ref` (`inlined`). Formats count as unknown."""
    return _Comparison().fit(producer, consumer)


def fits_when_present(producer: Schema, consumer: Schema) -> Fit:
    """Compare as `fits` does, as though what may be absent or empty were there. NO is then a likely mistake, not a proof."""
    return _Comparison(present=True).fit(producer, consumer)


def provable(consumer: Schema) -> bool:
    """Say whether some producer can be found to fit: whether the schema asks for nothing that is never compared."""
    return not any(_NEVER_MET & part.keys() for _, part in subschemas(consumer))


def known_values(schema: Schema) -> list[Json] | None:
    """List all the values that a schema lets out, where they are few and plain to see; None where they are not."""
    if not isinstance(schema, Mapping):
        return None if schema else []
    kinds = schema.get("type")
    if isinstance(kinds, (list, tuple)) and "const" not in schema and "enum" not in schema:
        return _joined([known_values({**schema, "type": kind}) for kind in kinds])
    values = _values(schema)
    if values is not None:
        return values
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return _joined([known_values(part) for part in schema[word]])
    return None


def takes_all(schema: Schema) -> bool:
    """Say whether a schema plainly accepts every value."""
    return schema is True or (isinstance(schema, dict) and ASSERTING.isdisjoint(schema) and not is_unknown(schema))


def says_nothing(schema: Schema) -> bool:
    """Say whether a schema tells nothing of a value: none is known, or it accepts every one."""
    return is_unknown(schema) or takes_all(schema)


def all_of(parts: Iterable[Fit]) -> Fit:
    """Judge a value that must satisfy every part: one NO is enough."""
    verdict = Fit.YES
    for part in parts:
        if part is Fit.NO:
            return Fit.NO
        verdict = part if part is Fit.UNKNOWN else verdict
    return verdict


def every(cases: Iterable[Fit]) -> Fit:
    """Judge a value that is one of several cases: YES and NO only where all agree. Without a case nothing unfit comes out."""
    verdicts = set(cases) or {Fit.YES}
    return verdicts.pop() if len(verdicts) == 1 else Fit.UNKNOWN


def some(cases: Iterable[Fit]) -> Fit:
    """Judge a value that is bound to satisfy each of several cases at once: one that decides is enough."""
    verdicts = set(cases)
    if Fit.NO in verdicts:
        return Fit.NO
    return Fit.YES if Fit.YES in verdicts else Fit.UNKNOWN


class _Comparison:
    """One comparison. Gives up, as UNKNOWN, when it takes too many steps."""

    def __init__(self, *, present: bool = False) -> None:
        self.steps = 0
        self.present = present

    def fit(self, p: Schema, c: Schema) -> Fit:
        self.steps += 1
        if self.steps > _MOST_STEPS:
            return Fit.UNKNOWN
        decided = _trivial(p, c)
        if decided is not None or not isinstance(p, Mapping) or not isinstance(c, Mapping):
            return decided or Fit.UNKNOWN
        values = _values(p)
        if values is not None:
            return every(_value_fit(value, c) for value in values)
        if not _COMBINING.isdisjoint(p):
            return self._cases(p, c)
        kinds = p.get("type")
        if isinstance(kinds, (list, tuple)):
            return every(self.fit({**p, "type": kind}, c) for kind in kinds)
        return self._whole(p, kinds, c)

    def _cases(self, p: Mapping[str, Json], c: Mapping[str, Json]) -> Fit:
        rest = {key: part for key, part in p.items() if key not in _COMBINED}
        judged = [every(self.fit(part, c) for part in p[word]) for word in ("anyOf", "oneOf") if word in p]
        judged.extend(self.fit(part, c) for part in p.get("allOf", ()))
        if set(rest) & ASSERTING:
            judged.append(self.fit(rest, c))
        return some(judged)

    def _whole(self, p: Mapping[str, Json], kind: str | None, c: Mapping[str, Json]) -> Fit:
        if _MORE_THAN_TYPE.isdisjoint(c):  # as most consumers: what is within the producer makes no difference
            return _type_fit(kind, c)
        parts = [self._one_of(p, kind, c)]
        parts.extend(self.fit(p, part) for part in c.get("allOf", ()))
        if "anyOf" in c:
            parts.append(_any_branch(self.fit(p, part) for part in c["anyOf"]))
        if "oneOf" in c:
            parts.append(_one_branch([self.fit(p, part) for part in c["oneOf"]]))
        return all_of(parts)

    def _one_of(self, p: Mapping[str, Json], kind: str | None, c: Mapping[str, Json]) -> Fit:
        """Compare with the consumer's own keywords; the producer has one type, or says none."""
        beyond = Fit.UNKNOWN if _uncompared(p, kind, c) else Fit.YES
        return all_of([beyond, _enumerated(p, c), _type_fit(kind, c), self._content(p, kind, c)])

    def _content(self, p: Mapping[str, Json], kind: str | None, c: Mapping[str, Json]) -> Fit:
        if _OF_A_TYPE.isdisjoint(c):
            return Fit.YES
        if kind is None:
            return Fit.UNKNOWN
        if kind == "object":
            return self._object(p, c)
        if kind == "array":
            return self._array(p, c)
        if kind == "string":
            return _range(_lengths(p, "Length"), _lengths(c, "Length"))
        return _numbers(p, kind, c) if kind in ("integer", "number") else Fit.YES

    def _array(self, p: Mapping[str, Json], c: Mapping[str, Json]) -> Fit:
        least, most = _lengths(p, "Items")
        parts = [_range((least, most), _lengths(c, "Items"))]
        if c.get("uniqueItems") and not p.get("uniqueItems") and most > 1:
            parts.append(Fit.UNKNOWN)
        mine, theirs = p.get("prefixItems", ()), c.get("prefixItems", ())
        for i in range(max(len(mine), len(theirs))):
            verdict = self.fit(_item(p, i), _item(c, i))
            parts.append(self._if_present(verdict, certain=i < least, possible=i < most))
        beyond = max(len(mine), len(theirs))
        verdict = self.fit(p.get("items", True), c.get("items", True))
        parts.append(self._if_present(verdict, certain=beyond < least, possible=beyond < most))
        return all_of(parts)

    def _object(self, p: Mapping[str, Json], c: Mapping[str, Json]) -> Fit:
        parts = [self._required(p, c), _counts(p, c)]
        certain = set(p.get("required", ()))
        for name, theirs in c.get("properties", {}).items():
            mine = _property(p, name)
            parts.append(self._if_present(self.fit(mine, theirs), certain=name in certain, possible=mine is not False))
        others = c.get("additionalProperties", True)
        if others is not True:
            parts.append(self._others(p, c, others))
        return all_of(parts)

    def _required(self, p: Mapping[str, Json], c: Mapping[str, Json]) -> Fit:
        certain = p.get("required", ())
        missing = [name for name in c.get("required", ()) if name not in certain]
        if any(_property(p, name) is False for name in missing):
            return Fit.NO
        return Fit.UNKNOWN if missing else Fit.YES

    def _others(self, p: Mapping[str, Json], c: Mapping[str, Json], others: Schema) -> Fit:
        """Compare the producer's properties that the consumer does not name with what it allows beside those it names."""
        if "patternProperties" in c or "patternProperties" in p:
            return Fit.UNKNOWN
        named = c.get("properties", {})
        certain = set(p.get("required", ()))
        parts = []
        for name in {**dict.fromkeys(p.get("properties", {})), **dict.fromkeys(certain)}:
            if name not in named:
                mine = _property(p, name)
                parts.append(self._if_present(self.fit(mine, others), certain=name in certain, possible=mine is not False))
        unnamed = p.get("additionalProperties", True)
        parts.append(self._if_present(self.fit(unnamed, others), certain=False, possible=unnamed is not False))
        return all_of(parts)

    def _if_present(self, verdict: Fit, *, certain: bool, possible: bool) -> Fit:
        if not possible:
            return Fit.YES
        return Fit.UNKNOWN if verdict is Fit.NO and not (certain or self.present) else verdict


def _trivial(p: Schema, c: Schema) -> Fit | None:
    if c is False:
        return Fit.NO
    if p is False:
        return Fit.YES  # nothing comes out, so nothing unfit does
    if takes_all(c):
        return Fit.YES
    return Fit.UNKNOWN if p is True or is_unknown(p) or is_unknown(c) else None


def _values(schema: Mapping[str, Json]) -> list[Json] | None:
    """List the values that a schema lets out, where they are few."""
    if "const" in schema:
        candidates: list[Json] = [schema["const"]]
    elif "enum" in schema:
        candidates = list(schema["enum"])
    elif schema.get("type") in ("null", "boolean"):
        candidates = [None] if schema["type"] == "null" else [True, False]
    else:
        return None
    if len(candidates) > _MOST_VALUES:
        return None
    return candidates if len(schema) == 1 else [value for value in candidates if not _excludes(schema, value)]


def _joined(lists: list[list[Json] | None]) -> list[Json] | None:
    return None if any(values is None for values in lists) else [value for values in lists for value in values or ()]


def _excludes(schema: Schema, value: Json) -> bool:
    """Say whether a schema surely refuses a value. What is unknown in it accepts everything, unless it is negated."""
    return not accepts(schema, value) and not (_is_open(schema) and _negates(schema))


def _value_fit(value: Json, c: Schema) -> Fit:
    if not accepts(c, value):
        return Fit.NO if _excludes(c, value) else Fit.UNKNOWN
    return Fit.UNKNOWN if _is_open(c) or _asks_format(c) else Fit.YES


def _is_open(schema: Schema) -> bool:
    return any(is_unknown(part) for _, part in subschemas(schema))


def _negates(schema: Schema) -> bool:
    return any(word in part for _, part in subschemas(schema) for word in _NEGATING)


def _asks_format(schema: Schema) -> bool:
    return any("format" in part for _, part in subschemas(schema))


def _any_branch(verdicts: Iterable[Fit]) -> Fit:
    verdict = Fit.NO
    for one in verdicts:
        if one is Fit.YES:
            return Fit.YES  # the others need not be looked at
        verdict = one if one is Fit.UNKNOWN else verdict
    return verdict


def _one_branch(verdicts: list[Fit]) -> Fit:
    if set(verdicts) <= {Fit.NO}:
        return Fit.NO
    sure = verdicts.count(Fit.YES) == 1 and verdicts.count(Fit.NO) == len(verdicts) - 1
    return Fit.YES if sure else Fit.UNKNOWN


def _uncompared(p: Mapping[str, Json], kind: str | None, c: Mapping[str, Json]) -> bool:
    words = _EVER_UNCOMPARED if kind is None else _UNCOMPARED_OF.get(kind, _UNCOMPARED[None])
    return not words.isdisjoint(c) and any(not _is_met(word, p, kind, c) for word in words & c.keys())


def _is_met(word: str, p: Mapping[str, Json], kind: str | None, c: Mapping[str, Json]) -> bool:
    if word == "multipleOf" and _is_multiple(p, kind, c[word]):
        return True
    return word in _ALONE and word in p and bool(p[word] == c[word])


def _is_multiple(p: Mapping[str, Json], kind: str | None, of: float) -> bool:
    """Say whether every number that comes out is a multiple; only whole numbers are divided without loss."""
    own = p.get("multipleOf", 1 if kind == "integer" else None)
    return isinstance(own, int) and isinstance(of, int) and own % of == 0


def _enumerated(p: Mapping[str, Json], c: Mapping[str, Json]) -> Fit:
    if "const" not in c and "enum" not in c:
        return Fit.YES
    wanted = [c["const"]] if "const" in c else list(c["enum"])[:_MOST_VALUES]
    whole = "const" in c or len(c["enum"]) <= _MOST_VALUES
    return Fit.NO if whole and all(_excludes(p, value) for value in wanted) else Fit.UNKNOWN


def _type_fit(kind: str | None, c: Mapping[str, Json]) -> Fit:
    if "type" not in c:
        return Fit.YES
    if kind is None:
        return Fit.UNKNOWN
    taken = set(c["type"]) if isinstance(c["type"], (list, tuple)) else {c["type"]}
    if kind in taken or (kind == "integer" and "number" in taken):
        return Fit.YES
    return Fit.UNKNOWN if kind == "number" and "integer" in taken else Fit.NO  # 1.0 is an integer


def _property(schema: Mapping[str, Json], name: str) -> Schema:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    if name in properties:
        return properties[name]
    others: Schema = schema.get("additionalProperties", True)
    return True if "patternProperties" in schema else others


def _item(schema: Mapping[str, Json], index: int) -> Schema:
    first = schema.get("prefixItems", ())
    part: Schema = first[index] if index < len(first) else schema.get("items", True)
    return part


def _lengths(schema: Mapping[str, Json], of: str) -> tuple[float, float]:
    most = schema.get(f"max{of}", inf)
    if of == "Items" and schema.get("items") is False:
        most = min(most, len(schema.get("prefixItems", ())))
    return schema.get(f"min{of}", 0), most


def _counts(p: Mapping[str, Json], c: Mapping[str, Json]) -> Fit:
    least, most = _lengths(p, "Properties")
    closed = p.get("additionalProperties") is False and "patternProperties" not in p
    named = len(p.get("properties", {})) if closed else inf
    return _range((max(least, len(set(p.get("required", ())))), min(most, named)), _lengths(c, "Properties"))


def _range(mine: tuple[float, float], theirs: tuple[float, float]) -> Fit:
    if mine[0] > theirs[1] or mine[1] < theirs[0]:
        return Fit.NO
    return Fit.YES if theirs[0] <= mine[0] and mine[1] <= theirs[1] else Fit.UNKNOWN


def _numbers(p: Mapping[str, Json], kind: str, c: Mapping[str, Json]) -> Fit:
    mine, theirs = _interval(p), _interval(c)
    if kind == "integer":
        mine = _whole_numbers(*mine)
    if mine[0] > theirs[1] or mine[1] < theirs[0]:
        return Fit.NO
    return Fit.YES if theirs[0] <= mine[0] and mine[1] <= theirs[1] else Fit.UNKNOWN


def _whole_numbers(lower: tuple[float, int], upper: tuple[float, int]) -> tuple[tuple[float, int], tuple[float, int]]:
    """Draw an interval in to the first and the last integer within."""
    if isfinite(lower[0]):
        lower = (floor(lower[0]) + 1 if lower[1] else ceil(lower[0]), 0)
    if isfinite(upper[0]):
        upper = (ceil(upper[0]) - 1 if upper[1] else floor(upper[0]), 0)
    return lower, upper


def _interval(schema: Mapping[str, Json]) -> tuple[tuple[float, int], tuple[float, int]]:
    """Give both ends; an end that is excluded lies a little inside: (0, 1) is more than 0, (9, -1) less than 9."""
    lower = max((schema.get("minimum", -inf), 0), (schema.get("exclusiveMinimum", -inf), 1))
    upper = min((schema.get("maximum", inf), 0), (schema.get("exclusiveMaximum", inf), -1))
    return lower, upper
