"""Hosts as grants write them: `host`, or `host:port` where the port is not the scheme's own; lower case."""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from catalog.capability import Capability
from schemas.values import Json, JsonObject

_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_ADDRESS = re.compile(r"[0-9a-f:.]{2,45}")
_LONGEST_NAME = 253

DEFAULT_PORTS = {"http": 80, "https": 443}


def host_of(url: str) -> str | None:
    """Name the host of an absolute http or https URL; None for any other text, and for a host that is none.

    A name has letters, digits, hyphens and underscores; one in other letters is given as the `xn--` name that stands for it.
    Scheme and host are compared without regard to case, and the dot that may end a full name is left
    out, as the guard of requests reads them.
    """
    if any(character.isspace() for character in url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a port that is no number, an unclosed IPv6 bracket
        return None
    host = _name((parts.hostname or "").removesuffix("."))
    if parts.scheme not in DEFAULT_PORTS or host is None:
        return None
    return host if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"


def _name(hostname: str) -> str | None:
    """Write a host as grants do; None for one that is neither a name nor an address."""
    if ":" in hostname:
        return f"[{hostname}]" if _ADDRESS.fullmatch(hostname) else None
    if not hostname.isascii():
        import idna  # noqa: PLC0415 - its tables take long to load, and few names need them

        try:
            hostname = idna.encode(hostname, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    return hostname if len(hostname) <= _LONGEST_NAME and _NAME.fullmatch(hostname) else None


def covered(host: str, globs: Iterable[str]) -> bool:
    """Say whether one of the globs covers a host.

    One that names a port (`*.example:8443`, `*:*`) covers that port, one that does not covers the scheme's own.
    """
    ported = [host] if names_port(host) else [f"{host}:{port}" for port in DEFAULT_PORTS.values()]
    bare = [] if names_port(host) else [host]
    patterns = [glob.lower().replace("[", "[[]") for glob in globs]  # a bracket begins an address
    return any(fnmatchcase(name, glob) for glob in patterns for name in (ported if names_port(glob) else bare))


def names_port(host: str) -> bool:
    """Say whether a host, or a glob of hosts, names a port."""
    return ":" in host.rpartition("]")[2]


def hosts_in(value: Json) -> frozenset[str]:
    """Collect the hosts of the absolute URLs that stand anywhere in `value`."""
    return frozenset(host for text in texts_in(value) if (host := host_of(text)))


def hosts_by_key(values: Mapping[str, Json]) -> dict[str, frozenset[str]]:
    """Collect the hosts that each value names by an absolute URL; a value that names none is left out."""
    found = {key: hosts_in(value) for key, value in values.items()}
    return {key: hosts for key, hosts in found.items() if hosts}


def texts_in(value: Json) -> Iterator[str]:
    """Go through the texts that stand anywhere in `value`; keys are none of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts_in(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from texts_in(part)


def hosts_reached(capability: Capability, config: JsonObject, given: Json) -> frozenset[str]:
    """Collect the hosts that a call names: in config and input, or by the default where it names none."""
    pointers = [held for held in capability.authority.hosts if held.startswith("/config/")]
    usual = [capability.value_at(config, held.removeprefix("/config")) for held in pointers]
    return hosts_in([config, given, *usual])
