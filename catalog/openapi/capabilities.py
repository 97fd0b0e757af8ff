"""The capability of an operation, and the request that the shared handler makes for it."""

from collections.abc import Mapping, Sequence

from catalog.openapi.media import ANY, BASE64, BYTES, FORM, JSON, PARTS, TEXT, Content
from catalog.openapi.naming import version_of
from catalog.openapi.operations import Operation, Response
from catalog.openapi.schemas import Schemas, Side
from catalog.openapi.security import Security
from catalog.openapi.wording import cleaned, one_line, shortened
from schemas.values import Json

BUSY = {408, 425, 429, 502, 503, 504}
"""Statuses after which the same request may succeed; the guest's own list is the same."""

READS = {"GET", "HEAD", "OPTIONS"}
REPEATABLE = {"PUT", "DELETE"}

HOST_ERRORS: Mapping[str, tuple[bool, str]] = {
    "request_invalid": (False, "A path value is empty, or would lead to another path; or a file is not base64."),
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

_ACCEPTED = {JSON: "application/json", TEXT: "text/plain"}
_BODIES: Mapping[str, Json] = {JSON: {}, TEXT: {"type": "string"}, BYTES: dict(BASE64)}
_NO_BODY = {"204", "205"}
_LONGEST_SUMMARY, _LONGEST_DESCRIPTION = 120, 4_000


def described(operation: Operation, security: Security, schemas: Schemas, name: str, servers: list[str]) -> dict[str, Json]:
    """Describe the handler, as `Capability` reads it. Raises `Unsupported`."""
    method = operation.named.method
    repeatable = method in REPEATABLE or (operation.keyed and method not in READS)
    deprecated = operation.words.get("deprecated") is True
    sinks = [f"/config/auth/{key}" for key in security.schemes]
    example = _example(operation, security, servers)
    return {
        "name": name,
        "version": version_of(operation.node.document.node("info", "version").value),
        "summary": _summary(operation),
        "description": _description(operation, security),
        "config_schema": _config(security, servers),
        "input_schema": _input(operation, schemas),
        "output_schema": _output(operation, schemas),
        "errors": _errors(operation),
        "effect": "read" if method in READS else "write",
        **({"idempotent": True} if repeatable else {}),
        **({"deprecated": "The API says that this operation is deprecated."} if deprecated else {}),
        "imports": ["http"],
        "limits": {"cpu_ms": 10_000, "wall_ms": 60_000, "memory_bytes": 256 << 20, "host_calls": 10},
        "authority": {"hosts": ["/config/server"], **({"secrets": sinks} if sinks else {})},
        **({"examples": [example]} if example else {}),
        "operation": request_of(operation, security, servers),
    }


def request_of(operation: Operation, security: Security, servers: list[str]) -> dict[str, Json]:
    """Write what the shared handler has to know of an operation."""
    body = operation.body
    successes = [response for response in operation.responses if response.success]
    accepted = {_accepted(response.content): None for response in successes if response.content}
    sent = None
    if body is not None:
        sent = {"media_type": body.media_type, "as": body.form, "fields": dict(body.fields)}
    return {
        "method": operation.named.method,
        "server": servers[0],
        "path": operation.template.path,
        "query": list(operation.template.query),
        "accept": ", ".join([*accepted, "*/*;q=0.5"]),
        "parameters": [parameter.to_json() for parameter in operation.parameters],
        "body": sent,
        "auth": {key: scheme.to_json() for key, scheme in security.schemes.items()},
        "success": {_success(r): r.content.form if r.content else ANY for r in successes},
        "errors": {r.status: _error_name(r) for r in operation.responses if not r.success},
    }


def _accepted(content: Content) -> str:
    return _ACCEPTED.get(content.form, content.media_type)


def _summary(operation: Operation) -> str:
    words = operation.words
    said = words.get("summary") or str(words.get("description") or "").strip().partition("\n")[0]
    return shortened(one_line(said) or one_line(operation.named.title), _LONGEST_SUMMARY)


def _description(operation: Operation, security: Security) -> str:
    title = one_line(operation.node.document.node("info", "title").value or "")
    words = operation.words
    lines = [shortened(cleaned(words.get("description") or words.get("summary") or "").strip(), _LONGEST_DESCRIPTION)]
    lines.append(f"Makes the request {one_line(operation.named.title)}" + (f" of {title}." if title else "."))
    if security.schemes:
        ways = " or ".join(" and ".join(f"auth.{key}" for key in keys) or "nothing" for keys in security.alternatives)
        lines.append(f"Signed with {ways}; each is a secret of the operator's, written as a reference to it.")
    lines.append(
        "Output: `status`, `headers` (names in lower case) and `body`; any other status than the success named here fails."
    )
    return "\n\n".join(line for line in lines if line) + "\n"


def _config(security: Security, servers: list[str]) -> dict[str, Json]:
    server: dict[str, Json] = {"enum": servers, "description": "Where the API is."}
    if len(servers) == 1:
        server["default"] = servers[0]
    properties: dict[str, Json] = {"server": server}
    if security.schemes:
        properties["auth"] = security.config_schema()
    required = [name for name, needed in (("server", len(servers) > 1), ("auth", security.needed)) if needed]
    made: dict[str, Json] = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**made, "required": required} if required else made


