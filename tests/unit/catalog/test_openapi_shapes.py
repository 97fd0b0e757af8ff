"""Documents of the shapes of well-known APIs: what makes them special does not keep their sound operations out.

The fixtures are our own; no line of those documents stands here.
"""

import json
from pathlib import Path
from typing import Any

from catalog.openapi.importing import Import, Wanted, import_document
from catalog.openapi.servers import is_absolute


def imported(document: Any, *only: str) -> Import:
    return import_document(Path("api.json"), json.dumps(document).encode(), Wanted(only=only))


def names(made: Import) -> list[str]:
    return [handler.capability.name for handler in made.handlers]


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def answer(schema: Any, media_type: str = "application/json") -> Any:
    return {"200": {"description": "OK", "content": {media_type: {"schema": schema}}}}


def test_a_document_shaped_like_that_of_kubernetes() -> None:
    """Properties named as keywords, `default: {}` beside a required object, `*/*`, several kinds of patches, no server."""
    props = {
        "type": "object",
        "properties": {
            "$ref": {"type": "string"},
            "$schema": {"type": "string"},
            "default": ref("JSON"),
            "enum": {"type": "array", "items": ref("JSON")},
            "example": ref("JSON"),
            "not": ref("Props"),
            "required": {"type": "array", "items": {"type": "string"}},
            "properties": {"type": "object", "additionalProperties": {"allOf": [ref("Props")], "default": {}}},
            "x-kubernetes-preserve-unknown-fields": {"type": "boolean"},
        },
    }
    meta = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "default": ""}}}
    definition = {
        "type": "object",
        "properties": {"metadata": {"allOf": [ref("Meta")], "default": {}}, "spec": ref("Props")},
        "x-kubernetes-group-version-kind": [{"group": "", "kind": "Thing", "version": "v1"}],
    }
    patches = {
        f"application/{kind}": {"schema": ref("Patch")} for kind in ("apply-patch+yaml", "json-patch+json", "merge-patch+json")
    }
    path = "/api/v1/namespaces/{namespace}/things/{name}"
    shared = [
        {"name": held, "in": "path", "required": True, "schema": {"type": "string", "uniqueItems": True}}
        for held in ("name", "namespace")
    ]
    item = {
        "parameters": shared,
        "get": {"operationId": "readThing", "responses": {**answer(ref("Thing")), "401": {"description": "Unauthorized"}}},
        "patch": {
            "operationId": "patchThing",
            "requestBody": {"required": True, "content": patches},
            "responses": answer(ref("Thing")),
        },
        "delete": {
            "operationId": "deleteThing",
            "requestBody": {"content": {"*/*": {"schema": ref("Meta")}}},
            "responses": answer(ref("Thing")),
        },
    }
    proxy = {
        method: {"operationId": f"connect{method}", "responses": answer({"type": "string"}, "*/*")}
        for method in ("get", "put", "head", "options")
    }
    document = {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "unversioned"},
        "servers": [{"url": "https://cluster.example"}],
        "paths": {path: item, f"{path}/proxy/{{path}}": {"parameters": [*shared, {**shared[0], "name": "path"}], **proxy}},
        "components": {
            "schemas": {
                "JSON": {"description": "Any value.", "x-kubernetes-any": True},
                "Meta": meta,
                "Patch": {"type": "object"},
                "Props": props,
                "Thing": definition,
            }
        },
    }
    made = imported(document)

    assert (made.left_out, made.notes) == ((), ())
    assert len(made.handlers) == 7
    read, delete, patch = (handler.capability for handler in made.handlers[:3])
    defs = read.output_schema["$defs"]
    assert list(defs["Props"]["properties"]) == list(props["properties"])
    assert defs["Props"]["properties"]["not"] == {"$ref": "#/$defs/Props"}
    assert read.version == "1.0.0"
    assert patch.operation is not None
    assert patch.operation["body"]["media_type"] == "application/merge-patch+json"
    assert delete.operation is not None
    assert delete.operation["body"]["media_type"] == "application/json"


