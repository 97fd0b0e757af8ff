"""Bodies as the operation sends them: JSON, text, bytes, forms and forms of several parts."""

import binascii
from base64 import b64decode, b64encode
from hashlib import sha256

from goalwright.errors import HandlerError
from goalwright.texts import plain, shown, written
from values import query_pairs

_FORM = {"style": "form", "explode": True}


def body_of(spec: dict, body: object) -> tuple[str, str | None, str | None]:
    """Write a body: its media type, and either a text or, of bytes, base64."""
    kind = spec["as"]
    if kind == "multipart":
        return _multipart(spec, body)
    if kind == "base64":
        return spec["media_type"], None, b64encode(_bytes("body", body)).decode("ascii")
    return spec["media_type"], TEXTS[kind](spec, body), None


def _json(_spec: dict, body: object) -> str:
    return written(plain(body))


def _text(_spec: dict, body: object) -> str:
    return shown(body)


def _form(spec: dict, body: dict) -> str:
    """Write a form. A property with a style is written as a query parameter is, any other by its content type."""
    pairs = []
    for name, value in body.items():
        told = spec["fields"].get(name, {})
        if value is None:
            continue
        if "style" in told:
            pairs += query_pairs(told | {"name": name}, value)
        elif told.get("as") == "json" or isinstance(value, dict):
            pairs += query_pairs({"name": name, "style": "json"}, value)
        else:
            pairs += query_pairs(_FORM | {"name": name}, value)
    return "&".join(pairs)


TEXTS = {"json": _json, "text": _text, "form": _form}


def _multipart(spec: dict, body: dict) -> tuple[str, None, str]:
    """Write a form of several parts (RFC 7578); a list is a part for each item, unless it is sent as JSON."""
    parts = []
    for name, value in body.items():
        told = spec["fields"].get(name, {})
        several = isinstance(value, list) and told.get("as") != "json"
        held = value if several else [value]
        parts += [_part(name, told, item) for item in held if item is not None]
    # The host gives no randomness; a digest of all parts cannot stand in one of them.
    boundary = "goalwright-" + sha256(b"".join(parts)).hexdigest()[:40]
    line = b"--" + boundary.encode()
    content = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"
    return f"{spec['media_type']}; boundary={boundary}", None, b64encode(content).decode("ascii")


def _part(name: str, told: dict, value: object) -> bytes:
    disposition, media_type = f'form-data; name="{_quoted(name)}"', told.get("media_type")
    if told.get("as") == "file":
        disposition += f'; filename="{_quoted(value.get("filename") or name)}"'
        media_type = value.get("content_type") or media_type or "application/octet-stream"
        content = value["text"].encode() if "text" in value else _bytes(name, value.get("base64"))
    elif told.get("as") == "json" or isinstance(value, (dict, list)):
        media_type, content = media_type or "application/json", written(plain(value)).encode()
    else:
        content = shown(value).encode()
    lines = [f"Content-Disposition: {disposition}"]
    lines += [f"Content-Type: {media_type}"] if media_type else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def _quoted(text: str) -> str:
    """Write a name between quotation marks as browsers do (HTML, "multipart/form-data encoding algorithm")."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _bytes(name: str, text: object) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise HandlerError("request_invalid", f"{name} is not a text in base64") from error
