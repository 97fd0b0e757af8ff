"""Pages that follow from the code. `GOALWRIGHT_UPDATE_GOLDEN=1` writes them anew."""

import os
from pathlib import Path

from fragments.codes import CODES

LANGUAGE = Path(__file__).resolve().parents[3] / "docs" / "language.md"
HEADING = "| code | meaning |\n|---|---|\n"


def test_the_language_page_lists_every_code_with_its_sentence() -> None:
    page = LANGUAGE.read_text()
    table = "".join(f"| `{code}` | {sentence} |\n" for code, sentence in CODES.items())
    wanted = page.partition(HEADING)[0] + HEADING + table
    if os.environ.get("GOALWRIGHT_UPDATE_GOLDEN"):
        LANGUAGE.write_text(wanted)
    assert LANGUAGE.read_text() == wanted
