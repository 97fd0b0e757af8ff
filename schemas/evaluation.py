"""Keywords of JSON Schema about keys and items that others have not looked at: patterns on RE2, every step counted."""

from collections.abc import Callable, Iterator
from typing import Any

from jsonschema.exceptions import ValidationError
from referencing.jsonschema import lookup_recursive_ref

from schemas.assertions import Errors
from schemas.effort import count
from schemas.patterns import search
from schemas.values import Json, JsonObject

Local = Callable[[Any, Json, JsonObject], set[Any]]
_SEARCH = 2  # what a search takes beside the time that it is held to
_LISTED = ("allOf", "anyOf", "oneOf")


def pattern_properties(validator: Any, patterns: JsonObject, instance: Json, _schema: JsonObject) -> Errors:
    """Apply the schemas of all patterns that match a key."""
    if validator.is_type(instance, "object"):
        for pattern, schema in patterns.items():
            for name, held in instance.items():
                count(_SEARCH)
                if search(pattern, name):
                    yield from validator.descend(held, schema, path=name, schema_path=pattern)


def additional_properties(validator: Any, others: Json, instance: Json, schema: JsonObject) -> Errors:
    """Apply a schema to the keys that neither `properties` nor `patternProperties` name."""
    if not validator.is_type(instance, "object"):
        return
    extra = list(_additional(instance, schema))
    if others is not False:
        for name in extra:
            yield from validator.descend(instance[name], others, path=name)
    elif extra and "patternProperties" in schema:
        verb = "does" if len(extra) == 1 else "do"
        patterns = ", ".join(map(repr, sorted(schema["patternProperties"])))
        yield ValidationError(f"{', '.join(map(repr, sorted(extra)))} {verb} not match any of the regexes: {patterns}")
    elif extra:
        yield ValidationError(f"Additional properties are not allowed ({_unexpected(sorted(extra))} unexpected)")


def unevaluated_properties(validator: Any, others: Json, instance: Json, schema: JsonObject) -> Errors:
    """Apply a schema to the keys that no other keyword has looked at, also through schemas applied in place."""
    if not validator.is_type(instance, "object"):
        return
    known = _evaluated(validator, instance, schema, _keys)
    extra = [name for name in instance if name not in known]
    bad = [name for name in extra if next(validator.descend(instance[name], others), None) is not None]
    if bad and others is False:
        yield ValidationError(f"Unevaluated properties are not allowed ({_unexpected(sorted(bad))} unexpected)")
    elif bad:
        told = ", ".join(map(repr, bad))
        verb = "was" if len(bad) == 1 else "were"
        yield ValidationError(
            f"Unevaluated properties are not valid under the given schema ({told} {verb} unevaluated and invalid)"
        )


def unevaluated_items(validator: Any, others: Json, instance: Json, schema: JsonObject) -> Errors:
    """Apply a schema to the items that no other keyword has looked at, also through schemas applied in place."""
    if not validator.is_type(instance, "array"):
        return
    local = _items if "prefixItems" in validator.VALIDATORS else _items_of_2019
    known = _evaluated(validator, instance, schema, local)
    extra = [(index, item) for index, item in enumerate(instance) if index not in known]
    bad = [item for _, item in extra if next(validator.descend(item, others), None) is not None]
    if bad:
        yield ValidationError(f"Unevaluated items are not allowed ({_unexpected(bad)} unexpected)")


def _unexpected(values: list[Any]) -> str:
    return f"{', '.join(map(repr, values))} {'was' if len(values) == 1 else 'were'}"


def _additional(instance: JsonObject, schema: JsonObject) -> Iterator[str]:
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    count(_SEARCH * len(instance) * len(patterns))
    return (name for name in instance if name not in named and not any(search(each, name) for each in patterns))


def _evaluated(validator: Any, instance: Json, schema: JsonObject, local: Local) -> set[Any]:
    """Name the keys or items that keywords beside `unevaluated...` look at, where the schema holds."""
    found = local(validator, instance, schema)
    for applied, inner in _in_place(validator, instance, schema):
        count()
        if not isinstance(inner, bool):
            found |= _evaluated(applied, instance, inner, local)
            if {"unevaluatedProperties", "unevaluatedItems"} & set(inner):
                found |= _rest(instance, inner, local)
    return found


def _rest(instance: Json, schema: JsonObject, local: Local) -> set[Any]:
    if local is _keys:
        return set(instance) if "unevaluatedProperties" in schema else set()
    return set(range(len(instance))) if "unevaluatedItems" in schema else set()


def _in_place(validator: Any, instance: Json, schema: JsonObject) -> Iterator[tuple[Any, Json]]:
    """Go through the schemas that are applied to the same value and hold, each with a validator at its place."""
    yield from _referred(validator, schema)
    candidates = [part for word in _LISTED for part in schema.get(word, ())]
    if validator.is_type(instance, "object"):
        candidates += [part for name, part in schema.get("dependentSchemas", {}).items() if name in instance]
    if "if" in schema:
        holds = validator.evolve(schema=schema["if"]).is_valid(instance)
        candidates += [schema["if"]] if holds else []
        candidates.append(schema.get("then" if holds else "else", True))
    for part in candidates:
        inner = validator.evolve(schema=part)
        if inner.is_valid(instance):
            yield inner, part


def _referred(validator: Any, schema: JsonObject) -> Iterator[tuple[Any, Json]]:
    resolver = validator._resolver  # noqa: SLF001 - the library shows a keyword no other way to what a reference names
    found = [resolver.lookup(schema[word]) for word in ("$ref", "$dynamicRef") if word in schema]
    if "$recursiveRef" in schema and "$recursiveRef" in validator.VALIDATORS:
        found.append(lookup_recursive_ref(resolver))
    for resolved in found:
        yield validator.evolve(schema=resolved.contents, _resolver=resolved.resolver), resolved.contents


def _keys(_validator: Any, instance: JsonObject, schema: JsonObject) -> set[Any]:
    if "additionalProperties" in schema:
        return set(instance)
    patterns = schema.get("patternProperties", {})
    count(_SEARCH * len(instance) * len(patterns))
    named = set(instance) & set(schema.get("properties", {}))
    return named | {name for name in instance if any(search(each, name) for each in patterns)}


def _items(validator: Any, instance: Json, schema: JsonObject) -> set[Any]:
    if "items" in schema:
        return set(range(len(instance)))
    found = set(range(len(schema.get("prefixItems", ()))))
    if "contains" in schema:
        wanted = validator.evolve(schema=schema["contains"])
        found |= {index for index, item in enumerate(instance) if wanted.is_valid(item)}
    return found


def _items_of_2019(_validator: Any, instance: Json, schema: JsonObject) -> set[Any]:
    items = schema.get("items")
    if isinstance(items, list):
        return set(range(len(instance) if "additionalItems" in schema else len(items)))
    return set() if items is None else set(range(len(instance)))
