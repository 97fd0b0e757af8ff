"""What came back: statuses, bodies, failures."""

from access import shown_url, signed
from goalwright import HandlerError, host
from goalwright.errors import one_line
from goalwright.schemas import Checked, listed
from goalwright.texts import parsed_body

SUCCESS = range(200, 300)
JSON_TYPES = {"application/json", "text/json", "text/x-json", "application/x-json"}
BUSY = {408, 429, 502, 503, 504}
# What a plan may not treat as an answer: it asked for more than it was granted.
NEVER_RETURNED = {"host_refused", "address_refused", "secret_refused", "limit_host_calls", "limit_moved_bytes", "limit_wall"}


def exchange(config: dict, request: dict, answer: dict) -> dict:
    """Make one request, note status, headers, URL and time in `answer`, give the response; fail on an unexpected status."""
    sent = signed(config, request)
    response = host.http(
        sent["method"],
        sent["url"],
        headers=list(sent["headers"].items()),
        body=sent["body"],
        body_base64=sent["body_base64"],
        timeout_ms=config.get("timeout_ms"),
        max_bytes=config.get("max_body_bytes"),
        binary=config.get("response_as") == "base64",
    )
    answer |= {
        "status": response["status"],
        "headers": response["headers"],
        "url": shown_url(config, response["url"]),
        "elapsed_ms": answer["elapsed_ms"] + response["elapsed_ms"],
    }
    if response["status"] not in (config.get("expected") or SUCCESS):
        raise _unexpected(request["method"], answer, response)
    return response


def body_of(config: dict, response: dict) -> object:
    """Read the body: JSON where the server or `response_as` says so, text otherwise, nothing as null; or all in base64."""
    text, binary = response["body"], response.get("body_base64")
    if config.get("response_as") == "base64":
        return binary or None
    if text is None and binary:
        message = (
            "the response is not text in its charset (UTF-8 if it declares none): set response_as to base64 to take its bytes"
        )
        raise HandlerError("response_invalid", message)
    if not text:
        return None
    if config.get("response_as", "auto") == "auto" and not response.get("media_type"):
        return _guessed(text)
    return json_of(text) if _is_json(config, response) else text


def json_of(text: str) -> object:
    """Read JSON; `response_invalid` where it is none."""
    try:
        return parsed_body(text)
    except ValueError as error:
        message = f"the response is not JSON: {one_line(error)}: {one_line(text, limit=100)}"
        raise HandlerError("response_invalid", message) from error


def fit(config: dict, value: object, what: str) -> None:
    """Hold a value against `response_schema`, if there is one."""
    if "response_schema" not in config:
        return
    found = Checked(config["response_schema"]).errors(value)
    if found:
        hint = "; it came as text: set response_as to json if it is JSON" if isinstance(value, str) else ""
        raise HandlerError("response_mismatch", f"{what} does not fit response_schema: {listed(found)}{hint}")


def returned(config: dict, error: HandlerError) -> dict:
    """Write a failure as a value where `on_error` is `return`; raise it again otherwise."""
    if config.get("on_error", "fail") != "return" or error.type in NEVER_RETURNED:
        raise error
    return {"error": {"type": error.type, "message": one_line(error.message)}}


def no_error(config: dict) -> dict:
    """Say that nothing failed, where the output has a place for it."""
    return {"error": None} if config.get("on_error", "fail") == "return" else {}


def _unexpected(method: str, answer: dict, response: dict) -> HandlerError:
    status = answer["status"]
    said = one_line(response["body"] or "", limit=200)
    message = f"{method} {one_line(answer['url'], limit=200)} answered {status}" + (f": {said}" if said else "")
    if status not in BUSY:
        return HandlerError("status_unexpected", message)
    return HandlerError("status_busy", message, retryable=True, retry_after_s=response.get("retry_after_s"))


def _is_json(config: dict, response: dict) -> bool:
    kind = config.get("response_as", "auto")
    media_type = response["media_type"]
    return kind == "json" or (kind == "auto" and (media_type in JSON_TYPES or media_type.endswith("+json")))


def _guessed(text: str) -> object:
    """Read a body whose kind the server did not tell: an object or list of JSON, else text."""
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return text
    try:
        return json_of(text)
    except HandlerError:
        return text
