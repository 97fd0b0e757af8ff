from typing import Any

from catalog.loader import load_catalog
from fragments.bounds import Left
from fragments.documents import Template
from fragments.frames import Frame
from service.workflows import LibraryWorkflows

CATALOG = load_catalog().catalog
STEP = {
    "name": "n",
    "handler": "transform",
    "config": {"expression": "$", "output_schema": {"type": "number"}},
    "input": {"data": 1},
}


def template(name: str, **more: Any) -> Template:
    return Template.model_validate({"name": name, "steps": [STEP], "output": "{{ steps.n.output }}", **more})


def workflows(*templates: Template, channels: frozenset[str] = frozenset()) -> LibraryWorkflows:
    return LibraryWorkflows(templates, CATALOG, Frame(left=Left(), channels=channels))


def test_templates_are_found_by_namespace_and_name_in_every_version() -> None:
    found = workflows(template("sums"), template("sums", version="2.0.0"), template("sums", namespace="team"))
    assert list(found) == ["default/sums", "team/sums"]
    assert [(one.id, one.version, one.output_schema) for one in found["default/sums"]] == [
        ("default/sums", "1.0.0", {"type": "number"}),
        ("default/sums", "2.0.0", {"type": "number"}),
    ]


def test_a_template_that_may_not_run_here_is_none_of_them() -> None:
    tell = {"name": "tell", "handler": "notify", "config": {"channel": "desk", "template": "x"}, "input": {}}
    telling = template("tells", steps=[tell], output=None)
    assert workflows(telling)["default/tells"] == ()
    (one,) = workflows(telling, channels=frozenset({"desk"}))["default/tells"]
    assert one.authority.channels == ("desk",)


def test_a_name_that_there_is_not_is_none() -> None:
    assert workflows(template("sums")).get("default/other") is None
