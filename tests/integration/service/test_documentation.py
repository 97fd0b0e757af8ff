"""What the documentation shows is run as it stands there."""

import re
from pathlib import Path

import pytest
import yaml

from catalog.calls import Call, Failed, Ok
from catalog.loader import load_catalog
from fragments.checks import check
from fragments.reading import read_template
from planner.verdicts import own_frame
from service.composition import sandbox, vocabulary
from service.settings import read_settings

ROOT = Path(__file__).resolve().parents[3]
CATALOG = load_catalog().catalog


def shown(page: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def handlers(tmp_path: Path) -> Path:
    folder = tmp_path / "handlers" / "slugify"
    folder.mkdir(parents=True)
    (folder / "capability.yaml").write_text(shown("docs/handlers.md", "yaml"))
    (folder / "handler.py").write_text(shown("docs/handlers.md", "python"))
    return folder.parent


async def test_the_handler_of_the_documentation_builds_and_does_what_its_example_says(handlers: Path) -> None:
    known = vocabulary(read_settings(handlers=(handlers,)))
    example = yaml.safe_load(shown("docs/handlers.md", "yaml"))["examples"][0]
    async with sandbox(known) as pool:
        answer = await pool.run(Call(handler="slugify@1.0.0", config={}, input=example["input"]))
        refused = await pool.run(Call(handler="slugify@1.0.0", config={}, input={"title": "!"}))
    assert isinstance(answer, Ok)
    assert answer.output == example["output"]
    assert isinstance(refused, Failed)
    assert (refused.type, refused.retryable) == ("nothing_left", False)


def test_the_template_of_the_readme_passes_every_check() -> None:
    reading = read_template(shown("README.md", "yaml"))
    assert reading.document is not None, reading.problems
    assert check(reading.document, CATALOG, own_frame(reading.document, CATALOG)).problems == ()
