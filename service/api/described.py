"""The service's OpenAPI document, with what every handler takes and gives, so that clients can generate types for them."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from catalog.capability import Capability
from catalog.registration import subschemas
from catalog.registry import Catalog
from schemas.values import Json

COMPONENTS = "#/components/schemas/"
_SHOWN = ("/v1/handlers/{reference}", "get")
_LISTED = ("/v1/handlers", "get")


def install(app: FastAPI) -> None:
    """Make `app` describe the handlers that it has at the time, beside its own routes."""
    routes = app.openapi

    def openapi() -> dict[str, Any]:
        services = getattr(app.state, "services", None)
        if services is None:  # not opened yet, or closed
            return routes()
        services.catch_up()
        return described(routes(), services.catalog)

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend its document


def described(routes: Mapping[str, Json], catalog: Catalog) -> dict[str, Json]:
    """Add to a document the schemas of every handler, the record that shows one, and an index of them: `x-handlers`."""
    record, parts = _record()
    schemas = {**routes.get("components", {}).get("schemas", {}), **parts, "Handler": record}
    index: dict[str, Json] = {}
    for capability in catalog:
        named = {f"{_key(capability)}_{part}": schema for part, schema in _schemas(capability).items()}
        schemas |= {name: rebased(schema, COMPONENTS + name) for name, schema in named.items()}
        index[capability.id] = {name.rpartition("_")[2]: {"$ref": COMPONENTS + name} for name in named}
    paths = dict(routes["paths"])
    shown = {"$ref": f"{COMPONENTS}Handler"}
    listed = {"type": "object", "required": ["handlers"], "properties": {"handlers": {"type": "array", "items": shown}}}
    for (path, method), schema in ((_SHOWN, shown), (_LISTED, listed)):
        if path in paths:
            paths[path] = _answering(paths[path], method, schema)
    return {
        **routes,
        "paths": paths,
        "components": {**routes.get("components", {}), "schemas": schemas},
        "x-handlers": index,
    }


def rebased(schema: Json, base: str) -> Json:
    """Copy a schema so that its references within itself hold where it stands at `base` of a larger document."""
    made = _copied(schema)
    for _, inner in subschemas(made, ""):
        reference = inner.get("$ref")
        if isinstance(reference, str) and reference.startswith("#"):
            assert isinstance(inner, dict)
            inner["$ref"] = base + reference[1:]
    return made


def _copied(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {key: _copied(held) for key, held in value.items()}
    return [_copied(part) for part in value] if isinstance(value, (list, tuple)) else value


def _schemas(capability: Capability) -> dict[str, Json]:
    error = {
        "type": "object",
        "required": ["type", "message", "retryable"],
        "properties": {
            "type": {"enum": [error.type for error in capability.errors]},
            "message": {"type": "string"},
            "retryable": {"type": "boolean"},
            "retry_after_s": {"type": "number", "minimum": 0},
        },
    }
    return {
        "Config": capability.config_schema,
        "Input": capability.input_schema,
        "Output": capability.output_schema,
        "Error": error,
    }


def _key(capability: Capability) -> str:
    return f"{capability.name}_{re.sub(r'[^0-9]', '_', capability.version)}"


def _record() -> tuple[dict[str, Json], dict[str, Json]]:
    """Describe a capability as the API shows it, and the parts that it is made of."""
    schema = Capability.model_json_schema(mode="serialization", ref_template=f"{COMPONENTS}Handler.{{model}}")
    parts = {f"Handler.{name}": part for name, part in schema.pop("$defs", {}).items()}
    own = {
        "id": {"type": "string", "description": "Its name and version: transform@1.0.0."},
        "retired": {"type": "string", "description": "Why no new task may use it; empty where one may."},
    }
    record = {**schema, "properties": {**own, **schema["properties"]}, "required": [*own, *schema.get("required", ())]}
    return record, parts


def _answering(item: Mapping[str, Json], method: str, schema: Json) -> dict[str, Json]:
    operation = item[method]
    answer = {**operation["responses"]["200"], "content": {"application/json": {"schema": schema}}}
    return {**item, method: {**operation, "responses": {**operation["responses"], "200": answer}}}
