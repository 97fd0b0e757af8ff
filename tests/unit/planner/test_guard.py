"""The guard of model traffic, without a network: what is sent, and to which address."""

from collections.abc import Sequence
from contextlib import nullcontext

import httpx
import pytest

from planner.models.guard import ClosedTransport, GuardedTransport, asking
from planner.models.roster import Place

PUBLIC = Place(scheme="https", host="api.example", port=443)
OWN = Place(scheme="http", host="models.house", port=8000, named=True)


class Line(httpx.AsyncBaseTransport):
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.extensions.get("sni_hostname")
        self.sent.append((str(request.url), request.headers["host"], str(name)))
        return httpx.Response(200)


def guarded(*addresses: str) -> tuple[GuardedTransport, Line]:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    line = Line()
    return GuardedTransport(resolve, line), line


async def sent(place: Place, url: str, *addresses: str) -> list[tuple[str, str, str]]:
    transport, line = guarded(*addresses)
    with asking(place):
        await transport.handle_async_request(httpx.Request("POST", url, json={}))
    return line.sent


async def test_a_question_goes_to_the_address_that_was_checked_under_the_name_of_the_place() -> None:
    found = await sent(PUBLIC, "https://api.example/v1/chat", "93.184.215.14", "93.184.215.15")
    assert found == [("https://93.184.215.14/v1/chat", "api.example", "api.example")]


async def test_a_place_that_the_operator_named_may_be_private() -> None:
    found = await sent(OWN, "http://models.house:8000/v1/chat", "10.0.0.5")
    assert found == [("http://10.0.0.5:8000/v1/chat", "models.house:8000", "models.house")]


@pytest.mark.parametrize(
    ("place", "url", "addresses"),
    [
        pytest.param(None, "https://api.example/v1", ("93.184.215.14",), id="no question is asked"),
        pytest.param(PUBLIC, "https://evil.example/v1", ("93.184.215.14",), id="another host"),
        pytest.param(PUBLIC, "http://api.example/v1", ("93.184.215.14",), id="another scheme"),
        pytest.param(PUBLIC, "https://api.example:8443/v1", ("93.184.215.14",), id="another port"),
        pytest.param(PUBLIC, "https://api.example.evil.example/v1", ("93.184.215.14",), id="a host that begins alike"),
        pytest.param(PUBLIC, "https://127.0.0.1/v1", ("127.0.0.1",), id="an address"),
        pytest.param(PUBLIC, "https://api.example/v1", ("127.0.0.1",), id="a name for loopback"),
        pytest.param(PUBLIC, "https://api.example/v1", ("169.254.169.254",), id="a name for metadata"),
        pytest.param(PUBLIC, "https://api.example/v1", ("93.184.215.14", "10.0.0.1"), id="one private address among two"),
        pytest.param(PUBLIC, "https://api.example/v1", ("::ffff:127.0.0.1",), id="loopback within IPv6"),
        pytest.param(PUBLIC, "https://api.example/v1", (), id="no address"),
        pytest.param(OWN, "http://127.0.0.1:8000/v1", ("127.0.0.1",), id="an address beside a named place"),
        pytest.param(OWN, "http://models.house/v1", ("10.0.0.5",), id="another port of a named place"),
    ],
)
async def test_nothing_is_sent_elsewhere(place: Place | None, url: str, addresses: tuple[str, ...]) -> None:
    transport, line = guarded(*addresses)
    with asking(place) if place is not None else nullcontext(), pytest.raises(httpx.ConnectError):
        await transport.handle_async_request(httpx.Request("POST", url))
    assert line.sent == []


async def test_a_redirect_elsewhere_is_not_followed() -> None:
    class Redirecting(Line):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await super().handle_async_request(request)
            return httpx.Response(307, headers={"location": "http://169.254.169.254/latest"})

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ("93.184.215.14",)

    line = Redirecting()
    transport = GuardedTransport(resolve, line)
    async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
        with asking(PUBLIC), pytest.raises(httpx.ConnectError):
            await client.post("https://api.example/v1", json={})
    assert [url for url, _, _ in line.sent] == ["https://93.184.215.14/v1"]


def test_what_is_not_awaited_is_not_sent() -> None:
    with httpx.Client(transport=ClosedTransport()) as client, pytest.raises(httpx.ConnectError):
        client.get("https://api.example/")
