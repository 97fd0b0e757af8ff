"""The data of JSONata's suite and probes, as calls of the handler `transform`."""

from typing import Any

from tests.support.outside import ROOT

DATA = ROOT / "tests" / "data" / "jsonata"


def call(expression: str, data: Any) -> dict[str, Any]:
    """Make the call of an expression over data."""
    return {"config": {"expression": expression}, "input": {"data": data}}
