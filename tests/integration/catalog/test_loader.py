"""Capability folders on disk become a catalog, or findings that say what to mend."""

from pathlib import Path
from textwrap import dedent

import pytest

from catalog.findings import CatalogError, Finding
from catalog.folders import source_digest
from catalog.loader import CORE, LoadedCatalog, load_catalog

DESCRIPTION = """\
name: {name}
version: 1.0.0
summary: Does nothing.
description: Does nothing.
config_schema: {{type: object, additionalProperties: false}}
input_schema: {{type: object}}
output_schema: {{type: "null"}}
errors: [{{type: failed, retryable: false, description: It failed.}}]
effect: pure
"""


def written(folder: Path, description: str, **modules: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "capability.yaml").write_text(description, encoding="utf-8")
    for name, source in ({"handler": "def run(config, given): ...\n"} | modules).items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    return folder


def refused(*folders: Path) -> tuple[Finding, ...]:
    with pytest.raises(CatalogError) as caught:
        load_catalog(*folders)
    return caught.value.findings


def test_the_core_handlers_are_registered(loaded: LoadedCatalog) -> None:
    names = ("aggregate", "decide", "fan_out", "gate", "http_request", "notify", "transform", "validate")

    assert loaded.catalog.names() == names
    assert loaded.folders == {f"{name}@1.0.0": CORE / name for name in names}


def test_every_core_handler_has_examples_and_a_runnable_one(loaded: LoadedCatalog) -> None:
    for capability in loaded.catalog:
        assert len(capability.examples) >= 2, capability.id
        assert any(example.runs for example in capability.examples), capability.id


def test_a_folder_of_ones_own_stands_beside_the_core(tmp_path: Path) -> None:
    folder = written(tmp_path / "own" / "noop", DESCRIPTION.format(name="noop"))

    loaded = load_catalog(CORE, tmp_path / "own")

    assert "noop" in loaded.catalog.names()
    assert loaded.folders["noop@1.0.0"] == folder


def test_the_digest_of_a_handler_changes_with_its_source(tmp_path: Path) -> None:
    folder = written(tmp_path / "own" / "noop", DESCRIPTION.format(name="noop"), helper="A = 1\n")
    before = load_catalog(tmp_path / "own").catalog.digests["noop@1.0.0"]

    (folder / "helper.py").write_text("A = 2\n", encoding="utf-8")
    after = load_catalog(tmp_path / "own").catalog.digests["noop@1.0.0"]

    assert (before == after, after) == (False, source_digest(folder))


@pytest.mark.parametrize(
    ("description", "pointer", "says"),
    [
        pytest.param("name: [", "", "line 1, column 8: expected the node content, but found '<stream end>'", id="not YAML"),
        pytest.param("name: a\nname: b\n", "", "line 2, column 1: the key 'name' stands twice", id="a key twice"),
        pytest.param(
            "name: &a [*a]\n", "", "line 1, column 11: aliases are not supported; write the value out", id="a value in itself"
        ),
        pytest.param("a: " + "[" * 5_000, "", "nested too deeply", id="nested without end"),
        pytest.param(
            "name: !!python/name:os.system x\n",
            "",
            "line 1, column 7: could not determine a constructor for the tag 'tag:yaml.org,2002:python/name:os.system'",
            id="a tag that would run code",
        ),
        pytest.param("1: x\n", "", "the key 1 is not a text; put it in quotes", id="a key that is a number"),
        pytest.param("cost_usd: .nan\n", "/cost_usd", "nan is not a number that JSON can write", id="not a number"),
        pytest.param("just text\n", "", "input should be a valid dictionary or instance of Capability", id="no mapping"),
        pytest.param(DESCRIPTION.format(name="noop") + "imprts: [http]\n", "/imprts", "unknown name", id="a misspelt name"),
        pytest.param(
            DESCRIPTION.format(name="noop") + "limits: {cpu_ms: 0}\n",
            "/limits/cpu_ms",
            "input should be greater than or equal to 1",
            id="a limit of nothing",
        ),
        pytest.param(
            DESCRIPTION.format(name="noop") + "imports: [files]\n",
            "/imports/0",
            "input should be 'http', 'notify', 'patterns' or 'conditions'",
            id="an interface that is not offered",
        ),
        pytest.param(
            DESCRIPTION.format(name="No-op"),
            "/name",
            "string should match pattern '^[a-z][a-z0-9_]{0,62}$'",
            id="a name that is none",
        ),
        pytest.param(
            DESCRIPTION.format(name="noop") + "idempotent: true\n",
            "/idempotent",
            "is said of writes and waits only",
            id="a check",
        ),
    ],
)
def test_a_bad_description_is_refused_with_file_and_place(tmp_path: Path, description: str, pointer: str, says: str) -> None:
    folder = written(tmp_path / "own" / "noop", description)

    assert refused(tmp_path / "own") == (Finding(file=folder / "capability.yaml", pointer=pointer, says=says),)


def test_all_findings_of_all_folders_come_at_once(tmp_path: Path) -> None:
    own = tmp_path / "own"
    first = written(own / "a", dedent(DESCRIPTION.format(name="first")) + "effct: pure\ncost: 1\n")
    second = written(own / "b", DESCRIPTION.format(name="second") + "idempotent: true\n", json="", entry="")
    third = own / "c"
    third.mkdir()
    (third / "handler.py").write_text("", encoding="utf-8")
    fourth = written(own / "d", DESCRIPTION.format(name="fourth"))
    (fourth / "handler.py").unlink()
    nowhere = tmp_path / "nowhere"

    assert refused(own, nowhere) == (
        Finding(file=nowhere, says="there is no such folder"),
        Finding(file=first / "capability.yaml", pointer="/effct", says="unknown name"),
        Finding(file=first / "capability.yaml", pointer="/cost", says="unknown name"),
        Finding(file=second / "entry.py", says="a module named entry would hide one of the guest's own; rename it"),
        Finding(file=second / "json.py", says="a module named json would hide one of the guest's own; rename it"),
        Finding(file=third / "capability.yaml", says="the file is missing"),
        Finding(file=fourth / "handler.py", says="the file is missing; it defines run(config, input)"),
    )


def test_one_version_of_a_name_is_registered_once(tmp_path: Path) -> None:
    first = written(tmp_path / "own" / "a", DESCRIPTION.format(name="noop"))
    second = written(tmp_path / "own" / "b", DESCRIPTION.format(name="noop"))

    says = f"noop@1.0.0 is already registered from {first}"
    assert refused(tmp_path / "own") == (Finding(file=second / "capability.yaml", pointer="/name", says=says),)


def test_a_folder_without_capabilities_is_a_mistake(tmp_path: Path) -> None:
    assert refused(tmp_path) == (Finding(file=tmp_path, says="holds no capability folder (one with a capability.yaml)"),)


def test_the_error_lists_every_finding_on_a_line(tmp_path: Path) -> None:
    folder = written(tmp_path / "own" / "a", DESCRIPTION.format(name="noop") + "effct: pure\nidempotent: [1]\n")

    with pytest.raises(CatalogError) as caught:
        load_catalog(tmp_path / "own")

    file = folder / "capability.yaml"
    assert str(caught.value) == f"{file} at /idempotent: input should be a valid boolean\n{file} at /effct: unknown name"


def test_a_date_in_a_description_stays_text(tmp_path: Path) -> None:
    written(tmp_path / "own" / "a", DESCRIPTION.format(name="noop") + "examples: [{title: a, input: {day: 2026-11-21}}]\n")

    (capability,) = load_catalog(tmp_path / "own").catalog

    assert capability.examples[0].input == {"day": "2026-11-21"}
