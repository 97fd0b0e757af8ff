"""The request of an operation: URL, headers, body."""

import re
from base64 import b64encode
from urllib.parse import quote, unquote, urlsplit

from goalwright.errors import HandlerError, one_line
from values import cookie_pairs, header_text, is_absent, path_text, query_pairs

from bodies import body_of

WRITES = {"POST", "PUT", "PATCH", "DELETE"}

_NAME = re.compile(r"\{([^{}]+)\}")
_DOTS = {".", ".."}
_DECODED = 3  # times: servers undo percent-encoding once, and those before them once more


def request_of(operation: dict, config: dict, given: dict, call: dict) -> dict:
    """Put the request together: `{url, headers, body, body_base64}`."""
    values = {
        parameter["key"]: given[parameter["key"]]
        for parameter in operation["parameters"]
        if given.get(parameter["key"]) is not None
    }
    headers = {"accept": operation["accept"]} | _headers(operation, values)
    body = _body(operation, given, headers)
    if operation["method"] in WRITES and call["idempotency_key"]:
        headers["idempotency-key"] = call["idempotency_key"]
    cookies = _cookies(operation, values)
    query = _query(operation, values)
    _sign(operation, config.get("auth", {}), {"header": headers, "query": query, "cookie": cookies})
    if cookies:
        headers["cookie"] = "; ".join(cookies)
    server = config.get("server", operation["server"]).rstrip("/")
    url = server + _path(operation, values) + ("?" + "&".join(query) if query else "")
    if urlsplit(url).netloc != urlsplit(server).netloc:
        raise HandlerError("request_invalid", f"the path changes the host: {one_line(url, limit=200)}")
    return {"url": url, "headers": list(headers.items()), **body}


def _path(operation: dict, values: dict) -> str:
    """Fill the path in; a value never makes a segment that leads elsewhere (RFC 3986, 5.2.4)."""
    placed = {p["name"]: p for p in operation["parameters"] if p["in"] == "path"}
    made = "/".join(_segment(segment, placed, values) for segment in operation["path"].split("/"))
    if _has_dots(made):
        message = f"a value holds a dot segment, which would leave the path {operation['path']}"
        raise HandlerError("request_invalid", message)
    return made


def _segment(template: str, placed: dict, values: dict) -> str:
    made = _NAME.sub(lambda found: _expanded(placed[found[1]], values), template)
    if template and not made:
        message = f"{template} is empty, which would leave a segment out of the path"
        raise HandlerError("request_invalid", message)
    return made


def _has_dots(path: str) -> bool:
    """Find dot segments, however often encoded; some servers read a backslash as a slash, and cut parameters off."""
    for _ in range(_DECODED):
        path = unquote(path)
    return any(part.partition(";")[0].strip() in _DOTS for part in re.split(r"[/\\]", path))


def _expanded(parameter: dict, values: dict) -> str:
    return path_text(parameter, values.get(parameter["key"]))


def _query(operation: dict, values: dict) -> list[str]:
    """List the pairs of the query: those that stand in the path, and the parameters."""
    placed = {p["name"]: p for p in operation["parameters"] if p["in"] == "path"}
    pairs = [_NAME.sub(lambda found: _expanded(placed[found[1]], values), pair) for pair in operation["query"]]
    for parameter in operation["parameters"]:
        if parameter["in"] == "query" and parameter["key"] in values:
            pairs += query_pairs(parameter, values[parameter["key"]])
    return pairs


def _headers(operation: dict, values: dict) -> dict:
    return {
        parameter["name"].lower(): header_text(parameter, values[parameter["key"]])
        for parameter in operation["parameters"]
        if parameter["in"] == "header" and not is_absent(values.get(parameter["key"]))
    }


def _cookies(operation: dict, values: dict) -> list[str]:
    return [
        pair
        for parameter in operation["parameters"]
        if parameter["in"] == "cookie" and parameter["key"] in values
        for pair in cookie_pairs(parameter, values[parameter["key"]])
    ]


def _body(operation: dict, given: dict, headers: dict) -> dict:
    if operation["body"] is None or "body" not in given:
        return {"body": None, "body_base64": None}
    headers["content-type"], text, binary = body_of(operation["body"], given["body"])
    return {"body": text, "body_base64": binary}


def _sign(operation: dict, auth: dict, places: dict) -> None:
    """Put credentials where the API wants them: placeholders that the host fills."""
    for key, value in auth.items():
        scheme = operation["auth"][key]
        name = scheme["name"]
        if scheme["in"] == "query":
            places["query"].append(f"{quote(name, safe='')}={quote(value, safe='')}")
        elif scheme["in"] == "cookie":
            places["cookie"].append(f"{name}={value}")
        else:
            # Basic: the host encodes the user:password of a secret; what is written out is encoded here.
            text = value
            if scheme["prefix"] == "Basic " and ":" in value:
                text = b64encode(value.encode()).decode()
            places["header"][name.lower()] = scheme["prefix"] + text
