"""What changed in an API is told by operation, and what breaks by its place."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalog.openapi.importing import Import, Wanted, import_document
from service.comparing import Change, breaking, compared, imported_into
from service.importing import write

PET = {
    "type": "object",
    "required": ["id", "kind"],
    "properties": {
        "id": {"type": "integer"},
        "kind": {"enum": ["cat", "dog"]},
        "born": {"type": "string", "format": "date"},
        "mother": {"$ref": "#/components/schemas/Pet"},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 9}},
    },
}
BASE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "https://a.example"}],
    "paths": {
        "/pets": {
            "get": {
                "operationId": "pets",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"name": "sort", "in": "query", "schema": {"enum": ["a", "b"]}},
                ],
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}},
                    },
                    "404": {"description": "none"},
                },
            },
            "post": {
                "operationId": "add",
                "requestBody": {
                    "content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}
                },
                "responses": {"204": {"description": "ok"}},
            },
        },
        "/gone": {"get": {"operationId": "gone", "tags": ["x"], "responses": {"200": {"description": "ok"}}}},
    },
    "components": {"schemas": {"Pet": PET}},
}

Edit = Callable[[Any], None]


def imported(document: Any, *only: str) -> Import:
    return import_document(Path("api.json"), json.dumps(document).encode(), Wanted(only=only))


def changed(tmp_path: Path, edit: Edit, *only: str) -> list[tuple[Change, str, tuple[str, ...]]]:
    write(imported(BASE), tmp_path)
    document = copy.deepcopy(BASE)
    edit(document)
    changes = compared(imported(document, *only), imported_into(tmp_path, "api.json"), Wanted(only=only))
    assert breaking(changes) is any(c.change in (Change.BREAKING, Change.REMOVED) for c in changes)
    return [(c.change, c.operation, c.says) for c in changes]


def get(document: Any) -> Any:
    return document["paths"]["/pets"]["get"]


def pet(document: Any) -> Any:
    return document["components"]["schemas"]["Pet"]


def parameter(document: Any, at: int) -> Any:
    return get(document)["parameters"][at]


def test_nothing_changed_where_nothing_did(tmp_path: Path) -> None:
    assert changed(tmp_path, lambda document: document["info"].update(version="2")) == []


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda d: get(d).update(summary="Other words"), id="words"),
        pytest.param(lambda d: parameter(d, 0)["schema"].update(maximum=200), id="a wider bound"),
        pytest.param(lambda d: parameter(d, 0)["schema"].pop("maximum"), id="no bound"),
        pytest.param(lambda d: parameter(d, 1)["schema"]["enum"].append("c"), id="one more choice"),
        pytest.param(
            lambda d: get(d)["parameters"].append({"name": "n", "in": "query", "schema": {}}), id="one more parameter"
        ),
        pytest.param(lambda d: pet(d)["properties"].update(new={"type": "string"}), id="one more property"),
        pytest.param(lambda d: pet(d)["required"].append("born"), id="a property that is always there"),
        pytest.param(lambda d: pet(d)["properties"].update(kind={"const": "cat"}), id="fewer values that come"),
        pytest.param(lambda d: pet(d)["properties"]["tags"]["items"].update(maxLength=5), id="shorter texts that come"),
        pytest.param(lambda d: get(d)["responses"].update({"409": {"description": "new"}}), id="one more failure"),
        pytest.param(lambda d: parameter(d, 0)["schema"].update(default=5), id="a default"),
    ],
)
def test_what_breaks_nothing_is_told_as_a_change(tmp_path: Path, edit: Edit) -> None:
    assert changed(tmp_path, edit) == [(Change.CHANGED, "GET /pets", ())]


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        pytest.param(lambda d: get(d).update(operationId="list"), "the handler's name is list", id="the name"),
        pytest.param(lambda d: get(d)["parameters"].pop(0), "input/limit: is not taken any more", id="a parameter is gone"),
        pytest.param(lambda d: parameter(d, 0).update(required=True), "input/limit: is required now", id="it is required"),
        pytest.param(
            lambda d: parameter(d, 0)["schema"].update(maximum=10),
            "input/limit: maximum was 100 and is 10",
            id="a tighter bound",
        ),
        pytest.param(
            lambda d: parameter(d, 0)["schema"].update(type="string"),
            "input/limit: type was integer and is string",
            id="another type",
        ),
        pytest.param(
            lambda d: parameter(d, 1)["schema"]["enum"].pop(),
            "input/sort: enum was ['a', 'b'] and is ['a']",
            id="fewer choices",
        ),
        pytest.param(
            lambda d: pet(d)["required"].remove("kind"), "output/body/kind: need not be there any more", id="it may be absent"
        ),
        pytest.param(
            lambda d: pet(d)["properties"].pop("born"), "output/body/born: is not described any more", id="it is gone"
        ),
        pytest.param(
            lambda d: pet(d)["properties"]["kind"]["enum"].append("owl"),
            "output/body/kind: enum was ['cat', 'dog'] and is ['cat', 'dog', 'owl']",
            id="more values that come",
        ),
        pytest.param(
            lambda d: pet(d)["properties"]["id"].update(type=["integer", "null"]),
            "output/body/id: type was integer and is ['integer', 'null']",
            id="null may come",
        ),
        pytest.param(
            lambda d: pet(d)["properties"]["tags"]["items"].update(maxLength=20),
            "output/body/tags/*: maxLength was 9 and is 20",
            id="longer texts that come",
        ),
        pytest.param(
            lambda d: get(d)["responses"].pop("404"), "the error status_404 is not told any more", id="a failure is gone"
        ),
        pytest.param(
            lambda d: d["servers"].__setitem__(0, {"url": "https://b.example"}),
            "config/server: enum was ['https://a.example'] and is ['https://b.example']",
            id="another server",
        ),
        pytest.param(
            lambda d: d.update(
                security=[{"k": []}],
                components={**d["components"], "securitySchemes": {"k": {"type": "http", "scheme": "bearer"}}},
            ),
            "config/auth: is required now",
            id="it has to be signed",
        ),
    ],
)
def test_what_breaks_is_told_with_its_place(tmp_path: Path, edit: Edit, says: str) -> None:
    found = {operation: (change, told) for change, operation, told in changed(tmp_path, edit)}
    change, told = found["GET /pets"]
    assert change is Change.BREAKING
    assert says in told


def test_a_body_that_becomes_required_or_closed_breaks(tmp_path: Path) -> None:
    def edit(document: Any) -> None:
        body = document["paths"]["/pets"]["post"]["requestBody"]
        body["required"] = True
        body["content"]["application/json"]["schema"]["additionalProperties"] = False

    ((change, operation, says),) = changed(tmp_path, edit)
    assert (change, operation) == (Change.BREAKING, "POST /pets")
    assert says == ("input/body: is required now", "input/body: takes no other names any more")


def test_operations_come_and_go(tmp_path: Path) -> None:
    def edit(document: Any) -> None:
        document["paths"]["/new"] = document["paths"].pop("/gone")

    assert changed(tmp_path, edit) == [
        (Change.ADDED, "GET /new", ()),
        (Change.REMOVED, "GET /gone", ("the document has no such operation",)),
    ]


def test_an_operation_that_can_be_no_handler_any_more_is_removed_and_says_why(tmp_path: Path) -> None:
    ((change, operation, says),) = changed(tmp_path, lambda d: d["paths"]["/gone"]["get"].update(callbacks={"a": {}}))
    assert (change, operation) == (Change.REMOVED, "GET /gone")
    assert "it calls back" in says[0]


@pytest.mark.parametrize(("glob", "gone"), [("path:/pets", False), ("path:/gone", True), ("gone", True), ("pets", False)])
def test_only_what_is_wanted_is_compared(tmp_path: Path, glob: str, *, gone: bool) -> None:
    assert bool(changed(tmp_path, lambda d: d["paths"].pop("/gone"), glob)) is gone


def test_handlers_of_another_document_are_not_compared(tmp_path: Path) -> None:
    write(imported(BASE), tmp_path)
    other = {**BASE, "paths": {"/other": BASE["paths"]["/gone"]}}
    made = import_document(Path("other.json"), json.dumps(other).encode(), Wanted(prefix="other"))
    write(made, tmp_path)
    again = import_document(Path("other.json"), json.dumps(other).encode(), Wanted(prefix="other"))

    assert compared(again, imported_into(tmp_path, "other.json"), Wanted()) == ()


def test_nothing_was_imported_yet(tmp_path: Path) -> None:
    made = compared(imported(BASE), imported_into(tmp_path / "none", "api.json"), Wanted())
    assert [found.change for found in made] == [Change.ADDED] * 3
