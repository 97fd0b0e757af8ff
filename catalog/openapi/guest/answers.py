"""What an answer means: the body of a success, the error type of anything else."""

from base64 import b64encode

from goalwright.errors import HandlerError, one_line
from goalwright.texts import parsed_body

BUSY = {408, 425, 429, 502, 503, 504}
_NOTHING = {204, 205, 304}  # statuses whose answers have no body (RFC 9110, 15)


def output_of(operation: dict, answer: dict) -> dict:
    """Give `{status, headers, body}`; statuses that the API calls errors fail with the types that it lists."""
    status = answer["status"]
    if _named(status, operation["success"]) is None:
        raise _failure(operation, answer)
    return {"status": status, "headers": answer["headers"], "body": _body(operation, answer)}


def _body(operation: dict, answer: dict) -> object:
    """Read the body as the document tells it; one that it does not tell is taken as it comes and never fails the call."""
    status = answer["status"]
    if operation["method"] == "HEAD" or status in _NOTHING:
        return None
    kind = operation["success"][_named(status, operation["success"])]
    return READERS[kind](answer)


def _any(answer: dict) -> object:
    text = answer["body"]
    if not text:
        return None
    told = answer.get("media_type")
    if not (_says_json(answer) or (not told and text.lstrip("\ufeff \t\r\n").startswith(("{", "[")))):
        return text
    try:
        return parsed_body(text)
    except ValueError:
        return text


def _json(answer: dict) -> object:
    text = _text(answer)
    if not text:
        return None
    try:
        return parsed_body(text)
    except ValueError as error:
        if _says_other(answer):
            return text  # an answer that says that it is something else; its schema decides
        message = f"the answer is not JSON: {one_line(error)}: {one_line(text, limit=100)}"
        raise HandlerError("response_invalid", message) from error


def _text(answer: dict) -> str:
    text = answer["body"]
    if text is None and answer.get("body_base64"):
        kind = answer.get("media_type") or "of no kind that it tells"
        message = f"the answer is {kind}, and not text in its charset (UTF-8 if it declares none)"
        raise HandlerError("response_invalid", message)
    return text or ""


def _base64(answer: dict) -> str:
    return answer.get("body_base64") or b64encode((answer["body"] or "").encode()).decode("ascii")


READERS = {"any": _any, "json": _json, "text": _text, "base64": _base64}


def _says_json(answer: dict) -> bool:
    media_type = answer.get("media_type") or ""
    return media_type.rpartition("/")[2] in ("json", "x-json") or media_type.endswith("+json")


def _says_other(answer: dict) -> bool:
    return bool(answer.get("media_type")) and not _says_json(answer)


def _failure(operation: dict, answer: dict) -> HandlerError:
    status = answer["status"]
    said = one_line(answer["body"] or "", limit=300)
    url = one_line(answer["url"].partition("?")[0], limit=200)
    message = f"{operation['method']} {url} answered {status}" + (f": {said}" if said else "")
    errors = operation["errors"]
    if status not in BUSY:
        return HandlerError(errors.get(_named(status, errors), "status_unexpected"), message)
    kind = errors.get(str(status), "status_busy")  # a default speaks of what is not retried, too
    return HandlerError(kind, message, retryable=True, retry_after_s=answer.get("retry_after_s"))


def _named(status: int, told: dict) -> str | None:
    """Find the key that speaks of a status: its own, that of its hundred, or the default."""
    return next((key for key in (str(status), f"{status // 100}XX", "default") if key in told), None)
