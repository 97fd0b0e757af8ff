"""The keywords of a schema that hold no schemas: what shape their values have, and how a sentence names it."""

from collections.abc import Callable, Iterator, Mapping

from schemas import keywords
from schemas.patterns import pattern_flaw
from schemas.values import Json

_TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_positive(value: Json) -> bool:
    return _is_number(value) and value > 0


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_flag(value: Json) -> bool:
    return isinstance(value, bool)


def _is_anything(_value: Json) -> bool:
    return True


def _is_list(value: Json) -> bool:
    return isinstance(value, list)


def _is_choice(value: Json) -> bool:
    return isinstance(value, list) and bool(value)


def _are_names(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value)


def _are_names_by_name(value: Json) -> bool:
    return isinstance(value, Mapping) and all(map(_are_names, value.values()))


def _are_types(value: Json) -> bool:
    if isinstance(value, str):
        return value in _TYPES
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(kind, str) and kind in _TYPES for kind in value)
        and len(set(value)) == len(value)
    )


_Shape = Callable[[Json], bool]
_BY_SHAPE: Mapping[tuple[_Shape, str], tuple[str, ...]] = {
    (_is_text, "a text"): (*("title", "description", "format", "pattern", "contentEncoding", "contentMediaType"),),
    (_is_number, "a number"): ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"),
    (_is_positive, "a number above 0"): ("multipleOf",),
    (_is_count, "a whole number from 0"): (
        *("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"),
        *("minContains", "maxContains"),
    ),
    (_is_flag, "true or false"): ("uniqueItems", "deprecated", "readOnly", "writeOnly"),
    (_is_anything, "any value"): ("default", "const"),
    (_is_list, "a list"): ("examples",),
    (_is_choice, "a list of values"): ("enum",),
    (_are_names, "a list of different names"): ("required",),
    (_are_names_by_name, "an object of lists of names"): ("dependentRequired",),
    (_are_types, f"one of {', '.join(sorted(_TYPES))}, or a list of them"): ("type",),
}
SHAPES: Mapping[str, _Shape] = {key: shape for (shape, _), keys in _BY_SHAPE.items() for key in keys}
"""Says of each keyword whether a value has the shape that it takes."""

SORTS: Mapping[str, str] = {key: says for (_, says), keys in _BY_SHAPE.items() for key in keys}
"""Names that shape."""


def well_formed(schema: Json) -> bool:
    """Say whether a schema is plainly one of draft 2020-12, much faster than its metaschema does.

    False says nothing: what is not known here (`$id`, `$anchor`, words of others) is left to the metaschema.
    """
    pending: list[Json] = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, bool):
            continue
        if not isinstance(part, Mapping) or not all(_is_known(key, held) for key, held in part.items()):
            return False
        pending += _within(part)
    return True


def _is_known(key: str, held: Json) -> bool:
    if key in ("$ref", "$comment"):
        return isinstance(held, str)
    if key in keywords.MAPS:
        patterns = held if key == "patternProperties" and isinstance(held, Mapping) else ()
        return isinstance(held, Mapping) and not any(map(pattern_flaw, patterns))
    if key in keywords.LISTS:
        return isinstance(held, list) and bool(held)
    if key in keywords.ONE:
        return isinstance(held, (bool, Mapping))
    return key in SHAPES and SHAPES[key](held) and (key != "pattern" or pattern_flaw(held) is None)


def _within(schema: Mapping[str, Json]) -> Iterator[Json]:
    for key, held in schema.items():
        if key in keywords.ONE:
            yield held
        elif key in keywords.LISTS:
            yield from held
        elif key in keywords.MAPS:
            yield from held.values()
