"""Acceptance at a glance: objects taken apart key by key, so that what was seen before need not be validated again."""

from collections.abc import Mapping

from catalog.values import Json, Schema
from fragments.schemas.fitting import ASSERTING, takes_all
from fragments.schemas.inlining import is_unknown
from fragments.schemas.memory import ByIdentity
from fragments.schemas.validators import accepts

KEY_RULES = ("propertyNames", "minProperties", "maxProperties")
"""Keywords that judge an object by its keys alone."""

_BY_KEY = {"type", "properties", "required", "additionalProperties", "dependentSchemas", *KEY_RULES}
_MOST = 1_000  # verdicts kept for one schema
_LONGEST = 200  # characters of a text that is kept


def _is_by_key(schema: Schema) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") == "object" and not (set(schema) & ASSERTING) - _BY_KEY


_by_key = ByIdentity(_is_by_key)
_verdicts: ByIdentity[dict[tuple[type, Json], bool]] = ByIdentity(lambda _: {})
key_rules = ByIdentity(lambda schema: {word: schema[word] for word in KEY_RULES if word in schema})


def judges_by_key(schema: Schema, keys: Mapping[str, Json]) -> bool:
    """Say whether a schema judges an object with these keys one by one, beside `key_rules`: nothing else needs a look."""
    return bool(_by_key(schema)) and isinstance(schema, Mapping) and keys.keys().isdisjoint(schema.get("dependentSchemas", ()))


def plainly_accepts(schema: Schema, value: Json) -> bool:
    """Say whether `value` satisfies a schema without `$ref`. False may also mean that this is not plain to see."""
    if takes_all(schema):
        return True
    if is_unknown(schema):
        return False
    if isinstance(value, Mapping):
        return _object(schema, value) if judges_by_key(schema, value) else accepts(schema, value)
    if isinstance(value, (list, tuple)) or (isinstance(value, str) and len(value) > _LONGEST):
        return accepts(schema, value)
    known = _verdicts(schema)
    key = (type(value), value)
    if key not in known:
        if len(known) >= _MOST:
            known.clear()
        known[key] = accepts(schema, value)
    return known[key]


def keys_accepted(schema: Schema, value: Mapping[str, Json]) -> bool:
    """Say whether the keys of an object satisfy the rules of a schema about keys."""
    rules = key_rules(schema)
    if not rules:
        return True
    known = _verdicts(rules)
    names = (str, tuple(value))
    if names not in known:
        if len(known) >= _MOST:
            known.clear()
        known[names] = accepts(rules, dict.fromkeys(value))
    return known[names]


def _object(schema: Schema, value: Mapping[str, Json]) -> bool:
    assert isinstance(schema, Mapping)
    if not keys_accepted(schema, value) or not all(name in value for name in schema.get("required", ())):
        return False
    named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    return all(plainly_accepts(named.get(key, others), part) for key, part in value.items())
