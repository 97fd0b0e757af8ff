"""The OpenAPI document of a server: valid, and with what every handler takes and gives."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from catalog.capability import Capability
from catalog.loader import load_catalog
from service import wire
from service.api.app import create_app
from service.api.described import described, rebased
from service.composition import running
from service.settings import Settings

CATALOG = load_catalog().catalog
SETTINGS = Settings(data=Path("unused"))


def document() -> dict[str, Any]:
    app = create_app(lambda: running(SETTINGS), SETTINGS)  # never opened
    return described(app.openapi(), CATALOG)


DOCUMENT = document()


def fits(reference: str, value: Any) -> bool:
    """Hold a value against a schema where it stands in the document, as a generated client would."""
    resource: Resource[Any] = DRAFT202012.create_resource(DOCUMENT)
    registry: Registry[Any] = Registry().with_resource("urn:document", resource)
    return Draft202012Validator({"$ref": f"urn:document{reference}"}, registry=registry).is_valid(value)


def test_the_document_is_valid_openapi() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_handler_has_its_four_schemas() -> None:
    index = DOCUMENT["x-handlers"]

    assert sorted(index) == sorted(capability.id for capability in CATALOG)
    assert index["transform@1.0.0"] == {
        part: {"$ref": f"#/components/schemas/transform_1_0_0_{part}"} for part in ("Config", "Input", "Output", "Error")
    }


@pytest.mark.parametrize("capability", list(CATALOG), ids=lambda capability: capability.name)
def test_a_handler_s_examples_fit_its_schemas_where_they_stand(capability: Capability) -> None:
    places = {part: reference["$ref"] for part, reference in DOCUMENT["x-handlers"][capability.id].items()}
    for example in capability.examples:
        assert fits(places["Config"], dict(example.config))
        assert fits(places["Input"], dict(example.input))
        if example.error is not None:
            assert fits(places["Error"], {"type": example.error, "message": "", "retryable": False})
    assert not fits(places["Error"], {"type": "nothing_like_it", "message": "", "retryable": False})


@pytest.mark.parametrize("capability", list(CATALOG), ids=lambda capability: capability.name)
def test_what_the_api_shows_of_a_handler_is_what_the_document_says(capability: Capability) -> None:
    assert fits("#/components/schemas/Handler", wire.capability(capability))
    assert not fits("#/components/schemas/Handler", {**wire.capability(capability), "effect": "none"})


def test_routes_answer_with_that_record() -> None:
    def answered(path: str) -> Any:
        return DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert answered("/v1/handlers/{reference}") == {"$ref": "#/components/schemas/Handler"}
    assert answered("/v1/handlers")["properties"]["handlers"]["items"] == {"$ref": "#/components/schemas/Handler"}


def test_references_within_a_schema_hold_where_it_stands() -> None:
    schema = {"$defs": {"n": {"items": {"$ref": "#"}}}, "properties": {"a": {"$ref": "#/$defs/n"}}, "const": {"$ref": "#/x"}}

    assert rebased(schema, "#/components/schemas/S") == {
        "$defs": {"n": {"items": {"$ref": "#/components/schemas/S"}}},
        "properties": {"a": {"$ref": "#/components/schemas/S/$defs/n"}},
        "const": {"$ref": "#/x"},
    }
    assert schema["properties"] == {"a": {"$ref": "#/$defs/n"}}
