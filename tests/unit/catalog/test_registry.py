"""Versions side by side: what a reference means, what is retired, and how a catalog grows."""

from typing import Any

import pytest

from catalog.capability import Capability
from catalog.registry import Catalog, Miss, Unresolved


def of(name: str, version: str, **more: Any) -> Capability:
    described: dict[str, Any] = {
        "name": name,
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


VERSIONS = [of("noop", version) for version in ("1.0.0", "1.2.0", "1.10.0", "2.0.0")] + [of("other", "0.3.1")]
GONE = {"noop@1.10.0": "it forgets", "noop@2.0.0": "it forgets more"}


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        pytest.param("noop", "noop@2.0.0", id="the newest"),
        pytest.param("noop@^1", "noop@1.10.0", id="the newest of a major, by numbers and not by letters"),
        pytest.param("noop@~1.2", "noop@1.2.0", id="a minor"),
        pytest.param("noop@1.0.0", "noop@1.0.0", id="an exact one"),
        pytest.param("noop@>=1.0.0 <1.10.0", "noop@1.2.0", id="a range"),
        pytest.param("other@^0.3", "other@0.3.1", id="below 1 a minor counts as a major"),
    ],
)
def test_a_reference_means_the_newest_version_in_its_range(reference: str, found: str) -> None:
    resolved = Catalog.of(VERSIONS).resolve(reference)
    assert isinstance(resolved, Capability)
    assert resolved.id == found


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        pytest.param("noop", "noop@1.2.0", id="what is retired is passed over"),
        pytest.param(
            "noop@^1.10",
            Unresolved(miss=Miss.RETIRED, near=("noop@1.0.0", "noop@1.2.0"), because="it forgets"),
            id="only retired ones are in the range",
        ),
        pytest.param(
            "noop@2.0.0",
            Unresolved(miss=Miss.RETIRED, near=("noop@1.0.0", "noop@1.2.0"), because="it forgets more"),
            id="a retired one by its exact version",
        ),
        pytest.param("noop@3", Unresolved(miss=Miss.VERSION, near=("noop@1.0.0", "noop@1.2.0")), id="no such version"),
        pytest.param("noop@one", Unresolved(miss=Miss.SYNTAX, near=("noop@1.0.0", "noop@1.2.0")), id="no version at all"),
        pytest.param("nop", Unresolved(miss=Miss.NAME, near=("noop",)), id="no such name"),
    ],
)
def test_new_tasks_are_not_given_what_is_retired(reference: str, found: str | Unresolved) -> None:
    resolved = Catalog.of(VERSIONS, retired=GONE).resolve(reference)
    assert (resolved.id if isinstance(resolved, Capability) else resolved) == found


def test_what_is_retired_is_kept_for_the_tasks_that_have_it() -> None:
    catalog = Catalog.of(VERSIONS, retired=GONE)
    own = catalog.only(["noop@1.10.0", "noop@1.0.0", "gone@1.0.0"])
    resolved = own.resolve("noop@^1")

    assert [capability.id for capability in catalog] == ["noop@1.0.0", "noop@1.2.0", "other@0.3.1"]
    assert (catalog.names(), sorted(catalog.in_force())) == (("noop", "other"), ["noop@1.0.0", "noop@1.2.0", "other@0.3.1"])
    assert sorted(catalog.capabilities) == sorted(catalog.digests) == sorted(c.id for c in VERSIONS)
    assert isinstance(resolved, Capability)
    assert resolved.id == "noop@1.10.0"


def test_a_name_of_which_every_version_is_retired_is_not_offered() -> None:
    catalog = Catalog.of(VERSIONS, retired={"other@0.3.1": "use noop"})

    assert catalog.names() == ("noop",)
    assert catalog.resolve("other") == Unresolved(miss=Miss.RETIRED, because="use noop")


def test_a_catalog_takes_up_more_in_one_move() -> None:
    catalog = Catalog.of(VERSIONS[:2])
    before = iter(catalog)
    first = next(before)
    catalog.take_up(Catalog.of(VERSIONS, retired=GONE))

    assert [first.id, *(capability.id for capability in before)] == ["noop@1.0.0", "noop@1.2.0"]
    assert (sorted(catalog.retired), catalog.names()) == (["noop@1.10.0", "noop@2.0.0"], ("noop", "other"))


def test_a_catalog_never_shrinks_or_changes() -> None:
    catalog = Catalog.of(VERSIONS[:2])
    for lesser in (Catalog.of(VERSIONS[:1]), Catalog.of([VERSIONS[0], of("noop", "1.2.0", summary="Does something.")])):
        with pytest.raises(AssertionError, match="only grows"):
            catalog.take_up(lesser)
