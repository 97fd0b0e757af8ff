"""What the guard reads and what masks leave, whatever they are given."""

import json
import re
from base64 import b64encode
from ipaddress import ip_address, ip_network
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.host import guard
from broker.host.guard import Request, Target
from broker.host.masks import Masks
from broker.host.refusals import Refusal
from broker.orders import Loan
from catalog.addresses import closed
from catalog.hosts import DEFAULT_PORTS

PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "http",
                "https",
                "ftp",
                ":",
                "//",
                "/",
                "\\",
                "@",
                "?",
                "#",
                "[",
                "]",
                "%",
                "%00",
                "%2f",
                "..",
                ".",
                "-",
                "_",
                "*",
            ),
            *(
                "127.0.0.1",
                "::1",
                "0x7f",
                "0177",
                "localhost",
                "a.test",
                "xn--",
                "xn--a",
                "ü",
                "\u3002",
                "\uff10",
                "80",
                "99999",
            ),
            *("\r\n", "\t", "\0", " ", "\u200b", "\U0001f389", "\ud800"),
        ]
    )
    | st.text(max_size=3),
    max_size=12,
).map("".join)
URLS = PIECES | PIECES.map(lambda rest: f"http://{rest}") | st.text(max_size=40)
PLAIN_HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")
START = guard.checked("POST", guard.parse("https://a.test/x"), [], b"")  # type: ignore[arg-type]  # a plain URL is one
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=40)


@settings(max_examples=300, deadline=None)
@given(URLS)
def test_every_text_is_read_as_a_plain_target_or_refused(text: str) -> None:
    found = guard.parse(text)
    if isinstance(found, Refusal):
        assert found.type == "url_invalid"
        return
    assert found.url.scheme in DEFAULT_PORTS
    assert PLAIN_HOST.fullmatch(found.host)
    assert not found.url.userinfo
    assert not re.search(rb"[\x00-\x20\x7f-\xff\\]", found.url.raw_path)
    again = guard.parse(str(found.url))
    assert isinstance(again, Target)
    assert (again.host, again.port, again.names) == (found.host, found.port, found.names)


@settings(max_examples=300, deadline=None)
@given(URLS, st.sampled_from(sorted(guard.REDIRECTS)))
def test_every_location_is_followed_to_a_plain_target_or_refused(location: str, status: int) -> None:
    assert isinstance(START, Request)
    found = guard.following(START, status, location)
    assert isinstance(found, (Request, Refusal))
    if isinstance(found, Request):
        assert PLAIN_HOST.fullmatch(found.target.host)


@settings(max_examples=300, deadline=None)
@given(st.ip_addresses())
def test_an_address_that_python_does_not_call_global_is_closed(address: object) -> None:
    parsed = ip_address(str(address))
    if not parsed.is_global or parsed.is_multicast:
        assert closed(str(parsed))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"]), st.data())
def test_an_address_that_may_carry_another_is_closed(network: str, data: st.DataObject) -> None:
    assert closed(str(data.draw(st.ip_addresses(network=ip_network(network)))))


@settings(max_examples=300, deadline=None)
@given(VALUES, st.text(max_size=5), st.text(max_size=5))
def test_a_value_leaves_in_no_spelling(value: str, ahead: str, behind: str) -> None:
    masks = Masks([Loan(name="key", placeholder="\u2400", value=value)])
    for spelt in (
        value,
        json.dumps(value)[1:-1],
        quote(value, safe=""),
        value.encode().hex(),
        b64encode(value.encode()).decode(),
    ):
        left = masks.masked(f"{ahead}\n{spelt}\n{behind}")
        assert spelt.rstrip("=") not in left


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_what_a_url_repeats_can_be_followed_again(value: str) -> None:
    masks = Masks([Loan(name="key", placeholder="gwsecret0", value=value)])
    assert masks.veiled(f"https://a.test/?key={quote(value, safe='')}") == "https://a.test/?key=gwsecret0"
