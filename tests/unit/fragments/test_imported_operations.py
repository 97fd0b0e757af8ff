"""Plans with imported operations: an API with one server need not be named, and counts as named all the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.openapi.importing import Wanted, import_document
from catalog.registry import Catalog
from fragments.checks import check
from fragments.documents import Fragment
from fragments.frames import Frame


def catalog(*servers: str) -> Catalog:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": server} for server in servers],
        "paths": {"/a": {"get": {"operationId": "ask", "responses": {"200": {"description": "ok"}}}}},
    }
    made = import_document(Path("api.json"), json.dumps(document).encode(), Wanted())
    return Catalog.of(handler.capability for handler in made.handlers)


def plan(config: Any) -> Fragment:
    step = {"name": "a", "handler": "ask", "config": config, "input": {}}
    return Fragment.model_validate({"steps": [step], "output": "{{ steps.a.output.status }}"})


@pytest.mark.parametrize(
    "config", [pytest.param({}, id="not named"), pytest.param({"server": "https://a.example:8443/v1"}, id="named")]
)
def test_the_one_server_is_in_the_manifest(config: Any) -> None:
    report = check(plan(config), catalog("https://a.example:8443/v1"), Frame(operator_hosts=("a.example:8443",)))
    assert [problem.code for problem in report.problems] == []
    assert report.authority is not None
    assert report.authority.hosts == ("a.example:8443",)


def test_a_server_that_the_operator_does_not_allow_is_refused_though_no_one_names_it() -> None:
    report = check(plan({}), catalog("https://a.example"), Frame(operator_hosts=("b.example",)))
    assert [(problem.code, problem.where) for problem in report.problems] == [("authority.host", "/steps/0/config")]


def test_one_of_several_servers_has_to_be_named() -> None:
    report = check(plan({}), catalog("https://a.example", "https://b.example"), Frame())
    assert [problem.where for problem in report.problems] == ["/steps/0/config"]
