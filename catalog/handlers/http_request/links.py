"""The Link header (RFC 8288)."""

import re

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')  # with quoted pairs (RFC 9110, 5.6.4)


def next_link(header: str) -> str | None:
    """Find the target of the first link whose relation is `next`; `None` without one."""
    while "<" in header:
        target, _, header = header.partition("<")[2].partition(">")
        parameters, header = _parameters(header)
        if "next" in parameters.get("rel", "").lower().split():
            return target.strip()
    return None


def _parameters(header: str) -> tuple[dict, str]:
    """Read `; name=value; name="value"` up to the comma that ends the link; give the rest of the header."""
    found = {}
    header = header.lstrip()
    while header.startswith(";"):
        name, header = _until(header[1:], "=;,")
        value = ""
        if header.startswith("="):
            value, header = _value(header[1:].lstrip())
        found.setdefault(name.strip().lower(), value)
        header = header.lstrip()
    return found, header


def _value(header: str) -> tuple[str, str]:
    quoted = _QUOTED.match(header)
    if quoted:
        return quoted[1], header[quoted.end() :]
    value, rest = _until(header, ";,")
    return value.strip(), rest


def _until(text: str, ends: str) -> tuple[str, str]:
    at = min((text.find(end) for end in ends if end in text), default=len(text))
    return text[:at], text[at:]
