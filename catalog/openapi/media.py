"""Bodies of requests and answers: which of the media types that a document offers, and how values are written in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.openapi.nodes import Node, Unsupported, refuse
from schemas.values import Json

JSON, FORM, PARTS, TEXT, BYTES, ANY = "json", "form", "multipart", "text", "base64", "any"

FILE: Mapping[str, Json] = {
    "type": "object",
    "description": "A file: its content as text or in base64.",
    "additionalProperties": False,
    "oneOf": [{"required": ["text"]}, {"required": ["base64"]}],
    "properties": {
        "text": {"type": "string"},
        "base64": {"type": "string", "contentEncoding": "base64"},
        "filename": {"type": "string", "minLength": 1, "maxLength": 255},
        "content_type": {"type": "string", "pattern": "^[ -~]{3,200}$"},
    },
}
"""What stands in the input for a part that is a file."""

BASE64: Mapping[str, Json] = {"type": "string", "contentEncoding": "base64"}

_FORM, _PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
_STYLES = {"form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"}
_BYTES = re.compile(r"(image|audio|video|font)/.+|application/(octet-stream|pdf|zip|gzip|x-tar|x-gzip|vnd\..+)")
_NOT_TEXT = {"text/event-stream", "text/xml"}
_DEEPEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A body: its media type, how it is written, its schema (None: anything), how its fields are, an example."""

    media_type: str
    form: str
    schema: Node | None
    fields: Mapping[str, Json] = field(default_factory=dict)
    example: Json = None
    required: bool = False


def request_content(body: Node) -> Content | None:
    """Choose how a request body is sent: JSON, else a form, else parts, text or bytes. Raises `Unsupported`."""
    content = body.at("content")
    chosen = _chosen(content, (JSON, FORM, PARTS, TEXT, BYTES), "the request body")
    if chosen is None:
        return None
    media_type, form, node = chosen
    schema = node.at("schema") if node.at("schema").value is not None else None
    fields: dict[str, Json] = {}
    if form in (FORM, PARTS):
        schema, fields = _fields(node, schema, form)
    return Content(
        media_type=media_type,
        form=form,
        schema=schema,
        fields=fields,
        example=example_of(node) if form not in (PARTS, BYTES) else None,
        required=body.flag("required"),
    )


def answer_content(response: Node, what: str) -> Content | None:
    """Choose how an answer is asked for: JSON, else text or bytes; None where no content is told. Raises `Unsupported`."""
    chosen = _chosen(response.at("content"), (JSON, TEXT, BYTES), what)
    if chosen is None:
        return None
    media_type, form, node = chosen
    schema = node.at("schema") if node.at("schema").value is not None else None
    example = example_of(node) if form != BYTES else None
    return Content(media_type=media_type, form=form, schema=schema, example=example)


def json_content(node: Node, what: str) -> Node:
    """Give the one media type of a parameter, which is JSON. Raises `Unsupported`."""
    chosen = _chosen(node, (JSON,), what)
    if chosen is None:
        refuse(f"{what} is of no content, not JSON", node.where)
    return chosen[2]


def example_of(node: Node) -> Json:
    """Find the first example that is told: of the value, in its list, or of its schema; None where none can be read."""
    try:
        return _example(node)
    except Unsupported:
        return None


def _example(node: Node) -> Json:
    if node.at("example").value is not None:
        return node.at("example").value
    examples = node.at("examples")
    for name in examples.value if isinstance(examples.value, Mapping) else ():
        told = examples.at(name).followed().at("value").value
        if told is not None:
            return told
    schema = node.at("schema").followed()
    if isinstance(schema.value, Mapping):
        listed = schema.value.get("examples")
        first = listed[0] if isinstance(listed, list) and listed else None
        return schema.value.get("example", first if first is not None else schema.value.get("default"))
    return None


def _chosen(content: Node, forms: tuple[str, ...], what: str) -> tuple[str, str, Node] | None:
    """Choose among media types, the best form first; of several kinds of JSON the plainest."""
    offered = [(media_type, content.at(media_type)) for media_type in content.mapping()]
    if not offered:
        return None
    found = [(_form_of(media_type, node), media_type, node) for media_type, node in offered]
    usable = [entry for entry in found if entry[0] in forms]
    if not usable:
        kinds = {JSON: "JSON", FORM: "forms", PARTS: "multipart/form-data", TEXT: "text", BYTES: "bytes"}
        known = ", ".join(kinds[form] for form in forms)
        says = f"{what} is {' or '.join(media_type for _, media_type, _ in found)} only; understood: {known}"
        refuse(says[:500], content.where)
    form, media_type, node = min(usable, key=lambda entry: (forms.index(entry[0]), _plainness(entry[1])))
    return _sent_as(media_type, form), form, node


def _form_of(media_type: str, node: Node) -> str:
    plain = media_type.partition(";")[0].strip().lower()
    if plain == _FORM:
        return FORM
    if plain == _PARTS:
        return PARTS
    if "*" in plain and _is_file(node.at("schema")):
        return BYTES
    if plain in ("application/json", "text/json", "*/*", "application/*") or plain.endswith("+json"):
        return JSON
    if plain.startswith("text/") and plain not in _NOT_TEXT:
        return TEXT
    return BYTES if _BYTES.fullmatch(plain) and not plain.endswith("xml") else ""


