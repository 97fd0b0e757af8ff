from typing import Any

import pytest
import yaml
from jsonpatch import JsonPatch

from service.rewriting import rewritten

TEXT = """\
# what we do at night
name: nightly  # keep
version: 1.0.0

steps:
  # first of all
  - name: fetch
    handler: http_requst   # misspelt
    config: {method: GET, url: "https://example.org/a"}
    input:
      note: 'single quotes'
  - name: count
    handlr: transform
    config:
      expression: |
        $count(
          x
        )
output: {n: "{{ steps.count.output }}"}
"""


def applied(text: str, *operations: dict[str, Any]) -> tuple[str, bool]:
    value = JsonPatch(list(operations)).apply(yaml.safe_load(text))
    return rewritten(text, operations, value)


def changed(text: str) -> list[tuple[str, str]]:
    """Pair the lines that differ."""
    return [(a, b) for a, b in zip(TEXT.splitlines(), text.splitlines(), strict=True) if a != b]


def test_a_replaced_value_changes_its_line_and_no_other() -> None:
    text, kept = applied(TEXT, {"op": "replace", "path": "/steps/0/handler", "value": "http_request"})
    assert kept
    assert [(a.split("#")[0].strip(), b.split("#")[0].strip()) for a, b in changed(text)] == [
        ("handler: http_requst", "handler: http_request")
    ]
    assert "# misspelt" in text


def test_a_renamed_key_stays_where_it_stands() -> None:
    text, kept = applied(TEXT, {"op": "move", "from": "/steps/1/handlr", "path": "/steps/1/handler"})
    assert kept
    assert changed(text) == [("    handlr: transform", "    handler: transform")]


def test_an_added_key_comes_last_in_its_mapping() -> None:
    text, kept = applied(TEXT, {"op": "add", "path": "/steps/1/depends_on", "value": ["fetch"]})
    assert kept
    assert yaml.safe_load(text)["steps"][1]["depends_on"] == ["fetch"]
    assert "# first of all" in text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("name: a\nsteps:\n- name: x\n  handlr: transform\n", id="dashes-below-the-key"),
        pytest.param("name: a\nsteps:\n    - name: x\n      handlr: transform\n", id="deep-dashes"),
        pytest.param("name: a\nsteps: [{name: x, handlr: transform}]\n", id="flow"),
    ],
)
def test_the_layout_of_lists_is_kept(text: str) -> None:
    made, _ = applied(text, {"op": "move", "from": "/steps/0/handlr", "path": "/steps/0/handler"})
    assert made == text.replace("handlr", "handler")


def test_json_stays_json() -> None:
    made, kept = applied('{"name": "a", "steps": []}', {"op": "replace", "path": "/name", "value": "b"})
    assert (made, kept) == ('{\n  "name": "b",\n  "steps": []\n}\n', True)
