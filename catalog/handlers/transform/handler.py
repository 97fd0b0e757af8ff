"""Reshape data with a JSONata expression."""

from goalwright.expressions import evaluate
from goalwright.schemas import require


def run(config: dict, given: dict) -> object:
    """Evaluate the expression over `data`, with every other input as a variable; check the value if a schema is given."""
    variables = {name: value for name, value in given.items() if name != "data"}
    value = evaluate(config["expression"], given["data"], variables)
    if "output_schema" in config:
        require(value, config["output_schema"], "output_mismatch", "the expression's value")
    return value
