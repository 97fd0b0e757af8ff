"""Where the data of languages lies, and calls made of it."""

from typing import Any

from tests.support.outside import ROOT

DATA = ROOT / "tests" / "data" / "jsonata"
CONDITIONS = ROOT / "tests" / "data" / "conditions"


def call(expression: str, data: Any) -> dict[str, Any]:
    """Make the call of an expression over data."""
    return {"config": {"expression": expression}, "input": {"data": data}}
