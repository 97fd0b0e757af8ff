"""The commands about handlers: written, tried, published, retired, documented, imported."""

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result
from wasmtime import wat2wasm

from catalog.loader import load_capability
from service.cli.main import app
from service.egress import SecretSettings
from tests.integration.broker.conftest import wat

PETS = Path(__file__).resolve().parents[2] / "support" / "openapi" / "petstore.yaml"
SLUGIFY = {
    "capability.yaml": """\
name: slug
version: 1.0.0
summary: Turn a title into a slug.
description: Lower case, words joined by hyphens.
config_schema: {type: object, additionalProperties: false}
input_schema: {type: object, required: [title], properties: {title: {type: string}}}
output_schema: {type: object, required: [slug], properties: {slug: {type: string}}}
errors: [{type: empty, retryable: false, description: There is no title.}]
effect: pure
examples:
  - {title: Two words, input: {title: Hello World}, output: {slug: hello-world}}
  - {title: Nothing, input: {title: ""}, error: empty}
  - {title: Only shown, input: {title: A}, output: {slug: b}, runs: false}
""",
    "handler.py": """\
from goalwright import HandlerError


def run(config, given):
    if not given["title"]:
        raise HandlerError("empty", "there is no title")
    return {"slug": "-".join(given["title"].lower().split())}
""",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GOALWRIGHT_") and name != "GOALWRIGHT_CACHE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOALWRIGHT_DATA", str(tmp_path / "data"))
    return tmp_path


def goalwright(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def said(result: Result) -> str:
    return " ".join(result.stderr.split())


def told(*words: str) -> Any:
    result = goalwright(*words, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def slugify(folder: Path, version: str = "1.0.0", **changed: str) -> str:
    folder.mkdir(parents=True)
    for name, text in SLUGIFY.items():
        text = text.replace("1.0.0", version)  # noqa: PLW2901 - each file in turn
        for old, new in changed.items():
            text = text.replace(old, new)  # noqa: PLW2901 - each change in turn
        (folder / name).write_text(text)
    return str(folder)


@pytest.mark.parametrize(("effect", "ran"), [("pure", 2), ("read", 1), ("write", 1)])
def test_a_new_handler_is_complete_and_passes_at_once(home: Path, effect: str, ran: int) -> None:
    made = told("handlers", "new", f"my_{effect}", "--effect", effect, "--directory", str(home / "own"))
    tried = told("handlers", "test", made["folder"])

    assert load_capability(Path(made["folder"])).effect == effect
    assert (tried["ok"], [example["passed"] for example in tried["examples"] if example["ran"]]) == (True, [True] * ran)


def test_nothing_is_overwritten(home: Path) -> None:
    told("handlers", "new", "mine")
    (home / "mine" / "handler.py").write_text("# changed")
    again = goalwright("handlers", "new", "mine")

    assert again.exit_code == 2
    assert "capability.yaml: the file is there already" in said(again)
    assert (home / "mine" / "handler.py").read_text() == "# changed"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(("new", "My-Handler"), "is no name of a handler", id="a name that is none"),
        pytest.param(("new", "../out"), "is no name of a handler", id="a path"),
        pytest.param(("new", "mine", "--effect", "wait"), "A handler of your own is pure, read, write", id="one that waits"),
        pytest.param(("test", "nothing"), "There is no handler 'nothing'", id="no handler to try"),
        pytest.param(("publish", "nowhere"), "the file is missing", id="no folder to publish"),
        pytest.param(("retire", "slug@1.0.0", "--because", "x"), "slug@1.0.0 is not published here", id="not published"),
        pytest.param(("retire", "transform@1.0.0", "--because", "x"), "is not published here", id="of the core"),
        pytest.param(("retire", "slug@1.0.0", "--because", " "), "--because is empty", id="no reason"),
        pytest.param(("wit", "nothing"), "There is no handler 'nothing'", id="no handler to print"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(words: tuple[str, ...], says: str) -> None:
    refused = goalwright("handlers", *words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert says in said(refused)


def test_examples_that_do_not_pass_show_what_differs(home: Path) -> None:
    folder = slugify(home / "slug", **{'"-".join': '"_".join', 'HandlerError("empty"': 'HandlerError("gone"'})
    shown = goalwright("handlers", "test", folder)

    assert shown.exit_code == 1
    assert shown.stdout.splitlines() == [
        "FAILED   slug@1.0.0: Two words",
        '         at /slug: wanted "hello-world", got "hello_world"',
        "FAILED   slug@1.0.0: Nothing",
        "         it fails with gone: there is no title; it should fail with empty",
        "not run  slug@1.0.0: Only shown",
        "0 of 2 passed, 1 not run",
    ]


def test_a_handler_of_the_catalog_is_tried_by_its_name() -> None:
    tried = told("handlers", "test", "transform@^1")
    assert (tried["handler"], tried["ok"]) == ("transform@1.0.0", True)


def test_source_that_does_not_build_says_what_python_says(home: Path) -> None:
    folder = slugify(home / "slug", **{"from goalwright import HandlerError": "import nowhere"})
    shown = goalwright("handlers", "test", folder)
    assert shown.exit_code == 2
    assert "slug@1.0.0 could not be built" in said(shown)
    assert "No module named 'nowhere'" in said(shown)


def test_a_published_handler_is_vocabulary_until_it_is_retired(home: Path) -> None:
    first = told("handlers", "publish", slugify(home / "slug" / "1"))
    again = told("handlers", "publish", str(home / "slug" / "1"))
    second = told(
        "handlers", "publish", slugify(home / "slug" / "2", "1.1.0", **{'"-".join': '"_".join', "hello-world": "hello_world"})
    )
    newest = told("handlers", "call", "slug@^1", "--input", '{"title": "A b"}')
    oldest = told("handlers", "call", "slug@1.0.0", "--input", '{"title": "A b"}')
    told("handlers", "retire", "slug@1.1.0", "--because", "it underlines")
    gone = goalwright("handlers", "call", "slug@1.1.0", "--input", '{"title": "A b"}')
    listed = {row["id"]: row["retired"] for row in told("handlers", "list")["handlers"] if row["name"] == "slug"}

    assert (first["new"], again["new"], again["edition"], second["new"]) == (True, False, first["edition"], True)
    assert (newest, oldest) == ({"ok": {"slug": "a_b"}}, {"ok": {"slug": "a-b"}})
    assert (gone.exit_code, said(gone)) == (2, "slug@1.1.0 is retired: it underlines. Nearest: slug@1.0.0.")
    assert listed == {"slug@1.0.0": "", "slug@1.1.0": "it underlines"}
    assert told("handlers", "show", "slug@1.1.0")["retired"] == "it underlines"
    assert told("handlers", "show", "slug")["id"] == "slug@1.0.0"


def test_what_was_published_never_changes(home: Path) -> None:
    told("handlers", "publish", slugify(home / "slug"))
    (home / "slug" / "handler.py").write_text(SLUGIFY["handler.py"] + "\n# another\n")
    refused = goalwright("handlers", "publish", str(home / "slug"))

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "slug@1.0.0 is published with other content already" in said(refused)


def test_a_handler_whose_examples_fail_is_not_published(home: Path) -> None:
    refused = goalwright("handlers", "publish", slugify(home / "slug", **{"hello-world": "hello"}))

    assert refused.exit_code == 1
    assert 'at /slug: wanted "hello", got "hello-world"' in refused.stdout
    assert "slug@1.0.0 is not published" in said(refused)
    assert not (home / "data" / "catalog").exists()


def test_an_id_of_the_core_is_not_published(home: Path) -> None:
    refused = goalwright("handlers", "publish", slugify(home / "slug", **{"name: slug": "name: transform"}))
    assert refused.exit_code == 2
    assert "transform@1.0.0 stands with other content in" in said(refused)


def test_every_finding_about_a_description_comes_at_once(home: Path) -> None:
    folder = slugify(
        home / "slug", **{"effect: pure": "effect: write", "type: empty": "type: full", "version: 1.0.0": "version: 01.0.0"}
    )
    refused = goalwright("handlers", "publish", folder)

    assert refused.exit_code == 2
    for says in (
        "have no zeros before them",
        "imports nothing from outside cannot write",
        "empty is not one of the capability's errors",
    ):
        assert says in said(refused)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"(component)", "it is WebAssembly text", id="text"),
        pytest.param(b"\0asm\x01\0\0\0", "it is a core module", id="a core module"),
        pytest.param(b"\0asm\x0d\0\x01\0\x0a\xff", "sections do not fit together", id="cut short"),
        pytest.param(b"\0asm\x0d\0\x01\0", "does not export `run: func(call: string) -> string`", id="without the export"),
        pytest.param(None, "the file cannot be read", id="no file"),
    ],
)
def test_a_component_built_elsewhere_is_looked_at_before_anything_else(home: Path, content: bytes | None, says: str) -> None:
    folder = slugify(home / "slug")
    (home / "slug" / "handler.py").unlink()
    if content is not None:
        (home / "slug.wasm").write_bytes(content)
    refused = goalwright("handlers", "publish", folder, "--component", str(home / "slug.wasm"))

    assert refused.exit_code == 2
    assert says in said(refused)
    assert not (home / "data" / "catalog").exists()


def test_a_component_built_elsewhere_becomes_vocabulary(home: Path) -> None:
    folder = home / "one"
    folder.mkdir()
    description = SLUGIFY["capability.yaml"].partition("examples:")[0].replace("name: slug", "name: one")
    (folder / "capability.yaml").write_text(
        description.replace("{type: object, required: [slug], properties: {slug: {type: string}}}", "{type: integer}")
        + 'examples: [{title: Ask, input: {title: ""}, output: 1}]\n'
    )
    (home / "one.wasm").write_bytes(wat2wasm(wat("pure")))
    made = told("handlers", "publish", str(folder), "--component", str(home / "one.wasm"))

    assert (made["edition"]["built_here"], [example["passed"] for example in made["examples"]]) == (False, [True])
    assert told("handlers", "call", "one", "--input", '{"title": ""}') == {"ok": 1}


def test_a_component_that_asks_for_more_than_its_capability_says_is_refused(home: Path) -> None:
    folder = slugify(home / "slug")
    (home / "slug.wasm").write_bytes(wat2wasm(wat("ok")))
    refused = goalwright("handlers", "publish", folder, "--component", str(home / "slug.wasm"))

    assert refused.exit_code == 2
    assert "it imports goalwright:handler/http@1.0.0, which its capability does not declare" in said(refused)


def test_a_package_with_native_code_is_refused_by_name_and_a_missing_one_too(home: Path) -> None:
    native = goalwright("handlers", "test", slugify(home / "a", **{"effect: pure": "effect: pure\npackages: [pydantic-core]"}))
    missing = goalwright(
        "handlers", "test", slugify(home / "b", **{"effect: pure": "effect: pure\npackages: [not-there-at-all]"})
    )

    assert (native.exit_code, missing.exit_code) == (2, 2)
    assert "the distribution pydantic_core holds native code" in said(native)
    assert "the distribution not-there-at-all, required by the capability, is not installed" in said(missing)


def test_the_wit_has_the_world_of_a_handler() -> None:
    interfaces, world = goalwright("handlers", "wit").stdout, goalwright("handlers", "wit", "http_request").stdout

    assert "interface http {" in interfaces
    assert "world guest" not in interfaces
    assert world.startswith(interfaces.rstrip())
    imports = "".join(f"  import {name};\n" for name in ("log", "http", "patterns"))
    assert world.endswith(f"world guest {{\n{imports}  export run: func(call: string) -> string;\n}}\n")


def test_pages_are_written_where_they_are_wanted(home: Path) -> None:
    written = told("handlers", "docs", "--directory", str(home / "pages"))["pages"]
    assert str(home / "pages" / "transform.md") in written
    assert (home / "pages" / "index.md").read_text().startswith("# Handlers\n")


def test_an_imported_api_is_written_and_told(home: Path) -> None:
    made = told("import", "openapi", str(PETS), "--directory", str(home / "own"), "--only", "*_pet", "--prefix", "shop")
    again = told("import", "openapi", str(PETS), "--directory", str(home / "own"), "--only", "*_pet", "--prefix", "shop")
    names = ["shop_add_pet", "shop_get_pet", "shop_rename_pet", "shop_remove_pet"]

    assert [entry["handler"] for entry in made["handlers"]] == [f"{name}@1.4.0" for name in names]
    assert again == made
    assert sorted(folder.name for folder in (home / "own").iterdir()) == sorted(names)


def test_an_import_overwrites_nothing_that_was_changed(home: Path) -> None:
    told("import", "openapi", str(PETS), "--directory", str(home / "own"), "--only", "getPet")
    (home / "own" / "get_pet" / "handler.py").write_text("# changed")
    again = goalwright("import", "openapi", str(PETS), "--directory", str(home / "own"), "--only", "getPet")

    assert again.exit_code == 2
    assert "the file is there already, with other content" in said(again)
    assert (home / "own" / "get_pet" / "handler.py").read_text() == "# changed"


def test_what_changed_in_an_api_is_told_and_breaks_a_build(home: Path) -> None:
    own, document = home / "own", home / "petstore.yaml"
    document.write_text(PETS.read_text(encoding="utf-8"), encoding="utf-8")
    told("import", "openapi", str(document), "--directory", str(own), "--only", "*_pet")
    same = goalwright("import", "openapi", str(document), "--directory", str(own), "--only", "*_pet", "--check")
    text = document.read_text(encoding="utf-8").replace("name: petId, in: path", "name: petId, x-a: 1, in: path")
    document.write_text(text.replace("operationId: getPet", "operationId: showPet"), encoding="utf-8")
    changed = goalwright("import", "openapi", str(document), "--directory", str(own), "--check", "--only", "path:/pets/{petId}")
    written = goalwright(
        *("import", "openapi", str(document), "--directory", str(own), "--check", "--only", "path:/pets/{petId}"),
        *("--format", "json"),
    )

    assert (same.exit_code, changed.exit_code, written.exit_code) == (0, 1, 1)
    assert "breaking  GET /pets/{petId}  get_pet" in changed.stdout
    assert json.loads(written.stdout) == {
        "changes": [
            {
                "change": "breaking",
                "operation": "GET /pets/{petId}",
                "handler": "get_pet",
                "says": ["the handler's name is show_pet"],
            }
        ],
        "breaking": True,
    }
    assert not (own / "show_pet").exists()


def test_settings_for_an_api_s_secrets_are_printed_and_are_settings(home: Path) -> None:
    made = told("import", "openapi", str(PETS), "--directory", str(home / "own"))
    settings = tomllib.loads(made["settings"])

    assert settings == {
        "secrets": {
            "bearer": {"from": "env:BEARER", "hosts": ["eu.pets.example", "us.pets.example"]},
            "key": {"from": "env:KEY", "hosts": ["eu.pets.example", "us.pets.example"]},
            "login": {"from": "env:LOGIN", "hosts": ["eu.pets.example", "us.pets.example"]},
        }
    }
    assert all(SecretSettings.model_validate(held) for held in settings["secrets"].values())
    assert {entry["operation"] for entry in made["findings"]} == {
        "POST /events",
        "TRACE /session",
        "GET /report",
        "OPTIONS /report",
    }


def test_what_is_left_out_is_shown_as_a_table(home: Path) -> None:
    ended = goalwright("import", "openapi", str(PETS), "--directory", str(home / "own"))
    lines = [line.split() for line in ended.stderr.splitlines()]

    assert ["left", "out", "where", "why"] in lines
    assert any(line[:3] == ["GET", "/report", "/paths/~1report/get/responses/200/content"] for line in lines)
    assert "9 written, 4 left out" in said(ended)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param(("nothing.yaml",), 2, "nothing.yaml cannot be read", id="no file"),
        pytest.param(("http://127.0.0.1:9/api.json",), 1, "could not be fetched", id="no server"),
        pytest.param((str(PETS), "--prefix", "My-Shop"), 2, "--prefix is of small letters", id="no prefix"),
        pytest.param((str(PETS), "--server", "pets.example"), 2, "--server is an absolute http or https URL", id="no URL"),
        pytest.param((str(PETS), "--only", "nothing"), 2, "Nothing was imported", id="nothing wanted"),
        pytest.param((str(PETS), "--only", "getReport"), 2, "application/xml only", id="nothing that can be"),
    ],
)
def test_an_import_that_gives_nothing_says_why(words: tuple[str, ...], code: int, says: str) -> None:
    ended = goalwright("import", "openapi", *words)
    assert ended.exit_code == code
    assert says in said(ended)
