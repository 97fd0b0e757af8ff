"""Acceptance at a glance: objects taken apart key by key, so that what was seen before need not be validated again."""

from collections.abc import Mapping
from dataclasses import dataclass

from fragments.schemas.fitting import ASSERTING, takes_all
from fragments.schemas.inlining import is_unknown
from fragments.schemas.memory import ByIdentity
from fragments.schemas.validators import accepts
from schemas.values import Json, Schema

KEY_RULES = ("propertyNames", "minProperties", "maxProperties")
"""Keywords that judge an object by its keys alone."""

_BY_KEY = {"type", "properties", "required", "additionalProperties", "dependentSchemas", *KEY_RULES}
_SAYS_TYPE = {"type", "format"}  # the validators here assert no format
_SAYS_LENGTH = {"minLength", "maxLength", *_SAYS_TYPE}
_MOST = 1_000  # verdicts kept for one schema
_LONGEST = 200  # characters of a value that is kept
_MOST_MEMBERS = 16


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a schema: looked up once for every value, since most values are soon judged."""

    takes_all: bool
    is_unknown: bool
    by_key: bool
    by_type: bool
    by_length: bool
    verdicts: dict[tuple[type, Json], bool]


def _look_at(schema: Schema) -> _Known:
    asserting = set(schema) & ASSERTING if isinstance(schema, Mapping) else ASSERTING
    by_key = asserting <= _BY_KEY and isinstance(schema, Mapping) and schema.get("type") == "object"
    by_type, by_length = asserting <= _SAYS_TYPE, asserting <= _SAYS_LENGTH
    return _Known(takes_all(schema), is_unknown(schema), by_key, by_type, by_length, {})


_known = ByIdentity(_look_at)
key_rules = ByIdentity(lambda schema: {word: schema[word] for word in KEY_RULES if word in schema})


def judges_by_key(schema: Schema, keys: Mapping[str, Json]) -> bool:
    """Say whether a schema judges an object with these keys one by one, beside `key_rules`: nothing else needs a look."""
    return _known(schema).by_key and isinstance(schema, Mapping) and keys.keys().isdisjoint(schema.get("dependentSchemas", ()))


def plainly_accepts(schema: Schema, value: Json) -> bool:
    """Say whether `value` satisfies a schema without `$ref`. False may also mean that this is not plain to see."""
    known = _known(schema)
    if known.takes_all or known.is_unknown:
        return known.takes_all
    if known.by_key and isinstance(value, (dict, Mapping)) and judges_by_key(schema, value):
        return _object(schema, value)
    key = _key(known, value)
    return accepts(schema, value) if key is None else _accepted(schema, known, key, value)


def _key(known: _Known, value: Json) -> tuple[type, Json] | None:
    """Name what a verdict on `value` depends on; None where the name would be too long to keep."""
    kind = type(value)
    if kind in (int, float):
        return kind, value
    if known.by_type:  # of a number it would not be enough: 1.0 is an integer
        return kind, None
    if known.by_length and kind is str:  # of a text that nobody wrote before, somebody wrote one as long
        return kind, len(value)
    # the text that Python writes of a value tells true from 1, and both from "1"
    text = value if kind is str else repr(value) if _is_small(value) else None
    return None if text is None or len(text) > _LONGEST else (kind, text)


def _is_small(value: Json) -> bool:
    """Say whether a value is worth being written out: it has few members, and none of them has any."""
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return len(parts) <= _MOST_MEMBERS and not any(isinstance(part, (dict, list, tuple)) for part in parts)


def keys_accepted(schema: Schema, value: Mapping[str, Json]) -> bool:
    """Say whether the keys of an object satisfy the rules of a schema about keys."""
    rules = key_rules(schema)
    if not rules:
        return True
    return _accepted(rules, _known(rules), (str, tuple(value)), dict.fromkeys(value))


def _accepted(schema: Schema, known: _Known, key: tuple[type, Json], value: Json) -> bool:
    """Judge a value, or remember how one with the same key was judged. Other threads may do so at the same time."""
    verdict = known.verdicts.get(key)
    if verdict is None:
        if len(known.verdicts) >= _MOST:
            known.verdicts.clear()
        verdict = known.verdicts[key] = accepts(schema, value)
    return verdict


def _object(schema: Schema, value: Mapping[str, Json]) -> bool:
    assert isinstance(schema, Mapping)
    if not keys_accepted(schema, value) or not all(name in value for name in schema.get("required", ())):
        return False
    named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    return all(plainly_accepts(named.get(key, others), part) for key, part in value.items())
