"""Decides about requests: URLs, hosts, addresses, headers, redirects. Pure; whoever connects asks here first.

Server-side request forgery is stopped in three places, each of them here: the host must be granted to the call and allowed by
the operator; every address that its name resolves to must be public; a redirect is a new request and passes both again.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import httpx

from broker.host.refusals import Refusal
from catalog.addresses import closed
from catalog.hosts import DEFAULT_PORTS, names_port

URL_LENGTH = 8_192
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
REDIRECT_LIMIT = 5

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")  # RFC 9110, field-name
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,8192}")  # RFC 9110, field-value
_OURS = frozenset(
    {
        # what frames the message or belongs to the connection (RFC 9110, 7.6.1): the host writes it
        *("accept-encoding", "connection", "content-length", "expect", "host", "http2-settings", "keep-alive"),
        *("proxy-authenticate", "proxy-authentication-info", "proxy-authorization", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade", "via"),
        # what servers believe of those who stand before them: who asks, and for what
        *("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-forwarded-server"),
        *("x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "x-original-url", "x-rewrite-url", "x-host"),
        # what turns a request that may only read into another one
        *("x-http-method", "x-http-method-override", "x-method-override"),
    }
)
_CREDENTIAL = re.compile(r"auth|cookie|token|secret|api-?key|password|session|signature", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port to connect to."""

    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL. `names` are the spellings of its host that a grant may use: ASCII and, where it differs, Unicode.

    `bare` are the same without a port; an IPv6 address has its brackets.
    """

    url: httpx.URL
    host: str
    port: int
    names: tuple[str, ...]
    bare: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Globs:
    """Globs over hosts. One that names a port (`api.example:8443`, `*:*`) covers that; one that does not covers `ports`."""

    hosts: tuple[re.Pattern[str], ...]
    ported: tuple[re.Pattern[str], ...]
    ports: frozenset[int]

    @classmethod
    def of(cls, globs: Iterable[str], ports: Iterable[int] = DEFAULT_PORTS.values()) -> "Globs":
        """Read globs, in which `*` stands for any text."""
        by_kind: dict[bool, list[re.Pattern[str]]] = {True: [], False: []}
        for glob in globs:
            pattern = ".*".join(re.escape(part) for part in glob.lower().split("*"))
            by_kind[names_port(glob)].append(re.compile(pattern))
        return cls(tuple(by_kind[False]), tuple(by_kind[True]), frozenset(ports))

    def cover(self, target: Target) -> bool:
        """Say whether one of them covers the target."""
        if target.port in self.ports and any(glob.fullmatch(name) for glob in self.hosts for name in target.bare):
            return True
        return any(glob.fullmatch(f"{name}:{target.port}") for glob in self.ported for name in target.bare)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The operator's part of the decision: globs of public hosts, and private names with their pins."""

    hosts: Globs
    private: Mapping[str, Endpoint]

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> "Rules":
        """Read `hosts`, `ports` and `private` as `broker.policy.Policy.to_json` writes them."""
        return cls(
            hosts=Globs.of(policy["hosts"], policy["ports"]),
            private={name: _endpoint(pin) for name, pin in policy["private"].items()},
        )

    def pin(self, target: Target) -> Endpoint | None:
        """Give the endpoint that the operator pinned this host to, if any."""
        return next((self.private[name] for name in target.names if name in self.private), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A checked request, ready to be sent to `target`. `sealed` names, in lower case, the headers that hold secrets."""

    method: str
    target: Target
    headers: tuple[tuple[str, str], ...]
    content: bytes
    sealed: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """Tell about how many bytes it has on the wire."""
        return len(str(self.target.url)) + sum(len(name) + len(value) + 4 for name, value in self.headers) + len(self.content)


def parse(text: str, base: httpx.URL | None = None) -> Target | Refusal:
    """Read an absolute http or https URL; one relative to `base`, where that is given."""
    if flaw := _text_flaw(text):
        return Refusal("url_invalid", flaw)
    try:
        url = base.join(text) if base else httpx.URL(text)
    except (httpx.InvalidURL, ValueError):  # ValueError: half a character, an unclosed bracket in a location
        return Refusal("url_invalid", f"{_quoted(text)} is not a URL: look at its host, port and brackets")
    if flaw := _url_flaw(url, text):
        return Refusal("url_invalid", flaw)
    return _target(url, text)


def permitted(target: Target, rules: Rules, granted: Iterable[str]) -> Refusal | None:
    """Refuse a host that was not granted to this call, or that the operator does not allow."""
    grants = {grant.lower() for grant in granted}
    if not any(name in grants for name in target.names):
        return Refusal("host_refused", f"the host {target.names[0]} was not granted to this call")
    if rules.pin(target) or rules.hosts.cover(target):
        return None
    return Refusal("host_refused", f"the operator does not allow the host {target.names[0]}, or not at port {target.port}")


def endpoints(target: Target, addresses: Sequence[str], *, public: bool = True) -> tuple[Endpoint, ...] | Refusal:
    """Give the endpoints to try in turn; with `public`, refuse them all where one address is not.

    A name with one public and one private address is an attack or a mistake: choosing the public one would leave the choice
    to whoever answers the next query.
    """
    if public and any(closed(address) for address in addresses):
        return Refusal("address_refused", f"{target.names[0]} is at an address that is not public")
    return tuple(Endpoint(address, target.port) for address in addresses)


def checked(method: str, target: Target, headers: Iterable[tuple[str, str]], content: bytes) -> Request | Refusal:
    """Build a request; refuse methods and headers that would change how the message is framed or routed."""
    if method.upper() not in METHODS:
        return Refusal("protocol_error", f"the method {method[:40]!r} is none of {', '.join(sorted(METHODS))}")
    kept = tuple(headers)
    for name, value in kept:
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            return Refusal("protocol_error", f"the header {name[:80]!r} holds characters that no header may hold, or too many")
        if name.lower().replace("_", "-") in _OURS:  # many servers read one for the other
            return Refusal("protocol_error", f"the header {name} is the host's to write and cannot be set")
    return Request(method=method.upper(), target=target, headers=kept, content=content)


def following(request: Request, status: int, location: str) -> Request | Refusal:
    """Build the request that a redirect asks for (RFC 9110, section 15.4); the caller checks its host and address again.

    Credentials and what holds a secret stay behind when scheme, host or port change, except on the way from http to https of
    the same host.
    """
    target = parse(location, base=request.target.url)
    if isinstance(target, Refusal):
        return target
    turned = status == httpx.codes.SEE_OTHER and request.method != "HEAD"
    turned = turned or (status in (301, 302) and request.method == "POST")
    headers = request.headers
    if not _same_origin(request.target, target):
        headers = tuple(held for held in headers if not _CREDENTIAL.search(held[0]) and held[0].lower() not in request.sealed)
    if not turned:
        return replace(request, target=target, headers=headers)
    headers = tuple(header for header in headers if not header[0].lower().startswith("content-"))
    return replace(request, method="GET", target=target, headers=headers, content=b"")


def _text_flaw(text: str) -> str | None:
    """Say what is wrong with a text that no part of a URL may hold."""
    if len(text) > URL_LENGTH:
        return f"the URL has {len(text):,} characters; at most {URL_LENGTH:,} are sent"
    if text != text.strip():
        return f"{_quoted(text)} begins or ends with a blank: take it away"
    if "\\" in text:
        return f"{_quoted(text)} holds a backslash: write / between the parts of a path, and %5C for a backslash itself"
    if any(not character.isprintable() for character in text):
        return f"{_quoted(text)} holds a control character: percent-encode it"
    return None


def _url_flaw(url: httpx.URL, text: str) -> str | None:
    """Say what keeps a URL from being fetched at all."""
    if not url.scheme:
        return f"{_quoted(text)} is not an absolute URL: begin it with https:// or http://"
    if url.scheme not in DEFAULT_PORTS:
        return f"{_quoted(text)} has the scheme {url.scheme!r}; only http and https URLs are fetched"
    if url.userinfo or _has_userinfo(text):
        return "a URL holds no user name or password: send an Authorization header"
    if not url.raw_host:
        return f"{_quoted(text)} names no host: write it after {url.scheme}://"
    return None


def _target(url: httpx.URL, text: str) -> Target | Refusal:
    ascii_host = url.raw_host.decode("ascii").lower().removesuffix(".")
    if not _is_host(ascii_host):
        return Refusal("url_invalid", _host_flaw(url, text))
    port = DEFAULT_PORTS[url.scheme] if url.port is None else url.port
    if not 0 < port < 1 << 16:
        return Refusal("url_invalid", f"{_quoted(text)} names the port {port}; ports are 1 to 65535")
    try:
        spellings = dict.fromkeys((ascii_host, url.host.lower().removesuffix(".")))
    except UnicodeError:  # an `xn--` label that stands for no name (RFC 5891, 5.4)
        return Refusal("url_invalid", _host_flaw(url, text))
    bare = tuple(f"[{spelling}]" if ":" in spelling else spelling for spelling in spellings)
    own = port == DEFAULT_PORTS[url.scheme]
    return Target(
        url=url.copy_with(host=ascii_host, fragment=None),
        host=ascii_host,
        port=port,
        names=bare if own else tuple(f"{name}:{port}" for name in bare),
        bare=bare,
    )


def _host_flaw(url: httpx.URL, text: str) -> str:
    host = url.raw_host.decode("ascii")
    if "%20" in host or " " in host:
        return f"the host of {_quoted(text)} holds a blank: take it away"
    return f"{_quoted(text)} names no valid host: {host[:100]!r}"


def _quoted(text: str) -> str:
    return ascii(text[:200])


def _is_host(host: str) -> bool:
    if ":" in host:
        return _is_ipv6(host)
    labels = host.split(".")
    if _NUMBER.fullmatch(
        labels[-1]
    ):  # WHATWG URL: a host that ends in a number is an IPv4 address; only its plain form is read
        return _is_ipv4(host)
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)  # noqa: PLR2004 - RFC 1035's limit


def _is_ipv4(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False


def _is_ipv6(host: str) -> bool:
    try:
        return IPv6Address(host).scope_id is None
    except ValueError:
        return False


def _has_userinfo(text: str) -> bool:
    authority = re.match(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//([^/?#]*)", text)
    return authority is not None and "@" in authority[1]


def _same_origin(before: Target, after: Target) -> bool:
    if before.host != after.host:
        return False
    if (before.url.scheme, before.port) == (after.url.scheme, after.port):
        return True
    return (before.url.scheme, before.port, after.url.scheme, after.port) == ("http", 80, "https", 443)


def _endpoint(pin: str) -> Endpoint:
    address, _, port = pin.rpartition(":")
    return Endpoint(address.removeprefix("[").removesuffix("]"), int(port))
