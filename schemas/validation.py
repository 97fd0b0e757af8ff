"""Validation of values against JSON Schemas (2020-12) that anybody wrote: nothing is fetched, no pattern runs away.

All semantics are those of `jsonschema`. Its keywords that search with regular expressions are taken over as they are, with
`schemas.patterns` in place of `re`.
"""

from collections.abc import Iterator
from types import FunctionType, MappingProxyType, SimpleNamespace
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, _keywords, _utils
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry

from schemas.effort import count_application
from schemas.patterns import PatternError, pattern_flaw, search
from schemas.values import Json, JsonObject, Schema

SEARCHING = MappingProxyType(
    {"pattern": _keywords.pattern, "patternProperties": _keywords.patternProperties}
    | {"additionalProperties": _keywords.additionalProperties, "unevaluatedProperties": _keywords.unevaluatedProperties}
)
"""The library's keywords that search, by themselves or through a helper."""

_LOCAL: Registry[Any] = Registry()  # holds nothing and fetches nothing


def validator(schema: Schema, *, formats: FormatChecker | None = None) -> Validator:
    """Compile a schema; a `$ref` to anywhere else finds nothing. Searches raise `PatternError` where RE2 lacks the words."""
    made: Validator = _Safe(schema, registry=_LOCAL, format_checker=formats)
    return made


def _with_our_patterns(checker: FormatChecker) -> FormatChecker:
    checker.checks("regex", raises=PatternError)(_is_pattern)
    return checker


def _is_pattern(value: Json) -> bool:
    if isinstance(value, str) and (flaw := pattern_flaw(value)) is not None:
        raise PatternError(flaw)
    return True


def _additional(instance: JsonObject, schema: JsonObject) -> Iterator[str]:
    """Go through the keys that neither `properties` nor `patternProperties` name. The library's joins all patterns to one."""
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    return (key for key in instance if key not in named and not any(search(pattern, key) for pattern in patterns))


def _rebound() -> dict[str, FunctionType]:
    """Give the library's keywords other names to look up, without touching the library itself."""
    names: dict[str, Any] = {**vars(_utils), **vars(_keywords)}
    names["re"] = SimpleNamespace(search=search)
    names["find_additional_properties"] = _additional
    evaluated = _utils.find_evaluated_property_keys_by_schema
    names[evaluated.__name__] = FunctionType(evaluated.__code__, names)
    return {key: FunctionType(keyword.__code__, names) for key, keyword in SEARCHING.items()}


def _evolve(self: Any, **changes: Any) -> Any:
    """Make a validator of the same class: the library's would turn to its own where a schema within names a dialect."""
    count_application()
    for attribute, name in _FIELDS:
        if name not in changes:
            changes[name] = getattr(self, attribute)
    return type(self)(**changes)


_Safe: Any = extend(Draft202012Validator, _rebound())  # type: ignore[no-untyped-call] # types-jsonschema leaves it untyped
_FIELDS = tuple((field.name, field.alias) for field in _Safe.__attrs_attrs__ if field.init)
_Safe.evolve = _evolve

FORMATS = _with_our_patterns(FormatChecker())
"""Checks formats; a `regex` is one that can be evaluated here."""

PATTERNS = _with_our_patterns(FormatChecker(["regex"]))
"""Checks only that each pattern is one that can be evaluated here; the error's `cause` says why one is not."""