def _plainness(media_type: str) -> int:
    """Rank kinds of JSON: a merge patch has the shape of the object, a JSON patch has not."""
    order = ("application/json", "*", "merge-patch", "+json", "json-patch")
    ranks = [rank for rank, word in enumerate(order) if word in media_type.lower()]
    return len(order) if "json-patch" in media_type else min(ranks, default=len(order))


def _sent_as(media_type: str, form: str) -> str:
    if "*" not in media_type:
        return media_type.partition(";")[0].strip() if form == PARTS else media_type
    return {JSON: "application/json", TEXT: "text/plain"}.get(form, "application/octet-stream")


def _fields(node: Node, schema: Node | None, form: str) -> tuple[Node | None, dict[str, Json]]:
    """Describe a form as one object, and say how each of its fields is written."""
    if schema is None:
        return None, {}
    properties: dict[str, Node] = {}
    required: list[str] = []
    _collect(schema, properties, required, sure=True)
    if not properties:
        return schema, {}
    encoding = node.at("encoding")
    told = {name: _field(held, encoding.at(name), form) for name, held in properties.items()}
    made: dict[str, Json] = {
        "type": "object",
        "properties": {name: _shown(held, told[name]) for name, held in properties.items()},
    }
    if required:
        made["required"] = list(dict.fromkeys(required))
    whole = schema.followed()
    if whole.at("additionalProperties").value is False and whole.at("allOf").value is None:
        made["additionalProperties"] = False
    return Node(schema.document, made, whole.where), {name: held for name, held in told.items() if held}


def _collect(schema: Node, properties: dict[str, Node], required: list[str], *, sure: bool, depth: int = 0) -> None:
    """Gather the fields of an object from all parts that it is put together of."""
    found = schema.followed()
    if not isinstance(found.value, Mapping) or depth > _DEEPEST:
        return
    held = found.at("properties")
    if isinstance(held.value, Mapping):
        for name in held.value:
            properties.setdefault(name, held.at(name))
    names = found.at("required").value
    if sure and isinstance(names, list):
        required += [name for name in names if isinstance(name, str)]
    for key in ("allOf", "anyOf", "oneOf"):
        for part in found.at(key).items():
            _collect(part, properties, required, sure=sure and key == "allOf", depth=depth + 1)


def _field(schema: Node, encoding: Node, form: str) -> dict[str, Json]:
    """Say how a field is written: by a style, by a content type, as a file; nothing where it is as usual."""
    styled = any(encoding.at(key).value is not None for key in ("style", "explode", "allowReserved"))
    if form == FORM and styled:
        style = encoding.text("style", "form")
        if style not in _STYLES:
            says = f"the field {_name(encoding)} is written as {style}, which is not done"
            refuse(says, encoding.at("style").where)
        explode = encoding.flag("explode", usual=style == "form")
        return {"style": style, "explode": explode, "reserved": encoding.flag("allowReserved")}
    if form == PARTS:
        return _part(schema, encoding)
    media_type = encoding.text("contentType")
    plain = media_type.partition(";")[0].strip().lower()
    if plain == "application/json" or plain.endswith("+json"):
        return {"as": "json"}
    if plain and not plain.startswith("text/"):
        says = f"the field {_name(encoding)} is written as {media_type}, which is not done in a form"
        refuse(says, encoding.at("contentType").where)
    return {}


def _part(schema: Node, encoding: Node) -> dict[str, Json]:
    for name, header in encoding.at("headers").members():
        if header.followed().flag("required"):
            says = f"the part {_name(encoding)} needs a header {name}, which is not sent"
            refuse(says, header.where)
    kinds = [kind.strip() for kind in encoding.text("contentType").split(",")]
    media_type = kinds[0] if kinds[0] and "*" not in kinds[0] else ""
    typed = {"media_type": media_type} if media_type else {}
    items = schema.followed().at("items")
    if _is_file(schema) or (isinstance(items.value, Mapping) and _is_file(items)):
        return {"as": "file", **typed}
    if media_type.partition(";")[0].endswith("json"):
        return {"as": "json", **typed}
    return typed


def _shown(schema: Node, told: Mapping[str, Json]) -> Json:
    if told.get("as") != "file":
        return schema.value
    found = schema.followed()
    if _is_file(found):
        return dict(FILE)
    bounds = {key: found.value[key] for key in ("minItems", "maxItems", "description") if key in found.value}
    return {"type": "array", "items": dict(FILE), **bounds}


def _is_file(schema: Node) -> bool:
    found = schema.followed().value
    if not isinstance(found, Mapping) or found.get("type", "string") != "string":
        return False
    raw = "contentMediaType" in found and "contentEncoding" not in found
    return found.get("format") == "binary" or raw


def _name(encoding: Node) -> str:
    return encoding.where.rpartition("/")[2]
