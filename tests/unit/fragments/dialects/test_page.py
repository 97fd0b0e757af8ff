"""The page follows from the code. `GOALWRIGHT_UPDATE_GOLDEN=1` writes its tables anew."""

import os
from collections.abc import Mapping
from pathlib import Path

from fragments.dialects.vocabulary import TASKER, WORKFLOW_IO, Fate, Words

PAGE = Path(__file__).resolve().parents[4] / "docs" / "dialects.md"
HEADING = "## Every word\n\n"
FATES = {
    Fate.CARRIED: "{}",
    Fate.NOT_YET: "**not yet** (`dialect.not_yet`). {}",
    Fate.LEFT_OUT: "left out, with a warning. {}",
}


def table(title: str, vocabulary: Mapping[str, Words]) -> str:
    rows = [
        f"| {place} | `{word}` | {FATES[meaning.fate].format(meaning.says)} |\n"
        for place, words in vocabulary.items()
        for word, meaning in words.items()
    ]
    return f"### {title}\n\n| in | word | becomes |\n|---|---|---|\n{''.join(rows)}"


def test_the_page_lists_every_word_and_what_becomes_of_it() -> None:
    comment = (
        "<!-- from fragments/dialects/vocabulary.py; tests/unit/fragments/dialects/test_page.py holds the two together -->\n\n"
    )
    tables = f"{comment}{table('tasker', TASKER)}\n{table('workflow-io', WORKFLOW_IO)}"
    wanted = PAGE.read_text().partition(HEADING)[0] + HEADING + tables
    if os.environ.get("GOALWRIGHT_UPDATE_GOLDEN"):
        PAGE.write_text(wanted)
    assert PAGE.read_text() == wanted
