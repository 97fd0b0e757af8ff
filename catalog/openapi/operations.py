"""The operations of an OpenAPI document, with what is shared or referred to in its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from catalog.openapi.pointers import Unsupported, followed
from catalog.openapi.reading import pointer
from schemas.values import Json

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_REFUSED_METHODS = ("trace",)
_STYLES = {
    "path": {"simple", "label", "matrix"},
    "query": {"form", "spaceDelimited", "pipeDelimited", "deepObject"},
    "header": {"simple"},
}
_USUAL = {"path": "simple", "query": "form", "header": "simple"}
_OF_HTTP = {"accept", "content-type", "authorization"}  # OpenAPI 3.0, Parameter Object: to be ignored
_OF_HOST = {"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "cookie"}
_KEY = "idempotency-key"
_FORM, _TEXT = "application/x-www-form-urlencoded", "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value of the request: `key` is its name in the handler's input."""

    key: str
    name: str
    place: str  # path, query, header
    style: str  # one of OpenAPI's, or json
    explode: bool
    reserved: bool
    required: bool
    schema: Json
    description: str
    example: Json

    def to_json(self) -> dict[str, Json]:
        """Write what the guest needs of it."""
        return {
            "key": self.key,
            "name": self.name,
            "in": self.place,
            "style": self.style,
            "explode": self.explode,
            "reserved": self.reserved,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A body: its media type, how it is written (json, form, text), its schema and an example, where there is one."""

    media_type: str
    form: str
    schema: Json
    example: Json = None
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer: `status` is 200, 2XX or default; no `content` where none is told, or the method has none."""

    status: str
    description: str
    success: bool
    content: Content | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What names an operation: its method, its path, its operationId (or both in its place), its place in the document."""

    method: str
    path: str
    identifier: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Named):
    """An operation that cannot be a handler, and why."""

    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Named):
    """One operation, ready to become a handler."""

    words: Mapping[str, Json]  # the operation as it is written, for summary, description, security, servers
    parameters: tuple[Parameter, ...]
    keyed: bool  # takes an Idempotency-Key
    body: Content | None
    responses: tuple[Response, ...]


def operations(document: Mapping[str, Json]) -> Iterator[Operation | Refused]:
    """Give every operation of a valid document, or why it cannot be a handler."""
    for path, written in document.get("paths", {}).items():
        item = followed(written, document)
        for method in (*METHODS, *_REFUSED_METHODS):
            if method not in item:
                continue
            identifier = item[method].get("operationId") or f"{method} {path}"
            named = Named(method=method.upper(), path=path, identifier=identifier, where=pointer("paths", path, method))
            try:
                yield _operation(document, named, item)
            except Unsupported as refusal:
                yield Refused(method=named.method, path=path, identifier=identifier, where=named.where, says=str(refusal))


def _operation(document: Mapping[str, Json], named: Named, item: Mapping[str, Json]) -> Operation:
    method = named.method.lower()
    words = item[method]
    if method in _REFUSED_METHODS:
        message = f"the method {named.method} is not sent"
        raise Unsupported(message)
    if words.get("callbacks"):
        message = "it calls back, and a handler has nowhere to be called; offer an operation without callbacks"
        raise Unsupported(message)
    parameters, keyed = _parameters(document, item, words)
    return Operation(
        method=named.method,
        path=named.path,
        where=named.where,
        identifier=named.identifier,
        words={"servers": item.get("servers") or document.get("servers") or (), **words},
        parameters=parameters,
        keyed=keyed,
        body=_request_body(document, words),
        responses=tuple(_responses(document, method, words)),
    )


def _parameters(
    document: Mapping[str, Json], item: Mapping[str, Json], words: Mapping[str, Json]
) -> tuple[tuple[Parameter, ...], bool]:
    """Collect parameters; those of the operation replace those of the path. Say too whether one is an Idempotency-Key."""
    found: dict[tuple[str, str], Mapping[str, Json]] = {}
    for written in (*item.get("parameters", ()), *words.get("parameters", ())):
        parameter = followed(written, document)
        found[parameter["in"], parameter["name"]] = parameter
    headers = {name.lower() for place, name in found if place == "header"}
    names = [name for (place, name) in found if place != "header" or name.lower() not in _OF_HTTP | {_KEY}]
    made = [
        _parameter(document, parameter, shared=names.count(name) > 1 or name == "body")
        for (place, name), parameter in found.items()
        if place != "header" or name.lower() not in _OF_HTTP | {_KEY}
    ]
    return tuple(made), _KEY in headers


def _parameter(document: Mapping[str, Json], written: Mapping[str, Json], *, shared: bool) -> Parameter:
    name, place = written["name"], written["in"]
    if place == "cookie" or (place == "header" and name.lower() in _OF_HOST):
        message = (
            f"the {place} parameter {name} cannot be sent; handlers send no cookies and no headers of the connection itself"
        )
        raise Unsupported(message)
    style = "json" if "content" in written else written.get("style", _USUAL[place])
    if style not in {"json", *_STYLES[place]} or (style == "json" and place == "path"):
        message = f"the {place} parameter {name} is written as {style}, which is not done"
        raise Unsupported(message)
    if "content" in written:
        content = _json_content(document, written["content"], f"the parameter {name}")
        schema, example = content.schema, content.example
    else:
        schema, example = written.get("schema", {}), _example(document, written)
    return Parameter(
        key=f"{name}_{place}" if shared else name,
        name=name,
        place=place,
        style=style,
        explode=written.get("explode", style == "form"),
        reserved=bool(written.get("allowReserved")),
        required=bool(written.get("required")),
        schema=schema,
        description=str(written.get("description", "")),
        example=example,
    )


def _request_body(document: Mapping[str, Json], words: Mapping[str, Json]) -> Content | None:
    if "requestBody" not in words:
        return None
    body = followed(words["requestBody"], document)
    content = _content(document, body.get("content", {}), "the request body")
    if content is None:
        return None
    return Content(
        media_type=content.media_type,
        form=content.form,
        schema=content.schema,
        example=content.example,
        required=bool(body.get("required")),
    )


def _responses(document: Mapping[str, Json], method: str, words: Mapping[str, Json]) -> Iterator[Response]:
    written = {status: held for status, held in words.get("responses", {}).items() if not status.startswith("x-")}
    successes = [status for status in written if status.startswith("2")] or ["default"]
    for status, held in written.items():
        response = followed(held, document)
        # What a failure's body looks like makes no difference: its words are kept as a text.
        told = response.get("content", {}) if status in successes and method != "head" else {}
        content = _content(document, told, f"the answer {status}")
        description = " ".join(str(response.get("description", "")).split())
        yield Response(status=status.replace("x", "X"), description=description, success=status in successes, content=content)


def _content(document: Mapping[str, Json], content: Mapping[str, Json], what: str) -> Content | None:
    """Choose JSON, else a form, else text; None where nothing is told."""
    if not content:
        return None
    for wanted in (_is_json, _is_form, _is_text):
        for media_type, written in content.items():
            form = wanted(media_type.partition(";")[0].strip().lower())
            if form:
                shown = _FORM if form == "form" else "application/json" if "*" in media_type else media_type
                example = _example(document, written)
                return Content(media_type=shown, form=form, schema=written.get("schema", {}), example=example)
    message = f"{what} is {' or '.join(content)} only; JSON, forms and text are understood"
    raise Unsupported(message)


def _json_content(document: Mapping[str, Json], content: Mapping[str, Json], what: str) -> Content:
    found = _content(document, content, what)
    if found is None or found.form != "json":
        message = f"{what} is {' or '.join(content) or 'of no'} content, not JSON"
        raise Unsupported(message)
    return found


def _is_json(media_type: str) -> str:
    return "json" if media_type in ("application/json", "*/*", "application/*") or media_type.endswith("+json") else ""


def _is_form(media_type: str) -> str:
    return "form" if media_type == _FORM else ""


def _is_text(media_type: str) -> str:
    return "text" if media_type.startswith("text/") and media_type not in ("text/event-stream", "text/xml") else ""


def _example(document: Mapping[str, Json], written: Mapping[str, Json]) -> Json:
    """Find the first example that is told: of the value, in its list, or of its schema."""
    if "example" in written:
        return written["example"]
    for named in written.get("examples", {}).values():
        found = followed(named, document)
        if "value" in found:
            return found["value"]
    schema = written.get("schema", {})
    schema = followed(schema, document) if isinstance(schema, Mapping) else {}
    if isinstance(schema, Mapping):
        listed = schema.get("examples") or ()
        return schema.get("example", listed[0] if isinstance(listed, list) and listed else schema.get("default"))
    return None