def test_a_document_shaped_like_that_of_openai() -> None:
    """Streams beside JSON, files, a recursive reference, null in an enum, defaults that do not fit, examples of any shape."""
    filters = {
        "$recursiveAnchor": True,
        "type": "object",
        "properties": {"filters": {"type": "array", "items": {"oneOf": [ref("Comparison"), {"$recursiveRef": "#"}]}}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "AI", "version": "2.3.0"},
        "servers": [{"url": "https://ai.example/v1"}],
        "security": [{"ApiKeyAuth": []}],
        "paths": {
            "/chat/completions": {
                "post": {
                    "operationId": "createChatCompletion",
                    "requestBody": {"required": True, "content": {"application/json": {"schema": ref("Request")}}},
                    "responses": {
                        "200": {
                            "description": "OK",
                            "content": {
                                "application/json": {"schema": ref("Filters")},
                                "text/event-stream": {"schema": ref("Lost")},
                            },
                        }
                    },
                    "x-oaiMeta": {"examples": [{"request": {"$ref": 3}}]},
                }
            },
            "/files": {
                "post": {
                    "operationId": "createFile",
                    "requestBody": {
                        "content": {
                            "multipart/form-data": {
                                "schema": {
                                    "type": "object",
                                    "required": ["file"],
                                    "properties": {"file": {"type": "string", "format": "binary"}},
                                }
                            }
                        }
                    },
                    "responses": answer({"type": "string", "format": "binary"}, "application/octet-stream"),
                }
            },
            "/stream": {"get": {"operationId": "stream", "responses": answer({}, "text/event-stream")}},
        },
        "components": {
            "securitySchemes": {"ApiKeyAuth": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Comparison": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}},
                "Filters": filters,
                "Request": {
                    "type": "object",
                    "properties": {
                        "effort": {"type": ["string", "null"], "enum": ["low", "high", None], "default": "medium"},
                        "stop": {
                            "nullable": True,
                            "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
                        },
                        "n": {"type": "integer", "minimum": 1, "exclusiveMinimum": False, "example": 1},
                    },
                },
            },
        },
    }
    made = imported(document)

    assert names(made) == ["create_chat_completion", "create_file"]
    assert [held.operation for held in made.left_out] == ["GET /stream"]
    assert [note.pointer for note in made.notes] == ["/components/schemas/Request/properties/effort/default"]
    chat, file = (handler.capability for handler in made.handlers)
    assert chat.output_schema["$defs"]["Filters"]["properties"]["filters"]["items"]["oneOf"][1] == {"$ref": "#/$defs/Filters"}
    assert {"type": "null"} in chat.input_schema["$defs"]["Request"]["properties"]["stop"]["anyOf"]
    assert file.output_schema["properties"]["body"] == {"type": "string", "contentEncoding": "base64"}
    assert "server" not in chat.config_schema["required"]


def test_a_document_shaped_like_that_of_pagerduty() -> None:
    """Headers that say what is accepted, `required` of a property, answers without content, an API key in Authorization."""
    header = {"name": "Accept", "in": "header", "schema": {"type": "string", "default": "application/vnd.pd+json;version=2"}}
    body = {
        "type": "object",
        "properties": {
            "incident": {"type": "object", "properties": {"title": {"type": "string", "required": True, "readOnly": False}}}
        },
        "example": {"incident": {"$ref": "#/lost"}},
    }
    document = {
        "openapi": "3.0.2",
        "info": {"title": "Paging", "version": "2.0.0"},
        "servers": [{"url": "https://paging.example"}],
        "security": [{"api_key": []}],
        "paths": {
            "/incidents": {
                "parameters": [header, {"$ref": "#/components/parameters/Include"}],
                "get": {"operationId": "listIncidents", "tags": ["Incidents"], "responses": answer({"type": "object"})},
                "post": {
                    "operationId": "createIncident",
                    "requestBody": {"content": {"application/json": {"schema": body}}},
                    "responses": {"201": {"description": "Created."}, "400": {"$ref": "#/components/responses/BadRequest"}},
                },
            },
            "/broken": {"get": {"operationId": "broken", "responses": {"200": {"$ref": "#/components/responses/Lost"}}}},
        },
        "components": {
            "parameters": {
                "Include": {
                    "name": "include[]",
                    "in": "query",
                    "explode": True,
                    "schema": {"type": "array", "items": {"enum": ["a"]}},
                }
            },
            "responses": {
                "BadRequest": {"description": "Bad.", "content": {"application/json": {"schema": {"$ref": "#/lost"}}}}
            },
            "securitySchemes": {
                "api_key": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token token=..."}
            },
        },
    }
    made = imported(document)

    assert names(made) == ["list_incidents", "create_incident"]
    assert [held.finding.pointer for held in made.left_out] == ["/paths/~1broken/get/responses/200/$ref"]
    assert [note.says for note in made.notes] == ["required is a list of different names; it is left out"]
    create = made.handlers[1].capability
    assert list(create.input_schema["properties"]) == ["include[]", "body"]
    assert create.output_schema["properties"]["body"] == {"description": "Whatever the API answers; its document does not say."}


