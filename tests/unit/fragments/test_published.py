from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fragments.published import SCHEMA_ID, fragment_schema, published_schema
from fragments.reading import read_document, read_fragment
from tests.support.catalogs import step

PUBLISHED = Draft202012Validator(published_schema())
ANSWER = Draft202012Validator(fragment_schema(["transform", "notify"]))


def test_the_published_schema_is_a_schema_with_a_name() -> None:
    Draft202012Validator.check_schema(published_schema())
    assert published_schema()["$id"] == SCHEMA_ID


def template(**more: Any) -> dict[str, Any]:
    return {"name": "t", "steps": [step()], **more}


def fragment(**more: Any) -> dict[str, Any]:
    return {"steps": [step(**more)], "output": 1}


@pytest.mark.parametrize(
    ("document", "fits"),
    [
        pytest.param(template(), True, id="a template"),
        pytest.param(
            template(bounds={"steps": 5, "wall_clock": "10m"}, goals=["x"], output={"a": 1}), True, id="a template with bounds"
        ),
        pytest.param(fragment(), True, id="a fragment"),
        pytest.param(fragment(retry={"max_attempts": 2, "backoff": "none", "base": 0.5, "retry_on": ["x"]}), True, id="retry"),
        pytest.param(fragment(for_each={"items": "{{ input.x }}", "as": "one", "on_failure": "continue"}), True, id="a loop"),
        pytest.param(
            {"steps": [{"name": "l", "for_each": {"items": []}, "steps": [step()]}], "output": 1}, True, id="a loop with a body"
        ),
        pytest.param(
            {"steps": [{"name": "p", "type": "planning", "goal": "x", "allow": {"effects": ["pure"]}}], "output": 1},
            True,
            id="a planning step",
        ),
        pytest.param({}, False, id="nothing"),
        pytest.param(template(steps=[]), False, id="no steps"),
        pytest.param(template(name="A B"), False, id="a name that is none"),
        pytest.param(template(policy={}), False, id="a key that there is not"),
        pytest.param({"steps": [step()]}, False, id="a fragment without output"),
        pytest.param(fragment(type="decision"), False, id="a type that there is not"),
        pytest.param(fragment(timeout="soon"), False, id="a duration that is none"),
        pytest.param(fragment(timeout=-1), False, id="a duration below zero"),
        pytest.param(fragment(timeout="5 m"), False, id="a duration with a space"),
        pytest.param(fragment(retry={"max_attempts": 21}), False, id="too many attempts"),
        pytest.param(fragment(retry={"max_attempts": "2"}), False, id="a number as a text"),
        pytest.param(fragment(idempotent=1), False, id="a boolean as a number"),
        pytest.param(
            fragment(for_each={"items": [], "as_": "x"}), False, id="a key of the models that is none of the language"
        ),
        pytest.param(fragment(depends_on="a"), False, id="a name for a list"),
        pytest.param(fragment(when="x"), False, id="a word that the language will have"),
    ],
)
def test_the_schema_and_the_reader_agree(document: dict[str, Any], *, fits: bool) -> None:
    assert PUBLISHED.is_valid(document) is fits
    assert (read_document(document).document is not None) is fits


@pytest.mark.parametrize(
    ("answer", "fits"),
    [
        pytest.param(fragment(), True, id="a fragment"),
        pytest.param({"refused": "no"}, True, id="a refusal"),
        pytest.param({"refused": ""}, False, id="a refusal without a reason"),
        pytest.param({"refused": "no", "steps": [step()], "output": 1}, False, id="both"),
        pytest.param(fragment(retry={"base": "5x"}), False, id="a flawed fragment"),
    ],
)
def test_the_schema_of_answers_and_the_reader_agree(answer: dict[str, Any], *, fits: bool) -> None:
    assert ANSWER.is_valid(answer) is fits
    assert (read_fragment(answer).document is not None) is fits


def test_the_schema_of_answers_names_the_handlers_that_there_are() -> None:
    assert not ANSWER.is_valid({"steps": [{"name": "a", "handler": "gone"}], "output": 1})
