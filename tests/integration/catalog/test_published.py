"""What is published stays as it is, appears whole, and is taken up by whoever follows the store."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from catalog.capability import Capability
from catalog.findings import CatalogError
from catalog.folders import source_digest
from catalog.loader import load_catalog
from catalog.published import Published

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WASM = b"\0asm, or what a publisher holds for it"
DESCRIPTION = """\
name: {name}
version: {version}
summary: Does nothing.
description: Does nothing.
config_schema: {{type: object, additionalProperties: false}}
input_schema: {{type: object}}
output_schema: {{type: "null"}}
errors: [{{type: failed, retryable: false, description: It failed.}}]
effect: pure
"""


def noop(version: str = "1.0.0", **more: Any) -> Capability:
    described: dict[str, Any] = {
        "name": "noop",
        "version": version,
        "summary": "Does nothing.",
        "description": "Does nothing.",
        "config_schema": {"type": "object", "additionalProperties": False},
        "input_schema": {"type": "object"},
        "output_schema": {"type": "null"},
        "errors": [{"type": "failed", "retryable": False, "description": "It failed."}],
        "effect": "pure",
    }
    return Capability.model_validate(described | more)


@pytest.fixture
def store(tmp_path: Path) -> Published:
    return Published(tmp_path / "catalog")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own" / "noop" / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "capability.yaml").write_text(DESCRIPTION.format(name="noop", version="1.0.0"))
    (folder / "handler.py").write_text("def run(config, given): ...\n")
    return tmp_path / "own"


def refused(act: Any, *words: Any, **more: Any) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        act(*words, **more)
    return [finding.says for finding in caught.value.findings]


def test_a_store_that_nobody_used_holds_nothing_and_makes_nothing(store: Published, tmp_path: Path) -> None:
    assert (dict(store.editions()), store.stamp(), list(tmp_path.iterdir())) == ({}, None, [])


def test_component_and_description_lie_under_the_digest_of_their_content(store: Published) -> None:
    edition, new = store.publish(noop(), WASM, source=None, at=NOON)
    objects = {file.name: sha256(file.read_bytes()).hexdigest() for file in (store.index.parent / "objects").iterdir()}

    assert new
    assert objects == {edition.capability: edition.capability, edition.component: edition.component}
    assert store.component(edition).read_bytes() == WASM
    assert store.capability("noop@1.0.0", edition) == noop()
    assert store.editions() == {"noop@1.0.0": edition}


def test_publishing_the_same_again_changes_nothing(store: Published) -> None:
    first, _ = store.publish(noop(), WASM, source="a" * 64, at=NOON)
    stamp = store.stamp()
    # A newer toolchain builds other bytes from the same source: the version stays what it was.
    again, new = store.publish(noop(), WASM + b"!", source="a" * 64, at=NOON.replace(hour=13))

    assert (again, new, store.stamp()) == (first, False, stamp)


@pytest.mark.parametrize(
    ("capability", "component", "source"),
    [
        pytest.param(noop(), WASM + b"!", None, id="another component"),
        pytest.param(noop(summary="Does something."), WASM, None, id="another description"),
        pytest.param(noop(), WASM, "b" * 64, id="another source"),
    ],
)
def test_a_version_is_never_published_with_other_content(
    store: Published, capability: Capability, component: bytes, source: str | None
) -> None:
    first, _ = store.publish(noop(), WASM, source=None, at=NOON)
    says = refused(store.publish, capability, component, source=source, at=NOON)

    assert says == [
        "noop@1.0.0 is published with other content already, and what is published never changes; raise the version"
    ]
    assert store.editions() == {"noop@1.0.0": first}


def test_a_retired_version_says_why_and_cannot_come_back(store: Published) -> None:
    store.publish(noop(), WASM, source=None, at=NOON)
    gone = store.retire("noop@1.0.0", because="it forgets", at=NOON)

    assert (gone.retired, gone.retired_at, store.editions()) == ("it forgets", NOON, {"noop@1.0.0": gone})
    assert refused(store.publish, noop(), WASM, source=None, at=NOON) == [
        "noop@1.0.0 is retired: it forgets; raise the version"
    ]
    assert refused(store.retire, "noop@1.0.0", because="again", at=NOON) == ["noop@1.0.0 is retired already: it forgets"]
    assert refused(store.retire, "noop@1.1.0", because="x", at=NOON) == [
        "noop@1.1.0 is not published here; there is: noop@1.0.0"
    ]


def test_publishers_at_the_same_time_lose_nothing(store: Published) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: store.publish(noop(f"1.{n}.0"), WASM, source=None, at=NOON)[1], range(24)))

    assert made == [True] * 24
    assert sorted(store.editions()) == sorted(f"noop@1.{n}.0" for n in range(24))
    assert not list(store.index.parent.rglob("*.part"))


def test_a_writer_that_died_leaves_what_was_there(store: Published) -> None:
    edition, _ = store.publish(noop(), WASM, source=None, at=NOON)
    (store.index.parent / ".index.json.1.part").write_text('{"format": 1, "handl')
    (store.index.parent / "objects" / ".half.1.part").write_bytes(b"half")

    assert store.editions() == {"noop@1.0.0": edition}
    assert store.publish(noop("1.1.0"), WASM, source=None, at=NOON)[1]


@pytest.mark.parametrize(
    ("part", "content", "says"),
    [
        pytest.param("component", b"other", "the file was changed: its content is not what its name says", id="changed"),
        pytest.param("component", None, "the file is missing; restore it from a copy", id="missing"),
        pytest.param("capability", b"{}", "the file was changed: its content is not what its name says", id="description"),
    ],
)
def test_a_damaged_object_is_never_used(store: Published, part: str, content: bytes | None, says: str) -> None:
    edition, _ = store.publish(noop(), WASM, source=None, at=NOON)
    file = store.index.parent / "objects" / getattr(edition, part)
    file.unlink() if content is None else file.write_bytes(content)
    asked = (store.component, (edition,)) if part == "component" else (store.capability, ("noop@1.0.0", edition))

    assert refused(asked[0], *asked[1]) == [says]


def changed(index: Path) -> dict[str, Any]:
    """Let the index name another component, as somebody would who wants it to be run."""
    found: dict[str, Any] = json.loads(index.read_text())
    foreign = b"\0asm of somebody else"
    (index.parent / "objects" / sha256(foreign).hexdigest()).write_bytes(foreign)
    found["handlers"]["noop@1.0.0"]["component"] = sha256(foreign).hexdigest()
    return found


@pytest.mark.parametrize("seal", ["its own", "none", "another's"])
def test_an_index_that_somebody_else_wrote_is_not_followed(store: Published, tmp_path: Path, seal: str) -> None:
    store.publish(noop(), WASM, source=None, at=NOON)
    found = changed(store.index)
    if seal == "none":
        del found["seal"]
    elif seal == "another's":
        theirs = Published(tmp_path / "theirs")
        theirs.publish(noop(), WASM, source=None, at=NOON)
        found["seal"] = json.loads(theirs.index.read_text())["seal"]
    store.index.write_text(json.dumps(found))
    with pytest.raises(CatalogError) as refused:
        Published(store.index.parent).editions()
    assert refused.value.findings[0].says.startswith("the index of published handlers was not written by this installation")


def test_an_index_of_before_there_were_seals_is_followed_and_then_sealed(store: Published) -> None:
    store.publish(noop(), WASM, source=None, at=NOON)
    before = store.editions()
    found = json.loads(store.index.read_text())
    del found["seal"]
    store.index.write_text(json.dumps(found))
    (store.index.parent / "key").unlink()
    assert store.editions() == before
    store.publish(noop("1.1.0"), WASM, source=None, at=NOON)
    assert set(store.editions()) == {"noop@1.0.0", "noop@1.1.0"}
    assert json.loads(store.index.read_text())["seal"]


def test_an_index_that_is_damaged_is_told_and_not_written_over(store: Published) -> None:
    store.publish(noop(), WASM, source=None, at=NOON)
    store.index.write_text('{"format": 2}')
    (says,) = refused(store.publish, noop("1.1.0"), WASM, source=None, at=NOON)

    assert says.startswith("the index of published handlers is damaged: format:")
    assert store.index.read_text() == '{"format": 2}'


def test_a_catalog_follows_what_is_published_and_retired(store: Published, own: Path) -> None:
    loaded = load_catalog(own, published=store)
    quiet = loaded.catch_up()
    edition, _ = store.publish(noop("1.1.0"), WASM, source=None, at=NOON)
    before = [capability.id for capability in loaded.catalog]
    taken_up, then = loaded.catch_up(), [capability.id for capability in loaded.catalog]
    store.retire("noop@1.1.0", because="it forgets", at=NOON)
    loaded.catch_up()

    assert (quiet, taken_up, loaded.catch_up()) == (False, True, False)
    assert (before, then) == (["noop@1.0.0"], ["noop@1.0.0", "noop@1.1.0"])
    assert [capability.id for capability in loaded.catalog] == ["noop@1.0.0"]
    assert loaded.catalog.retired == {"noop@1.1.0": "it forgets"}
    # Who runs it already gets the component that was published.
    assert loaded.component(loaded.catalog.capabilities["noop@1.1.0"], cache=own) == store.component(edition)


def test_a_catalog_that_cannot_follow_stays_as_it_was_and_says_so_once(store: Published, own: Path) -> None:
    loaded = load_catalog(own, published=store)
    store.publish(noop("1.1.0"), WASM, source=None, at=NOON)
    store.index.write_text("{")
    (says,) = refused(loaded.catch_up)

    assert says.startswith("the index of published handlers is damaged")
    assert (loaded.catch_up(), [capability.id for capability in loaded.catalog]) == (False, ["noop@1.0.0"])


def test_a_folder_and_what_was_published_from_it_are_the_same_handler(store: Published, own: Path) -> None:
    folder = own / "noop" / "1.0.0"
    before = load_catalog(own, published=store).catalog.digests["noop@1.0.0"]
    edition, _ = store.publish(noop(), WASM, source=source_digest(folder), at=NOON)
    loaded = load_catalog(own, published=store)

    # A task that pinned the folder's version goes on with the published one.
    assert loaded.catalog.digests == {"noop@1.0.0": before}
    assert loaded.component(loaded.catalog.capabilities["noop@1.0.0"], cache=own) == store.component(edition)


def test_a_folder_that_went_on_without_a_new_version_is_refused(store: Published, own: Path) -> None:
    folder = own / "noop" / "1.0.0"
    store.publish(noop(), WASM, source=source_digest(folder), at=NOON)
    (folder / "handler.py").write_text("def run(config, given): return None\n")

    assert refused(load_catalog, own, published=store) == [
        "noop@1.0.0 is published with other content than this folder's; raise the version here"
    ]


def test_several_versions_of_a_handler_lie_side_by_side(own: Path) -> None:
    newer = own / "noop" / "1.1.0"
    newer.mkdir()
    (newer / "capability.yaml").write_text(DESCRIPTION.format(name="noop", version="1.1.0"))
    (newer / "handler.py").write_text("def run(config, given): ...\n")
    flat = own / "other"
    flat.mkdir()
    (flat / "capability.yaml").write_text(DESCRIPTION.format(name="other", version="0.1.0"))
    (flat / "handler.py").write_text("def run(config, given): ...\n")
    loaded = load_catalog(own)
    resolved = loaded.catalog.resolve("noop@^1")

    assert [capability.id for capability in loaded.catalog] == ["noop@1.0.0", "noop@1.1.0", "other@0.1.0"]
    assert loaded.folders["noop@1.1.0"] == newer
    assert isinstance(resolved, Capability)
    assert resolved.id == "noop@1.1.0"


def test_a_store_that_cannot_be_written_says_so(store: Published, tmp_path: Path) -> None:
    (tmp_path / "catalog").write_text("no folder")
    (says,) = refused(store.publish, noop(), WASM, source=None, at=NOON)

    assert says.startswith("the store cannot be written:")
