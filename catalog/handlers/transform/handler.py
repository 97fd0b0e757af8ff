"""Reshape data with a JSONata expression."""

from goalwright.expressions import evaluate
from goalwright.schemas import require


def run(config: dict, given: dict) -> object:
    """Evaluate the expression over `data`, with every input as a variable; check the value if a schema is given."""
    value = evaluate(config["expression"], given["data"], given)
    if "output_schema" in config:
        require(value, config["output_schema"], "output_mismatch", "the expression's value")
    return value
