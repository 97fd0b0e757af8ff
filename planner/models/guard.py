"""The guard of model traffic: a question goes to the place that the operator listed for its model, and nowhere else.

The place is one scheme, host and port. Its name is looked up here and the connection goes to the address that was checked; an
address that is not public is refused unless the operator named the place. A redirect is a request of its own and is held to
the same place. No proxy and no variable of the environment leads elsewhere.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

import httpx

from catalog.addresses import closed
from catalog.hosts import DEFAULT_PORTS
from planner.models.roster import Place

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Looks a name up: every address that it has. Raises `OSError`."""


_asked: ContextVar[Place | None] = ContextVar("asked", default=None)


@contextmanager
def asking(place: Place) -> Iterator[None]:
    """Let what is sent within go to this place."""
    token = _asked.set(place)
    try:
        yield
    finally:
        _asked.reset(token)


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver for every address of a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends requests to the place of the question under way. Connections are not kept: none serves another question."""

    def __init__(self, resolver: Resolver = resolve, line: httpx.AsyncBaseTransport | None = None) -> None:
        """Connect only when asked to. `line` sends what was checked; a plain transport where none is given."""
        self._resolver = resolver
        limits = httpx.Limits(max_keepalive_connections=0)
        self._line = line or httpx.AsyncHTTPTransport(trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises `httpx.ConnectError` for one that must not be sent."""
        place = _asked.get()
        if place is None or not place.takes(request.url.scheme, _host(request.url), _port(request.url)):
            where = f"{request.url.scheme}://{request.url.netloc.decode('ascii', 'replace')}"
            msg = f"{where} is not the place that the operator listed for this model"
            raise httpx.ConnectError(msg, request=request)
        address = await self._address(place, request)
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,  # with the name as Host
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": place.host},
        )
        return await self._line.handle_async_request(pinned)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._line.aclose()

    async def _address(self, place: Place, request: httpx.Request) -> str:
        try:
            addresses = await self._resolver(place.host.strip("[]"), place.port)
        except OSError as error:
            msg = f"the host {place.host} was not found"
            raise httpx.ConnectError(msg, request=request) from error
        if not addresses or (not place.named and any(closed(address) for address in addresses)):
            msg = f"{place.host} is at an address that is not public; list the model with its base_url if it is yours"
            raise httpx.ConnectError(msg, request=request)
        return addresses[0]


class ClosedTransport(httpx.BaseTransport):
    """Sends nothing: models are asked by awaiting, and whatever else a library wants to fetch is not sent."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Refuse."""
        msg = f"{request.url.host}: only questions to models are sent"
        raise httpx.ConnectError(msg, request=request)


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").lower().removesuffix(".")


def _port(url: httpx.URL) -> int:
    return DEFAULT_PORTS.get(url.scheme, 0) if url.port is None else url.port
