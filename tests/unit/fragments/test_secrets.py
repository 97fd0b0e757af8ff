from typing import Any

import pytest

from fragments.documents import Allow
from tests.support.catalogs import loop, reading, step
from tests.support.constructs import body, found, report_on

KEYS = {"secrets": frozenset({"token", "other"})}


def keyed(**more: Any) -> dict[str, Any]:
    return {"name": "ask", "handler": "keyed", **more}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(keyed(config={"token": "{{ secrets.token }}"}), [], id="at a sink"),
        pytest.param(keyed(config={"headers": {"A": "{{ secrets.token }}", "B": "x"}}), [], id="at one of several sinks"),
        pytest.param(keyed(input={"password": "{{ secrets.token }}"}), [], id="at a sink in the input"),
        pytest.param(keyed(config={"note": "{{ secrets.token }}"}), ["config/note"], id="elsewhere in config"),
        pytest.param(keyed(config={"token": {"x": "{{ secrets.token }}"}}), ["config/token/x"], id="within a sink"),
        pytest.param(keyed(input={"note": "{{ secrets.token }}"}), ["input/note"], id="elsewhere in the input"),
        pytest.param(keyed(config={"token": "Bearer {{ secrets.token }}"}), ["config/token"], id="within a text"),
        pytest.param(keyed(config={"token": "{{ secrets.token ?? 'x' }}"}), ["config/token"], id="with a default"),
        pytest.param(keyed(config={"token": "{{ secrets.gone }}"}), ["config/token"], id="a secret that there is not"),
        pytest.param(
            {"name": "ask", **body(input={"numbers": [1], "label": "{{ secrets.token }}"})},
            ["input/label"],
            id="another handler",
        ),
        pytest.param(step("ask", fallback={"output": "{{ secrets.token }}"}), ["fallback/output"], id="a fallback's output"),
    ],
)
def test_a_secret_stands_alone_where_a_handler_takes_one(given: dict[str, Any], expected: list[str]) -> None:
    assert found([given], **KEYS) == [("authority.secret", f"/steps/0/{where}") for where in expected]


def test_the_output_shows_no_secret() -> None:
    steps = [keyed(config={"token": "{{ secrets.token }}"})]
    assert found(steps, {"ask": "{{ steps.ask.output }}", "x": "{{ secrets.token }}"}, **KEYS) == [
        ("authority.secret", "/output/x")
    ]


def test_a_template_in_config_writes_names_of_its_own() -> None:
    tell = {
        "name": "ask",
        "handler": "notify",
        "config": {"channel": "desk", "template": "{{ secrets.token }}"},
        "input": {"secrets": {}},
    }
    assert found([tell], **KEYS) == []


@pytest.mark.parametrize(
    ("allows", "hint"),
    [
        pytest.param((Allow(secrets=("tok*",)),), None, id="a glob"),
        pytest.param((Allow(),), None, id="no list"),
        pytest.param((Allow(secrets=("*",)), Allow(secrets=("other",))), "Allowed: other.", id="one of two lists has another"),
        pytest.param((Allow(secrets=()),), "No secret is allowed here.", id="an empty list"),
    ],
)
def test_every_frame_around_allows_the_secret(allows: tuple[Allow, ...], hint: str | None) -> None:
    problems = report_on([keyed(config={"token": "{{ secrets.token }}"})], allows=allows, **KEYS).problems
    assert [problem.hint for problem in problems] == ([] if hint is None else [hint])


def test_a_misspelt_secret_is_told_with_near_names_and_not_mended() -> None:
    (problem,) = report_on([keyed(config={"token": "{{ secrets.tken }}"})], **KEYS).problems
    assert (problem.hint, problem.patch) == ("Nearest: token.", None)


def test_the_manifest_lists_the_secrets_of_every_body() -> None:
    inner = keyed(name="inner", input={"password": "{{ secrets.other }}"})
    with_fallback = keyed(fallback={"handler": "keyed", "config": {"token": "{{ secrets.token }}"}})
    report = report_on([loop("each", inner, items=[1]), with_fallback], reading("each", "ask"), **KEYS)
    assert report.authority is not None
    assert report.authority.secrets == ("other", "token")


def test_an_allow_list_that_names_no_secret_is_told() -> None:
    plan = {"name": "plan", "type": "planning", "goal": "x", "allow": {"secrets": ["token", "gone"]}}
    assert found([plan], **KEYS) == [("authority.nothing", "/steps/0/allow/secrets/1")]
