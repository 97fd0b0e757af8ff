"""One operation of an API, as `goalwright import openapi` writes it into a handler: the request, and what its answer means."""

from base64 import b64encode
from urllib.parse import quote, urlsplit

from goalwright import host
from goalwright.errors import HandlerError, one_line
from goalwright.texts import parsed, plain, shown, written
from uritemplate import URITemplate

BUSY = {408, 425, 429, 502, 503, 504}
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
OPERATORS = {"simple": "", "label": ".", "matrix": ";", "form": "?"}  # OpenAPI's styles are those of RFC 6570
SEPARATORS = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}
RESERVED = ":/?#[]@!$&'()*+,;="


def perform(operation: dict, config: dict, given: dict, call: dict) -> dict:
    """Ask, and give `{status, headers, body}`; statuses that the API calls errors fail with the types that it lists."""
    request = request_of(operation, config, given, call)
    answer = host.http(operation["method"], request["url"], headers=request["headers"], body=request["body"])
    status = answer["status"]
    if not _listed(status, operation["success"]):
        raise _failure(operation, answer)
    return {"status": status, "headers": answer["headers"], "body": _body_of(operation, answer)}


def request_of(operation: dict, config: dict, given: dict, call: dict) -> dict:
    """Put the request together: `{url, headers, body}`."""
    path, query = operation["path"], []
    headers = {"accept": operation["accept"]}
    for parameter in operation["parameters"]:
        value = given.get(parameter["key"])
        if value is None:
            continue
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", _in_path(parameter, value))
        elif parameter["in"] == "query":
            query += _in_query(parameter, value)
        else:
            headers[parameter["name"].lower()] = _in_header(parameter, value)
    body = _written(operation, given, headers)
    if operation["method"] in WRITES and call["idempotency_key"]:
        headers["idempotency-key"] = call["idempotency_key"]
    query += _signed(operation, config.get("auth", {}), headers)
    server = config["server"].rstrip("/")
    url = server + path + ("?" + "&".join(query) if query else "")
    if urlsplit(url).netloc != urlsplit(server).netloc:
        raise HandlerError("request_invalid", f"the path changes the host: {one_line(url, limit=200)}")
    return {"url": url, "headers": list(headers.items()), "body": body}


def _in_path(parameter: dict, value: object) -> str:
    text = _written_out(parameter, value)
    if text in ("", ".", ".."):
        raise HandlerError("request_invalid", f"{parameter['name']!r} is {text!r}, which would ask for another path")
    return text


def _in_query(parameter: dict, value: object) -> list[str]:
    name, style = quote(parameter["name"], safe=""), parameter["style"]
    if style == "json":
        return [f"{name}={quote(written(plain(value)), safe='')}"]
    if style == "deepObject" and isinstance(value, dict):
        return [f"{name}%5B{quote(key, safe='')}%5D={_encoded(held, parameter)}" for key, held in value.items()]
    if style in SEPARATORS and isinstance(value, list):
        return [f"{name}={SEPARATORS[style].join(_encoded(item, parameter) for item in value)}"]
    if parameter.get("reserved") and not isinstance(value, (list, dict)):
        return [f"{name}={_encoded(value, parameter)}"]
    text = _written_out(parameter | {"style": "form"}, value)
    return [text[1:]] if text else []


def _in_header(parameter: dict, value: object) -> str:
    if parameter["style"] == "json":
        return written(plain(value))
    if not isinstance(value, (list, dict)):
        return shown(value)
    if isinstance(value, list):
        return ",".join(shown(item) for item in value)
    equals = "=" if parameter["explode"] else ","
    return ",".join(f"{key}{equals}{shown(held)}" for key, held in value.items())


def _written_out(parameter: dict, value: object) -> str:
    """Expand a value as RFC 6570 does for the style."""
    name = quote(parameter["name"], safe="")
    explode = "*" if parameter["explode"] and isinstance(value, (list, dict)) else ""
    template = URITemplate("{" + OPERATORS[parameter["style"]] + name + explode + "}")
    return template.expand({name: _texts(value)})


def _texts(value: object) -> object:
    if isinstance(value, list):
        return [shown(item) for item in value]
    return {key: shown(held) for key, held in value.items()} if isinstance(value, dict) else shown(value)


def _encoded(value: object, parameter: dict) -> str:
    # `#`, `&` and `+` would mean something else in a query, whatever is allowed to stand there.
    reserved = "".join(c for c in RESERVED if c not in "#&+=[]") if parameter.get("reserved") else ""
    return quote(shown(value), safe=reserved)


def _written(operation: dict, given: dict, headers: dict) -> str | None:
    if operation["body"] is None or "body" not in given:
        return None
    headers["content-type"] = operation["body"]["media_type"]
    body = given["body"]
    if operation["body"]["as"] == "json":
        return written(plain(body))
    if operation["body"]["as"] == "text":
        return body
    form = {"style": "form", "explode": True, "reserved": False}
    return "&".join(pair for name, held in body.items() if held is not None for pair in _in_query(form | {"name": name}, held))


def _signed(operation: dict, auth: dict, headers: dict) -> list[str]:
    """Put credentials where the API wants them, placeholders that the host fills; give what goes into the query."""
    query = []
    for key, value in auth.items():
        scheme = operation["auth"][key]
        if scheme["in"] == "query":
            query.append(f"{quote(scheme['name'], safe='')}={quote(value, safe='')}")
        else:
            # Basic: the host encodes the user:password of a secret; what is written out is encoded here.
            text = b64encode(value.encode()).decode() if scheme["prefix"] == "Basic " and ":" in value else value
            headers[scheme["name"].lower()] = scheme["prefix"] + text
    return query


def _body_of(operation: dict, answer: dict) -> object:
    text = answer["body"]
    media_type = answer.get("media_type", "")
    if text is None and answer.get("body_base64"):
        raise HandlerError("response_invalid", f"the answer is {media_type or 'not text'}, and not text in UTF-8")
    if not text or operation["method"] == "HEAD":
        return None
    if media_type != "application/json" and not media_type.endswith("+json"):
        return text
    try:
        return parsed(text.removeprefix("\ufeff"))
    except ValueError as error:
        message = f"the answer is not JSON: {one_line(error)}: {one_line(text, limit=100)}"
        raise HandlerError("response_invalid", message) from error


def _failure(operation: dict, answer: dict) -> HandlerError:
    status = answer["status"]
    said = one_line(answer["body"] or "", limit=300)
    url = one_line(answer["url"].partition("?")[0], limit=200)
    message = f"{operation['method']} {url} answered {status}" + (f": {said}" if said else "")
    kinds = (operation["errors"].get(key) for key in (str(status), f"{status // 100}XX", "default"))
    kind = next((kind for kind in kinds if kind), "status_busy" if status in BUSY else "status_unexpected")
    if status not in BUSY:
        return HandlerError(kind, message)
    return HandlerError(kind, message, retryable=True, retry_after_s=answer.get("retry_after_s"))


def _listed(status: int, patterns: list[str]) -> bool:
    return str(status) in patterns or f"{status // 100}XX" in patterns


URITemplate("{?a*}{;b}{.c}").expand({"a": {"b": "c"}, "b": ["d"], "c": "e"})
