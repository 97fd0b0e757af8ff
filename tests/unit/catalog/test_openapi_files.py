"""A document may consist of several files: those of its folder or its zip, and nothing outside of them."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from catalog.findings import CatalogError
from catalog.openapi.importing import Import, Wanted, import_document

MAIN = """
openapi: 3.0.3
info: {title: Pets, version: 1.0.0}
servers: [{url: "https://a.example"}]
paths:
  /pets: {$ref: paths/pets.yaml}
  /own:
    get: {operationId: own, responses: {"200": {description: ok}}}
  /lost:
    get: {operationId: lost, responses: {"200": {$ref: "nowhere.yaml#/Lost"}}}
components:
  schemas:
    Tag: {type: string, maxLength: 9}
"""
PATHS = """
get:
  operationId: pets
  parameters: [{$ref: "../shared.json#/parameters/limit"}]
  responses:
    "200":
      description: ok
      content: {application/json: {schema: {type: array, items: {$ref: "../schemas/pet.yaml"}}}}
"""
PET = """
type: object
properties:
  tag: {$ref: "../openapi.yaml#/components/schemas/Tag"}
  mother: {$ref: "#"}
  $ref: {type: string}
example: {$ref: "../nowhere.json"}
"""
SHARED = json.dumps({"parameters": {"limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "default": "a"}}}})
FILES = {"openapi.yaml": MAIN, "paths/pets.yaml": PATHS, "schemas/pet.yaml": PET, "shared.json": SHARED}


def folder_of(place: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return place / "openapi.yaml"


def zip_of(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def told(made: Import) -> Any:
    return (
        [handler.capability.name for handler in made.handlers],
        [(str(held.finding.file.name), held.finding.pointer, held.finding.says) for held in made.left_out],
        [(str(note.file.name), note.pointer) for note in made.notes],
    )


@pytest.mark.parametrize("packed", [False, True], ids=["a folder", "a zip"])
def test_files_are_read_together(tmp_path: Path, *, packed: bool) -> None:
    file = folder_of(tmp_path, FILES)
    if packed:
        file = tmp_path / "api.zip"
        file.write_bytes(zip_of(FILES))
    made = import_document(file, file.read_bytes(), Wanted())
    names, left_out, notes = told(made)

    assert names == ["pets", "own"]
    assert [(held[0], held[1]) for held in left_out] == [(file.name, "/paths/~1lost/get/responses/200/$ref")]
    assert "it refers to nowhere.yaml, which" in left_out[0][2]
    assert notes == [("shared.json", "/parameters/limit/schema/default")]
    schema = made.handlers[0].capability.output_schema
    pet = schema["$defs"][schema["properties"]["body"]["items"]["$ref"].removeprefix("#/$defs/")]
    assert list(pet["properties"]) == ["tag", "mother", "$ref"]
    assert pet["properties"]["mother"] == schema["properties"]["body"]["items"]
    assert schema["$defs"]["Tag"] == {"type": "string", "maxLength": 9}


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        pytest.param("../outside.yaml", "lies outside of the document's folder", id="above"),
        pytest.param("/etc/hostname", "lies outside of the document's folder", id="from the root"),
        pytest.param("a/../../outside.yaml#/A", "lies outside of the document's folder", id="above by a way round"),
        pytest.param("%2e%2e/outside.yaml", "lies outside of the document's folder", id="above, encoded"),
        pytest.param("link.yaml", "lies outside of the document's folder", id="above by a link"),
        pytest.param("https://a.example/x.yaml", "only files in the document's own folder", id="on a server"),
        pytest.param("file:///etc/hostname", "only files in the document's own folder", id="a file URL"),
        pytest.param("//a.example/x", "only files in the document's own folder", id="a server without a scheme"),
        pytest.param("broken.yaml", "which cannot be read: not JSON", id="no YAML"),
        pytest.param("list.json", "is not an object", id="a list"),
        pytest.param("x\x00.yaml", "cannot be read", id="no path"),
        pytest.param(".", "cannot be read", id="the folder"),
        pytest.param("shared.yaml#/nothing", "shared.yaml#/nothing, and nothing is there", id="nothing there"),
    ],
)
def test_what_is_not_read_is_told_of_the_operation_that_needs_it(tmp_path: Path, reference: str, says: str) -> None:
    (tmp_path / "outside.yaml").write_text("type: string")
    inside = tmp_path / "api"
    response = {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": reference}}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://a.example"}],
        "paths": {
            "/a": {"get": {"operationId": "a", "responses": response}},
            "/b": {"get": {"operationId": "b", "responses": {"200": {"description": "ok"}}}},
        },
    }
    files = {"openapi.yaml": json.dumps(document), "broken.yaml": "[", "list.json": "[]", "shared.yaml": "a: 1"}
    file = folder_of(inside, files)
    (inside / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    made = import_document(file, file.read_bytes(), Wanted())

    assert [handler.capability.name for handler in made.handlers] == ["b"]
    assert says in made.left_out[0].finding.says


def test_nothing_beside_a_fetched_document_is_read(tmp_path: Path) -> None:
    file = folder_of(tmp_path, FILES)
    made = import_document(file, file.read_bytes(), Wanted(base="https://a.example/openapi.yaml"))

    assert [handler.capability.name for handler in made.handlers] == ["own"]
    assert all("another file; download the document" in held.finding.says for held in made.left_out)


def entry(name: str, *, mode: int = 0o644) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.external_attr = mode << 16
    found.compress_type = zipfile.ZIP_DEFLATED
    return found


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        pytest.param([("../a.yaml", "a")], "no plain path", id="above"),
        pytest.param([("/a.yaml", "a")], "no plain path", id="from the root"),
        pytest.param([("a\\b.yaml", "a")], "no plain path", id="a backslash"),
        pytest.param([("C:a.yaml", "a")], "no plain path", id="a drive"),
        pytest.param([("openapi.yaml", "a" * (4 << 20))], "200 times its size", id="a bomb"),
        pytest.param([(f"{i}.yaml", "a") for i in range(2_001)], "more than 2,000 files", id="too many files"),
        pytest.param([("a.yaml", "a"), ("b.yaml", "b")], "which file is the document", id="no telling which"),
        pytest.param([("readme.txt", "a")], "which file is the document", id="none"),
    ],
)
def test_a_zip_of_tricks_is_refused(entries: list[tuple[str, str]], says: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in entries:
            archive.writestr(entry(name), text)
    with pytest.raises(CatalogError) as refused:
        import_document(Path("api.zip"), content.getvalue(), Wanted())
    assert says in str(refused.value)


def test_a_link_in_a_zip_is_refused() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(entry("openapi.yaml", mode=0o120777), "/etc/hostname")
    with pytest.raises(CatalogError) as refused:
        import_document(Path("api.zip"), content.getvalue(), Wanted())
    assert "is a link" in str(refused.value)


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + b"\x00" * 100])
def test_a_broken_zip_is_refused(content: bytes) -> None:
    with pytest.raises(CatalogError) as refused:
        import_document(Path("api.zip"), content, Wanted())
    assert "the zip cannot be read" in str(refused.value)
