"""Bodies are written as the document's encodings say, and files go where the document has bytes."""

import base64
import email
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from catalog.openapi.importing import Wanted, import_document
from tests.support.guests import operation_module

BODIES = operation_module("bodies")
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"


def operation(content: Any, version: str = "3.0.3") -> Any:
    document = {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://a.example"}],
        "paths": {
            "/a": {
                "post": {
                    "operationId": "a",
                    "requestBody": {"required": True, "content": content},
                    "responses": {"204": {"description": "ok"}},
                }
            }
        },
    }
    return import_document(Path("api.json"), json.dumps(document).encode(), Wanted())


def spec(media_type: str, properties: Any, encoding: Any = None, **more: Any) -> Any:
    content = {"schema": {"type": "object", "properties": properties}, **({"encoding": encoding} if encoding else {})}
    made = operation({media_type: content}, **more)
    assert not made.left_out, made.left_out
    return made.handlers[0].capability.operation["body"]


OBJECT = {"type": "object", "additionalProperties": True}
LIST = {"type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("encoding", "value", "pairs"),
    [
        pytest.param(None, "a b&c", [("p", "a b&c")], id="a text"),
        pytest.param(None, 1.0, [("p", "1")], id="a number"),
        pytest.param(None, None, [], id="null"),
        pytest.param(None, ["a", "b"], [("p", "a"), ("p", "b")], id="a list"),
        pytest.param(None, {"a": 1}, [("p", '{"a":1}')], id="an object is JSON"),
        pytest.param(None, [{"a": 1}, {"a": 2}], [("p", '{"a":1}'), ("p", '{"a":2}')], id="a list of objects"),
        pytest.param(
            {"style": "deepObject", "explode": True},
            {"a": 1, "b": ["x", "y"], "c": None},
            [("p[a]", "1"), ("p[b]", "x"), ("p[b]", "y")],
            id="deepObject",
        ),
        pytest.param({"style": "deepObject"}, [{"a": 1}], [("p[0][a]", "1")], id="deepObject of a list, as Stripe has it"),
        pytest.param({"explode": False}, ["a", "b"], [("p", "a,b")], id="not exploded"),
        pytest.param({"explode": True}, {"a": 1, "b": None}, [("a", "1")], id="an exploded object"),
        pytest.param({"style": "form", "explode": False}, {"a": 1}, [("p", "a,1")], id="an object not exploded"),
        pytest.param({"style": "spaceDelimited"}, ["a", "b"], [("p", "a b")], id="spaces"),
        pytest.param({"style": "pipeDelimited"}, ["a", "b"], [("p", "a|b")], id="pipes"),
        pytest.param({"style": "pipeDelimited", "explode": True}, ["a", "b"], [("p", "a"), ("p", "b")], id="exploded pipes"),
        pytest.param({"contentType": "application/json"}, ["a", None], [("p", '["a",null]')], id="JSON"),
        pytest.param({"contentType": "application/x+json"}, "a", [("p", '"a"')], id="a text as JSON"),
        pytest.param({"contentType": "text/plain"}, "a", [("p", "a")], id="plain text"),
        pytest.param({"allowReserved": True}, "a/b", [("p", "a/b")], id="reserved letters"),
    ],
)
def test_a_form_is_written_as_its_encoding_says(encoding: Any, value: Any, pairs: list[tuple[str, str]]) -> None:
    told = spec(FORM, {"p": {}}, {"p": encoding} if encoding else None)
    media_type, text, binary = BODIES.body_of(told, {"p": value})

    assert (media_type, binary) == (FORM, None)
    assert parse_qsl(text, keep_blank_values=True) == pairs


@pytest.mark.parametrize(
    ("media_type", "encoding", "where", "says"),
    [
        (FORM, {"style": "matrix"}, "style", "the field p is written as matrix"),
        (FORM, {"contentType": "application/xml"}, "contentType", "application/xml, which is not done in a form"),
        (FORM, {"style": 3}, "style", "the field p is written as 3"),
        (PARTS, {"headers": {"X-A": {"required": True}}}, "headers/X-A", "needs a header X-A"),
    ],
    ids=["a style of paths", "XML", "no style", "a header"],
)
def test_an_encoding_that_cannot_be_had_is_told_with_its_place(media_type: str, encoding: Any, where: str, says: str) -> None:
    content = {"schema": {"type": "object", "properties": {"p": OBJECT}}, "encoding": {"p": encoding}}
    (left,) = operation({media_type: content}).left_out
    place = media_type.replace("/", "~1")

    assert left.finding.pointer == f"/paths/~1a/post/requestBody/content/{place}/encoding/p/{where}"
    assert says in left.finding.says


def parts(told: Any, body: Any) -> list[tuple[str, str | None, str | None, bytes]]:
    media_type, text, binary = BODIES.body_of(told, body)
    assert text is None
    message = email.message_from_bytes(f"Content-Type: {media_type}\r\n\r\n".encode() + base64.b64decode(binary))
    found: list[Any] = [part for part in message.walk() if not part.is_multipart()]
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            part["content-type"],
            part.get_payload(decode=True),
        )
        for part in found
    ]


