"""The capability of a handler that makes one operation's request."""

from collections.abc import Mapping, Sequence
from itertools import product
from urllib.parse import urljoin, urlsplit

from catalog.openapi.naming import version_of
from catalog.openapi.operations import Content, Operation, Response
from catalog.openapi.pointers import Unsupported
from catalog.openapi.schemas import Side, standing
from catalog.openapi.security import Security
from schemas.values import Json

BUSY = {408, 425, 429, 502, 503, 504}
"""Statuses after which the same request may succeed; the guest's own list is the same."""

READS = {"GET", "HEAD", "OPTIONS"}
REPEATABLE = {"PUT", "DELETE"}
MOST_SERVERS = 50

HOST_ERRORS: Mapping[str, tuple[bool, str]] = {
    "request_invalid": (False, "A path value is empty, or would lead to another path."),
    "response_invalid": (False, "The answer is not the JSON or text that it should be."),
    "host_refused": (False, "The host is not granted to this step."),
    "address_refused": (False, "The host stands for a private or reserved address."),
    "secret_refused": (False, "A secret may not go where the operation wants it."),
    "url_invalid": (False, "The URL is not an absolute http or https URL."),
    "dns_failed": (True, "The host's name could not be resolved."),
    "connect_failed": (True, "No connection could be made."),
    "tls_failed": (False, "The server's certificate or TLS was not acceptable."),
    "timed_out": (True, "The answer took too long."),
    "too_large": (False, "The answer is larger than allowed."),
    "too_many_redirects": (False, "The server redirected too often."),
    "protocol_error": (True, "What came back was not proper HTTP."),
    "limit_host_calls": (False, "The call made more requests than it may."),
    "limit_moved_bytes": (False, "The call moved more bytes than it may."),
    "limit_wall": (True, "The call's time was over."),
    "handler_error": (False, "The handler failed in a way that it does not know."),
}
"""What the host's `http` and the request itself may fail with, beside the API's own answers: retryable or not, and in words."""


def described(
    document: Mapping[str, Json], operation: Operation, security: Security, name: str, servers: list[str]
) -> dict[str, Json]:
    """Write the capability, as `capability.yaml` holds it. Raises `Unsupported`."""
    example = _example(operation, security, servers)
    return {
        "name": name,
        "version": version_of(document),
        "summary": _summary(operation),
        "description": _description(document, operation, security),
        "config_schema": _config(security, servers),
        "input_schema": standing(_input(operation), document, Side.REQUEST),
        "output_schema": standing(_output(operation), document, Side.RESPONSE),
        "errors": _errors(operation),
        "effect": "read" if operation.method in READS else "write",
        **(
            {"idempotent": True}
            if operation.method in REPEATABLE or (operation.keyed and operation.method not in READS)
            else {}
        ),
        **(
            {"deprecated": "The API says that this operation is deprecated."}
            if operation.words.get("deprecated") is True
            else {}
        ),
        "imports": ["http"],
        "packages": ["uritemplate"],
        "limits": {"cpu_ms": 10_000, "wall_ms": 60_000, "memory_bytes": 256 << 20, "host_calls": 10},
        "authority": {
            "hosts": ["/config/server"],
            **({"secrets": [f"/config/auth/{key}" for key in security.schemes]} if security.schemes else {}),
        },
        **({"examples": [example]} if example else {}),
    }


def guest_of(operation: Operation, security: Security) -> dict[str, Json]:
    """Write what the guest has to know of the operation."""
    body = operation.body
    successes = [response for response in operation.responses if response.success]
    kinds = {"json": "application/json", "text": "text/plain", "form": "application/x-www-form-urlencoded"}
    accepted = {kinds[response.content.form]: None for response in successes if response.content}
    return {
        "method": operation.method,
        "path": operation.path,
        "accept": ", ".join([*accepted, "*/*;q=0.5"]),
        "parameters": [parameter.to_json() for parameter in operation.parameters],
        "body": None if body is None else {"media_type": body.media_type, "as": body.form},
        "auth": {key: {"in": s.place, "name": s.name, "prefix": s.prefix} for key, s in security.schemes.items()},
        "success": _success(operation),
        "errors": {response.status: _error_name(response) for response in operation.responses if not response.success},
    }


def servers_of(operation: Operation, given: str | None, base: str) -> list[str]:
    """List the absolute URLs that the operation may be asked at; relative ones stand beside `base`, the document's own URL.

    They are the only values of `config.server`: a plan cannot send the API's credentials anywhere else. Raises `Unsupported`
    where there is none.
    """
    if given is not None:
        return [given.rstrip("/")]
    servers = operation.words["servers"] or [{"url": "/"}]
    found = [urljoin(base, url).rstrip("/") for server in servers for url in _urls(server)]
    absolute = [url for url in dict.fromkeys(found) if _is_absolute(url)]
    if not absolute:
        message = "the document names no absolute server; name it with --server URL"
        raise Unsupported(message)
    return absolute[:MOST_SERVERS]


def _urls(server: Mapping[str, Json]) -> list[str]:
    """Write out a server's URL with the values that its variables may have: those listed, or the usual one."""
    variables = server.get("variables", {})
    choices = [
        [(name, str(value)) for value in held.get("enum") or [held.get("default", "")]] for name, held in variables.items()
    ]
    urls = []
    for chosen in product(*choices):
        url = server.get("url", "")
        for name, value in chosen:
            url = url.replace("{" + name + "}", value)
        urls.append(url)
        if len(urls) == MOST_SERVERS:
            break
    return urls