def test_a_document_shaped_like_that_of_hellosign() -> None:
    """Files in a form, JSON beside it, examples in files of their own that are not there, headers by reference."""
    schema = {
        "type": "object",
        "properties": {
            "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
            "signers": {"type": "array", "items": ref("Signer")},
            "test_mode": {"type": "boolean", "default": False},
        },
    }
    told = {"default": {"summary": "One", "value": {"$ref": "examples/json/One.json"}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "_t__Sign::TITLE", "version": "3.0.0", "x-logo": {"url": {"$ref": "logo.svg"}}},
        "servers": [{"url": "https://sign.example/v3"}],
        "paths": {
            "/signature_request/send": {
                "post": {
                    "operationId": "send",
                    "requestBody": {
                        "content": {
                            "multipart/form-data": {
                                "schema": schema,
                                "encoding": {"signers": {"contentType": "application/json"}},
                                "examples": told,
                            }
                        }
                    },
                    "responses": {
                        "200": {
                            "description": "ok",
                            "headers": {"X-RateLimit-Limit": {"$ref": "#/components/headers/Lost"}},
                            "content": {"application/json": {"schema": ref("Signer"), "examples": told}},
                        },
                        "4XX": {
                            "description": "failed",
                            "content": {"application/json": {"schema": ref("Lost"), "examples": told}},
                        },
                    },
                    "security": [{"api_key": []}, {"oauth2": ["basic_account_info"]}],
                }
            },
            "/signature_request/files/{id}": {
                "get": {
                    "operationId": "files",
                    "parameters": [
                        {
                            "name": "id",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string"},
                            "example": {"$ref": "x.json"},
                        }
                    ],
                    "responses": {"200": {"description": "ok", "content": {"application/pdf": {}, "application/zip": {}}}},
                }
            },
        },
        "components": {
            "examples": {"One": {"value": {"$ref": "examples/json/One.json"}}},
            "schemas": {"Signer": {"type": "object", "properties": {"name": {"type": "string"}}}},
            "securitySchemes": {
                "api_key": {"type": "http", "scheme": "basic"},
                "oauth2": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }
    made = imported(document)

    assert (names(made), made.left_out, made.notes) == (["send", "files"], (), ())
    body = made.handlers[0].capability.operation
    assert body is not None
    assert body["body"]["fields"] == {"files": {"as": "file"}, "signers": {"as": "json", "media_type": "application/json"}}


def test_a_thousand_operations_are_imported_and_each_schema_is_converted_once() -> None:
    schemas = {
        f"S{n}": {"type": "object", "properties": {"id": {"type": "integer"}, "next": ref(f"S{(n + 1) % 50}")}}
        for n in range(50)
    }
    get = {"responses": {**answer(ref("S0")), "404": {"description": "none"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Large", "version": "1"},
        "servers": [{"url": "https://large.example"}],
        "paths": {f"/things/{n}": {"get": get} for n in range(1_000)},
        "components": {"schemas": schemas},
    }
    told: list[tuple[int, int]] = []
    made = import_document(Path("api.json"), json.dumps(document).encode(), Wanted(), lambda *done: told.append(done))

    assert (len(made.handlers), made.left_out) == (1_000, ())
    assert told == [(n, 1_000) for n in range(1_001)]
    first, last = made.handlers[0].capability, made.handlers[-1].capability
    assert len(first.output_schema["$defs"]) == 50
    assert all(first.output_schema["$defs"][name] is held for name, held in last.output_schema["$defs"].items())


def test_a_document_of_more_than_ten_megabytes_is_read() -> None:
    words = "All about it. " * 1_000
    get = {"operationId": "a", "description": words, "responses": {"200": {"description": "ok"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Large", "version": "1"},
        "servers": [{"url": "https://large.example"}],
        "paths": {f"/things/{n}": {"get": get} for n in range(900)},
    }
    content = json.dumps(document).encode()
    made = import_document(Path("api.json"), content, Wanted(only=("path:/things/7*",)))

    assert len(content) > 12 << 20
    assert (len(made.handlers), made.left_out) == (111, ())


def test_hosts_are_ascii_and_urls_are_whole() -> None:
    assert [url for url in URLS if is_absolute(url)] == URLS[:4]


URLS = [
    *("https://a.example", "http://localhost:8080/v1", "https://[::1]/a", "https://xn--bcher-kva.example"),
    *("https://bücher.example", "https://a\u2800.example", "https://a.example/{v}", "https://u@a.example", "ftp://a.example"),
    *(
        "https://a.example/x?y=1",
        "https://a.example/#f",
        "//a.example",
        "https://",
        "https://a b.example",
        "https://a.example:x",
    ),
]
