"""Make the request of an imported operation, which each call brings as data."""

from goalwright.operations import perform


def run(config: dict, given: dict, call: dict) -> dict:
    """Ask as `call["operation"]` says: `{status, headers, body}`."""
    return perform(call["operation"], config, given, call)
