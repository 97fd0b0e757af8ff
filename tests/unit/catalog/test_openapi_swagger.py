"""Swagger 2.0 is read as OpenAPI 3.0 would say the same; places in findings are those of the document."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.openapi.importing import Import, Imported, Wanted, import_document

ANSWERS = {"200": {"description": "ok"}}


def imported(operation: Any, *, method: str = "get", path: str = "/a", **more: Any) -> Import:
    document = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "host": "a.example",
        "paths": {path: {method: {"operationId": "a", "responses": ANSWERS, **operation}}},
        **more,
    }
    return import_document(Path("api.json"), json.dumps(document).encode(), Wanted())


def handler(operation: Any, **more: Any) -> Imported:
    made = imported(operation, **more)
    assert not made.left_out, made.left_out
    return made.handlers[0]


def request(operation: Any, **more: Any) -> Any:
    return handler(operation, **more).capability.operation


@pytest.mark.parametrize(
    ("more", "servers"),
    [
        pytest.param({}, ["https://a.example"], id="a host"),
        pytest.param({"basePath": "/v1/"}, ["https://a.example/v1"], id="with a base"),
        pytest.param({"schemes": ["http"]}, ["http://a.example"], id="http alone"),
        pytest.param({"schemes": ["http", "https", "ws"]}, ["https://a.example"], id="the safer one"),
        pytest.param({"host": "a.example:8443", "basePath": "v2"}, [], id="a base without slash"),
    ],
)
def test_host_and_base_become_a_server(more: dict[str, Any], servers: list[str]) -> None:
    made = imported({}, **more)
    assert [held.capability.config_schema["properties"]["server"]["enum"] for held in made.handlers] == [servers] * bool(
        servers
    )


@pytest.mark.parametrize(
    ("place", "collection", "style", "explode"),
    [
        ("query", None, "form", False),
        ("query", "csv", "form", False),
        ("query", "ssv", "spaceDelimited", False),
        ("query", "tsv", "tabDelimited", False),
        ("query", "pipes", "pipeDelimited", False),
        ("query", "multi", "form", True),
        ("path", None, "simple", False),
        ("path", "csv", "simple", False),
        ("path", "pipes", "pipeDelimited", False),
        ("header", "csv", "simple", False),
    ],
)
def test_a_collection_format_is_a_style(place: str, collection: str | None, style: str, *, explode: bool) -> None:
    told = {"name": "p", "in": place, "type": "array", "items": {"type": "string"}, "required": place == "path"}
    parameter = {**told, **({"collectionFormat": collection} if collection else {})}
    path = "/a/{p}" if place == "path" else "/a"
    (found,) = request({"parameters": [parameter]}, path=path)["parameters"]
    assert (found["style"], found["explode"]) == (style, explode)


FILE = {"name": "f", "in": "formData", "type": "file"}
TEXT = {"name": "t", "in": "formData", "type": "string", "required": True}
LIST = {"name": "l", "in": "formData", "type": "array", "items": {"type": "string"}, "collectionFormat": "pipes"}
BODY = {"name": "whatever", "in": "body", "required": True, "schema": {"$ref": "#/definitions/A"}}


@pytest.mark.parametrize(
    ("operation", "media_type", "form", "fields"),
    [
        pytest.param({"parameters": [BODY]}, "application/json", "json", {}, id="a body"),
        pytest.param(
            {"parameters": [BODY], "consumes": ["application/xml", "text/json"]}, "text/json", "json", {}, id="a body of a kind"
        ),
        pytest.param({"parameters": [TEXT]}, "application/x-www-form-urlencoded", "form", {}, id="a form"),
        pytest.param(
            {"parameters": [TEXT, FILE]}, "multipart/form-data", "multipart", {"f": {"as": "file"}}, id="a form with a file"
        ),
        pytest.param(
            {"parameters": [TEXT], "consumes": ["multipart/form-data"]}, "multipart/form-data", "multipart", {}, id="parts"
        ),
        pytest.param(
            {"parameters": [LIST]},
            "application/x-www-form-urlencoded",
            "form",
            {"l": {"style": "pipeDelimited", "explode": False, "reserved": False}},
            id="a list in a form",
        ),
    ],
)
def test_a_body_is_sent_as_it_says(operation: Any, media_type: str, form: str, fields: Any) -> None:
    definitions = {"A": {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}}}
    body = request(operation, method="post", definitions=definitions)["body"]
    assert (body["media_type"], body["as"], body["fields"]) == (media_type, form, fields)


def test_schemas_parameters_and_answers_are_found_where_they_stand() -> None:
    made = handler(
        {
            "parameters": [{"$ref": "#/parameters/Limit"}, BODY],
            "responses": {"200": {"$ref": "#/responses/Ok"}, "404": {"description": "no"}},
        },
        method="post",
        parameters={"Limit": {"name": "limit", "in": "query", "type": "integer", "maximum": 9, "exclusiveMaximum": True}},
        responses={"Ok": {"description": "ok", "schema": {"$ref": "#/definitions/A"}}},
        definitions={"A": {"type": "object", "properties": {"a": {"type": "string", "x-nullable": True}}}},
        securityDefinitions={
            "basic": {"type": "basic"},
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "oauth": {"type": "oauth2", "flow": "implicit", "authorizationUrl": "https://a.example", "scopes": {}},
        },
        security=[{"basic": []}, {"key": []}, {"oauth": ["a"]}],
    )
    capability = made.capability

    assert capability.input_schema["properties"]["limit"] == {"type": "integer", "exclusiveMaximum": 9}
    assert capability.input_schema["required"] == ["body"]
    assert capability.output_schema["properties"]["body"] == {"$ref": "#/$defs/A"}
    assert capability.output_schema["$defs"]["A"]["properties"]["a"] == {"type": ["string", "null"]}
    assert capability.authority.secrets == ("/config/auth/basic", "/config/auth/key", "/config/auth/oauth")
    assert capability.errors[0].type == "status_404"


@pytest.mark.parametrize(
    ("operation", "where"),
    [
        pytest.param(
            {"parameters": [{"name": "p", "in": "query", "type": "integer", "default": "1"}]},
            "/paths/~1a/get/parameters/0/default",
            id="a default",
        ),
        pytest.param(
            {"parameters": [TEXT, {"name": "p", "in": "query", "type": "text"}]},
            "/paths/~1a/get/parameters/1/type",
            id="a type",
        ),
        pytest.param(
            {"parameters": [{**BODY, "schema": {"required": True}}]},
            "/paths/~1a/get/parameters/0/schema/required",
            id="in a body",
        ),
        pytest.param(
            {"responses": {"200": {"description": "ok", "schema": {"enum": []}}}},
            "/paths/~1a/get/responses/200/schema/enum",
            id="in an answer",
        ),
        pytest.param({"parameters": [{**TEXT, "maxLength": "1"}]}, "/paths/~1a/get/parameters/0/maxLength", id="in a form"),
    ],
)
def test_what_is_odd_is_told_with_its_place_in_the_document(operation: Any, where: str) -> None:
    made = imported(operation)
    assert ([note.pointer for note in made.notes], len(made.handlers)) == ([where], 1)


@pytest.mark.parametrize(
    ("operation", "where"),
    [
        pytest.param({"parameters": [{"$ref": "#/parameters/Lost"}]}, "/paths/~1a/get/parameters/0/$ref", id="a parameter"),
        pytest.param({"responses": {"200": {"$ref": "#/a"}}}, "/paths/~1a/get/responses/200/$ref", id="an answer"),
        pytest.param(
            {"parameters": [{**BODY, "schema": {"$ref": "#/definitions/Lost"}}]},
            "/paths/~1a/get/parameters/0/schema/$ref",
            id="a body",
        ),
        pytest.param(
            {"parameters": [{**LIST, "collectionFormat": "x"}]}, "/paths/~1a/get/parameters/0/collectionFormat", id="a format"
        ),
    ],
)
def test_what_leads_nowhere_is_told_with_its_place_in_the_document(operation: Any, where: str) -> None:
    made = imported(operation)
    assert ([held.finding.pointer for held in made.left_out], made.handlers) == ([where], ())