def _input(operation: Operation, schemas: Schemas) -> dict[str, Json]:
    """Describe the input: the parameters under their keys, and `body`."""
    told = {parameter.key: parameter for parameter in operation.parameters}
    nodes = {key: parameter.schema for key, parameter in told.items() if parameter.schema is not None}
    body = operation.body
    if body is not None and body.schema is not None and body.form in (JSON, FORM, PARTS):
        nodes["body"] = body.schema
    converted, defs = schemas.converted(nodes, Side.REQUEST)
    properties = {key: _told(converted.get(key, {}), parameter.description) for key, parameter in told.items()}
    required = [key for key, parameter in told.items() if parameter.required]
    if body is not None:
        properties["body"] = converted.get("body", _BODIES.get(body.form, {"type": "object"}))
        required += ["body"] if body.required else []
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        **({"required": required} if required else {}),
        **({"$defs": defs} if defs else {}),
    }


def _told(schema: Json, description: str) -> Json:
    if not description or not isinstance(schema, Mapping) or "$ref" in schema:
        return schema
    return {**schema, "description": shortened(description, _LONGEST_DESCRIPTION)}


def _output(operation: Operation, schemas: Schemas) -> dict[str, Json]:
    successes = [response for response in operation.responses if response.success]
    nodes = {r.status: r.content.schema for r in successes if r.content and r.content.schema and r.content.form == JSON}
    converted, defs = schemas.converted(nodes, Side.RESPONSE)
    bodies: list[Json] = []
    for response in successes:
        schema = _answered(operation, response, converted)
        if schema not in bodies:
            bodies.append(schema)
    return {
        "type": "object",
        "required": ["status", "headers", "body"],
        "additionalProperties": False,
        "properties": {
            "status": _statuses([_success(response) for response in successes]),
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": bodies[0] if len(bodies) == 1 else {"anyOf": bodies},
        },
        **({"$defs": defs} if defs else {}),
    }


def _answered(operation: Operation, response: Response, converted: Mapping[str, Json]) -> Json:
    """Type the body of one success: an answer of which nothing is told is taken as it comes."""
    if operation.named.method == "HEAD" or response.status in _NO_BODY:
        return {"enum": [None]}
    if response.content is None:
        return {"description": "Whatever the API answers; its document does not say."}
    return converted.get(response.status, _BODIES.get(response.content.form, {}))


def _success(response: Response) -> str:
    return "2XX" if response.status == "default" else response.status


def _statuses(success: Sequence[str]) -> dict[str, Json]:
    if "2XX" in success:
        return {"type": "integer", "minimum": 200, "maximum": 299}
    return {"type": "integer", "enum": sorted(map(int, success))}


def _errors(operation: Operation) -> list[dict[str, Json]]:
    told: dict[str, tuple[bool, str]] = {
        _error_name(response): (
            _may_pass(response.status),
            shortened(response.description, 500) or f"The API answers {response.status}.",
        )
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
    body, answer = operation.body, next(response for response in operation.responses if response.success)
    if body is not None and body.example is not None:
        given["body"] = body.example
    told = answer.content.example if answer.content is not None else None
    needed = {parameter.key for parameter in operation.parameters if parameter.required}
    if body is not None and body.required:
        needed.add("body")
    if needed - given.keys() or (answer.content is not None and told is None):
        return None
    config: dict[str, Json] = {"server": servers[0]}
    if security.needed:
        config["auth"] = {key: f"{{{{ secrets.{key.lower()} }}}}" for key in security.alternatives[0]}
    status = int(answer.status) if answer.status.isdecimal() else 200
    output: dict[str, Json] = {"status": status, "headers": {}, "body": told}
    return {"title": _summary(operation), "config": config, "input": given, "output": output, "runs": False}
