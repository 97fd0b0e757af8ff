"""Swagger 2.0 in the shape of OpenAPI 3.0.

What is referred to (`definitions`) stays where it stands, so that places in findings are those of
the document; only parameters, bodies, answers, servers and security take their new form. `moved`
says where each part of that form stood.
"""

from collections.abc import Mapping
from typing import Any

from catalog.openapi.nodes import Document, Node, Unsupported, pointer, refuse
from schemas.values import Json

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_STYLES = {
    "csv": (None, False),
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
_PARAMETER = {"name", "in", "required", "description", "collectionFormat", "allowEmptyValue", "schema"}
_FORM, _PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
_JSON = "application/json"


def converted(root: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, str]]:
    """Convert a document, and say by pointer where its parts stood before. What is broken is left to whoever needs it."""
    work = _Conversion(root)
    paths = root.get("paths")
    components = {"securitySchemes": work.schemes()}
    made = {
        **{key: held for key, held in root.items() if key not in ("swagger", "host", "basePath", "schemes")},
        "servers": work.servers(),
        "components": components,
    }
    if isinstance(paths, Mapping):
        made["paths"] = {path: work.path_item(path) for path in paths if not str(path).startswith("x-")}
    work.moved["/components/securitySchemes"] = "/securityDefinitions"
    work.moved["/servers"] = "/host"
    return made, work.moved


class _Conversion:
    def __init__(self, root: Mapping[str, Json]) -> None:
        self.moved: dict[str, str] = {}
        self._document = Document(root=root, version="2.0")

    def servers(self) -> list[Json]:
        root = self._document.root
        base = str(root.get("basePath") or "/")
        host = root.get("host")
        if not host:
            return [{"url": base}]
        schemes = root.get("schemes")
        known = [scheme for scheme in schemes or () if scheme in ("https", "http")] if isinstance(schemes, list) else []
        chosen = ["https"] if "https" in known or not known else known[:1]
        return [{"url": f"{scheme}://{host}{base}"} for scheme in chosen]

    def schemes(self) -> dict[str, Json]:
        found = self._document.root.get("securityDefinitions")
        if not isinstance(found, Mapping):
            return {}
        return {name: _scheme(held) for name, held in found.items()}

    def path_item(self, path: str) -> Json:
        node = self._document.node("paths", path)
        try:
            item = node.followed()
            shared = item.at("parameters").items()
        except Unsupported:
            return node.value  # who reads it finds the same
        if not isinstance(item.value, Mapping):
            return item.value
        made = {key: held for key, held in item.value.items() if key not in ("parameters", "$ref")}
        for method in _METHODS:
            if isinstance(item.value.get(method), Mapping):
                made[method] = self._operation(item.at(method), node.where + pointer(method), shared)
        return made

    def _operation(self, node: Node, where: str, shared: list[Node]) -> Json:
        try:
            own = [(parameter, parameter.followed()) for parameter in node.at("parameters").items()]
            named = {_key(found) for _, found in own}
            inherited = [(held, held.followed()) for held in shared]
            every = [(held, found) for held, found in inherited if _key(found) not in named] + own
            bodies = [found for _, found in every if found.at("in").value in ("body", "formData")]
            others = [found for _, found in every if found.at("in").value not in ("body", "formData")]
            made = dict(node.value)
            made["parameters"] = [self._parameter(found, f"{where}/parameters/{i}") for i, found in enumerate(others)]
            if bodies:
                made["requestBody"] = self._body(bodies, self._types(node, "consumes"), f"{where}/requestBody")
            made["responses"] = self._responses(node, f"{where}/responses")
        except Unsupported as refusal:
            return {**node.value, "x-goalwright-refused": [str(refusal), refusal.where]}
        return made

    def _types(self, node: Node, key: str) -> list[str]:
        own = node.at(key).value
        found = own if isinstance(own, list) else self._document.root.get(key)
        return [str(held) for held in found] if isinstance(found, list) else []

    def _parameter(self, node: Node, where: str) -> dict[str, Json]:
        self.moved[where] = node.where
        self.moved[f"{where}/schema"] = node.where
        made = {key: held for key, held in node.mapping().items() if key in ("name", "in", "required", "description")}
        return {**made, "schema": _schema(node), **_style(node)}

    def _body(self, bodies: list[Node], consumes: list[str], where: str) -> dict[str, Json]:
        first = bodies[0]
        if first.at("in").value == "body":
            types = consumes or [_JSON]
            for media_type in types:
                self.moved[f"{where}/content{pointer(media_type)}/schema"] = f"{first.where}/schema"
            schema = first.at("schema").value
            content = {media_type: {"schema": {} if schema is None else schema} for media_type in types}
            return {"required": first.flag("required"), "content": content}
        files = any(node.at("type").value == "file" for node in bodies)
        media_type = _PARTS if files or (_PARTS in consumes and _FORM not in consumes) else _FORM
        fields = {node.text("name"): node for node in bodies}
        place = f"{where}/content{pointer(media_type)}/schema/properties"
        self.moved |= {place + pointer(name): node.where for name, node in fields.items()}
        required = [name for name, node in fields.items() if node.flag("required")]
        schema = {
            "type": "object",
            "properties": {name: _described(node) for name, node in fields.items()},
            **({"required": required} if required else {}),
        }
        encoding = {name: found for name, node in fields.items() if (found := _style(node))}
        content = {media_type: {"schema": schema, **({"encoding": encoding} if encoding else {})}}
        return {"required": bool(required), "content": content}

    def _responses(self, node: Node, where: str) -> dict[str, Json]:
        produces = self._types(node, "produces") or [_JSON]
        made: dict[str, Json] = {}
        for status, written in node.at("responses").members():
            found = written.followed()
            here = where + pointer(status)
            self.moved[here] = found.where
            response: dict[str, Any] = {"description": found.text("description")}
            schema = found.at("schema").value
            if schema is not None:
                examples = found.at("examples").value
                told = examples if isinstance(examples, Mapping) else {}
                response["content"] = {}
                for media_type in produces:
                    self.moved[f"{here}/content{pointer(media_type)}/schema"] = f"{found.where}/schema"
                    example = {"example": told[media_type]} if media_type in told else {}
                    response["content"][media_type] = {"schema": _file(schema), **example}
            made[status] = response
        return made


def _key(node: Node) -> tuple[Json, Json]:
    return node.at("in").value, node.at("name").value


def _style(node: Node) -> dict[str, Json]:
    """Write `collectionFormat` as style and explode; csv is what a query, a path and a header do without a word."""
    if node.at("type").value != "array":
        return {}
    told = node.text("collectionFormat", "csv")
    if told not in _STYLES:
        says = f"the collectionFormat {told} is none of {', '.join(_STYLES)}"
        refuse(says, f"{node.where}/collectionFormat")
    style, explode = _STYLES[told]
    usual = {"query": "form", "formData": "form"}.get(str(node.at("in").value), "simple")
    return {"style": style or usual, "explode": explode}


def _schema(node: Node) -> dict[str, Json]:
    made: dict[str, Json] = _file({key: held for key, held in node.mapping().items() if key not in _PARAMETER})
    return made


def _described(node: Node) -> dict[str, Json]:
    said = node.at("description").value
    return {**_schema(node), **({"description": said} if said is not None else {})}


def _file(schema: Json) -> Json:
    if isinstance(schema, Mapping) and schema.get("type") == "file":
        return {**schema, "type": "string", "format": "binary"}
    return schema


def _scheme(written: Json) -> Json:
    if isinstance(written, Mapping) and written.get("type") == "basic":
        return {**written, "type": "http", "scheme": "basic"}
    return written
