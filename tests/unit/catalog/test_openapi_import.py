"""An OpenAPI document becomes handlers, and whatever cannot be one is told."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog.capability import Capability, Effect
from catalog.findings import CatalogError
from catalog.loader import CORE, load_capability
from catalog.openapi.capabilities import HOST_ERRORS
from catalog.openapi.importing import Import, Wanted, import_document
from catalog.openapi.naming import name_of, version_of

DOCUMENTS = Path(__file__).resolve().parents[2] / "support" / "openapi"
PETS = DOCUMENTS / "petstore.yaml"
LAB = DOCUMENTS / "jupyterlab_server.yml"
OWN = {name for name, _ in HOST_ERRORS.items()} | {"status_unexpected", "status_busy"}


def imported(source: Path, **wanted: Any) -> Import:
    return import_document(source, source.read_bytes(), Wanted(**wanted))


def capability(made: Import, name: str) -> Capability:
    return next(handler.capability for handler in made.handlers if handler.capability.name == name)


def minimal(operation: dict[str, Any], **document: Any) -> bytes:
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1.0.0"},
        "servers": [{"url": "https://a.example"}],
        "paths": {"/a": {"get": {"operationId": "a", "responses": {"200": {"description": "ok"}}, **operation}}},
        **document,
    }
    return json.dumps(whole).encode()


def test_every_operation_that_can_be_one_becomes_a_handler() -> None:
    made = imported(PETS)
    told = {h.capability.name: (h.operation, h.capability.effect, h.capability.idempotent) for h in made.handlers}

    assert told == {
        "list_pets": ("GET /pets", Effect.READ, False),
        "add_pet": ("POST /pets", Effect.WRITE, True),  # it takes an Idempotency-Key
        "get_pet": ("GET /pets/{petId}", Effect.READ, False),
        "rename_pet": ("PUT /pets/{petId}", Effect.WRITE, True),
        "remove_pet": ("DELETE /pets/{petId}", Effect.WRITE, True),
        "get_photo": ("GET /pets/{petId}/photo", Effect.READ, False),
        "add_photo": ("POST /pets/{petId}/photo", Effect.WRITE, False),
        "get_session": ("GET /session", Effect.READ, False),
        "head_report": ("HEAD /report", Effect.READ, False),  # its operationId is that of another
    }
    assert {h.capability.version for h in made.handlers} == {"1.4.0"}


def test_every_operation_that_cannot_be_one_says_why() -> None:
    found = {held.finding.pointer: held.finding.says for held in imported(PETS).left_out}

    assert found == {
        "/paths/~1events/post/callbacks": (
            "POST /events is not imported: it calls back, and a handler has nowhere to be called; "
            "offer an operation without callbacks"
        ),
        "/paths/~1session/trace": "TRACE /session is not imported: the method TRACE is not sent",
        "/paths/~1report/get/responses/200/content": (
            "GET /report is not imported: the answer 200 is application/xml only; understood: JSON, text, bytes"
        ),
        "/components/securitySchemes/mtls": (
            "OPTIONS /report is not imported: the security scheme mtls (http digest) is not done; "
            "bearer, basic and API keys in headers, queries and cookies are"
        ),
    }


def test_a_capability_says_what_the_document_says() -> None:
    made = capability(imported(PETS), "list_pets")

    assert (made.summary, made.imports, made.authority.hosts, made.authority.secrets) == (
        "List pets",
        ("http",),
        ("/config/server",),
        ("/config/auth/bearer",),
    )
    assert made.description.startswith(
        "Gives the pets of the shop, some at a time.\nThe newest come first.\n\nMakes the request"
    )
    assert made.config_schema["properties"]["server"]["enum"] == ["https://eu.pets.example/v1", "https://us.pets.example/v1"]
    assert made.config_schema["required"] == ["server", "auth"]
    assert list(made.input_schema["properties"]) == ["X-Tenant", "tags", "limit", "filter", "fields", "near"]
    assert made.input_schema["properties"]["limit"] == {"type": "integer", "exclusiveMinimum": 0, "default": 20}
    assert made.output_schema["properties"]["body"] == {"type": "array", "items": {"$ref": "#/$defs/Pet"}}
    assert list(made.output_schema["$defs"]["Pet"]["properties"]) == ["id", "name", "born", "mother"]
    assert [(e.type, e.retryable) for e in made.errors if e.type not in OWN] == [("status_429", True), ("status_other", False)]


def test_what_is_read_only_is_not_sent() -> None:
    made = capability(imported(PETS), "add_pet")

    assert made.input_schema["required"] == ["body"]
    assert made.input_schema["$defs"]["Pet"]["required"] == ["name"]
    assert list(made.input_schema["$defs"]["Pet"]["properties"]) == ["name", "born", "secret", "mother"]
    assert made.config_schema["properties"]["auth"]["anyOf"] == [{"required": ["key"]}, {"required": ["login"]}]


def test_the_document_s_examples_are_shown_and_not_run() -> None:
    made = imported(PETS)
    (example,) = capability(made, "get_pet").examples

    assert (example.config, example.input, example.runs) == ({"server": "https://eu.pets.example/v1"}, {"petId": 7}, False)
    assert example.output == {"status": 200, "headers": {}, "body": {"id": 7, "name": "Rex"}}
    # Its request has an example and its answer has none.
    assert capability(made, "add_pet").examples == ()


def test_a_deprecated_operation_is_a_deprecated_handler() -> None:
    made = imported(PETS)
    assert [h.capability.name for h in made.handlers if h.capability.deprecated] == ["remove_pet"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        pytest.param({"only": ("*_pet",)}, ["add_pet", "get_pet", "rename_pet", "remove_pet"], id="by name"),
        pytest.param({"only": ("listPets",)}, ["list_pets"], id="by operationId"),
        pytest.param(
            {"only": ("GET /pets*", "PUT *")}, ["list_pets", "get_pet", "rename_pet", "get_photo"], id="by method and path"
        ),
        pytest.param({"only": ("shop_get_pe*",), "prefix": "shop"}, ["shop_get_pet"], id="with a prefix"),
        pytest.param({"only": ("/pets/*/photo",)}, ["get_photo", "add_photo"], id="by path"),
        pytest.param({"only": ("path:/pets",)}, ["list_pets", "add_pet"], id="by path alone"),
        pytest.param({"only": ("tag:photos",)}, ["get_photo", "add_photo"], id="by tag alone"),
        pytest.param({"only": ("photo*", "nothing")}, ["get_photo", "add_photo"], id="by tag"),
        pytest.param({"only": ("operation:get*",)}, ["get_pet", "get_photo", "get_session"], id="by operation"),
    ],
)
def test_only_what_is_wanted_is_imported_and_told_of(wanted: dict[str, Any], names: list[str]) -> None:
    made = imported(PETS, **wanted)
    assert [handler.capability.name for handler in made.handlers] == names
    assert all(not held.finding.pointer.startswith("/paths/~1events") for held in made.left_out)
    assert [note.says for note in made.notes] == [
        f"--only {glob}: no operation has that name, path or tag" for glob in wanted["only"] if glob == "nothing"
    ]


def test_a_public_document_becomes_handlers_whole() -> None:
    made = imported(LAB, server="http://localhost:8888")

    assert (len(made.handlers), made.left_out, made.notes) == (12, (), ())
    assert {h.capability.effect for h in made.handlers} == {Effect.READ, Effect.WRITE}


@pytest.mark.parametrize("source", [pytest.param(PETS, id="of our own"), pytest.param(LAB, id="public")])
def test_what_is_written_is_read_back_as_the_same(source: Path, tmp_path: Path) -> None:
    for handler in imported(source, server="https://a.example").handlers:
        folder = tmp_path / handler.capability.name
        folder.mkdir()
        for name, text in handler.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        assert load_capability(folder) == handler.capability
        assert set(handler.files) == {"capability.yaml", "operation.json"}  # data alone


def test_hosts_errors_are_those_of_the_core_s_own_handler() -> None:
    core = {error.type: error.retryable for error in load_capability(CORE / "http_request").errors}
    shared = {name: retryable for name, (retryable, _) in HOST_ERRORS.items() if name in core}
    assert shared == {name: core[name] for name in shared}
    assert set(HOST_ERRORS) - set(core) <= {"secret_refused"}


@pytest.mark.parametrize(
    ("content", "pointer", "says"),
    [
        pytest.param(b'{"swagger": "1.2"}', "/swagger", "2.0, 3.0.x and 3.1.x are understood", id="an older version"),
        pytest.param(b'{"openapi": "3.2.0"}', "/openapi", "3.0.x and 3.1.x are understood", id="another version"),
        pytest.param(b'{"paths": {}}', "/openapi", "the document says openapi: None", id="no version"),
        pytest.param(b"openapi: 3.0.3\npaths: [", "", "line 3", id="neither JSON nor YAML"),
        pytest.param(b"{,}", "", "not JSON", id="not JSON"),
        pytest.param(b"- a", "", "the document is not an object", id="no object"),
        pytest.param(b"\xff\xfe", "", "not UTF-8", id="not UTF-8"),
        pytest.param(b"[" * 100_000, "", "nested too deeply", id="nested without end"),
        pytest.param(b"a: " + b"[" * 200 + b"]" * 200, "", "nested too deeply", id="nested too deeply"),
        pytest.param(b"a: *b", "", "names nothing that ends before it", id="an alias of nothing"),
        pytest.param(b"a: &a [*a]", "", "names nothing that ends before it", id="an alias of itself"),
        pytest.param(b'{"openapi": "3.1.0", "a": NaN}', "", "NaN is no number", id="no number"),
        pytest.param(b'{"openapi": "3.1.0", "a": 1e999}', "", "is too large", id="no number that is kept"),
        pytest.param(b'{"a": "\\ud800"}', "", "half of a surrogate pair", id="half a character"),
        pytest.param(b"a: 1\n---\na: 2", "", "a second document begins", id="two documents"),
        pytest.param(b"a: !!python/object:os.system x", "", "says what JSON cannot", id="a tag"),
    ],
)
def test_what_is_no_document_is_refused_and_nothing_is_fetched(content: bytes, pointer: str, says: str) -> None:
    with pytest.raises(CatalogError) as refused:
        import_document(Path("api.json"), content, Wanted())
    (finding,) = refused.value.findings
    assert (finding.pointer, says in finding.says) == (pointer, True), finding


@pytest.mark.parametrize(
    ("content", "wanted", "says"),
    [
        pytest.param(minimal({}, servers=[]), {}, "names no absolute server; name it with --server URL", id="no server"),
        pytest.param(
            minimal({"responses": {"404": {"description": "no"}}}), {}, "it names no answer of success", id="no success"
        ),
        pytest.param(
            minimal({"responses": {"200": {"$ref": "http://127.0.0.1:1/x.json"}}}),
            {},
            "only files in the document's own folder are",
            id="a reference to another server",
        ),
        pytest.param(
            minimal({"parameters": [{"name": "Host", "in": "header", "schema": {}}]}),
            {},
            "the header parameter Host cannot be sent",
            id="a header of the connection",
        ),
        pytest.param(
            minimal({"parameters": [{"name": "a", "in": "query", "content": {"application/xml": {}}}]}),
            {},
            "the parameter a is application/xml only",
            id="a parameter that is XML",
        ),
        pytest.param(
            minimal({"security": [{"k": []}]}, components={"securitySchemes": {"k": {"type": "mutualTLS"}}}),
            {},
            "the security scheme k (mutualTLS) is not done",
            id="certificates",
        ),
        pytest.param(
            minimal({"parameters": [{"name": "a", "in": "query", "style": "loud", "schema": {}}]}),
            {},
            "the query parameter a is written as loud, which is not done",
            id="a style that is none",
        ),
    ],
)
def test_what_an_operation_cannot_have_is_told(content: bytes, wanted: dict[str, Any], says: str) -> None:
    made = import_document(Path("api.json"), content, Wanted(**wanted))
    assert made.handlers == ()
    assert says in made.left_out[0].finding.says


@pytest.mark.parametrize(
    ("servers", "base", "found"),
    [
        pytest.param([], "https://a.example/api/openapi.json", ["https://a.example"], id="none beside a document"),
        pytest.param([{"url": "v2"}], "https://a.example/api/openapi.json", ["https://a.example/api/v2"], id="a relative one"),
        pytest.param([{"url": "//b.example/x/"}], "https://a.example/", ["https://b.example/x"], id="without a scheme"),
        pytest.param(
            [{"url": "https://user@a.example"}, {"url": "ftp://a.example"}, {"url": "https://b.example"}],
            "",
            ["https://b.example"],
            id="only those that can be asked",
        ),
    ],
)
def test_servers_are_the_absolute_ones(servers: list[Any], base: str, found: list[str]) -> None:
    made = import_document(Path("api.json"), minimal({}, servers=servers), Wanted(base=base))
    assert made.handlers[0].capability.config_schema["properties"]["server"]["enum"] == found


def test_a_scheme_that_is_not_done_does_not_matter_where_another_will_do() -> None:
    schemes = {"k": {"type": "mutualTLS"}, "q": {"type": "apiKey", "in": "query", "name": "key"}}
    content = minimal({"security": [{"k": []}, {"q": []}, {}]}, components={"securitySchemes": schemes})
    made = import_document(Path("api.json"), content, Wanted()).handlers[0].capability

    assert made.authority.secrets == ("/config/auth/q",)
    assert "required" not in made.config_schema  # nothing will do as well, and there is one server


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        pytest.param("listPets", "list_pets", id="humps"),
        pytest.param("getHTTPSettings", "get_http_settings", id="an abbreviation"),
        pytest.param("get /pets/{petId}", "get_pets_pet_id", id="method and path"),
        pytest.param("2fa", "call_2fa", id="a digit first"),
        pytest.param("Users.List_all", "users_list_all", id="dots"),
        pytest.param("Über", "ber", id="letters beyond ASCII"),
        pytest.param("a" * 80, "a" * 63, id="too long"),
    ],
)
def test_a_name_is_made_of_the_operation_s(identifier: str, name: str) -> None:
    assert name_of(identifier) == name


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("1", "1.0.0"),
        ("v2.1", "2.1.0"),
        ("1.2.3-rc.1", "1.2.3"),
        ("beta", "1.0.0"),
        ("01.2", "1.2.0"),
        ("2026-11-21", "2026.0.0"),
    ],
)
def test_a_version_is_made_of_the_api_s(version: str, found: str) -> None:
    assert version_of(version) == found


def test_long_texts_stay_readable() -> None:
    text = next(h for h in imported(PETS).handlers if h.capability.name == "list_pets").files["capability.yaml"]
    assert "description: |\n  Gives the pets" in text
    assert yaml.safe_load(text)["name"] == "list_pets"


def test_words_of_the_document_are_foreign_and_hold_nothing_that_steers() -> None:
    told = {"summary": "Get \x1b[31mit\u202e\u2028now", "description": "a\u200bb\x07\n\tc\U000e0041"}
    (made,) = import_document(Path("api.json"), minimal(told), Wanted()).handlers

    assert made.capability.summary == "Get [31mit now"
    assert made.capability.description.startswith("ab\n\tc\n\n")
    assert made.capability.origin is not None
    assert (made.capability.origin.source, made.capability.origin.operation) == ("api.json", "GET /a")
