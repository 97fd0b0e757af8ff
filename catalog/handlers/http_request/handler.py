"""Ask a web service: one request, or all pages of a list."""

from answers import body_of, exchange, fit, no_error, returned
from goalwright import HandlerError
from outgoing import request_of
from pages import paged


def run(config: dict, given: dict, call: dict) -> dict:
    """Make the request; with `paging`, follow the pages and answer with all items."""
    try:
        request = request_of(config, given, call)
    except HandlerError as error:
        # Nothing was asked yet, so the template is the only URL that there is.
        return _answer(config, config["url"]) | returned(config, error)
    return paged(config, request) if "paging" in config else _once(config, request)


def _once(config: dict, request: dict) -> dict:
    answer = _answer(config, request["url"])
    try:
        body = body_of(config, exchange(config, request, answer))
        fit(config, body, "the body")
        return answer | {"body": body} | no_error(config)
    except HandlerError as error:
        return answer | returned(config, error)


def _answer(config: dict, url: str) -> dict:
    nothing = {"items": [], "pages": 0, "truncated": True} if "paging" in config else {"body": None}
    return {"status": None, "headers": {}, "elapsed_ms": 0, "url": url} | nothing
