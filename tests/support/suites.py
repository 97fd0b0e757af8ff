"""The JSON Schema Test Suite, as it is kept in `tests/data/json-schema`, and what it says of us."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from schemas.dialects import DIALECTS
from tests.support import judging
from tests.support.tables import DATA

FOLDER = DATA / "json-schema"
DRAFTS = {"draft2020-12": DIALECTS[0], "draft7": DIALECTS[2], "draft4": DIALECTS[4]}
"""The drafts whose suites are kept, with the dialect of schemas that name none."""


class Judged(NamedTuple):
    """One test of the suite: where it stands, what it wants and what came of it."""

    draft: str
    file: str
    case: str
    test: str
    wanted: bool
    verdict: bool | None


def remotes(draft: str) -> dict[str, Any]:
    """Give the schemas that those of a draft may refer to; one that names no dialect is of the draft."""
    kept = json.loads((FOLDER / "remotes.json").read_text(encoding="utf-8"))
    return {uri: {**held, "dialect": held["dialect"] or DRAFTS[draft]} for uri, held in kept.items()}


def files(draft: str) -> dict[str, Any]:
    """Give the files of a draft as `judging.run` takes them: formats are asserted where the suite asks for it."""
    kept = json.loads((FOLDER / f"{draft}.json").read_text(encoding="utf-8"))
    return {
        name: {"formats": name.startswith("optional/format/"), "cases": [_named(case, DRAFTS[draft]) for case in cases]}
        for name, cases in kept.items()
    }


@cache
def on_host(draft: str) -> tuple[Judged, ...]:
    """Judge every test of a draft here."""
    held = files(draft)
    return tuple(joined(draft, held, judging.run({}, {"files": list(held.values()), "remotes": remotes(draft)})))


def joined(draft: str, held: dict[str, Any], verdicts: list[list[bool | None]]) -> Iterator[Judged]:
    """Put verdicts beside the tests that they are about."""
    cases = [(name, case) for name, file in held.items() for case in file["cases"]]
    for (name, case), told in zip(cases, verdicts, strict=True):
        for test, verdict in zip(case["tests"], told, strict=True):
            yield Judged(draft, name, case["description"], test["description"], test["valid"], verdict)


def differences() -> list[dict[str, Any]]:
    """Give the tests that we do not pass, each with the verdict and the reason."""
    kept: list[dict[str, Any]] = json.loads((FOLDER / "differences.json").read_text(encoding="utf-8"))
    return kept


def _named(case: dict[str, Any], dialect: str) -> dict[str, Any]:
    schema = case["schema"]
    if isinstance(schema, dict) and "$schema" not in schema:
        schema = {"$schema": dialect, **schema}
    return {**case, "schema": schema}
