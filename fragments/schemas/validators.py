"""Compiled validators: one per schema, made once."""

import json
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry

from catalog.values import Json, Schema, canonical

_MOST = 2_000  # validators kept; one takes some kilobytes
_LOCAL: Registry[Any] = Registry()  # holds nothing and fetches nothing
_compiled: OrderedDict[str, Draft202012Validator] = OrderedDict()
_by_identity: dict[int, tuple[Schema, Draft202012Validator]] = {}


def validator(schema: Schema) -> Draft202012Validator:
    """Give the compiled validator of a valid schema. It never fetches anything: a remote `$ref` raises when met."""
    known = _by_identity.get(id(schema))
    if known is not None and known[0] is schema:
        return known[1]
    text = canonical(schema)
    made = _compiled.get(text)
    if made is None:
        made = Draft202012Validator(json.loads(text), registry=_LOCAL)
        _compiled[text] = made
        if len(_compiled) > _MOST:
            _compiled.popitem(last=False)
    if len(_by_identity) >= _MOST:
        _by_identity.clear()
    _by_identity[id(schema)] = (schema, made)  # holds the schema, so that its id stays its own
    return made


def accepts(schema: Schema, value: Json) -> bool:
    """Say whether `value` satisfies a valid schema. Raises `referencing.exceptions.Unresolvable` for a remote `$ref`."""
    return validator(schema).is_valid(value)


def failures(schema: Schema, value: Json) -> Iterator[ValidationError]:
    """Go through what is wrong with `value`, each finding as deep in the value as the schema can tell."""
    for error in validator(schema).iter_errors(value):
        yield _deepest(error)


def _deepest(error: ValidationError) -> ValidationError:
    return best_match([error]) or error if error.context else error


def short(message: str) -> str:
    """Cut a library's message to a length that a sentence bears."""
    return message if len(message) <= 200 else f"{message[:197]}..."  # noqa: PLR2004 - two lines of a terminal
