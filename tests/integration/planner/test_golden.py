"""The whole prompt of one goal over the real catalog, byte for byte.

A change here makes every recorded answer stale: raise `prompts/plan/version.txt`, run with GOALWRIGHT_UPDATE_GOLDEN=1, read
the difference, and have the answers recorded anew.
"""

import os
from datetime import date
from pathlib import Path

import pytest

from catalog.loader import load_catalog
from fragments.frames import Frame
from fragments.planning import PlanRequest, Turn
from fragments.problems import Problem
from planner.prompt import build

GOLDEN = Path(__file__).parent / "golden"
AUDIT = {
    "inventory": {
        "url": "http://inventory.demo/v1/distributions",
        "paging": "Link header, rel=next",
        "page": "the body is {items: [...], total}",
        "item": {
            "name": "string",
            "version": "string",
            "license_expression": "string or null",
            "license": "string or null",
            "classifiers": ["string"],
        },
    }
}
FIRST = PlanRequest(
    task="t",
    step="plan",
    phase=1,
    turn=1,
    goal=(
        "Audit the Python packages installed here: find those without licence metadata, count the rest by licence family, "
        "and send the digest to the desk"
    ),
    frame=Frame(input=AUDIT, input_hosts={"inventory": frozenset({"inventory.demo"})}, channels=frozenset({"desk"})),
    input=AUDIT,
    allowance_usd=0.25,
    today=date(2026, 11, 21),
)
SECOND = PlanRequest(
    task="t",
    step="plan/1/look",
    phase=2,
    turn=2,
    goal="Find out why the service answers slowly",
    frame=Frame(must_produce={"type": "object", "required": ["cause"], "properties": {"cause": {"type": "string"}}}, depth=1),
    input={"services": [{"name": f"service {i}", "url": f"https://s{i}.example.org", "owner": None} for i in range(40)]},
    previous={"failure": {"type": "step_failed", "message": "probe: no connection to s1.example.org"}},
    allowance_usd=0.25,
    today=date(2026, 11, 21),
    transcript=(
        Turn(
            answer='{"steps": []}',
            problems=(Problem(code="shape.missing", where="", says='The document has no "output".', hint='Add "output".'),),
        ),
    ),
)


@pytest.mark.parametrize(
    ("request_", "name"), [pytest.param(FIRST, "audit.md", id="first turn"), pytest.param(SECOND, "phase.md", id="second turn")]
)
def test_the_prompt_is_the_one_that_was_read_and_approved(request_: PlanRequest, name: str) -> None:
    prompt = build(request_, load_catalog().catalog)
    parts = (f"===== {message['role']} =====\n\n{message['content'].rstrip()}\n" for message in prompt.messages)
    text = f"version {prompt.version}\n\n" + "\n".join(parts)
    path = GOLDEN / name
    if os.environ.get("GOALWRIGHT_UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
