"""The operations of an OpenAPI document, with what is shared or referred to in its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from catalog.openapi.media import Content, answer_content, request_content
from catalog.openapi.nodes import Document, Node, Unsupported, refuse
from catalog.openapi.parameters import Parameter, parameters_of
from catalog.openapi.templates import Template, template_of
from catalog.openapi.wording import one_line
from schemas.values import Json

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_REFUSED_METHODS = ("trace",)
_NO_BODY = {"204", "205"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer: `status` is 200, 2XX or default; no `content` where none is told, or the method has none."""

    status: str
    description: str
    success: bool
    content: Content | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What names an operation: its method, its path, its operationId (or both in its place), its tags and its place."""

    method: str
    path: str
    identifier: str
    tags: tuple[str, ...]
    where: str

    @property
    def title(self) -> str:
        """Write method and path."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An operation that may be read: `node` is its own place, `item` that of its path."""

    named: Named
    node: Node
    item: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation, ready to become a handler."""

    named: Named
    node: Node
    servers: Node
    template: Template
    parameters: tuple[Parameter, ...]
    keyed: bool  # takes an Idempotency-Key
    body: Content | None
    responses: tuple[Response, ...]

    @property
    def words(self) -> Mapping[str, Json]:
        """Give the operation as it is written: summary, description, deprecated."""
        return self.node.mapping()


def operations(document: Document) -> Iterator[Found | tuple[Named, Unsupported]]:
    """Go through every operation of a document, and through the paths that cannot be read."""
    paths = document.node("paths").followed()
    for path in paths.mapping():
        written = paths.at(path)
        if path.startswith("x-"):
            continue
        whole = Named(method="*", path=path, identifier=path, tags=(), where=written.where)
        try:
            item = written.followed()
            item.mapping()
        except Unsupported as refusal:
            yield whole, refusal
            continue
        for method in (*METHODS, *_REFUSED_METHODS):
            node = item.at(method)
            if node.value is not None:
                yield _found(path, method, written, item, node)


def _found(path: str, method: str, written: Node, item: Node, node: Node) -> Found | tuple[Named, Unsupported]:
    usual = f"{method} {path}"
    told = node.value if isinstance(node.value, Mapping) else {}
    tags = told.get("tags")
    identifier = told.get("operationId")
    named = Named(
        method=method.upper(),
        path=path,
        identifier=identifier if isinstance(identifier, str) and identifier.strip() else usual,
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
        where=written.at(method).where,
    )
    if not isinstance(node.value, Mapping):
        return named, Unsupported("the operation is an object", node.where)
    return Found(named=named, node=node, item=item)


def read_operation(found: Found) -> Operation:
    """Read an operation. Raises `Unsupported` for what cannot be a handler."""
    named, node, item = found.named, found.node, found.item
    method = named.method.lower()
    if method in _REFUSED_METHODS:
        refuse(f"the method {named.method} is not sent")
    refused = node.at("x-goalwright-refused").value
    if isinstance(refused, list):
        raise Unsupported(*map(str, refused[:2]))
    if node.at("callbacks").value:
        says = "it calls back, and a handler has nowhere to be called; offer an operation without callbacks"
        refuse(says, node.at("callbacks").where)
    parameters, keyed = parameters_of(item, node)
    template, parameters = template_of(named.path, parameters)
    responses = tuple(_responses(node, method))
    if not any(response.success for response in responses):
        refuse("it names no answer of success", node.at("responses").where)
    servers = next(
        (held for held in (node.at("servers"), item.at("servers")) if held.value),
        node.document.node("servers"),
    )
    body = node.at("requestBody").followed() if node.at("requestBody").value is not None else None
    return Operation(
        named=named,
        node=node,
        servers=servers,
        template=template,
        parameters=parameters,
        keyed=keyed,
        body=request_content(body) if body is not None else None,
        responses=responses,
    )


def _responses(node: Node, method: str) -> Iterator[Response]:
    written = {status: held.followed() for status, held in node.at("responses").members()}
    successes = [status for status in written if status.startswith("2")] or ["default"]
    for status, response in written.items():
        shown = status.replace("x", "X")
        success = status in successes
        content = None
        # What a failure's body looks like makes no difference: its words are kept as a text.
        if success and method != "head" and status not in _NO_BODY:
            content = answer_content(response, f"the answer {status}")
        description = one_line(response.mapping().get("description") or "")
        yield Response(status=shown, description=description, success=success, content=content)
