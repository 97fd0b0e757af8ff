"""Requests that a web page of somebody else's makes a browser send: refused before anything is read of them.

A server on loopback needs no token, and every browser of the machine reaches it. Pages of other sites may send it requests
whose answers they cannot read; a name that a page's owner points to 127.0.0.1 makes the page one of "ours" (DNS rebinding).
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.refusals import document

READS = frozenset({"GET", "HEAD", "OPTIONS"})
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OURS = frozenset({"same-origin", "none"})  # "same-site" is another port of localhost: another program's page
_HEADERS = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}


class Origins:
    """Lets requests pass that come from programs and from pages of our own. ASGI middleware.

    With `loopback`, the `Host` header has to name this machine.
    """

    def __init__(self, app: ASGIApp, *, loopback: bool) -> None:
        """Stand before `app`."""
        self._app = app
        self._loopback = loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 400 for a host that is not ours and 403 for another site's page; else pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        if self._loopback and not names_loopback(headers.getlist("host")):
            says = "The Host header names another machine: ask http://127.0.0.1 or http://localhost."
            await document(400, "Bad request", says)(scope, receive, sent)
        elif wrong := foreign(scope["method"], headers):
            says = f"{wrong} Pages of other sites may not use this server; send the request from a program."
            await document(403, "Forbidden", says)(scope, receive, sent)
        else:
            await self._app(scope, receive, sent)


def names_loopback(hosts: Iterable[str]) -> bool:
    """Say whether every `Host` header, of which there must be one, names this machine; ports do not matter."""
    named = [_without_port(host.strip().lower()).removesuffix(".") for host in hosts]
    return bool(named) and all(name in LOCAL_NAMES for name in named)


def foreign(method: str, headers: Headers) -> str:
    """Say in a sentence why a request is taken for one of another site's page; nothing where it is not.

    `Sec-Fetch-Site` decides where a browser sends it; following a link to here is allowed. `Origin` decides for what changes
    state, in browsers that send no more than that.
    """
    follows_link = method in READS and headers.get("sec-fetch-mode", "").lower() == "navigate"
    for site in headers.getlist("sec-fetch-site"):
        if site.strip().lower() not in _OURS and not follows_link:
            return "The header Sec-Fetch-Site says that a page of another site sent this."
    if method in READS:
        return ""
    host = headers.get("host", "").strip().lower()
    for origin in headers.getlist("origin"):
        if _authority(origin) != host:
            return "The header Origin names another site."
    return ""


def _authority(origin: str) -> str | None:
    """Give host and port of an origin; None for `null` and whatever else is none."""
    try:
        parts = urlsplit(origin.strip().lower())
    except ValueError:
        return None
    plain = parts.scheme in {"http", "https"} and not (parts.path or parts.query or parts.fragment)
    return parts.netloc if plain and parts.netloc else None


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else host
