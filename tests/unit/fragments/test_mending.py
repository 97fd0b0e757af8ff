from typing import Any

import pytest

from fragments.checks import check
from fragments.documents import Fragment, Refusal
from fragments.mending import check_and_mend, check_reading, mend
from fragments.problems import Problem
from fragments.reading import read_fragment
from tests.support.catalogs import CATALOG, FRAME, reading, step, told
from tests.support.telling import of_report

FETCH: dict[str, Any] = {"name": "fetch", "handler": "http_request", "config": {"url": "https://feeds.example/q"}}


def mended(value: Any) -> tuple[Any, int]:
    """Mend a fragment that can be mended whole; give what it is now and how many operations it took."""
    read = read_fragment(value)
    of_report(check_reading(read, CATALOG, FRAME))
    found = check_and_mend(read, read_fragment, CATALOG, FRAME)
    assert found.report.ok, found.report.problems
    return found.value, len(found.applied)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        pytest.param(FETCH | {"handler": "http_requst@^1"}, FETCH | {"handler": "http_request@^1"}, id="a handler's name"),
        pytest.param({"handlr" if k == "handler" else k: v for k, v in FETCH.items()}, FETCH, id="a key of the language"),
        pytest.param(FETCH | {"config": {"ulr": "https://feeds.example/q"}}, FETCH, id="a key of config"),
        pytest.param(
            FETCH | {"config": {"url": "https://feeds.example/q", "expected": 200}},
            FETCH | {"config": {"url": "https://feeds.example/q", "expected": [200]}},
            id="a number for a list",
        ),
        pytest.param(
            FETCH | {"config": {"url": "https://feeds.example/q", "method": "get"}},
            FETCH | {"config": {"url": "https://feeds.example/q", "method": "GET"}},
            id="the case of a value",
        ),
        pytest.param(FETCH | {"depends_on": "other"}, FETCH | {"depends_on": ["other"]}, id="a name for a list of names"),
        pytest.param(FETCH | {"depends_on": ["othr"]}, FETCH | {"depends_on": ["other"]}, id="a dependency"),
        pytest.param(
            FETCH | {"input": {"body": "<{{ steps.othr.output }}>"}},
            FETCH | {"input": {"body": "<{{ steps.other.output }}>"}},
            id="a step in a reference",
        ),
        pytest.param(
            FETCH | {"input": {"body": "{{ other.output.x }}"}},
            FETCH | {"input": {"body": "{{ steps.other.output.x }}"}},
            id="a reference without steps.",
        ),
        pytest.param(
            FETCH | {"input": {"body": "{{ input.flor }}"}},
            FETCH | {"input": {"body": "{{ input.floor }}"}},
            id="a path in a reference",
        ),
        pytest.param(
            FETCH | {"input": {"body": "{{ steps.other.outputs.x ?? input.floor }} {{ inptu.feed }}"}},
            FETCH | {"input": {"body": "{{ steps.other.output.x ?? input.floor }} {{ input.feed }}"}},
            id="the heads of references",
        ),
        pytest.param(
            {"name": "fetch", "handler": "notify", "config": {"channel": "dsk", "template": "x"}},
            {"name": "fetch", "handler": "notify", "config": {"channel": "desk", "template": "x"}},
            id="a channel",
        ),
        pytest.param(FETCH | {"tags": ["x", "x"]}, FETCH | {"tags": ["x"]}, id="a tag that is there twice"),
        pytest.param(FETCH | {"input": {"boddy": 1}}, FETCH | {"input": {"body": 1}}, id="a key of input"),
        pytest.param(
            {"name": "fetch", "handlr": "http_requst", "config": {"ulr": "https://feeds.example/q"}},
            FETCH,
            id="one fault behind the other",
        ),
    ],
)
def test_what_can_be_mended_safely_is_mended_and_checked_again(wrong: dict[str, Any], right: dict[str, Any]) -> None:
    output = reading("fetch", "other")
    value, count = mended({"steps": [step("other"), wrong], "output": output})
    assert value["steps"][1] == right
    assert count > 0


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(FETCH | {"handler": "http"}, id="a handler that could be anything"),
        pytest.param(FETCH | {"input": {"body": "{{ steps.one_x.output }}"}}, id="a step with two near names"),
        pytest.param({"name": "fetch", "handler": "notify", "config": {"channel": "dock", "template": "x"}}, id="a channel"),
        pytest.param(FETCH | {"input": {"body": "{{ steps.one_a.result }}"}}, id="another word for the output"),
        pytest.param(FETCH | {"config": {"url": "https://feeds.example/q", "method": "PATCH"}}, id="a value that there is not"),
        pytest.param(FETCH | {"for_each": {"items": [1, 2, 3], "max_items": 2}}, id="a bound"),
    ],
)
def test_what_would_be_a_guess_or_a_widening_is_left_alone(wrong: dict[str, Any]) -> None:
    value = {"steps": [step("one_a"), step("one_b"), wrong], "output": reading("fetch", "one_a", "one_b")}
    read = read_fragment(value)
    of_report(check_reading(read, CATALOG, FRAME))
    found = check_and_mend(read, read_fragment, CATALOG, FRAME)
    assert (found.report.ok, found.document, found.applied, found.value) == (False, None, (), value)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("/steps/0/bounds/steps", id="bounds"),
        pytest.param("/steps/0/allow", id="an allow list"),
        pytest.param("/steps/0/for_each/max_items", id="the width of a loop"),
        pytest.param("/steps/0/retry/max_attempts", id="the number of attempts"),
    ],
)
def test_a_patch_that_reaches_what_a_step_may_do_or_use_is_never_applied(place: str) -> None:
    problem = Problem(code="x", where=place, says="x", patch=({"op": "add", "path": place, "value": 9},))
    value: dict[str, Any] = {"steps": [{"bounds": {}, "for_each": {}, "retry": {}}]}
    assert mend(value, [problem]) == (value, ())


