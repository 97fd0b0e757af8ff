"""Make the request of an imported operation, which each call brings as data."""

from answers import output_of
from goalwright import host

from outgoing import request_of


def run(config: dict, given: dict, call: dict) -> dict:
    """Ask as `call["operation"]` says, and give `{status, headers, body}`."""
    operation = call["operation"]
    request = request_of(operation, config, given, call)
    answer = host.http(
        operation["method"],
        request["url"],
        headers=request["headers"],
        body=request["body"],
        body_base64=request["body_base64"],
        binary=set(operation["success"].values()) == {"base64"},
    )
    return output_of(operation, answer)
