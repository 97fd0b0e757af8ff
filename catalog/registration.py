"""The checks that a capability passes before it is registered. Each yields every misfit as (pointer, sentence)."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from jsonpointer import resolve_pointer
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from catalog.capability import Capability, Effect, Import, OutputCase
from catalog.values import Json

Misfits = Iterator[tuple[str, str]]
FORMATS = {"jsonata", "json-schema", "uri-template", "mustache"}
"""Formats by which a config schema marks code."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NOTHING_REMOTE: Registry[Json] = Registry()


def misfits(capability: Capability) -> Misfits:
    """Run every check. The checks on examples run only over schemas that are schemas."""
    schemas = list(_schemas(capability))
    yield from schemas
    checks: tuple[Callable[[Capability], Misfits], ...] = (_errors, _effects, _outputs, _authority, _descriptions)
    for check in checks:
        yield from check(capability)
    if not schemas:
        yield from _examples(capability)


def _schemas(capability: Capability) -> Misfits:
    named = {
        "/config_schema": capability.config_schema,
        "/input_schema": capability.input_schema,
        "/output_schema": capability.output_schema,
        **{f"/output_cases/{i}/output_schema": case.output_schema for i, case in enumerate(capability.output_cases)},
    }
    for pointer, schema in named.items():
        dialect = schema.get("$schema", _DIALECT)
        if dialect != _DIALECT:
            yield f"{pointer}/$schema", f"schemas are draft 2020-12, not {dialect}"
            continue
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            where = "".join(f"/{part}" for part in error.absolute_path)
            yield pointer + where, f"not a JSON Schema (2020-12): {error.message}"
    yield from _objects(capability)


def _objects(capability: Capability) -> Misfits:
    for name in ("config_schema", "input_schema"):
        if getattr(capability, name).get("type") != "object":
            yield f"/{name}", "describes an object: say type: object"
    if capability.config_schema.get("additionalProperties") is not False:
        yield "/config_schema", "says additionalProperties: false, so that a misspelt name is refused and not ignored"


def _errors(capability: Capability) -> Misfits:
    if not capability.errors:
        yield "/errors", "lists every way to fail, and there is at least one"
    for name, count in Counter(error.type for error in capability.errors).items():
        if count > 1:
            yield "/errors", f"the type {name} stands {count} times"


def _effects(capability: Capability) -> Misfits:
    effects = {capability.effect, *(capability.effect_by.is_.values() if capability.effect_by else ())}
    reaches = effects & {Effect.READ, Effect.WRITE}
    if reaches and not capability.imports:
        yield "/effect", f"a handler that imports nothing cannot {'/'.join(sorted(reaches))}"
    if not reaches and capability.imports:
        yield "/imports", f"a handler whose effect is {capability.effect} imports nothing"
    if capability.idempotent and Effect.WRITE not in effects:
        yield "/idempotent", "is said of writes only"
    if capability.effect_by and _in_config(capability, capability.effect_by.at) is None:
        yield "/effect_by/at", f"{capability.effect_by.at} is not in config_schema"


def _outputs(capability: Capability) -> Misfits:
    yield from _sources(capability, capability.output_from, capability.output_schema, "")
    for index, case in enumerate(capability.output_cases):
        where = f"/output_cases/{index}"
        yield from _sources(capability, case.output_from, case.output_schema, where)
        for pointer in (*case.given, *case.equals):
            if _in_config(capability, pointer) is None:
                yield where, f"{pointer} is not in config_schema"
        if not _conditions(case):
            yield where, "a case says when it holds: give `given` or `equals`"


def _conditions(case: OutputCase) -> bool:
    return bool(case.given or case.equals)


def _sources(capability: Capability, sources: Mapping[str, str], schema: Mapping[str, Json], where: str) -> Misfits:
    for place, source in sources.items():
        if resolve_pointer(schema, place, None) is None:
            yield f"{where}/output_from", f"there is nothing at {place} of output_schema"
        taken = _in_config(capability, source)
        if taken is None or taken.get("format") != "json-schema":
            yield f"{where}/output_from", f"{source} is not a config property of format json-schema"


def _authority(capability: Capability) -> Misfits:
    named = {
        "hosts": (Import.HTTP, capability.authority.hosts),
        "channels": (Import.NOTIFY, capability.authority.channels),
    }
    for name, (interface, pointers) in named.items():
        if bool(pointers) != (interface in capability.imports):
            yield f"/authority/{name}", f"goes with the import {interface}: both or none"
        for pointer in pointers:
            if not _is_known(capability, pointer):
                yield f"/authority/{name}", f"{pointer} is neither in config_schema nor in input_schema"


def _descriptions(capability: Capability) -> Misfits:
    for name, schema in capability.config_schema.get("properties", {}).items():
        kind = schema.get("format") if isinstance(schema, dict) else None
        if kind == "json-schema" and "object" not in schema.get("type", ()):
            yield f"/config_schema/properties/{name}", "a property of format json-schema is an object or a boolean"
        if kind in FORMATS - {"json-schema"} and schema.get("type") != "string":
            yield f"/config_schema/properties/{name}", f"a property of format {kind} is a string"
    if capability.name in {*capability.hints.before, *capability.hints.after}:
        yield "/hints", "neighbours are other handlers"


def _examples(capability: Capability) -> Misfits:
    types = {error.type for error in capability.errors}
    for index, example in enumerate(capability.examples):
        where = f"/examples/{index}"
        yield from _fits(capability.config_schema, example.config, f"{where}/config")
        yield from _fits(capability.input_schema, example.input, f"{where}/input")
        if example.error is None:
            yield from _fits(capability.output_of(example.config), example.output, f"{where}/output")
        elif example.error not in types:
            yield f"{where}/error", f"{example.error} is not one of the capability's errors"


def _fits(schema: Json, value: Json, where: str) -> Misfits:
    try:
        errors = list(Draft202012Validator(schema, registry=_NOTHING_REMOTE).iter_errors(value))
    except Unresolvable as error:
        yield where, f"its schema refers to {error.ref}, which is not in it"
        return
    for found in errors:
        nearest: ValidationError = best_match([found]) or found
        yield where + "".join(f"/{part}" for part in nearest.absolute_path), nearest.message


def _in_config(capability: Capability, pointer: str) -> Mapping[str, Json] | None:
    found = resolve_pointer(capability.config_schema, pointer.replace("/", "/properties/"), None)
    return found if isinstance(found, dict) else None


def _is_known(capability: Capability, pointer: str) -> bool:
    root, _, rest = pointer.removeprefix("/").partition("/")
    schema = {"config": capability.config_schema, "input": capability.input_schema}.get(root)
    if schema is None or not rest:
        return False
    return resolve_pointer(schema, "/properties/" + rest.replace("/", "/properties/"), None) is not None
