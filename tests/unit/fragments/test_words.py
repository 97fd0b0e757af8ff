"""Words that name nothing are told, with the nearest names."""

from dataclasses import replace
from typing import Any

import pytest

from catalog.calls import CALL_ERRORS
from catalog.capability import Authority
from catalog.loader import load_catalog
from engine.reasons import Reason
from fragments.checks import check
from fragments.documents import Fragment
from fragments.frames import Frame
from tests.support.telling import of_problems

CATALOG = load_catalog().catalog
GROUPS = frozenset({"leads", "law", "release-managers"})
FRAME = Frame(
    groups=GROUPS,
    channels=frozenset({"desk", "ops"}),
    secrets=frozenset({"api-key"}),
    operator_hosts=("*.example.org", "api.example.com"),
)
GET = {"name": "one", "handler": "http_request", "config": {"url": "https://api.example.com/"}}
SUM = {"name": "one", "handler": "transform", "config": {"expression": "1"}}
GATE = {"name": "one", "handler": "gate"}
PLAN = {"name": "one", "type": "planning", "goal": "Add up"}


def found(step: dict[str, Any]) -> list[tuple[str, str, str]]:
    fragment = Fragment.model_validate({"steps": [step], "output": "{{ steps.one.output }}"})
    report = check(fragment, CATALOG, FRAME)
    ours = ("retry.", "authority.group", "authority.nothing")
    problems = [problem for problem in of_problems(report.problems) if problem.code.startswith(ours)]
    return [(problem.code, problem.where.removeprefix("/steps/0"), problem.hint) for problem in problems]


def retried(step: dict[str, Any], *words: str) -> dict[str, Any]:
    return {**step, "retry": {"max_attempts": 3, "retry_on": list(words)}}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        pytest.param(retried(GET, "status_busy", "timed_out", "connect_failed"), [], id="errors of the handler"),
        pytest.param(retried(GET, "worker_lost", "limit_wall", "overloaded"), [], id="errors of calls"),
        pytest.param(retried(GET, "status_bussy"), [("retry.unknown", "status_busy")], id="a letter too many"),
        pytest.param(retried(GET, "status_bsuy"), [("retry.unknown", "status_busy")], id="letters swapped"),
        pytest.param(retried(GET, "conect_failed"), [("retry.unknown", "connect_failed")], id="a letter left out"),
        pytest.param(retried(GET, "TimedOut"), [("retry.unknown", "timed_out")], id="another case"),
        pytest.param(retried(GET, "timeout"), [("retry.unknown", "timed_out")], id="another tense"),
        pytest.param(retried(GET, "429"), [("retry.unknown", "")], id="a status"),
        pytest.param(retried(GET, "*"), [("retry.unknown", "")], id="a glob"),
        pytest.param(retried(GET, "status_busy", "workr_lost"), [("retry.unknown", "worker_lost")], id="the second word"),
        pytest.param(retried(SUM, "status_busy"), [("retry.unknown", "")], id="an error of another handler"),
        pytest.param(retried(GET, "status_unexpected"), [("retry.never", "")], id="an error that is not retryable"),
        pytest.param(retried(SUM, "output_invalid"), [("retry.never", "")], id="an error of calls that is not retryable"),
        pytest.param({**GATE, "config": {"title": "Go?", "approvers": ["leads"]}}, [], id="a group"),
        pytest.param(
            {**GATE, "config": {"title": "Go?", "approvers": ["leads", "laww"]}},
            [("authority.group", "law")],
            id="a group misspelt",
        ),
        pytest.param(
            {**GATE, "config": {"title": "Go?", "approvers": ["release-manager"]}},
            [("authority.group", "release-managers")],
            id="a group in the singular",
        ),
        pytest.param(
            {
                **GATE,
                "config": {
                    "title": "Go?",
                    "approvers": ["leads"],
                    "timeout": "1h",
                    "escalation": [{"approvers": ["law"]}, {"approvers": ["boards"]}],
                },
            },
            [("authority.group", "leads")],
            id="a group of an escalation",
        ),
        pytest.param({**PLAN, "allow": {"handlers": ["transform"], "hosts": ["api.example.com"]}}, [], id="what there is"),
        pytest.param({**PLAN, "allow": {"handlers": ["tranform"]}}, [("authority.nothing", "transform")], id="a handler"),
        pytest.param({**PLAN, "allow": {"channels": ["dsek"]}}, [("authority.nothing", "desk")], id="a channel"),
        pytest.param({**PLAN, "allow": {"secrets": ["api_key"]}}, [("authority.nothing", "api-key")], id="a secret"),
        pytest.param({**PLAN, "allow": {"hosts": ["api.exmple.com"]}}, [("authority.nothing", "api.example.com")], id="a host"),
        pytest.param({**PLAN, "allow": {"hosts": ["*.example.net"]}}, [("authority.nothing", "*.example.org")], id="hosts"),
        pytest.param({**PLAN, "allow": {"hosts": ["*"]}}, [], id="every host"),
        pytest.param({**PLAN, "allow": {"hosts": ["a.example.org", "*.b.example.org"]}}, [], id="hosts within hosts"),
    ],
)
def test_a_word_that_names_nothing_is_told(step: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    told = found(step)
    assert [code for code, _, _ in told] == [code for code, _ in expected]
    assert [near for (_, _, hint), (_, near) in zip(told, expected, strict=True) if near not in hint] == []


def test_a_group_is_not_looked_for_where_there_are_no_people() -> None:
    fragment = Fragment.model_validate({"steps": [{**GATE, "config": {"title": "Go?", "approvers": ["any"]}}], "output": 1})
    report = check(fragment, CATALOG, replace(FRAME, groups=None))
    assert "authority.group" not in {problem.code for problem in report.problems}


def test_the_engine_s_own_errors_of_attempts_are_in_the_table() -> None:
    assert {Reason.TIMED_OUT, Reason.INTERNAL_ERROR} <= set(CALL_ERRORS)


def test_the_gate_says_where_it_names_groups() -> None:
    gate = CATALOG.capabilities["gate@1.0.0"]
    assert gate.authority == Authority(
        channels=("/config/channel",), groups=("/config/approvers/*", "/config/escalation/*/approvers/*")
    )
