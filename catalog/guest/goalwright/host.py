"""What the host does for a guest. A function is there only if the capability lists its interface under `imports`."""

import json

from goalwright.errors import HandlerError, one_line
from goalwright.texts import written
from wit_world.imports import log as _log

# The build wrote the world, and with it the bindings: an interface that is not imported has no module.
try:
    from wit_world.imports import http as _http
except ImportError:
    _http = None
try:
    from wit_world.imports import notify as _notify
except ImportError:
    _notify = None
try:
    from wit_world.imports import patterns as _patterns
except ImportError:
    _patterns = None
try:
    from wit_world.imports import conditions as _conditions
except ImportError:
    _conditions = None


def log(message: object, *, level: str = "info") -> None:
    """Write one line to the step's log; `level` is debug, info, warning or error."""
    _log.write(level, one_line(message, limit=4_000))


def http(
    method: str,
    url: str,
    *,
    headers: list[tuple[str, str]] | None = None,
    body: str | None = None,
    body_base64: str | None = None,
    timeout_ms: int | None = None,
    max_bytes: int | None = None,
    binary: bool = False,
) -> dict:
    """Ask over HTTP; `HandlerError` with the host's error type.

    Gives `{status, headers, media_type, body, body_base64, retry_after_s, url, elapsed_ms}`. `body` is the text in the charset
    that the answer declares; `body_base64` is there in its place where the body is not text, or with `binary` in any case.
    """
    request = {
        "method": method,
        "url": url,
        "headers": [list(pair) for pair in headers or []],
        "body": body,
        "body_base64": body_base64,
        "timeout_ms": timeout_ms,
        "max_bytes": max_bytes,
        "binary": binary,
    }
    return _asked(_granted(_http, "http").request, request)


def notify(channel: str, text: str, *, subject: str | None = None, data: object = None, idempotency_key: str = "") -> dict:
    """Send a message through a channel: `{channel, delivered, status}`; `HandlerError` with the host's error type."""
    message = {"channel": channel, "subject": subject, "text": text, "data": data, "idempotency_key": idempotency_key}
    return _asked(_granted(_notify, "notify").send, message)


def search(pattern: str, flags: str, text: str) -> str:
    """Ask whether a pattern matches: the host's answer as JSON. `goalwright.patterns` reads it."""
    return _granted(_patterns, "patterns").search(pattern, flags, text)


def find(pattern: str, flags: str, text: str, start: int, most: int) -> str:
    """Ask where a pattern matches: the host's answer as JSON. `goalwright.patterns` reads it."""
    return _granted(_patterns, "patterns").find(pattern, flags, text, start, most)


def which(texts: list[str], roots: dict, most: int) -> dict:
    """Ask which conditions hold: `{held}` or `{failed}`. `goalwright.conditions` reads it."""
    return _told(_granted(_conditions, "conditions").which(written(texts), written(roots), most))


def offers(interface: str) -> bool:
    """Say whether the capability lists an interface under imports."""
    return globals()[f"_{interface}"] is not None


def _granted(interface: object, name: str) -> object:
    if interface is None:
        raise HandlerError("handler_error", f"the capability does not list {name!r} under imports")
    return interface


def _asked(function: object, request: dict) -> dict:
    return _told(function(written(request)))


def _told(text: str) -> dict:
    answer = json.loads(text)
    if "ok" in answer:
        return answer["ok"]
    error = answer["error"]
    raise HandlerError(
        error["type"],
        error["message"],
        retryable=error.get("retryable", False),
        retry_after_s=error.get("retry_after_s"),
    )
