"""Patterns mean in a guest what they mean on the host and in checks."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from catalog.loader import load_capability
from schemas.patterns import PatternError, find, search
from tests.support.tables import PATTERNS

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Recorder, Sandbox

CAPABILITY = """\
name: searching
version: 1.0.0
summary: For a test.
description: For a test.
config_schema: {type: object, additionalProperties: false}
input_schema: {type: object}
output_schema: {}
errors: [{type: handler_error, retryable: false, description: It failed.}]
effect: pure
imports: [patterns]
"""
HANDLER = """
from goalwright.patterns import PatternError, find, search

ASK = {"search": search, "find": find}


def run(config, given):
    return [answer(*asked) for asked in given["asked"]]


def answer(name, *asked, **options):
    try:
        return ASK[name](*asked)
    except PatternError as error:
        return str(error)
"""
FOUND = [
    ("(é)|(😀)", "xé😀é", "u"),
    ("a*", "ba", "u"),
    ("", "é" * 25_000, "u"),
    ("^b$", "a\nb", "m"),
    (r"(?i)B\z", "ab", "re2"),
    (r"(?P<n>b)", "ab", "re2"),
    ("(a", "a", "u"),
    ("b", "\ud800", "u"),
]


class Searching:
    """A guest that asks what it is told to ask."""

    def __init__(self, sandbox: "Sandbox", folder: Path, host: "Recorder") -> None:
        folder.mkdir()
        (folder / "capability.yaml").write_text(CAPABILITY, encoding="utf-8")
        (folder / "handler.py").write_text(HANDLER, encoding="utf-8")
        self._sandbox, self._host = sandbox, host
        self._component = sandbox.component(load_capability(folder), folder)

    def ask(self, *asked: tuple[str, ...]) -> Any:
        answer = self._sandbox.call(self._component, {}, {"asked": asked}, self._host)
        return answer["ok"]


@pytest.fixture
def guest(sandbox: "Sandbox", tmp_path: Path, host: "Recorder") -> Searching:
    return Searching(sandbox, tmp_path / "searching", host)


def test_a_guest_says_of_every_row_of_the_table_what_the_host_says(guest: Searching) -> None:
    answers = guest.ask(*(("search", row.pattern, row.text) for row in PATTERNS))

    assert answers == [said(row.pattern, row.text) for row in PATTERNS]
    verdicts = {True: "match", False: "no match"}
    told = [verdicts.get(answer) or ("not supported" if "cannot be" in answer else "not ECMA-262") for answer in answers]
    assert told == [row.verdict for row in PATTERNS]


def said(pattern: str, text: str) -> bool | str:
    try:
        return search(pattern, text)
    except PatternError as error:
        return str(error)


def test_a_guest_finds_what_the_host_finds_however_much_it_is(guest: Searching) -> None:
    answers = guest.ask(*(("find", *asked) for asked in FOUND))

    assert answers[:6] == [
        [[list(match.span), [span and list(span) for span in match.groups]] for match in find(*asked, most=100_000)]
        for asked in FOUND[:6]
    ]
    assert answers[6:] == [
        "The pattern '(a' is no regular expression of ECMA-262: ( is never closed (character 1).",
        "A text or a pattern that holds half of a surrogate pair matches nothing.",
    ]
