"""Which requests are taken for another site's page."""

from itertools import product

import pytest
from starlette.datastructures import Headers

from service.api.origins import foreign, names_loopback

HERE = "127.0.0.1:8321"
CHANGES = ("POST", "PUT", "PATCH", "DELETE", "TRACE")
OURS = [
    pytest.param({}, id="a program"),
    pytest.param({"origin": f"http://{HERE}"}, id="our page, an old browser"),
    pytest.param({"origin": f"HTTP://{HERE}"}, id="in capitals"),
    pytest.param({"origin": f"https://{HERE}"}, id="our page behind a proxy that speaks TLS"),
    pytest.param({"sec-fetch-site": "same-origin", "origin": f"http://{HERE}"}, id="our page"),
    pytest.param({"sec-fetch-site": "none"}, id="typed by a person"),
]
THEIRS = [
    pytest.param({"origin": "https://evil.example"}, id="another site"),
    pytest.param({"origin": "null"}, id="a sandboxed frame, a file, a redirect"),
    pytest.param({"origin": ""}, id="empty"),
    pytest.param({"origin": "127.0.0.1:8321"}, id="no scheme"),
    pytest.param({"origin": "http://127.0.0.1"}, id="another port of this machine"),
    pytest.param({"origin": "http://127.0.0.1:8322"}, id="the next port"),
    pytest.param({"origin": "http://127.0.0.1:8321.evil.example"}, id="a name that begins like ours"),
    pytest.param({"origin": "http://evil.example/127.0.0.1:8321"}, id="ours as a path"),
    pytest.param({"origin": "http://127.0.0.1:8321@evil.example"}, id="ours as a user"),
    pytest.param({"origin": "http://evil.example@127.0.0.1:8321"}, id="a user at ours"),
    pytest.param({"origin": "http://127.0.0.1:8321/x"}, id="ours with a path"),
    pytest.param({"origin": "http://127.0.0.1:8321?x"}, id="ours with a query"),
    pytest.param({"origin": "http://[::1"}, id="not a URL"),
    pytest.param({"origin": "file://127.0.0.1:8321"}, id="another scheme"),
    pytest.param({"origin": "chrome-extension://abcdef"}, id="an extension"),
    pytest.param({"origin": "http://localhost:8321"}, id="another name of this machine"),
    pytest.param({"sec-fetch-site": "cross-site"}, id="said by the browser"),
    pytest.param({"sec-fetch-site": "same-site"}, id="another port, said by the browser"),
    pytest.param({"sec-fetch-site": "CROSS-SITE"}, id="said in capitals"),
    pytest.param({"sec-fetch-site": "anything new"}, id="a word that is not known"),
    pytest.param({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, id="a form"),
    pytest.param({"sec-fetch-site": "cross-site", "origin": f"http://{HERE}"}, id="the headers disagree"),
    pytest.param({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, id="the headers disagree otherwise"),
]


def headers(given: dict[str, str], host: str = HERE) -> Headers:
    return Headers({"host": host, **given})


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize("given", OURS)
def test_programs_and_our_own_pages_may_change_things(method: str, given: dict[str, str]) -> None:
    assert foreign(method, headers(given)) == ""


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize("given", THEIRS)
def test_pages_of_other_sites_change_nothing(method: str, given: dict[str, str]) -> None:
    assert foreign(method, headers(given)) != ""


@pytest.mark.parametrize(("site", "mode"), list(product(["cross-site", "same-site"], ["", "no-cors", "cors", "websocket"])))
def test_pages_of_other_sites_hold_no_stream_open(site: str, mode: str) -> None:
    assert foreign("GET", headers({"sec-fetch-site": site, "sec-fetch-mode": mode})) != ""


def test_a_link_to_here_may_be_followed() -> None:
    assert foreign("GET", headers({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"})) == ""


def test_one_wrong_origin_among_several_is_enough() -> None:
    several = [(b"host", HERE.encode()), (b"origin", f"http://{HERE}".encode()), (b"origin", b"https://evil.example")]
    assert foreign("POST", Headers(raw=several)) != ""


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8321", "LocalHost:1", "localhost.", "127.0.0.1", "127.0.0.1:8321", "[::1]", "[::1]:8321"]
)
def test_a_host_that_is_this_machine_is_ours(host: str) -> None:
    assert names_loopback([host])


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        [":8321"],
        ["evil.example"],
        ["evil.example:8321"],
        ["127.0.0.1.nip.io:8321"],
        ["localhost.evil.example"],
        ["evil.example:127.0.0.1"],
        ["127.0.0.1:8321:evil"],
        ["user@127.0.0.1:8321"],
        ["127.0.0.1@evil.example"],
        ["127.0.0.1 evil.example"],
        ["127.0.0.1,evil.example"],
        ["127.1"],
        ["0.0.0.0:8321"],
        ["2130706433"],
        ["::1"],
        ["[::1"],
        ["[::1]evil"],
        ["[::ffff:127.0.0.1]:8321"],
        ["localhost:٨"],
        ["localhost", "evil.example"],
    ],
)
def test_a_host_that_only_looks_like_this_machine_is_not_ours(hosts: list[str]) -> None:
    assert not names_loopback(hosts)
