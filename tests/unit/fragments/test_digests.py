import json
from dataclasses import replace
from typing import Any

import pytest

from catalog.registry import Catalog
from fragments.bounds import Left
from fragments.checks import check
from fragments.documents import Allow
from fragments.frames import Frame
from fragments.reading import read_document
from tests.support.catalogs import CATALOG, FRAME, fetch, reading, step, transform
from tests.support.telling import hear

DOCUMENT: dict[str, Any] = {"name": "t", "steps": [step("a", retry={"max_attempts": 3})], "output": reading("a")}


def digest(document: Any = DOCUMENT, catalog: Catalog = CATALOG, frame: Frame = FRAME) -> str:
    read = read_document(document).document
    assert read is not None
    found = check(read, catalog, frame).digest
    assert found is not None
    hear(found)
    return found


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(json.dumps(DOCUMENT, indent=3), id="other formatting"),
        pytest.param({key: DOCUMENT[key] for key in reversed(DOCUMENT)}, id="another order of keys"),
        pytest.param(DOCUMENT | {"summary": "x", "description": "y", "goals": ["z"]}, id="words for readers"),
        pytest.param(DOCUMENT | {"steps": [step("a", retry={}, type="standard", description="x")]}, id="defaults written out"),
        pytest.param(
            DOCUMENT | {"steps": [step("a", retry={"base": "1000ms", "max_attempts": 3})]}, id="another way to write a duration"
        ),
    ],
)
def test_what_changes_nothing_that_runs_does_not_change_the_digest(same: Any) -> None:
    assert digest(same) == digest()


@pytest.mark.parametrize(
    ("document", "catalog", "frame"),
    [
        pytest.param(DOCUMENT | {"steps": [step("a")]}, CATALOG, FRAME, id="the document"),
        pytest.param(
            DOCUMENT | {"output": 1, "steps": [step("a", handler="notify", config={"channel": "desk", "template": "x"})]},
            CATALOG,
            FRAME,
            id="a handler",
        ),
        pytest.param(
            DOCUMENT, Catalog.of([transform("2.0.0")], {"transform@2.0.0": "other source"}), FRAME, id="the source of a handler"
        ),
        pytest.param(DOCUMENT, CATALOG, replace(FRAME, left=Left(steps=49)), id="what is left"),
        pytest.param(DOCUMENT, CATALOG, replace(FRAME, allows=(Allow(handlers=("*",)),)), id="what is allowed"),
        pytest.param(DOCUMENT, CATALOG, replace(FRAME, input_hosts={}), id="the hosts"),
        pytest.param(DOCUMENT, CATALOG, replace(FRAME, channels=frozenset({"desk"})), id="the channels"),
    ],
)
def test_what_changes_what_may_run_changes_the_digest(document: Any, catalog: Catalog, frame: Frame) -> None:
    assert digest(document, catalog, frame) != digest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            {"for_each": {"items": [1]}, "steps": [step("x")]},
            {"for_each": {"items": [1], "output": None}, "steps": [step("x")]},
            id="of a loop",
        ),
        pytest.param(
            {"switch": {"cases": [{"when": "input.floor > 1", "steps": [step("x")]}], "default": {"steps": [step("y")]}}},
            {
                "switch": {
                    "cases": [{"when": "input.floor > 1", "steps": [step("x")], "output": None}],
                    "default": {"steps": [step("y")]},
                }
            },
            id="of a branch",
        ),
    ],
)
def test_an_output_of_null_is_not_the_same_as_none_at_all(one: dict[str, Any], other: dict[str, Any]) -> None:
    documents = [{"name": "t", "steps": [{"name": "a", **given}], "output": reading("a")} for given in (one, other)]
    # a step that nobody uses is only a warning
    assert digest(documents[0]) != digest(documents[1])


def test_words_within_branches_do_not_change_the_digest() -> None:
    def switch(**more: Any) -> dict[str, Any]:
        branches = {
            "cases": [{"when": "input.floor > 1", "steps": [step("x", **more)]}],
            "default": {"steps": [step("y", **more)]},
        }
        return {"name": "t", "steps": [{"name": "a", "switch": branches}], "output": reading("a")}

    assert digest(switch(description="words")) == digest(switch())


def test_handlers_that_are_not_used_do_not_change_the_digest() -> None:
    assert digest(catalog=Catalog.of([transform("2.0.0")])) == digest(catalog=Catalog.of([transform("2.0.0"), fetch()]))
