"""The checks that a capability passes before it is registered. Each yields every misfit as (pointer, sentence)."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from jsonpointer import resolve_pointer
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012
from semantic_version import Version

from catalog.capability import OUTSIDE, Capability, Effect, Import, OutputCase
from schemas import keywords, validation
from schemas.dialects import is_latest
from schemas.effort import UndecidedError
from schemas.shapes import well_formed
from schemas.values import Json, canonical

Misfits = Iterator[tuple[str, str]]
FORMATS = {"cel", "jsonata", "json-schema", "uri-template", "mustache"}
"""Formats by which a config schema marks code."""


def misfits(capability: Capability) -> Misfits:
    """Run every check. The checks on examples run only over schemas that are schemas."""
    schemas = list(_schemas(capability))
    yield from schemas
    checks: tuple[Callable[[Capability], Misfits], ...] = (
        _versions,
        _errors,
        _effects,
        _outputs,
        _authority,
        _approval,
        _choices,
        _descriptions,
    )
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
        if not is_latest(schema):
            yield f"{pointer}/$schema", f"schemas are draft 2020-12, not {schema['$schema']}"
            continue
        wrong = [] if well_formed(schema) else [*validation.meta_misfits(schema)]
        for error in wrong:
            where = "".join(f"/{part}" for part in error.absolute_path)
            yield pointer + where, f"not a JSON Schema (2020-12): {error.cause or error.message}"
        if not wrong:
            loose = list(_references(schema, pointer))
            yield from loose or _usual(schema, pointer)
    yield from _objects(capability)


def _references(schema: Json, pointer: str) -> Misfits:
    """Find references that lead nowhere, wherever a schema may stand. What refers to an `$id` is left to the first use."""
    resource: Resource[Json] = DRAFT202012.create_resource(schema)
    resolver = Registry().with_resource("", resource).resolver()
    for where, inner in subschemas(schema, pointer):
        reference = inner.get("$ref")
        if reference is None or "$id" in schema or _is_defined(schema, reference):
            continue
        try:
            resolver.lookup(reference)
        except Unresolvable:
            yield f"{where}/$ref", f"refers to {reference}, which is not in it"


def _is_defined(schema: Mapping[str, Json], reference: str) -> bool:
    """Say whether a reference plainly names one of `$defs`."""
    home, _, name = reference.rpartition("/")
    return home == "#/$defs" and not {"~", "%"} & set(name) and name in schema.get("$defs", {})


def _usual(schema: Mapping[str, Json], pointer: str) -> Misfits:
    """Find defaults that their own schema refuses. References are followed from the root, so nested ones are asked with it."""
    for name, held in schema.get("properties", {}).items():
        if isinstance(held, dict) and "default" in held:
            alone = {"properties": {name: held}, "$defs": schema.get("$defs", {})}
            if next(_fits(alone, {name: held["default"]}, ""), None) is not None:
                yield f"{pointer}/properties/{name}/default", f"{canonical(held['default'])} does not fit its own schema"


def subschemas(schema: Json, pointer: str) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Go through a schema and all schemas in it, each with its pointer; values, such as a `const`, are not gone into."""
    if not isinstance(schema, Mapping):
        return
    yield pointer, schema
    for key, held in schema.items():
        if key in keywords.ONE:
            yield from subschemas(held, f"{pointer}/{key}")
        elif key in keywords.LISTS and isinstance(held, list):
            for index, part in enumerate(held):
                yield from subschemas(part, f"{pointer}/{key}/{index}")
        elif key in keywords.MAPS and isinstance(held, Mapping):
            for name, part in held.items():
                yield from subschemas(part, f"{pointer}/{key}/{name}")


def _versions(capability: Capability) -> Misfits:
    try:
        Version(capability.version)
    except ValueError:
        yield "/version", "numbers of a version (semver.org) have no zeros before them"
    if capability.deprecated != capability.deprecated.strip() or "\n" in capability.deprecated:
        yield "/deprecated", "is one line that says why, and what to use instead"


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
    imported = OUTSIDE & set(capability.imports)
    if reaches and not imported:
        yield "/effect", f"a handler that imports nothing from outside cannot {'/'.join(sorted(reaches))}"
    if not reaches and imported - ({Import.NOTIFY} if Effect.WAIT in effects else set()):
        yield "/imports", f"a handler whose effect is {capability.effect} reaches nothing outside"
    if capability.idempotent and not effects & {Effect.WRITE, Effect.WAIT}:
        yield "/idempotent", "is said of writes and waits only"
    if capability.effect_by is None:
        return
    decided = _in_config(capability, capability.effect_by.at)
    if decided is None:
        yield "/effect_by/at", f"{capability.effect_by.at} is not in config_schema"
        return
    for value in capability.effect_by.is_:
        if "enum" in decided and value not in map(str, decided["enum"]):
            yield "/effect_by/is", f"{value} is not one of the values of {capability.effect_by.at}"


def _outputs(capability: Capability) -> Misfits:
    yield from _sources(capability, capability.output_from, capability.output_schema, "")
    for index, case in enumerate(capability.output_cases):
        where = f"/output_cases/{index}"
        yield from _sources(capability, case.output_from, case.output_schema, where)
        for pointer in (*case.given, *case.equals):
            if _in_config(capability, pointer) is None:
                yield where, f"{pointer} is not in config_schema"
        yield from _equals(capability, case, where)
        if not _conditions(case):
            yield where, "a case says when it holds: give `given` or `equals`"


def _equals(capability: Capability, case: OutputCase, where: str) -> Misfits:
    for pointer, value in case.equals.items():
        schema = _in_config(capability, pointer)
        if schema is not None and "enum" in schema and value not in schema["enum"]:
            yield f"{where}/equals", f"{canonical(value)} is not one of the values of {pointer}, so the case never holds"


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
    for pointer in capability.authority.secrets:
        if not _is_known(capability, pointer):
            yield "/authority/secrets", f"{pointer} is neither in config_schema nor in input_schema"
    if capability.authority.secrets and Import.HTTP not in capability.imports:
        yield "/authority/secrets", f"goes with the import {Import.HTTP}: a secret leaves the sandbox nowhere else"


def _approval(capability: Capability) -> Misfits:
    if capability.approval is None:
        return
    if capability.effect is not Effect.WAIT:
        yield "/approval", "is said of a handler that waits for people"
    for pointer in capability.approval.unless:
        if _in_config(capability, pointer) is None:
            yield "/approval/unless", f"{pointer} is not in config_schema"


def _choices(capability: Capability) -> Misfits:
    for where, pointers in (("/chooses", capability.chooses), ("/authority/groups", capability.authority.groups)):
        for index, pointer in enumerate(pointers):
            root, *path = pointer.split("/")[1:] or [""]
            schemas = {"config": capability.config_schema, "input": capability.input_schema}
            if not pointer.startswith("/") or root not in schemas or not path or not _leads(schemas[root], path):
                yield f"{where}/{index}", f"{pointer} leads to nothing in config_schema or input_schema"


def _leads(schema: Json, path: list[str]) -> bool:
    """Say whether a path of keys, in which `*` stands for every member, leads somewhere in a schema."""
    if not path or not isinstance(schema, Mapping):
        return not path and schema is not None
    key = path[0].replace("~1", "/").replace("~0", "~")
    held = schema.get("properties", {})
    inner = [*held.values(), schema.get("items"), schema.get("additionalProperties")] if key == "*" else [held.get(key)]
    return any(_leads(part, path[1:]) for part in inner)


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
        errors = list(validation.misfits(validation.validator(schema), value))
    except UndecidedError as error:
        yield where, str(error)
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
