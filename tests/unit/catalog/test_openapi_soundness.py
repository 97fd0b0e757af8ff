"""What is broken in a document is told with its place, and every operation that does not need it is written."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.findings import CatalogError
from catalog.openapi.importing import Import, Wanted, import_document

GOOD = {"get": {"operationId": "good", "responses": {"200": {"description": "ok"}}}}
MANY = "https://a.example"


def imported(version: str = "3.1.0", **parts: Any) -> Import:
    """Import a document of one sound operation and what is given beside it."""
    document = {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": MANY}],
        **parts,
        "paths": {"/good": GOOD, **parts.get("paths", {})},
    }
    return import_document(Path("api.json"), json.dumps(document).encode(), Wanted())


def told(made: Import) -> tuple[list[str], list[str], list[str]]:
    return (
        [handler.capability.name for handler in made.handlers],
        [held.finding.pointer for held in made.left_out],
        [note.pointer for note in made.notes],
    )


def operation(**parts: Any) -> Any:
    return {"/bad": {"get": {"operationId": "bad", "responses": {"200": {"description": "ok"}}, **parts}}}


def answering(schema: Any) -> Any:
    return operation(responses={"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}})


def asking(schema: Any, **more: Any) -> Any:
    return operation(parameters=[{"name": "p", "in": "query", "schema": schema, **more}])


SCHEMA = "/paths/~1bad/get/responses/200/content/application~1json/schema"
PARAMETER = "/paths/~1bad/get/parameters/0"
LOST = {"$ref": "#/components/schemas/Lost"}


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"x-a": {"$ref": 3}, "paths": operation(**{"x-b": LOST})}, id="in x-..."),
        pytest.param({"info": {"title": 3, "version": None, "x-logo": LOST}}, id="in info"),
        pytest.param({"tags": [{"name": "a", "externalDocs": LOST}], "externalDocs": 7}, id="in tags"),
        pytest.param({"components": {"schemas": {"A": {"$ref": "#/nowhere"}, "B": 3}}}, id="in what nobody needs"),
        pytest.param({"components": {"examples": {"A": LOST}, "links": 3, "callbacks": []}}, id="in other components"),
        pytest.param({"paths": asking({"type": "object"}, example=LOST)}, id="in an example"),
        pytest.param({"paths": asking({"type": "object"}, examples={"a": LOST, "b": {"value": LOST}})}, id="in examples"),
        pytest.param({"paths": asking({"type": "object"}, examples=3)}, id="examples of the wrong shape"),
        pytest.param({"paths": asking({"enum": [LOST, "a"]})}, id="in an enum"),
        pytest.param({"paths": asking({"type": "object", "default": LOST})}, id="in a default"),
        pytest.param({"paths": asking({"const": LOST})}, id="in a const"),
        pytest.param({"paths": answering({"type": "object", "example": LOST, "x-a": LOST})}, id="in a schema's example"),
        pytest.param({"paths": answering({"properties": {"$ref": {"type": "string"}}})}, id="a property of that name"),
        pytest.param(
            {"paths": answering({"properties": {"default": {"type": "string"}, "enum": {}, "example": {}, "not": {}}})},
            id="properties named as keywords, as Kubernetes has them",
        ),
        pytest.param({"paths": operation(tags=[LOST], summary=["a"], description={"a": 1})}, id="words that are none"),
        pytest.param({"paths": operation(externalDocs=LOST, deprecated="yes")}, id="in a link"),
        pytest.param({"webhooks": {"a": LOST}, "jsonSchemaDialect": 3}, id="in webhooks"),
        pytest.param(
            {"paths": operation(responses={"200": {"description": "ok", "headers": {"A": LOST}, "links": 3}})},
            id="in headers of an answer",
        ),
        pytest.param(
            {
                "paths": operation(
                    responses={"200": {"description": "ok"}, "400": {"content": {"application/json": {"schema": LOST}}}}
                )
            },
            id="in the body of a failure",
        ),
        pytest.param({"paths": operation(responses={"200": {}, "x-a": LOST})}, id="an answer without words"),
    ],
)
def test_what_no_request_needs_does_no_harm(parts: dict[str, Any]) -> None:
    names, left_out, notes = told(imported(**parts))
    assert names == ["good", "bad"][: 1 + ("paths" in parts)]
    assert (left_out, notes) == ([], [])


@pytest.mark.parametrize(
    ("paths", "where"),
    [
        pytest.param(asking({"type": "integer", "default": "10"}), f"{PARAMETER}/schema/default", id="a default"),
        pytest.param(asking({"enum": ["a"], "default": "b"}), f"{PARAMETER}/schema/default", id="a default beside an enum"),
        pytest.param(asking({"pattern": "^a$", "default": "b"}), f"{PARAMETER}/schema/default", id="beside a pattern"),
        pytest.param(asking({"type": "text"}), f"{PARAMETER}/schema/type", id="no type"),
        pytest.param(asking({"type": ["string", "string"]}), f"{PARAMETER}/schema/type", id="a type twice"),
        pytest.param(asking({"enum": []}), f"{PARAMETER}/schema/enum", id="an empty enum"),
        pytest.param(asking({"enum": {"a": 1}}), f"{PARAMETER}/schema/enum", id="an enum that is no list"),
        pytest.param(asking({"minimum": "1"}), f"{PARAMETER}/schema/minimum", id="a bound that is a text"),
        pytest.param(asking({"maxLength": -1}), f"{PARAMETER}/schema/maxLength", id="a length below 0"),
        pytest.param(asking({"multipleOf": 0}), f"{PARAMETER}/schema/multipleOf", id="a multiple of 0"),
        pytest.param(asking({"pattern": 3}), f"{PARAMETER}/schema/pattern", id="no pattern"),
        pytest.param(asking({"uniqueItems": "yes"}), f"{PARAMETER}/schema/uniqueItems", id="no flag"),
        pytest.param(asking(["string"]), f"{PARAMETER}/schema", id="no schema"),
        pytest.param(answering({"required": True}), f"{SCHEMA}/required", id="required, as draft 3 had it"),
        pytest.param(
            answering({"properties": {"a": {"type": "string", "required": True}}}),
            f"{SCHEMA}/properties/a/required",
            id="required of a property, as PagerDuty has it",
        ),
        pytest.param(answering({"properties": ["a"]}), f"{SCHEMA}/properties", id="properties that are a list"),
        pytest.param(answering({"allOf": {}}), f"{SCHEMA}/allOf", id="allOf that is an object"),
        pytest.param(answering({"oneOf": []}), f"{SCHEMA}/oneOf", id="oneOf of nothing"),
        pytest.param(answering({"items": 3}), f"{SCHEMA}/items", id="items that are none"),
        pytest.param(answering({"description": ["a"]}), f"{SCHEMA}/description", id="words that are a list"),
        pytest.param(answering({"dependentRequired": {"a": "b"}}), f"{SCHEMA}/dependentRequired", id="dependent names"),
    ],
)
def test_a_keyword_of_the_wrong_shape_is_left_out_and_told(paths: Any, where: str) -> None:
    assert told(imported(paths=paths)) == (["good", "bad"], [], [where])


LOOP = {"Loop": {"$ref": "#/components/schemas/Loop"}}


@pytest.mark.parametrize(
    ("parts", "where"),
    [
        pytest.param({"paths": answering(LOST)}, f"{SCHEMA}/$ref", id="a reference to nothing"),
        pytest.param({"paths": answering({"items": LOST})}, f"{SCHEMA}/items/$ref", id="deeper"),
        pytest.param(
            {"paths": answering({"$ref": "#/components/schemas/A"}), "components": {"schemas": {"A": {"not": LOST}}}},
            "/components/schemas/A/not/$ref",
            id="in a component",
        ),
        pytest.param(
            {"paths": answering({"$ref": "#/components/schemas/Loop"}), "components": {"schemas": LOOP}},
            "/components/schemas/Loop",
            id="a circle",
        ),
        pytest.param(
            {
                "paths": answering({"$ref": "#/components/schemas/A"}),
                "components": {
                    "schemas": {
                        "A": {"allOf": [{"$ref": "#/components/schemas/B"}]},
                        "B": {"anyOf": [{"$ref": "#/components/schemas/A"}]},
                    }
                },
            },
            "/components/schemas/A",
            id="a circle through combinations",
        ),
        pytest.param({"paths": {"/bad": 3}}, "/paths/~1bad", id="a path"),
        pytest.param({"paths": {"/bad": {"get": "a"}}}, "/paths/~1bad/get", id="an operation"),
        pytest.param({"paths": {"/bad": {"$ref": "#/nowhere"}}}, "/paths/~1bad/$ref", id="a path elsewhere"),
        pytest.param({"paths": operation(parameters={"a": 1})}, "/paths/~1bad/get/parameters", id="parameters"),
        pytest.param({"paths": operation(parameters=[{"in": "query"}])}, PARAMETER, id="a parameter without name"),
        pytest.param({"paths": operation(parameters=[{"name": "a"}])}, PARAMETER, id="a parameter of no place"),
        pytest.param({"paths": asking({}, style="loud")}, f"{PARAMETER}/style", id="a style"),
        pytest.param({"paths": asking({}, explode="yes")}, f"{PARAMETER}/explode", id="explode"),
        pytest.param({"paths": operation(responses=[])}, "/paths/~1bad/get/responses", id="answers"),
        pytest.param({"paths": operation(responses={})}, "/paths/~1bad/get/responses", id="no answer"),
        pytest.param({"paths": operation(security=[{"lost": []}])}, "/paths/~1bad/get/security/0", id="a scheme"),
        pytest.param({"paths": operation(security={})}, "/paths/~1bad/get/security", id="security"),
        pytest.param({"paths": operation(servers=[{"url": "/{a}"}])}, "/paths/~1bad/get/servers", id="a server"),
        pytest.param(
            {"paths": operation(requestBody={"content": {"application/json": {"schema": LOST}}})},
            "/paths/~1bad/get/requestBody/content/application~1json/schema/$ref",
            id="a body",
        ),
        pytest.param(
            {"paths": operation(requestBody={"$ref": "#/nowhere"})}, "/paths/~1bad/get/requestBody/$ref", id="a body elsewhere"
        ),
        pytest.param({"paths": {"/bad/{id}": {"get": GOOD["get"]}}}, "/paths/~1bad~1{id}/get", id="a name without parameter"),
        pytest.param({"paths": {"bad": {"get": GOOD["get"]}}}, "/paths/bad/get", id="a path without slash"),
        pytest.param({"paths": {"/bad/../a": {"get": GOOD["get"]}}}, "/paths/~1bad~1..~1a/get", id="a path of dots"),
        pytest.param({"paths": {"/bad{": {"get": GOOD["get"]}}}, "/paths/~1bad{/get", id="half a name"),
        pytest.param({"paths": {"/bad#a": {"get": GOOD["get"]}}}, "/paths/~1bad#a/get", id="a fragment"),
    ],
)
def test_an_operation_that_needs_what_is_broken_is_left_out_and_no_other(parts: dict[str, Any], where: str) -> None:
    assert told(imported(**parts)) == (["good"], [where], [])


@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0"])
@pytest.mark.parametrize("junk", [None, 3, "a", [], [3], {}, {"a": 3}, True], ids=repr)
@pytest.mark.parametrize(
    "key",
    [
        "paths",
        "servers",
        "components",
        "info",
        "security",
        "tags",
        "definitions",
        "parameters",
        "responses",
        "securityDefinitions",
        "host",
        "basePath",
        "schemes",
        "consumes",
        "produces",
    ],
)
def test_no_part_of_the_wrong_shape_stops_the_import(version: str, key: str, junk: Any) -> None:
    base = {"swagger": "2.0"} if version == "2.0" else {"openapi": version}
    document = {**base, "paths": {"/good": GOOD}, "info": {}, "servers": [{"url": MANY}], "host": "a.example", key: junk}
    content = json.dumps(document).encode()
    if key == "paths" and junk is not None and not isinstance(junk, dict):
        with pytest.raises(CatalogError) as refused:
            import_document(Path("api.json"), content, Wanted())
        assert refused.value.findings[0].pointer == "/paths"
        return
    made = import_document(Path("api.json"), content, Wanted())
    assert len(made.handlers) + len(made.left_out) == (0 if key == "paths" and not junk else 1)


@pytest.mark.parametrize("junk", [None, 3, "a", [], [3], {"a": 3}, {"$ref": "#/nowhere"}, True], ids=repr)
@pytest.mark.parametrize(
    "key",
    [
        "parameters",
        "requestBody",
        "responses",
        "security",
        "servers",
        "tags",
        "callbacks",
        "operationId",
        "summary",
        "description",
        "deprecated",
        "consumes",
        "produces",
    ],
)
@pytest.mark.parametrize("version", ["2.0", "3.1.0"])
def test_no_part_of_an_operation_stops_the_import(version: str, key: str, junk: Any) -> None:
    base = {"swagger": "2.0", "host": "a.example"} if version == "2.0" else {"openapi": version, "servers": [{"url": MANY}]}
    document = {**base, "paths": {"/good": GOOD, **operation(**{key: junk})}}
    made = import_document(Path("api.json"), json.dumps(document).encode(), Wanted())
    assert made.handlers[0].capability.name == "good"
    assert len(made.handlers) + len(made.left_out) == 2
