"""What a JSON Schema says of a value, as problems: near names for unknown keys, patches where mending is safe."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema.exceptions import ValidationError

from fragments.near import hint, only_near
from fragments.pointers import join
from fragments.problems import Problem
from fragments.schemas.acceptance import plainly_accepts
from fragments.schemas.inference import in_words, schema_of
from fragments.schemas.soundness import sound
from fragments.schemas.validators import accepts, failures, short
from schemas.values import Json, JsonObject, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The codes under which one place tells its findings."""

    missing: str
    unknown_key: str
    type: str
    value: str


CONFIG = Codes(missing="config.missing", unknown_key="config.unknown_key", type="config.type", value="config.value")
INPUT = Codes(missing="input.missing", unknown_key="input.unknown_key", type="input.mismatch", value="input.mismatch")
OUTPUT = Codes(missing="output.missing", unknown_key="output.unknown_key", type="output.mismatch", value="output.mismatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value stands and how sentences name it: `Step "fetch": config`."""

    where: str
    label: str
    codes: Codes

    def at(self, *path: str | int) -> "Place":
        """Go into the value."""
        label = self.label + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
        return Place(where=join(self.where, *path), label=label, codes=self.codes)


def literal_findings(value: Json, schema: Schema, place: Place) -> Iterator[Problem]:
    """Check a value without references against a schema without flaw."""
    if plainly_accepts(sound(schema), value):
        return
    for error in failures(schema, value):
        yield from _problems(error, place.at(*error.absolute_path))


def missing_key(key: str, schema: Schema, place: Place) -> Problem:
    """Tell that a required key is not there."""
    about = schema.get("properties", {}).get(key, {}) if isinstance(schema, Mapping) else {}
    words = in_words(about)
    needs = f"It needs {words}." if words != "any value" else ""
    meaning = about.get("description", "") if isinstance(about, Mapping) else ""
    hint = " ".join(part for part in (needs, " ".join(meaning.split())) if part)
    return Problem(code=place.codes.missing, where=place.where, says=f'{place.label} has no "{key}".', hint=hint)


def unknown_key(key: str, holder: JsonObject, schema: Schema, place: Place) -> Problem:
    """Tell that a key is none of those that there are."""
    names = list(schema.get("properties", {})) if isinstance(schema, Mapping) else []
    free = [name for name in names if name not in holder]
    meant = only_near(key, names)
    where = join(place.where, key)
    patch = None
    if meant in free:
        test = {"op": "test", "path": where, "value": holder[key]}
        patch = (test, {"op": "move", "from": where, "path": join(place.where, str(meant))})
    says = f'{place.label} has no key "{key}".'
    return Problem(code=place.codes.unknown_key, where=where, says=says, hint=hint(key, names), patch=patch)


def replaced(where: str, old: Json, new: Json) -> tuple[JsonObject, ...]:
    """Write a patch that puts one value in place of another, and only of that one."""
    return ({"op": "test", "path": where, "value": old}, {"op": "replace", "path": where, "value": new})


def _problems(error: ValidationError, place: Place) -> Iterator[Problem]:
    schema = _schema(error)
    if error.validator == "required" and isinstance(error.instance, Mapping):
        # the library tells every missing key by an error of its own
        key = next(key for key in _asks(error) if f"{key!r} is a required" in error.message)
        yield missing_key(key, schema, place)
    elif error.validator == "additionalProperties" and isinstance(error.instance, Mapping) and isinstance(schema, Mapping):
        for key in _additional(error.instance, schema):
            yield unknown_key(key, error.instance, schema, place)
    else:
        yield _wrong_value(error, place)


def _additional(value: JsonObject, schema: JsonObject) -> Iterator[str]:
    # which keys are named counts here, not what they hold: a `$ref` there would lead out of this part of the schema
    alone = {word: dict.fromkeys(schema.get(word, {}), True) for word in ("properties", "patternProperties")}
    for key in value:
        if not accepts({**alone, "additionalProperties": False}, {key: value[key]}) and key not in alone["properties"]:
            yield key


def _wrong_value(error: ValidationError, place: Place) -> Problem:
    is_type = error.validator == "type"
    code = place.codes.type if is_type else place.codes.value
    patch = _as_list(error, place) if is_type else _other_case(error, place)
    return Problem(code=code, where=place.where, says=f"{place.label} {_reason(error)}.", hint=_hint(error), patch=patch)


def _reason(error: ValidationError) -> str:
    if error.validator == "type":
        return f"is {in_words(schema_of(error.instance, depth=1))}; {in_words(_schema(error))} is wanted"
    if error.validator in ("enum", "const"):
        return f"is not {in_words({error.validator: _asks(error)})}"
    return f"does not fit: {short(error.message)}"


def _hint(error: ValidationError) -> str:
    if error.validator == "enum" and isinstance(error.instance, str):
        return hint(error.instance, [value for value in _asks(error) if isinstance(value, str)])
    schema = _schema(error)
    description = schema.get("description", "") if isinstance(schema, Mapping) else ""
    return short(str(description))


def _as_list(error: ValidationError, place: Place) -> tuple[JsonObject, ...] | None:
    scalar = isinstance(error.instance, (str, int, float)) and not isinstance(error.instance, bool)
    fitting = scalar and _asks(error) == "array" and accepts(_schema(error), [error.instance])
    return replaced(place.where, error.instance, [error.instance]) if fitting else None


def _other_case(error: ValidationError, place: Place) -> tuple[JsonObject, ...] | None:
    if error.validator != "enum" or not isinstance(error.instance, str):
        return None
    same = [value for value in _asks(error) if isinstance(value, str) and value.lower() == error.instance.lower()]
    return replaced(place.where, error.instance, same[0]) if len(same) == 1 else None


def _asks(error: ValidationError) -> Any:
    return error.validator_value


def _schema(error: ValidationError) -> Schema:
    return error.schema if isinstance(error.schema, (Mapping, bool)) else True
