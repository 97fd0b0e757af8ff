"""Paths that stay what the plan's template says, whatever values go into them."""

import re
from urllib.parse import unquote, urlsplit

from goalwright import HandlerError
from uritemplate import URITemplate

_DOTS = {".", ".."}
_WHOLE_SEGMENT = re.compile(r"/\{([A-Za-z0-9_.%]+)\}(?=[/?#{]|$)")
_DECODED = 3  # times: servers undo percent-encoding once, and those before them once more


def hold_path(template: str, values: dict, path: str) -> None:
    """Refuse values that lead out of the template's path: dot segments (RFC 3986, 5.2.4), and nothing in place of a segment.

    `path` is the path of the expanded template. What dot segments the template itself has, the plan wrote: they may stay.
    """
    parsed = URITemplate(template)
    written = urlsplit(parsed.expand(dict.fromkeys(parsed.variable_names, "x"))).path
    if _dot_segments(path) > _dot_segments(written):
        message = f"a value of input.url_params holds a dot segment, which would leave the path of {template}"
        raise HandlerError("request_invalid", message)
    for name in _WHOLE_SEGMENT.findall(template):
        if values.get(name) in ("", [], {}):
            message = f"input.url_params.{name} is empty, which would leave a segment out of the path of {template}"
            raise HandlerError("request_invalid", message)


def _dot_segments(path: str) -> int:
    """Count dot segments, however they are encoded; some servers read a backslash as a slash, and cut parameters off."""
    for _ in range(_DECODED):
        path = unquote(path)
    return sum(part.partition(";")[0].strip() in _DOTS for part in re.split(r"[/\\]", path))
