"""Reads what a guest asks of the `http` host function."""

import binascii
import json
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from broker.host.refusals import Refusal

TIMEOUT_MS = 30_000
HEADER_COUNT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A guest's request, well formed but not yet allowed."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    content: bytes
    timeout_s: float
    max_bytes: int | None
    binary: bool = False  # the answer's body is wanted as bytes


def read(text: str) -> Asked | Refusal:
    """Read `{method, url, headers, body, body_base64, timeout_ms, max_bytes, binary}`; all but `url` may be missing or null."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _malformed("the request is not JSON")
    if not isinstance(document, dict) or not isinstance(document.get("url"), str):
        return _malformed("a request is an object with a url")
    method = document.get("method") or "GET"
    headers = _headers(document.get("headers") or [])
    content = _content(document.get("body"), document.get("body_base64"))
    timeout_ms = _count(document.get("timeout_ms"))
    max_bytes = _count(document.get("max_bytes"))
    for part in (headers, content, timeout_ms, max_bytes):
        if isinstance(part, Refusal):
            return part
    if not isinstance(method, str):
        return _malformed("method is a string")
    binary = document.get("binary") or False
    if not isinstance(binary, bool):
        return _malformed("binary is true or false")
    return Asked(
        method=method,
        url=document["url"],
        headers=headers,  # type: ignore[arg-type]  # the loop above sent refusals back
        content=content,  # type: ignore[arg-type]  # the same
        timeout_s=(TIMEOUT_MS if timeout_ms is None else timeout_ms) / 1000,  # type: ignore[operator]  # the same
        max_bytes=max_bytes,  # type: ignore[arg-type]  # the same
        binary=binary,
    )


def _headers(value: Any) -> tuple[tuple[str, str], ...] | Refusal:
    if not isinstance(value, list) or len(value) > HEADER_COUNT:
        return _malformed(f"headers is a list of at most {HEADER_COUNT} pairs")
    pairs = [tuple(pair) for pair in value if isinstance(pair, list) and all(isinstance(part, str) for part in pair)]
    if len(pairs) < len(value) or any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004 - a pair
        return _malformed("each header is a pair of strings")
    return tuple((name, content) for name, content in pairs)


def _content(body: Any, body_base64: Any) -> bytes | Refusal:
    if body is not None and body_base64 is not None:
        return _malformed("a request has body or body_base64, not both")
    try:
        if isinstance(body_base64, str):
            return b64decode(body_base64, validate=True)
        if isinstance(body, str):
            return body.encode()
    except (binascii.Error, ValueError):
        return _malformed("body is Unicode text without lone surrogates, and body_base64 is base64")
    return b"" if body is None and body_base64 is None else _malformed("body and body_base64 are strings")


def _count(value: Any) -> int | Refusal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        return _malformed("timeout_ms and max_bytes are whole numbers above zero")
    return value


def _malformed(message: str) -> Refusal:
    return Refusal("protocol_error", message)
