"""The request as config and input ask for it."""

import base64
import binascii
import json
import re
from urllib.parse import SplitResult, quote, unquote_plus, urlencode, urlsplit, urlunsplit

from goalwright import HandlerError
from goalwright.errors import one_line
from goalwright.texts import plain, shown
from paths import hold_path
from uritemplate import URITemplate

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
ACCEPTED = "application/json, */*;q=0.5"

_LITERAL_HOST = re.compile(r"https?://([^/?#{]*)", re.IGNORECASE)


def request_of(config: dict, given: dict, call: dict) -> dict:
    """Put the request together; `request_invalid` or `url_invalid` where that cannot be done."""
    method = config.get("method", "GET")
    headers = _headers(config.get("headers", {}), given.get("headers", {}))
    body, body_base64 = _body(config, given, method, headers)
    if method in WRITES and call["idempotency_key"]:
        headers["idempotency-key"] = call["idempotency_key"]
    url = asking(_expanded(config["url"], given.get("url_params", {})), config.get("query", {}) | given.get("query", {}))
    made = {"method": method, "url": url, "headers": headers, "body": body, "body_base64": body_base64}
    return made | {"origin": origin_of(url)}


def asking(url: str, query: dict) -> str:
    """Put query values into `url`: they replace those of the same name, a list repeats its name, null leaves it out."""
    parts = _split(url)
    kept = [pair for pair in parts.query.split("&") if pair and unquote_plus(pair.partition("=")[0]) not in query]
    return urlunsplit(parts._replace(query="&".join([*kept, *_pairs(query)]), fragment=""))


def origin_of(url: str) -> tuple[str, str]:
    """Say where a request goes: scheme, and host with port, in lower case."""
    parts = _split(url)
    return parts.scheme.lower(), parts.netloc.lower()


def _headers(fixed: dict, data: dict) -> dict:
    named = {name.lower(): value for name, value in fixed.items()}
    named |= {name.lower(): value if value is None else shown(value) for name, value in data.items()}
    named.setdefault("accept", ACCEPTED)
    return {name: value for name, value in named.items() if value is not None}


def _pairs(values: dict) -> list[str]:
    listed = {name: held if isinstance(held, list) else [held] for name, held in values.items() if held is not None}
    return [urlencode({name: shown(value)}, quote_via=quote, safe="") for name, held in listed.items() for value in held]


def _expanded(template: str, params: dict) -> str:
    values = {name: _url_value(value) for name, value in params.items() if value is not None}
    parsed = URITemplate(template)
    # RFC 6570 lets an unknown name vanish. In a query that is useful, elsewhere it asks the wrong address.
    needed = {name for part in parsed.variables if part.operator.value not in ("?", "&") for name in part.variable_names}
    missing = sorted(needed - values.keys())
    if missing:
        raise HandlerError("request_invalid", f"input.url_params has no value for {', '.join(missing)} in {template}")
    url = parsed.expand(values)
    parts = _split(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise HandlerError("url_invalid", f"not an absolute http or https URL: {one_line(url, limit=200)}")
    literal = _LITERAL_HOST.match(template)
    if literal and literal[1].lower() != parts.netloc.lower():
        message = f"a value may not change the host, which is {literal[1] or 'missing'} in {template}"
        raise HandlerError("url_invalid", f"{message}: {one_line(url, limit=200)}")
    hold_path(template, values, parts.path)
    return url


def _url_value(value: object) -> str | list | dict:
    if isinstance(value, list):
        return [shown(held) for held in value]
    return {key: shown(held) for key, held in value.items()} if isinstance(value, dict) else shown(value)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise HandlerError("url_invalid", f"{one_line(error)}: {one_line(url, limit=200)}") from error


def _body(config: dict, given: dict, method: str, headers: dict) -> tuple[str | None, str | None]:
    """Write the body as text or, of bytes, as base64; one of the two is `None`."""
    if "body" not in given:
        return None, None
    if method not in WRITES:
        raise HandlerError("request_invalid", f"{method} takes no body")
    kind = config.get("body_as", "json")
    media_type, write = BODIES[kind]
    headers.setdefault("content-type", media_type)
    written = write(given["body"])
    return (None, written) if kind == "base64" else (written, None)


def _json(body: object) -> str:
    return json.dumps(plain(body), separators=(",", ":"))


def _form(body: object) -> str:
    if not isinstance(body, dict):
        raise HandlerError("request_invalid", "body_as form takes an object of names and values")
    return "&".join(_pairs(body))


def _text(body: object) -> str:
    if not isinstance(body, str):
        raise HandlerError("request_invalid", "body_as text takes a text")
    return body


def _base64(body: object) -> str:
    try:
        return base64.b64encode(base64.b64decode(body, validate=True)).decode("ascii")
    except (TypeError, ValueError, binascii.Error) as error:
        raise HandlerError("request_invalid", "body_as base64 takes a text in base64") from error


BODIES = {
    "json": ("application/json", _json),
    "form": ("application/x-www-form-urlencoded", _form),
    "text": ("text/plain; charset=utf-8", _text),
    "base64": ("application/octet-stream", _base64),
}
