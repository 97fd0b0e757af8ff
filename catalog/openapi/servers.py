"""Where an API is: the servers of a document with their variables written out."""

import re
from collections.abc import Mapping
from itertools import islice, product
from urllib.parse import urljoin, urlsplit

from catalog.openapi.nodes import Node, refuse

MOST_SERVERS = 50

_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:.]{2,45}")  # names in other scripts are written as punycode


def servers_of(servers: Node, given: str | None, base: str) -> list[str]:
    """List the absolute URLs that an operation may be asked at; relative ones stand beside `base`, the document's own URL.

    They are the only values of `config.server`: a plan cannot send the API's credentials anywhere else. Raises `Unsupported`
    where there is none.
    """
    if given is not None:
        return [given.rstrip("/")]
    listed = [url for server in servers.items() for url in _urls(server)] if servers.value else ["/"]
    found = [_joined(base, url).rstrip("/") for url in listed]
    absolute = [url for url in dict.fromkeys(found) if is_absolute(url)]
    if not absolute:
        refuse("the document names no absolute server; name it with --server URL", servers.where)
    return absolute[:MOST_SERVERS]


def is_absolute(url: str) -> bool:
    """Say whether a URL can be asked: http or https, a host in ASCII, no user, nothing left to fill in."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = parts.username is None and not parts.query and not parts.fragment and not set("{}\\ \t\n") & set(url)
    return parts.scheme in ("http", "https") and plain and _HOST.fullmatch(host or "") is not None


def _urls(server: Node) -> list[str]:
    """Write out a server's URL with the values that its variables may have: those listed, or the usual one."""
    url = server.text("url")
    choices = []
    for name, held in server.at("variables").members():
        listed = held.at("enum").value
        usual = held.text("default")
        values = [str(value) for value in listed] if isinstance(listed, list) and listed else [usual]
        choices.append([(name, value) for value in sorted(values, key=lambda value: value != usual)])
    return [_filled(url, dict(chosen)) for chosen in islice(product(*choices), MOST_SERVERS)]


def _filled(url: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        url = url.replace("{" + name + "}", value)
    return url


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return ""