def test_patches_that_contradict_each_other_are_not_both_applied() -> None:
    def patch(new: str) -> Problem:
        test = {"op": "test", "path": "/a", "value": "x"}
        return Problem(code="x", where="/a", says="x", patch=(test, {"op": "replace", "path": "/a", "value": new}))

    value = {"a": "x"}
    assert mend(value, [patch("y"), patch("z")]) == ({"a": "y"}, ({"op": "replace", "path": "/a", "value": "y"},))
    assert value == {"a": "x"}


def test_a_refusal_passes_as_it_is() -> None:
    found = check_and_mend(read_fragment('{"refused": "not mine to do"}'), read_fragment, CATALOG, FRAME)
    assert found.document == Refusal(refused="not mine to do")


def test_what_can_be_read_of_a_flawed_document_is_checked_as_well() -> None:
    steps = [step("a", until="x"), {"name": "c", "handler": "gone", "policy": {}}]
    assert told(check_reading(read_fragment({"steps": steps, "output": reading("a")}), CATALOG, FRAME)) == [
        ("language.unsupported", "/steps/0/until"),
        ("language.unsupported", "/steps/1/policy"),
        ("handler.unknown", "/steps/1/handler"),
    ]


def test_a_text_that_cannot_be_read_is_reported_and_not_mended() -> None:
    found = check_and_mend(read_fragment("no"), read_fragment, CATALOG, FRAME)
    assert (told(found.report), found.document, found.applied) == ([("json.invalid", "")], None, ())


def test_what_was_mended_has_the_digest_of_what_was_right_at_once() -> None:
    right = {"steps": [FETCH], "output": reading("fetch")}
    wrong = {"steps": [FETCH | {"handler": "http_requst"}], "output": reading("fetch")}
    found = check_and_mend(read_fragment(wrong), read_fragment, CATALOG, FRAME)
    assert found.report == check(Fragment.model_validate(right), CATALOG, FRAME)
