"""Functions and operators of JSONata over null, nothing, wrong types and large numbers, as the reference has them.

`probes.json` is made by `probes.js` from the reference implementation, `numbers.json` says what is exact and what is refused.
"""

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import languages, outside

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Sandbox

PROBES: dict[str, Any] = json.loads((languages.DATA / "probes.json").read_text())
UNLIKE: dict[str, list[str]] = json.loads((languages.DATA / "probes_unlike.json").read_text())
NUMBERS: dict[str, Any] = json.loads((languages.DATA / "numbers.json").read_text())
BUILT_IN = re.compile(r"\$(\w+)\(")


def wrapped(text: str) -> str:
    """Tell nothing (`{}`) from null (`{"v": null}`)."""
    return f"{{'v': {text}}}"


def is_as_said(said: list[Any], answered: dict[str, Any]) -> bool:
    kind, *value = said
    if kind == "error":
        return "error" in answered
    wanted = {"v": value[0]} if value else {}
    return json.dumps(answered.get("ok"), sort_keys=True) == json.dumps(wanted, sort_keys=True)


def is_as_wanted(wanted: Any, answered: dict[str, Any]) -> bool:
    if not (isinstance(wanted, dict) and "error" in wanted):
        return json.dumps(answered.get("ok")) == json.dumps(wanted)
    error: dict[str, str] = answered.get("error", {"type": "none", "message": ""})
    return error["type"] == wanted["error"] or error["message"].startswith(f"{wanted['error']}:")


@pytest.fixture(scope="module")
def probed() -> list[dict[str, Any]]:
    calls = [languages.call(wrapped(text), PROBES["data"]) for text, *_ in PROBES["rows"]]
    return outside.answers("transform", calls)


def test_what_the_reference_says_is_said_but_for_what_is_listed(probed: list[dict[str, Any]]) -> None:
    rows = zip(PROBES["rows"], probed, strict=True)
    found = {row[0] for row, answered in rows if not is_as_said(row[1:], answered)}

    assert len(PROBES["rows"]) > 9_500
    assert found == {text for texts in UNLIKE.values() for text in texts}


def test_every_function_of_the_language_is_probed_with_null() -> None:
    named = {name for text, *_ in PROBES["rows"] for name in BUILT_IN.findall(text) if "nul" in text}

    assert len(named) >= 60


def test_the_sandbox_says_the_same(sandbox: "Sandbox", probed: list[dict[str, Any]]) -> None:
    chosen = range(0, len(probed), 20)
    texts = [PROBES["rows"][number][0] for number in chosen]
    answered = [sandbox.run("transform", {"expression": wrapped(text)}, {"data": PROBES["data"]}) for text in texts]
    unlike = [text for number, text, one in zip(chosen, texts, answered, strict=True) if one != probed[number]]

    assert unlike == []


def test_numbers_are_exact_or_refused() -> None:
    calls = [languages.call(text, NUMBERS["data"]) for text, _ in NUMBERS["rows"]]
    rows = zip(NUMBERS["rows"], outside.answers("transform", calls), strict=True)

    assert [(text, wanted, answered) for (text, wanted), answered in rows if not is_as_wanted(wanted, answered)] == []


def test_numbers_are_exact_or_refused_in_the_sandbox(sandbox: "Sandbox") -> None:
    rows = [
        (text, wanted, sandbox.run("transform", {"expression": text}, {"data": NUMBERS["data"]}))
        for text, wanted in NUMBERS["rows"]
    ]

    assert [row for row in rows if not is_as_wanted(row[1], row[2])] == []


def test_an_inexact_result_tells_its_place(sandbox: "Sandbox") -> None:
    answered = sandbox.run("transform", {"expression": "rows.(id / 7)"}, {"data": {"rows": [{"id": 9007199254740993}]}})

    assert answered["error"]["type"] == "number_inexact"
    assert answered["error"]["message"] == ("9007199254740993 / 7 has more digits than a number can hold near `rows.(id / 7)`")


@pytest.mark.parametrize("strategy", ["custom", "concat"])
def test_aggregates_keep_digits(sandbox: "Sandbox", strategy: str) -> None:
    config = {"strategy": strategy} | ({"expression": "$sum($)"} if strategy == "custom" else {})
    answered = sandbox.run("aggregate", config, {"items": [9007199254740993, 9007199254740993]})

    wanted = {"custom": 18014398509481986, "concat": [9007199254740993, 9007199254740993]}
    assert answered["ok"]["value"] == wanted[strategy]


def test_groups_tell_neighbours_apart(sandbox: "Sandbox") -> None:
    items = [{"id": 9007199254740992}, {"id": 9007199254740993}, {"id": 9007199254740993.0}]
    answered = sandbox.run("fan_out", {"strategy": "by_key", "key_expression": "id"}, {"items": items})

    assert answered["ok"]["keys"] == [9007199254740992, 9007199254740993]
