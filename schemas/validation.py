"""Validation of values against JSON Schemas that anybody wrote: nothing is fetched, nothing runs away, nothing crashes.

The library's semantics, with keywords of our own where numbers, equality, patterns or the work done differ. Checks, the host
and guests use this very module; in a guest `schemas.patterns` asks the host. A value fits, does not fit, or is undecided.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    FormatChecker,
)
from jsonschema.exceptions import UnknownType, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from schemas import assertions, evaluation
from schemas.dialects import DIALECTS, DialectError, dialect
from schemas.effort import UndecidedError, count
from schemas.patterns import PatternError, pattern_flaw
from schemas.values import Json, JsonObject, Schema

KEYWORDS: Mapping[str, Any] = {
    "additionalProperties": evaluation.additional_properties,
    "const": assertions.const,
    "enum": assertions.enum,
    "multipleOf": assertions.multiple_of,
    "pattern": assertions.pattern,
    "patternProperties": evaluation.pattern_properties,
    "unevaluatedItems": evaluation.unevaluated_items,
    "unevaluatedProperties": evaluation.unevaluated_properties,
    "uniqueItems": assertions.unique_items,
}
"""The keywords that mean here what the library's do not, or take less."""

MOST_MESSAGE = 500
"""Characters of what is told of one misfit."""

_HEAD = 300
_UNIT = 16  # characters of a message, or members of a keyword, for one unit of effort
_WEIGHTS = {"$dynamicRef": 10, "$recursiveRef": 10, "$ref": 10}  # what following a reference takes, as measured
_MISFIT, _PART = 5, 2  # what telling a misfit takes, and what coming to a part of a schema does
_PASSING = frozenset(  # keywords that pass on what parts of the schema tell, and tell nothing themselves
    {
        *("$dynamicRef", "$recursiveRef", "$ref", "additionalItems", "additionalProperties", "allOf"),
        *("dependentSchemas", "if", "items", "patternProperties", "prefixItems", "properties", "propertyNames"),
    }
)
_BY_SIZE = frozenset({"dependencies", "dependentRequired", "dependentSchemas", "properties", "required"})
_LOCAL: Registry[Any] = Registry()  # holds nothing and fetches nothing
_TOO_DEEP = "It is nested too deep to be compared with its schema, or the schema refers to itself without end."
# All that the library is known to raise over schemas and values that nobody has checked.
_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, Unresolvable, UnknownType)


def validator(schema: Schema, *, formats: FormatChecker | None = None, known: Registry[Any] = _LOCAL) -> Validator:
    """Compile a schema by its dialect; a `$ref` to what is neither in it, nor in `known`, nor a published draft finds nothing.

    Raises `DialectError`.
    """
    made: Validator = _CLASSES[dialect(schema)](schema, registry=known, format_checker=formats)
    return made


def misfits(made: Validator, value: Json) -> Iterator[ValidationError]:
    """Go through what is wrong with a value. Raises `UndecidedError`, and nothing else."""
    found = made.iter_errors(value)
    while True:
        try:
            error = next(found, None)
        except _FAULTS as fault:
            raise UndecidedError(_says(fault)) from fault
        if error is None:
            return
        yield error


def fits(made: Validator, value: Json) -> bool:
    """Say whether a value fits. Raises `UndecidedError`, and nothing else."""
    return next(misfits(made, value), None) is None


def meta_misfits(schema: Schema) -> Iterator[ValidationError]:
    """Go through what keeps a schema from being one of its dialect; each pattern is one that can be evaluated here.

    Raises `DialectError` and `UndecidedError`.
    """
    meta = _CLASSES[dialect(schema)].META_SCHEMA
    return misfits(validator(meta, formats=PATTERNS), schema)


def _says(fault: Exception) -> str:
    if isinstance(fault, (PatternError, DialectError)):
        return str(fault)
    if isinstance(fault, RecursionError):
        return _TOO_DEEP
    if isinstance(fault, Unresolvable):
        return f"The schema refers to {str(fault.ref)[:_HEAD]}, which it does not hold; nothing is fetched."
    return f"The schema cannot be applied to it: {type(fault).__name__}: {str(fault)[:_HEAD]}"


def _counted(name: str, keyword: Callable[..., Any]) -> Callable[..., Any]:
    """Count what applying a keyword takes, and keep what it tells short."""
    weight, by_size = _WEIGHTS.get(name, 1), name in _BY_SIZE

    def applied(made: Any, wanted: Json, instance: Json, schema: JsonObject) -> Iterator[ValidationError]:
        count(weight + len(wanted) // _UNIT if by_size else weight)
        found: Iterator[ValidationError] = keyword(made, wanted, instance, schema) or iter(())
        # One more generator for each level of a value would take a third of the depth that a guest's stack has.
        return found if name in _PASSING and wanted is not False else _short(found)

    return applied


def _short(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    for error in errors:
        length = len(error.message)
        count(_MISFIT + length // _UNIT)
        if length > MOST_MESSAGE:
            error.message = f"{error.message[:_HEAD]} ... {error.message[_HEAD + 5 - MOST_MESSAGE :]}"
        yield error


def _evolve(self: Any, **changes: Any) -> Any:
    """Make a validator of our own for a part; the library's would turn to its own where a part names a dialect."""
    count(_PART)
    schema = changes.setdefault("schema", self.schema)
    for attribute, name in _FIELDS:
        if name not in changes:
            changes[name] = getattr(self, attribute)
    named = isinstance(schema, dict) and "$schema" in schema
    made = _CLASSES[dialect(schema)] if named else type(self)
    return made(**changes)


def _extended(base: Any) -> Any:
    known = {name: KEYWORDS.get(name, keyword) for name, keyword in base.VALIDATORS.items()}
    counted = {name: _counted(name, keyword) for name, keyword in known.items()}
    made: Any = extend(base, counted)  # type: ignore[no-untyped-call] # types-jsonschema leaves it untyped
    made.evolve = _evolve
    return made


def _is_pattern(value: Json) -> bool:
    if isinstance(value, str) and (flaw := pattern_flaw(value)) is not None:
        raise PatternError(flaw)
    return True


_BASES = (Draft202012Validator, Draft201909Validator, Draft7Validator, Draft6Validator, Draft4Validator)
_CLASSES: Mapping[str, Any] = {name: _extended(base) for name, base in zip(DIALECTS, _BASES, strict=True)}
_FIELDS = tuple((each.name, each.alias) for each in attrs.fields(_CLASSES[DIALECTS[0]]) if each.init)

PATTERNS = FormatChecker(())
"""Checks only that each pattern is one that can be evaluated here; the error's `cause` says why one is not."""

PATTERNS.checks("regex", raises=PatternError)(_is_pattern)
