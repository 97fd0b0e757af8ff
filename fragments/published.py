"""The published JSON Schema of the language, generated from the models that read it and from the catalog."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from re import escape

from jsonpointer import resolve_pointer, set_pointer
from semantic_version import Version

from catalog.capability import Capability, Document
from catalog.registry import Catalog
from fragments.documents import Fragment, Template
from fragments.schemas.loosening import of_literals, written
from schemas.values import Json, digest

VERSION = "1"
"""Of the language; a document that one version reads is read by it for ever."""

SCHEMA_ID = f"urn:goalwright:language:{VERSION}"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE, _USE = "HandlerReference", "HandlerUse"


def published_schema(catalog: Catalog | None = None, channels: Iterable[str] = ()) -> dict[str, Json]:
    """Give one JSON Schema (2020-12) for templates and fragments, for editors and for other programs.

    It accepts every document that the reader accepts. With a catalog, handlers are those that there are, each with its own
    config and input, channels are those named, and the schema's id tells this vocabulary from others; then it accepts every
    document that passes the checks.
    """
    definitions = _definitions(Template, Fragment)
    if catalog is None:
        return _document(SCHEMA_ID, definitions)
    definitions |= _with_handlers(definitions, list(catalog), tuple(sorted(channels)))
    return _document(f"{SCHEMA_ID}:catalog:{digest(definitions)[:16]}", definitions)


def _document(name: str, definitions: dict[str, Json]) -> dict[str, Json]:
    return {
        "$schema": _DIALECT,
        "$id": name,
        "title": "Goalwright workflow language",
        "description": "A template is written by a person, a fragment by a planner; both are made of the same steps.",
        "type": "object",
        "properties": {"name": {"description": "A template has a name, a fragment has none."}},
        "if": {"required": ["name"]},
        "then": {"$ref": "#/$defs/Template"},
        "else": {"$ref": "#/$defs/Fragment"},
        "$defs": definitions,
    }


def _definitions(*models: type[Document]) -> dict[str, Json]:
    """Collect the schemas of models and of everything within them under their own names."""
    found: dict[str, Json] = {}
    for model in models:
        schema = model.model_json_schema(by_alias=True)
        found.update(schema.pop("$defs", {}))
        found[model.__name__] = schema
    return dict(sorted(found.items()))


def _with_handlers(
    definitions: Mapping[str, Json], capabilities: Sequence[Capability], channels: tuple[str, ...]
) -> dict[str, Json]:
    """Write anew whatever runs a handler, and add what each handler asks of config and input."""
    found: dict[str, Json] = {}
    for name, schema in definitions.items():
        properties = schema.get("properties", {})
        if "handler" in properties and "config" in properties:
            handler = {**properties["handler"], "anyOf": [{"$ref": f"#/$defs/{_REFERENCE}"}, {"type": "null"}]}
            found[name] = {**schema, "properties": {**properties, "handler": handler}, "allOf": [{"$ref": f"#/$defs/{_USE}"}]}
    for capability in capabilities:
        found[f"{capability.id}/config"] = _config(capability, channels)
        found[f"{capability.id}/input"] = written(capability.input_schema)
    uses = [use for _, versions in _by_name(capabilities) for use in _uses(versions)]
    found[_REFERENCE] = {"anyOf": list(_references(capabilities))}
    return found | {_USE: {"description": "Config and input are those of the handler.", "allOf": uses}}


def _by_name(capabilities: Sequence[Capability]) -> Iterator[tuple[str, list[Capability]]]:
    """Group versions by name, newest first; capabilities come by name, oldest first."""
    for name, versions in groupby(capabilities, key=lambda capability: capability.name):
        yield name, list(versions)[::-1]


def _references(capabilities: Sequence[Capability]) -> Iterator[dict[str, Json]]:
    """Offer every handler by name and by `name@^MAJOR`; take any other range too."""
    for name, versions in _by_name(capabilities):
        for reference, capability in _meant(name, versions).items():
            shown: dict[str, Json] = {"const": reference, "description": f"{capability.summary}\n\n{capability.description}"}
            yield shown | ({"deprecated": True} if capability.deprecated else {})
        yield {"type": "string", "pattern": f"^{escape(name)}@"}


def _meant(name: str, versions: Sequence[Capability]) -> dict[str, Capability]:
    """Say which version the usual references mean."""
    oldest_first = versions[::-1]
    return {f"{name}@^{Version(version.version).major}": version for version in oldest_first} | {name: versions[0]}


def _uses(versions: list[Capability]) -> Iterator[dict[str, Json]]:
    """Say what config and input are for each version, by the references that mean it; any version's for another range."""
    name = versions[0].name
    meant = _meant(name, versions)
    if len(versions) == 1:
        yield _use({"pattern": f"^{escape(name)}(@|$)"}, versions)
        return
    for version in versions:
        names = sorted({reference for reference, one in meant.items() if one is version} | {version.id})
        yield _use({"enum": names}, [version])
    known = sorted({*meant, *(version.id for version in versions)})
    yield _use({"pattern": f"^{escape(name)}@", "not": {"enum": known}}, versions)


def _use(handler: dict[str, Json], versions: Sequence[Capability]) -> dict[str, Json]:
    ways = [_one_use(version) for version in versions]
    given = {"properties": {"handler": {"type": "string", **handler}}, "required": ["handler"]}
    return {"if": given, "then": ways[0] if len(ways) == 1 else {"anyOf": ways}}


def _one_use(version: Capability) -> dict[str, Json]:
    parts = {key: {"$ref": f"#/$defs/{version.id}~1{key}"} for key in ("config", "input")}
    required = [
        key for key, schema in (("config", version.config_schema), ("input", version.input_schema)) if schema.get("required")
    ]
    return {"properties": parts} | ({"required": required} if required else {})


def _config(capability: Capability, channels: tuple[str, ...]) -> Json:
    schema = of_literals(capability.config_schema)
    for pointer in capability.authority.channels:
        place = pointer.removeprefix("/config").replace("/", "/properties/")
        found = resolve_pointer(schema, place, None) if channels and pointer.startswith("/config/") else None
        if isinstance(found, dict):
            schema = set_pointer(schema, place, {**found, "enum": list(channels)}, inplace=False)
    return schema