def _is_absolute(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "{" not in url and parts.username is None


def _summary(operation: Operation) -> str:
    words = operation.words
    said = words.get("summary") or str(words.get("description", "")).partition("\n")[0]
    line = " ".join(said.split()) or f"{operation.method} {operation.path}"
    return line if len(line) <= 120 else f"{line[:119]}…"  # noqa: PLR2004 - the longest that a capability takes


def _description(document: Mapping[str, Json], operation: Operation, security: Security) -> str:
    title = " ".join(str(document.get("info", {}).get("title", "")).split())
    lines = [str(operation.words.get("description") or operation.words.get("summary") or "").strip()[:4_000]]
    lines.append(f"Makes the request {operation.method} {operation.path}" + (f" of {title}." if title else "."))
    if security.schemes:
        ways = " or ".join(" and ".join(f"auth.{key}" for key in keys) or "nothing" for keys in security.alternatives)
        lines.append(f"Signed with {ways}; each is a secret of the operator's, written as a reference to it.")
    lines.append(
        "Output: `status`, `headers` (names in lower case) and `body`; any other status than the success named here fails."
    )
    return "\n\n".join(line for line in lines if line) + "\n"


def _config(security: Security, servers: list[str]) -> dict[str, Json]:
    properties: dict[str, Json] = {"server": {"enum": servers, "description": "Where the API is."}}
    if security.schemes:
        properties["auth"] = security.config_schema()
    required = ["server", "auth"] if security.needed else ["server"]
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def _input(operation: Operation) -> dict[str, Json]:
    properties: dict[str, Json] = {}
    for parameter in operation.parameters:
        schema = parameter.schema if isinstance(parameter.schema, Mapping) else {}
        told = {"description": parameter.description} if parameter.description and "$ref" not in schema else {}
        properties[parameter.key] = {**schema, **told}
    required = [parameter.key for parameter in operation.parameters if parameter.required]
    if operation.body is not None:
        properties["body"] = operation.body.schema
        required += ["body"] if operation.body.required else []
    made: dict[str, Json] = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**made, "required": required} if required else made


def _output(operation: Operation) -> dict[str, Json]:
    bodies: list[Json] = []
    for response in operation.responses:
        if response.success:
            schema: Json = response.content.schema if response.content else {"enum": [None]}
            if schema not in bodies:
                bodies.append(schema)
    return {
        "type": "object",
        "required": ["status", "headers", "body"],
        "additionalProperties": False,
        "properties": {
            "status": _statuses(_success(operation)),
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": bodies[0] if len(bodies) == 1 else {"anyOf": bodies},
        },
    }


def _success(operation: Operation) -> list[str]:
    return ["2XX" if response.status == "default" else response.status for response in operation.responses if response.success]


def _statuses(success: Sequence[str]) -> dict[str, Json]:
    if "2XX" in success:
        return {"type": "integer", "minimum": 200, "maximum": 299}
    return {"type": "integer", "enum": sorted(map(int, success))}


def _errors(operation: Operation) -> list[dict[str, Json]]:
    told: dict[str, tuple[bool, str]] = {
        _error_name(response): (_may_pass(response.status), response.description or f"The API answers {response.status}.")
        for response in operation.responses
        if not response.success
    }
    told.setdefault("status_unexpected", (False, "The API answers with a status that its document does not name."))
    told.setdefault("status_busy", (True, "The API answers 408, 425, 429, 502, 503 or 504, which its document does not name."))
    return [{"type": kind, "retryable": retry, "description": says} for kind, (retry, says) in {**told, **HOST_ERRORS}.items()]


def _error_name(response: Response) -> str:
    return "status_other" if response.status == "default" else f"status_{response.status.lower()}"


def _may_pass(status: str) -> bool:
    return status.isdecimal() and int(status) in BUSY


def _example(operation: Operation, security: Security, servers: list[str]) -> dict[str, Json] | None:
    """Put together the example that the document's own examples give: None where a needed part has none."""
    given = {parameter.key: parameter.example for parameter in operation.parameters if parameter.example is not None}
    body, answer = operation.body, next((r for r in operation.responses if r.success), None)
    if body is not None and body.example is not None:
        given["body"] = body.example
    told = answer.content.example if answer is not None and answer.content is not None else None
    needed = {parameter.key for parameter in operation.parameters if parameter.required}
    if body is not None and body.required:
        needed.add("body")
    if answer is None or needed - given.keys() or (answer.content is not None and told is None):
        return None
    config: dict[str, Json] = {"server": servers[0]}
    if security.needed:
        config["auth"] = {key: f"{{{{ secrets.{key.lower()} }}}}" for key in security.alternatives[0]}
    status = int(answer.status) if answer.status.isdecimal() else 200
    output: dict[str, Json] = {"status": status, "headers": {}, "body": told}
    return {"title": _summary(operation), "config": config, "input": given, "output": output, "runs": False}


__all__ = ["BUSY", "HOST_ERRORS", "Content", "described", "guest_of", "servers_of"]
