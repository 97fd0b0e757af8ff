"""The parameters of an operation: what goes into path, query, headers and cookies, and how it is written there."""

import re
from dataclasses import dataclass

from catalog.openapi.media import example_of, json_content
from catalog.openapi.nodes import Node, refuse
from catalog.openapi.wording import cleaned
from schemas.values import Json

_STYLES = {
    "path": {"simple", "label", "matrix", "spaceDelimited", "pipeDelimited", "tabDelimited"},
    "query": {"form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"},
    "header": {"simple"},
    "cookie": {"form"},
}
_USUAL = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_OF_HTTP = {"accept", "content-type", "authorization"}  # OpenAPI 3.0, Parameter Object: to be ignored
_KEY = "idempotency-key"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")

OF_HOST = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "cookie", "expect", "host", "http2-settings", "keep-alive"),
        *("proxy-authenticate", "proxy-authentication-info", "proxy-authorization", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade", "via", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port"),
        *("x-forwarded-proto", "x-forwarded-server", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"),
        *("x-original-url", "x-rewrite-url", "x-host", "x-http-method", "x-http-method-override", "x-method-override"),
    }
)
"""Headers that no call may set, beside cookies, which have a place of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value of the request: `key` is its name in the handler's input."""

    key: str
    name: str
    place: str  # path, query, header, cookie
    style: str  # one of OpenAPI's, or json
    explode: bool
    reserved: bool
    required: bool
    schema: Node | None
    description: str
    example: Json
    where: str

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


def parameters_of(item: Node, operation: Node) -> tuple[tuple[Parameter, ...], bool]:
    """Collect parameters; those of the operation replace those of the path. Say too whether one is an Idempotency-Key.

    Raises `Unsupported`.
    """
    found: dict[tuple[str, str], Node] = {}
    for written in (*item.at("parameters").items(), *operation.at("parameters").items()):
        parameter = written.followed()
        found[parameter.text("in"), parameter.text("name")] = parameter
    headers = {name.lower() for place, name in found if place == "header"}
    sent = {
        (place, name): node
        for (place, name), node in found.items()
        if place != "header" or name.lower() not in _OF_HTTP | {_KEY}
    }
    names = [name for _, name in sent]
    made = [
        _parameter(node, name, place, shared=names.count(name) > 1 or name == "body") for (place, name), node in sent.items()
    ]
    return tuple(made), _KEY in headers


def _parameter(written: Node, name: str, place: str, *, shared: bool) -> Parameter:
    _check_name(written, name, place)
    style = "json" if written.at("content").value is not None else written.text("style", _USUAL[place])
    if style not in {"json", *_STYLES[place]} or (style == "json" and place == "path"):
        says = f"the {place} parameter {name} is written as {style}, which is not done"
        refuse(says, written.at("style").where)
    held = json_content(written.at("content"), f"the parameter {name}") if style == "json" else written
    schema = held.at("schema") if held.at("schema").value is not None else None
    return Parameter(
        key=f"{name}_{place}" if shared else name,
        name=name,
        place=place,
        style=style,
        explode=written.flag("explode", usual=style == "form"),
        reserved=written.flag("allowReserved"),
        required=place == "path" or written.flag("required"),
        schema=schema,
        description=cleaned(written.mapping().get("description") or ""),
        example=example_of(held),
        where=written.where,
    )


def _check_name(written: Node, name: str, place: str) -> None:
    if place not in _USUAL:
        says = f"the parameter {name or 'without a name'} says in: {place or 'nothing'}; it is path, query, header or cookie"
        refuse(says, written.where)
    if not name:
        refuse(f"a {place} parameter has no name", written.where)
    if place == "header" and name.lower() in OF_HOST:
        says = f"the header parameter {name} cannot be sent; the headers of the connection itself are the host's to write"
        refuse(says, written.where)
    if place in ("header", "cookie") and not _TOKEN.fullmatch(name):
        says = f"the {place} parameter {name!r:.100} cannot be sent; no {place} can have that name"
        refuse(says, written.where)