BINARY = {"type": "string", "format": "binary"}
PNG = base64.b64encode(b"\x89PNG\r\n\x00").decode()


@pytest.mark.parametrize(
    ("schema", "encoding", "value", "found"),
    [
        pytest.param({"type": "string"}, None, "ä", [("p", None, None, "ä".encode())], id="a text"),
        pytest.param({"type": "integer"}, None, 3, [("p", None, None, b"3")], id="a number"),
        pytest.param(OBJECT, None, {"a": 1}, [("p", None, "application/json", b'{"a":1}')], id="an object"),
        pytest.param(LIST, None, ["a", "b"], [("p", None, None, b"a"), ("p", None, None, b"b")], id="a list"),
        pytest.param(
            LIST, {"contentType": "application/json"}, ["a"], [("p", None, "application/json", b'["a"]')], id="a list as JSON"
        ),
        pytest.param({"type": "string"}, {"contentType": "text/csv"}, "a", [("p", None, "text/csv", b"a")], id="typed text"),
        pytest.param(
            BINARY,
            None,
            {"base64": PNG, "filename": "a.png", "content_type": "image/png"},
            [("p", "a.png", "image/png", b"\x89PNG\r\n\x00")],
            id="a file",
        ),
        pytest.param(
            BINARY, {"contentType": "text/csv"}, {"text": "a,b"}, [("p", "p", "text/csv", b"a,b")], id="a file of text"
        ),
        pytest.param(
            BINARY, {"contentType": "image/*"}, {"text": ""}, [("p", "p", "application/octet-stream", b"")], id="an empty file"
        ),
        pytest.param(
            {"type": "array", "items": BINARY},
            None,
            [{"text": "1"}, {"text": "2", "filename": "b"}],
            [("p", "p", "application/octet-stream", b"1"), ("p", "b", "application/octet-stream", b"2")],
            id="files",
        ),
        pytest.param({"type": "string"}, None, None, [], id="null"),
    ],
)
def test_a_form_of_parts_is_read_back_as_what_was_sent(schema: Any, encoding: Any, value: Any, found: Any) -> None:
    told = spec(PARTS, {"p": schema, "q": {"type": "string"}}, {"p": encoding} if encoding else None)
    assert parts(told, {"p": value, "q": "last"}) == [*found, ("q", None, None, b"last")]


def test_the_boundary_stands_in_no_part_and_names_break_nothing_out() -> None:
    told = spec(PARTS, {'a"\r\nx': {"type": "string"}})
    media_type, _, binary = BODIES.body_of(told, {'a"\r\nx': "--goalwright-0"})
    content = base64.b64decode(binary)

    assert b'name="a%22%0D%0Ax"' in content
    assert content.count(media_type.partition("boundary=")[2].encode()) == 2
    assert BODIES.body_of(told, {'a"\r\nx': "--goalwright-0"})[0] == media_type  # the same at every attempt


def test_a_file_that_is_no_base64_is_refused() -> None:
    told = spec(PARTS, {"p": BINARY})
    with pytest.raises(Exception, match="p is not a text in base64") as refused:
        BODIES.body_of(told, {"p": {"base64": "?"}})
    assert getattr(refused.value, "type", None) == "request_invalid"


@pytest.mark.parametrize(
    ("content", "media_type", "form"),
    [
        pytest.param(["application/json", PARTS], "application/json", "json", id="JSON before parts"),
        pytest.param(["text/plain", FORM], FORM, "form", id="a form before text"),
        pytest.param([PARTS, "application/octet-stream"], PARTS, "multipart", id="parts before bytes"),
        pytest.param(
            ["application/json-patch+json", "application/merge-patch+json"],
            "application/merge-patch+json",
            "json",
            id="a merge patch, as Kubernetes has it",
        ),
        pytest.param(["application/vnd.api+json"], "application/vnd.api+json", "json", id="a kind of JSON"),
        pytest.param(["application/json; charset=utf-8"], "application/json; charset=utf-8", "json", id="with a parameter"),
        pytest.param(["*/*"], "application/json", "json", id="anything"),
        pytest.param(["image/png"], "image/png", "base64", id="an image"),
        pytest.param(["application/xml", "text/csv"], "text/csv", "text", id="text before XML"),
    ],
)
def test_a_media_type_is_chosen(content: list[str], media_type: str, form: str) -> None:
    made = operation({held: {"schema": {}} for held in content})
    body = made.handlers[0].capability.operation["body"]
    assert (body["media_type"], body["as"]) == (media_type, form)


@pytest.mark.parametrize("media_type", ["application/xml", "multipart/mixed", "text/event-stream", "application/soap+xml"])
def test_what_is_written_in_no_known_way_is_left_out(media_type: str) -> None:
    (left,) = operation({media_type: {"schema": {}}}).left_out
    assert f"the request body is {media_type} only; understood: JSON, forms" in left.finding.says
