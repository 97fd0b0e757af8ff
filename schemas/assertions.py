"""Keywords of JSON Schema that compare a value with what the schema holds: exact, and in time that grows with both only."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from jsonschema.exceptions import ValidationError

from schemas.equality import equal, key
from schemas.patterns import search
from schemas.values import Json, JsonObject

Errors = Iterator[ValidationError]
_MOST_KEPT = 256
_FEW = 8  # values that are quicker compared one by one
_keys: dict[int, tuple[Json, frozenset[str]]] = {}


def enum(_validator: Any, values: Json, instance: Json, _schema: JsonObject) -> Errors:
    """Look a value up among those of the schema, which are made ready once."""
    if not _is_among(values, instance):
        yield ValidationError(f"{instance!r} is not one of {values!r}")


def const(_validator: Any, value: Json, instance: Json, _schema: JsonObject) -> Errors:
    """Compare with the one value."""
    if not equal(value, instance):
        yield ValidationError(f"{value!r} was expected")


def unique_items(validator: Any, wanted: Json, instance: Json, _schema: JsonObject) -> Errors:
    """Find two items that are equal, by writing each once."""
    if wanted and validator.is_type(instance, "array") and len({key(item) for item in instance}) < len(instance):
        yield ValidationError(f"{instance!r} has non-unique elements")


def multiple_of(validator: Any, divisor: Json, instance: Json, _schema: JsonObject) -> Errors:
    """Divide the numbers as they are written in decimals: 19.99 is a multiple of 0.01."""
    if validator.is_type(instance, "number") and _decimal(instance) % _decimal(divisor) != 0:
        yield ValidationError(f"{instance!r} is not a multiple of {divisor}")


def pattern(validator: Any, wanted: str, instance: Json, _schema: JsonObject) -> Errors:
    """Search with RE2."""
    if validator.is_type(instance, "string") and not search(wanted, instance):
        yield ValidationError(f"{instance!r} does not match {wanted!r}")


def _is_among(values: Json, instance: Json) -> bool:
    if len(values) <= _FEW:
        return any(equal(each, instance) for each in values)
    kept = _keys.get(id(values))
    if kept is None:
        if len(_keys) >= _MOST_KEPT:
            _keys.clear()
        kept = _keys[id(values)] = values, frozenset(map(key, values))  # held, so that its id stays its own
    return key(instance) in kept[1]


def _decimal(number: Json) -> int | Fraction:
    return number if isinstance(number, int) else Fraction(repr(number))
