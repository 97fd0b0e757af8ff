"""Server-side request forgery, tried against a DNS server and HTTP servers on loopback.

Every attempt is made with all that policy and plan can grant, so that only the guard stands in its way; every attempt asserts
the error, the addresses that were connected to, and that the trap did not spring. Spellings and tricks are those that public
lists collect (PayloadsAllTheThings, OWASP's cheat sheet, the test tables of smokescreen and Advocate), addresses those of
IANA's special-purpose registries, each with the document that reserves it.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from dnslib import RCODE

from broker.host import guard
from broker.host.guard import Target
from broker.host.meter import Meter
from broker.policy import Policy
from tests.support.names import Names, Switchboard, Trap, View
from tests.support.servers import Server, allowance, browsing, says, serving, to

PUBLIC = "93.184.216.34"  # an address that is plainly public; it leads to a server on loopback
OTHER = "151.101.1.6"
PUBLIC_6 = "2606:4700::6810:84e5"
ONE_AUTHORITY = Path(__file__).parent / "tls" / "server.pem"  # few authorities are read in a blink
ANY = Policy(hosts=("*:*",), ca_file=ONE_AUTHORITY)


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    try:
        yield made
        assert not made.sprung()
    finally:
        made.close()


def test_the_trap_springs_for_whoever_gets_through() -> None:
    trap = Trap()
    try:
        for address in ("127.0.0.1", "0.0.0.0"):
            Switchboard({}).connect_tcp(address, trap.port).close()
            assert (trap.sprung(), trap.sprung()) == (True, False)
    finally:
        trap.close()


class Way:
    """A guest's way out: what it got, and what was connected to for it."""

    def __init__(self, get: Callable[..., Any], sockets: Switchboard) -> None:
        self.get = get
        self.connected = sockets.asked


def granting(*urls: str) -> list[str]:
    """Name the hosts of `urls` as a plan would be granted them."""
    targets = [guard.parse(url) for url in urls]
    return [name for target in targets if isinstance(target, Target) for name in target.names]


@contextmanager
def way_out(
    zone: dict[str, list[View]] | None = None,
    *granted: str,
    routes: dict[tuple[str, int], int] | None = None,
    policy: Policy = ANY,
    meter: Meter | None = None,
) -> Iterator[Way]:
    sockets = Switchboard(routes or {})
    policy = replace(policy, ca_file=ONE_AUTHORITY)
    with (
        Names(zone or {}).running() as resolver,
        browsing(policy, *granted, resolver=resolver, meter=meter, sockets=sockets) as get,
    ):
        yield Way(get, sockets)


# --- how an address may be spelt in a URL -----------------------------------------------------------------------------

LOCAL_ZONE: dict[str, list[View]] = {
    "localhost": [["127.0.0.1", "::1"]],
    "localhost.localdomain": [["127.0.0.1"]],
    "ip6-localhost": [["::1"]],
    "lokalhost": [["127.0.0.1"]],
    "metadata.google.internal": [["169.254.169.254"]],
    "instance-data": [["169.254.169.254"]],
    "127.0.0.1.nip.test": [["127.0.0.1"]],
    "xn--lclhost-7wa4c.test": [["127.0.0.1"]],
}
READ_AND_REFUSED = [  # a host that can be read, at an address that is not public
    *("127.0.0.1", "127.0.0.1.", "127.255.255.254", "127.127.127.127", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1"),
    *("169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "255.255.255.255", "224.0.0.1"),
    *("127。0。0。1", "127\uff0e0\uff0e0\uff0e1", "127｡0｡0｡1"),  # the dots of IDNA
    *("localhost", "localhost.", "LOCALHOST", "lOcAlHoSt", "localhost.localdomain", "ip6-localhost", "lo\u212aalhost"),
    *("metadata.google.internal", "METADATA.GOOGLE.INTERNAL.", "instance-data", "127.0.0.1.nip.test"),
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::0.0.0.1]", "[0::1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::FFFF:127.0.0.1]", "[::ffff:0:127.0.0.1]"),
    *("[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::ffff:10.0.0.1]", "[::ffff:93.184.216.34]"),  # RFC 4291, mapped
    *("[::127.0.0.1]", "[::a9fe:a9fe]", "[::93.184.216.34]"),  # RFC 4291, compatible
    *("[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b::5db8:d822]"),  # RFC 6052, NAT64
    *("[64:ff9b:1::7f00:1]", "[64:ff9b:1:a9fe:a9:fe00::]"),  # RFC 8215, NAT64 of one's own
    *("[2002:7f00:1::]", "[2002:7f00:1::1]", "[2002:a9fe:a9fe::]", "[2002:a00:1::]", "[2002:5db8:d822::]"),  # RFC 3056, 6to4
    *("[2001:0:7f00:1::]", "[2001:0:5db8:d822:8000:63bf:80ff:fffe]", "[2001:0:0:0:0:0:5601:5601]"),  # RFC 4380, Teredo
    *("[2001:470:1f0b::5efe:7f00:1]", "[2001:470:1f0b::200:5efe:10.0.0.1]"),  # RFC 5214, ISATAP
    *("[fe80::1]", "[febf::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[fdff::1]", "[ff02::1]", "[ff0e::1]"),
]
NOT_READ = [  # a host that can be read in more than one way, or in none, is read in none
    *("127.1", "127.0.1", "127.000.000.001", "127.0.0.1.5", "127.0.0.256", "1.2.3"),
    *("0177.0.0.1", "0177.0.0.01", "00000000177.0.0.1", "017700000001", "0177.1", "0251.0376.0251.0376", "08.0.0.1"),
    *("2130706433", "2130706433.", "4294967297", "6425673729", "2852039166", "0", "00", "127.16777215"),
    *("0x7f000001", "0X7F000001", "0x7f.0x0.0x0.0x1", "0x7f.1", "0x7f.0.0.1", "0xa9fea9fe", "0x0", "0x", "0x1ffffffff"),
    *("0x7f.0.1", "127.0x1", "0177.0x0.0.1", "169.254.43518", "169.16689662"),
    *("127.0.0.1%00", "127.0.0.1%20", "127.0.0.1%09", "127.0.0.1%0d%0a", "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "%6cocalhost"),
    *("localhost%00.test", "localhost%23.test", "localhost%2f.test", "localhost%3f", "x.test%40127.0.0.1"),
    *(
        "①②⑦.⓪.⓪.①",
        "\uff11\uff12\uff17.0.0.1",
        "\U0001d7cf\U0001d7d0\U0001d7d5.0.0.1",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "loc\u00adalhost",
        "local\u200bhost",
        "\u202elocalhost",
        "localhost\u3002\u3002",
    ),
    *("xn--", "xn--a", "xn--lcalhost-54g", "xn--1-x\u00b3"),
    *(
        "[fe80::1%25lo]",
        "[fe80::1%lo]",
        "[::1%25lo]",
        "[::1%2525lo]",
        "[::1",
        "::1",
        "[::1]]",
        "[[::1]]",
        "[::1]x",
        "[v1.x]",
        "[]",
    ),
    *("[::ffff:127.1]", "[::ffff:0177.0.0.1]", "[127.0.0.1]", "[0x7f.0.0.1]", "[localhost]", "[::1:2:3:4:5:6:7:8]", "[:::1]"),
    *("user@127.0.0.1", "user:word@127.0.0.1", "@127.0.0.1", ":@127.0.0.1", "x.test@127.0.0.1", "x.test:80@127.0.0.1"),
    *("x.test%23@127.0.0.1", "x.test%2f@127.0.0.1", "93.184.216.34 &@127.0.0.1", "x.test\\@127.0.0.1", "x.test\\.127.0.0.1"),
    *(
        "x.test\t@127.0.0.1",
        "x.test\r\nHost: 127.0.0.1",
        "x.test\0.127.0.0.1",
        "x.test 127.0.0.1",
        "\t127.0.0.1",
        "127.0.0.1\n",
    ),
    *("+127.0.0.1", "-127.0.0.1", "127.0.0.1,93.184.216.34", "127.0.0.1;x.test", "{127.0.0.1}", "$127.0.0.1", "127.0.0.1!"),
    *("127..0.0.1", ".127.0.0.1", "localhost..", "-localhost", "localhost-", "", "*", "*.test"),
]


@pytest.mark.parametrize("host", READ_AND_REFUSED)
def test_an_address_that_is_not_public_is_refused_however_it_is_spelt(host: str, trap: Trap) -> None:
    url = f"http://{host}:{trap.port}/"
    with way_out(LOCAL_ZONE, *granting(url)) as way:
        assert way.get(url) == "address_refused"
    assert way.connected == []


@pytest.mark.parametrize("host", NOT_READ, ids=[ascii(host) for host in NOT_READ])
def test_a_host_that_is_not_plainly_one_is_not_read(host: str, trap: Trap) -> None:
    url = f"http://{host}:{trap.port}/"
    with way_out(LOCAL_ZONE, f"127.0.0.1:{trap.port}", f"localhost:{trap.port}", f"[::1]:{trap.port}", "x.test") as way:
        assert way.get(url) == "url_invalid"
    assert way.connected == []


@pytest.mark.parametrize(
    "scheme",
    [
        *(
            "file:///etc/passwd",
            "ftp://127.0.0.1:{}/",
            "gopher://127.0.0.1:{}/_GET%20/",
            "dict://127.0.0.1:{}/",
            "ws://127.0.0.1:{}/",
        ),
        *(
            "ldap://127.0.0.1:{}/",
            "tftp://127.0.0.1:{}/",
            "jar:http://127.0.0.1:{}!/",
            "data:text/html,x",
            "javascript:x",
            "//127.0.0.1:{}/",
        ),
        *(
            "127.0.0.1:{}/",
            "http:127.0.0.1:{}",
            "http:/127.0.0.1:{}",
            "http:///127.0.0.1:{}",
            "http://",
            "https://",
            "http://:{}/",
        ),
        *(
            "http://127.0.0.1:0{}0/",
            "http://127.0.0.1:-{}",
            "http://127.0.0.1:{}x/",
            "http://127.0.0.1:0/",
            "http://127.0.0.1:99999/",
        ),
        *(
            "HTTP+UNIX://%2fvar%2frun%2fdocker.sock/",
            "unix:/var/run/docker.sock",
            "http\r\n://127.0.0.1:{}/",
            "hȶtp://127.0.0.1:{}/",
        ),
    ],
    ids=ascii,
)
def test_only_plain_http_urls_are_fetched(scheme: str, trap: Trap) -> None:
    with way_out({}, f"127.0.0.1:{trap.port}", "127.0.0.1") as way:
        assert way.get(scheme.format(trap.port)) == "url_invalid"
    assert way.connected == []


# --- what a name may stand for ----------------------------------------------------------------------------------------

RESERVED = {
    "0.0.0.0": "RFC 791, this host",
    "0.1.2.3": "RFC 791, this network",
    "10.0.0.1": "RFC 1918",
    "10.255.255.255": "RFC 1918, the end",
    "100.64.0.1": "RFC 6598, shared",
    "100.127.255.254": "RFC 6598, the end",
    "100.100.100.200": "Alibaba's metadata",
    "127.0.0.1": "RFC 1122, loopback",
    "127.255.255.254": "RFC 1122, the end",
    "168.63.129.16": "Azure's host agent",
    "169.254.0.1": "RFC 3927, link-local",
    "169.254.169.254": "metadata of most clouds",
    "169.254.170.2": "credentials of ECS tasks",
    "172.16.0.1": "RFC 1918",
    "172.31.255.254": "RFC 1918, the end",
    "192.0.0.1": "RFC 6890, protocol assignments",
    "192.0.0.8": "RFC 7600, dummy",
    "192.0.0.170": "RFC 7050, NAT64 discovery",
    "192.0.0.192": "Oracle's metadata",
    "192.0.2.1": "RFC 5737, documentation",
    "192.88.99.1": "RFC 7526, 6to4 relays",
    "192.168.255.254": "RFC 1918",
    "198.18.0.1": "RFC 2544, benchmarks",
    "198.19.255.254": "RFC 2544, the end",
    "198.51.100.1": "RFC 5737, documentation",
    "203.0.113.1": "RFC 5737, documentation",
    "224.0.0.1": "RFC 1112, multicast",
    "239.255.255.250": "RFC 2365, multicast",
    "240.0.0.1": "RFC 1112, reserved",
    "255.255.255.255": "RFC 919, broadcast",
    "::": "RFC 4291, unspecified",
    "::1": "RFC 4291, loopback",
    "::7f00:1": "RFC 4291, compatible",
    "::ffff:7f00:1": "RFC 4291, mapped loopback",
    "::ffff:5db8:d822": "RFC 4291, mapped public",
    "::ffff:0:7f00:1": "RFC 2765, translated",
    "64:ff9b::7f00:1": "RFC 6052, NAT64 of loopback",
    "64:ff9b::5db8:d822": "RFC 6052, NAT64 of a public address",
    "64:ff9b:1::1": "RFC 8215, local NAT64",
    "100::1": "RFC 6666, discard",
    "100:0:0:1::1": "RFC 9780, dummy",
    "2001::1": "RFC 4380, Teredo",
    "2001:2::1": "RFC 5180, benchmarks",
    "2001:10::1": "RFC 4843, ORCHID",
    "2001:20::1": "RFC 7343, ORCHIDv2",
    "2001:db8::1": "RFC 3849, documentation",
    "2002:7f00:1::1": "RFC 3056, 6to4 of loopback",
    "2002:5db8:d822::1": "RFC 3056, 6to4 of a public address",
    "2001:470::5efe:7f00:1": "RFC 5214, ISATAP of loopback",
    "3fff::1": "RFC 9637, documentation",
    "4000::1": "not yet assigned",
    "5f00::1": "RFC 9602, segment routing",
    "fc00::1": "RFC 4193, unique local",
    "fd00:ec2::254": "EC2's metadata",
    "fe80::1": "RFC 4291, link-local",
    "fec0::1": "RFC 3879, site-local",
    "ff02::1": "RFC 4291, multicast",
}


@pytest.mark.parametrize("address", RESERVED, ids=[f"{address}, {why}" for address, why in RESERVED.items()])
def test_a_name_that_stands_for_a_reserved_address_is_refused(address: str, trap: Trap) -> None:
    with way_out({"a.test": [[address]]}, f"a.test:{trap.port}") as way:
        assert way.get(f"http://a.test:{trap.port}/") == "address_refused"
    assert way.connected == []


@pytest.mark.parametrize(
    "view",
    [
        pytest.param([PUBLIC, "127.0.0.1"], id="public first"),
        pytest.param(["127.0.0.1", PUBLIC], id="private first"),
        pytest.param([PUBLIC, "::1"], id="public IPv4, private IPv6"),
        pytest.param(["127.0.0.1", PUBLIC_6], id="private IPv4, public IPv6"),
        pytest.param([PUBLIC_6, "::ffff:127.0.0.1"], id="a mapped one"),
        pytest.param([*(f"93.184.216.{last}" for last in range(60)), "10.0.0.1"], id="one of sixty"),
        pytest.param([PUBLIC, "0.0.0.0"], id="this host"),
    ],
)
def test_one_private_address_among_public_ones_refuses_the_name(view: list[str], trap: Trap) -> None:
    with way_out({"a.test": [view]}, f"a.test:{trap.port}") as way:
        assert way.get(f"http://a.test:{trap.port}/") == "address_refused"
    assert way.connected == []


@pytest.mark.parametrize(
    ("zone", "outcome"),
    [
        pytest.param({"a.test": [["=b.test"]], "b.test": [["127.0.0.1"]]}, "address_refused", id="alias of loopback"),
        pytest.param(
            {"a.test": [["=b.test"]], "b.test": [["=c.test"]], "c.test": [["=d.test"]], "d.test": [["169.254.169.254"]]},
            "address_refused",
            id="three aliases to metadata",
        ),
        pytest.param({"a.test": [["=localhost"]], "localhost": [["::1"]]}, "address_refused", id="alias of localhost"),
        pytest.param({"a.test": [["=b.test"]], "b.test": [["=a.test"]]}, "dns_failed", id="aliases in a circle"),
        pytest.param({"a.test": [["=a.test"]]}, "dns_failed", id="alias of itself"),
        pytest.param({"a.test": [["=gone.test"]]}, "dns_failed", id="alias of nothing"),
        pytest.param({}, "dns_failed", id="no such name"),
        pytest.param({"a.test": [[]]}, "dns_failed", id="a name without addresses"),
        pytest.param({"a.test": [RCODE.SERVFAIL]}, "dns_failed", id="a server that fails"),
        pytest.param({"a.test": [RCODE.REFUSED]}, "dns_failed", id="a server that refuses"),
    ],
)
def test_aliases_and_failures_of_names_lead_nowhere(zone: dict[str, list[View]], outcome: str, trap: Trap) -> None:
    with way_out(zone, f"a.test:{trap.port}") as way:
        assert way.get(f"http://a.test:{trap.port}/") == outcome
    assert way.connected == []


def test_a_name_that_turns_private_after_its_check_is_not_asked_again(trap: Trap) -> None:
    zone: dict[str, list[View]] = {"a.test": [[PUBLIC], ["127.0.0.1"]]}
    names = Names(zone, ttl=0)
    with serving(x=says(b"", connection="close")) as server, names.running() as resolver:
        sockets = Switchboard({(PUBLIC, trap.port): server.port})
        with browsing(ANY, f"a.test:{trap.port}", resolver=resolver, sockets=sockets) as get:
            statuses = [get(f"http://a.test:{trap.port}/x")["status"] for _ in range(3)]
    assert statuses == [200, 200, 200]
    assert set(sockets.asked) == {(PUBLIC, trap.port)}
    assert names.asked == {("a.test", "A"): 1, ("a.test", "AAAA"): 1}


def test_a_name_that_turned_private_is_refused_by_the_next_call(trap: Trap) -> None:
    zone: dict[str, list[View]] = {"a.test": [[PUBLIC], ["127.0.0.1"]]}
    with serving(x=says()) as server, Names(zone).running() as resolver:
        found = []
        for _ in range(2):
            sockets = Switchboard({(PUBLIC, trap.port): server.port})
            with browsing(ANY, f"a.test:{trap.port}", resolver=resolver, sockets=sockets) as get:
                answer = get(f"http://a.test:{trap.port}/x")
                found.append((answer if isinstance(answer, str) else answer["status"], sockets.asked))
    assert found == [(200, [(PUBLIC, trap.port)]), ("address_refused", [])]


def test_a_name_that_turns_private_between_redirects_is_not_asked_again(trap: Trap) -> None:
    zone: dict[str, list[View]] = {"a.test": [[PUBLIC], ["127.0.0.1"]]}
    with (
        serving(go=to("/end"), end=says(b"end")) as server,
        way_out(zone, f"a.test:{trap.port}", routes={(PUBLIC, trap.port): server.port}) as way,
    ):
        assert way.get(f"http://a.test:{trap.port}/go")["body"] == "end"
    assert set(way.connected) == {(PUBLIC, trap.port)}


def test_a_name_is_looked_up_for_each_port_anew(trap: Trap) -> None:
    zone: dict[str, list[View]] = {"a.test": [[PUBLIC], ["127.0.0.1"]]}
    with (
        serving(go=to(f"http://a.test:{trap.port}/")) as server,
        way_out(zone, "a.test", f"a.test:{trap.port}", routes={(PUBLIC, 80): server.port}) as way,
    ):
        assert way.get("http://a.test/go") == "address_refused"
    assert way.connected == [(PUBLIC, 80)]


# --- where a redirect may lead ----------------------------------------------------------------------------------------

STATUSES = [301, 302, 303, 307, 308]
LOCATIONS = {
    "loopback": ("http://127.0.0.1:{}/", "address_refused"),
    "loopback, IPv6": ("http://[::1]:{}/", "address_refused"),
    "loopback, mapped": ("http://[::ffff:127.0.0.1]:{}/", "address_refused"),
    "loopback, NAT64": ("http://[64:ff9b::7f00:1]:{}/", "address_refused"),
    "loopback, decimal": ("http://2130706433:{}/", "url_invalid"),
    "loopback, hexadecimal": ("http://0x7f.1:{}/", "url_invalid"),
    "loopback by name": ("http://localhost:{}/", "address_refused"),
    "a private name": ("http://private.test:{}/", "address_refused"),
    "a private name by alias": ("http://alias.test:{}/", "address_refused"),
    "metadata": ("http://169.254.169.254/latest/meta-data/", "address_refused"),
    "protocol-relative": ("//127.0.0.1:{}/", "address_refused"),
    "backslashes": ("\\\\127.0.0.1:{}\\", "url_invalid"),
    "slash and backslash": ("/\\127.0.0.1:{}/", "url_invalid"),
    "credentials": ("http://user:word@public.test/", "url_invalid"),
    "credentials that look like a host": ("http://public.test@127.0.0.1:{}/", "url_invalid"),
    "a file": ("file:///etc/passwd", "url_invalid"),
    "ftp": ("ftp://127.0.0.1:{}/", "url_invalid"),
    "gopher": ("gopher://127.0.0.1:{}/_x", "url_invalid"),
    "data": ("data:text/plain,x", "url_invalid"),
    "a host not granted": ("http://ungranted.test:{}/", "host_refused"),
    "another port of a granted host": ("http://public.test:{}/", "host_refused"),
}
REDIRECT_ZONE: dict[str, list[View]] = {
    "public.test": [[PUBLIC]],
    "other.test": [[OTHER]],
    "ungranted.test": [["127.0.0.1"]],
    "private.test": [["127.0.0.1"]],
    "alias.test": [["=private.test"]],
    "localhost": [["127.0.0.1", "::1"]],
}
ROUTES = {(PUBLIC, 80), (OTHER, 80)}
LOCAL = ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "localhost", "private.test", "alias.test")


def granted_beside(trap: Trap) -> list[str]:
    return ["public.test", "other.test", "169.254.169.254", *(f"{host}:{trap.port}" for host in LOCAL)]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("case", LOCATIONS)
def test_a_redirect_leads_nowhere_that_a_request_may_not_go(case: str, status: int, trap: Trap) -> None:
    location, outcome = LOCATIONS[case]
    with serving(go=to(location.format(trap.port), status)) as server:
        routes = dict.fromkeys(ROUTES, server.port)
        with way_out(REDIRECT_ZONE, *granted_beside(trap), routes=routes) as way:
            assert way.get("http://public.test/go", method="POST", body="secret") == outcome
    assert way.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize("hops", range(1, 6))
def test_the_last_of_many_redirects_is_checked_like_the_first(hops: int, trap: Trap) -> None:
    chain = {f"hop{hop}": to(f"/hop{hop + 1}" if hop % 2 else f"http://other.test/hop{hop + 1}") for hop in range(1, hops)}
    with (
        serving(**chain, **{f"hop{hops}": to(f"http://127.0.0.1:{trap.port}/")}) as server,
        way_out(REDIRECT_ZONE, *granted_beside(trap), routes=dict.fromkeys(ROUTES, server.port)) as way,
    ):
        assert way.get("http://public.test/hop1") == "address_refused"
    assert len(server.seen) == hops
    assert set(way.connected) <= ROUTES


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param({"go": to("/go")}, id="to itself"),
        pytest.param({"go": to("/on"), "on": to("/go")}, id="of two"),
        pytest.param({"go": to("http://other.test/go")}, id="over two hosts"),
        pytest.param({"go": to("?x")}, id="with a growing query"),
        pytest.param({f"go{'x' * n}": to(f"/go{'x' * (n + 1)}") for n in range(9)} | {"go": to("/gox")}, id="without end"),
    ],
)
def test_redirects_in_a_circle_end(replies: dict[str, Any], trap: Trap) -> None:
    with (
        serving(**replies) as server,
        way_out(REDIRECT_ZONE, *granted_beside(trap), routes=dict.fromkeys(ROUTES, server.port)) as way,
    ):
        assert way.get("http://public.test/go") == "too_many_redirects"
    assert len(server.seen) == guard.REDIRECT_LIMIT + 1


def test_two_locations_are_none(trap: Trap) -> None:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/end")
        handler.send_header("Location", f"http://127.0.0.1:{trap.port}/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with (
        serving(go=reply, end=says()) as server,
        way_out(REDIRECT_ZONE, *granted_beside(trap), routes=dict.fromkeys(ROUTES, server.port)) as way,
    ):
        assert way.get("http://public.test/go") == "protocol_error"


@pytest.mark.parametrize("header", ["Refresh", "Content-Location", "Link", "Alt-Svc", "X-Accel-Redirect"])
def test_only_a_location_redirects_and_only_with_its_status(header: str, trap: Trap) -> None:
    there = f"http://127.0.0.1:{trap.port}/"
    value = {"Refresh": f"0; url={there}", "Link": f'<{there}>; rel="next"', "Alt-Svc": f'h2="127.0.0.1:{trap.port}"'}.get(
        header, there
    )
    with (
        serving(go=says(b"body", 200, **{header: value, "Location": there})) as server,
        way_out(REDIRECT_ZONE, *granted_beside(trap), routes=dict.fromkeys(ROUTES, server.port)) as way,
    ):
        assert [way.get("http://public.test/go")["body"] for _ in range(2)] == ["body", "body"]
    assert set(way.connected) == {(PUBLIC, 80)}


# --- what a request may carry -----------------------------------------------------------------------------------------

HEADERS = {
    "Host": "127.0.0.1",
    "host": "internal.test",
    "Content-Length": "5",
    "Transfer-Encoding": "chunked",
    "Transfer_Encoding": "chunked",
    "TE": "trailers",
    "Trailer": "Host",
    "Connection": "close, Host",
    "Proxy-Connection": "keep-alive",
    "Keep-Alive": "timeout=5",
    "Upgrade": "h2c",
    "HTTP2-Settings": "AAMAAABkAAQAAP__",
    "Expect": "100-continue",
    "Via": "1.1 x",
    "Proxy-Authorization": "Basic eDp5",
    "Forwarded": "for=127.0.0.1",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "internal.test",
    "X-Real-IP": "127.0.0.1",
    "X-Original-URL": "/admin",
    "X-Rewrite-URL": "/admin",
    "X-HTTP-Method-Override": "DELETE",
    "Accept-Encoding": "gzip",
    "X: y\r\nHost": "internal.test",
    "X\r\nTransfer-Encoding": "chunked",
    "X A": "b",
    ":authority": "internal.test",
    "": "x",
    "X-A": "b\r\nHost: internal.test",
    "X-B": "b\nTransfer-Encoding: chunked",
    "X-C": "b\r\n\r\nGET /admin HTTP/1.1",
    "X-D": "b\0",
    "X-E": "\u560d\u560aHost: internal.test",
    "X-F": "b\r",
    "X-G": "\u2028Host: x",
}


@pytest.mark.parametrize("name", HEADERS, ids=ascii)
def test_a_header_that_would_frame_route_or_split_a_request_is_not_sent(name: str, trap: Trap) -> None:
    assert trap
    with (
        serving(x=says()) as server,
        way_out({"public.test": [[PUBLIC]]}, "public.test", routes={(PUBLIC, 80): server.port}) as way,
    ):
        assert way.get("http://public.test/x", method="POST", headers=[[name, HEADERS[name]]], body="abc") == "protocol_error"
    assert (server.seen, way.connected) == ([], [])


@pytest.mark.parametrize(
    "method", ["CONNECT", "TRACE", "PROPFIND", "GET /admin HTTP/1.1\r\nX: ", "GET\t", "\u0262ET", "A" * 100]
)
def test_a_method_that_is_none_of_the_usual_is_not_sent(method: str, trap: Trap) -> None:
    assert trap
    with (
        serving(x=says()) as server,
        way_out({"public.test": [[PUBLIC]]}, "public.test", routes={(PUBLIC, 80): server.port}) as way,
    ):
        assert way.get("http://public.test/x", method=method) == "protocol_error"
    assert (server.seen, way.connected) == ([], [])


@pytest.mark.parametrize(
    ("path", "arrives"),
    [
        pytest.param(
            "/x?q=a%0d%0aHost:%20internal.test", "/x?q=a%0d%0aHost:%20internal.test", id="escaped line breaks stay escaped"
        ),
        pytest.param("/x?q= HTTP/1.1", "/x?q=%20HTTP/1.1", id="a blank is escaped"),
        pytest.param("/x?q=\u560d\u560a", "/x?q=%E5%98%8D%E5%98%8A", id="what narrows to a line break is escaped"),
        pytest.param("/x#@127.0.0.1/", "/x", id="a fragment stays here"),
        pytest.param("/x?http://127.0.0.1/", "/x?http://127.0.0.1/", id="a URL in the query is text"),
        pytest.param("/../../x", "/x", id="dots are resolved before they are sent"),
    ],
)
def test_a_target_arrives_as_one_target(path: str, arrives: str) -> None:
    with (
        serving(x=says()) as server,
        way_out({"public.test": [[PUBLIC]]}, "public.test", routes={(PUBLIC, 80): server.port}) as way,
    ):
        assert way.get(f"http://public.test{path}")["status"] == 200
    assert [seen["path"] for seen in server.seen] == [arrives]
    assert server.seen[0]["headers"]["host"] == "public.test"


# --- what an answer may do --------------------------------------------------------------------------------------------

HUGE = b"\0" * (40 << 20)


def raw(content: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(content)

    return reply


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        pytest.param(says(gzip.compress(HUGE), Content_Encoding="gzip"), "too_large", id="gzip bomb"),
        pytest.param(says(zlib.compress(HUGE), Content_Encoding="deflate"), "too_large", id="deflate bomb"),
        pytest.param(says(gzip.compress(b"\0" * 1000) * 60, Content_Encoding="gzip"), 200, id="gzip in sixty parts"),
        pytest.param(says(gzip.compress(b"") * 2_000, Content_Encoding="gzip"), "protocol_error", id="gzip in too many parts"),
        pytest.param(
            says(gzip.compress(gzip.compress(HUGE)), Content_Encoding="gzip, gzip"), "protocol_error", id="two layers"
        ),
        pytest.param(says(gzip.compress(b"x") + b"more", Content_Encoding="gzip"), "protocol_error", id="more behind gzip"),
        pytest.param(
            says(zlib.compress(b"x") + b"more", Content_Encoding="deflate"), "protocol_error", id="more behind deflate"
        ),
        pytest.param(says(b"x", Content_Encoding="br"), "protocol_error", id="brotli, not asked for"),
        pytest.param(says(b"x", Content_Encoding="zstd"), "protocol_error", id="zstd, not asked for"),
        pytest.param(says(b"x" * 3_000_000), "limit_moved_bytes", id="longer than may be moved"),
        pytest.param(
            raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx"), "protocol_error", id="101"
        ),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"), "protocol_error", id="shorter than it says"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx"), "protocol_error", id="negative length"),
        pytest.param(
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy"), "protocol_error", id="two lengths"
        ),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "protocol_error", id="bad chunk"),
        pytest.param(
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), "protocol_error", id="coded transfer"
        ),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 500_000 + b"\r\n\r\n"), "protocol_error", id="endless header"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n"), "protocol_error", id="endless headers"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nX\0Y: z\r\n\r\n"), "protocol_error", id="NUL in a header"),
        pytest.param(raw(b"HTTP/one 200 OK\r\n\r\n"), "protocol_error", id="no version"),
        pytest.param(raw(b"HTTP/1.1 999999 OK\r\n\r\n"), "protocol_error", id="no status"),
        pytest.param(raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "protocol_error", id="another protocol"),
        pytest.param(raw(b"\x00\x01\x02\x03"), "protocol_error", id="noise"),
        pytest.param(raw(b""), "protocol_error", id="nothing"),
    ],
)
def test_an_answer_is_read_within_caps_or_not_at_all(reply: Any, outcome: str | int) -> None:
    with serving(x=reply) as server:
        meter = Meter(allowance(moved_bytes=2 << 20))
        with way_out({"public.test": [[PUBLIC]]}, "public.test", routes={(PUBLIC, 80): server.port}, meter=meter) as way:
            answer = way.get("http://public.test/x")
    assert (answer if isinstance(answer, str) else answer["status"]) == outcome


# --- who may go where -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "granted", "url"),
    [
        pytest.param(Policy(), [], "http://public.test/", id="not in the plan"),
        pytest.param(Policy(hosts=()), ["public.test"], "http://public.test/", id="the operator allows nothing"),
        pytest.param(Policy(hosts=("other.test",)), ["public.test"], "http://public.test/", id="the operator allows another"),
        pytest.param(Policy(hosts=("*.public.test",)), ["public.test"], "http://public.test/", id="a glob of what is below"),
        pytest.param(Policy(), ["public.test"], "http://sub.public.test/", id="below what was granted"),
        pytest.param(Policy(), ["sub.public.test"], "http://public.test/", id="above what was granted"),
        pytest.param(Policy(), ["public.test:22"], "http://public.test:22/", id="ssh"),
        pytest.param(Policy(), ["public.test:25"], "http://public.test:25/", id="mail"),
        pytest.param(Policy(), ["public.test:6379"], "http://public.test:6379/", id="redis"),
        pytest.param(Policy(), ["public.test:8080"], "http://public.test:8080/", id="a port that is not the usual"),
        pytest.param(Policy(ports=(8080,)), ["public.test"], "http://public.test/", id="the usual port, closed"),
        pytest.param(Policy(), ["public.test"], "http://public.test:8080/", id="granted at another port"),
        pytest.param(Policy(), ["public.test"], "https://public.test:80/", id="granted at the port of the other scheme"),
        pytest.param(Policy(), ["p\u00fcblic.test"], "http://public.test/", id="a name that looks alike"),
        pytest.param(Policy(), ["public.test"], "http://publi\u0441.test/", id="a Cyrillic letter"),
        pytest.param(Policy(), ["*"], "http://public.test/", id="a grant is no glob"),
        pytest.param(
            Policy(private={"inner.test": "127.0.0.1:1"}), [], "http://inner.test/", id="a pinned name not in the plan"
        ),
    ],
)
def test_a_host_is_reached_only_where_operator_and_plan_agree(policy: Policy, granted: list[str], url: str) -> None:
    with way_out({"public.test": [[PUBLIC]], "sub.public.test": [[PUBLIC]]}, *granted, policy=policy) as way:
        assert way.get(url) == "host_refused"
    assert way.connected == []


@pytest.mark.parametrize(
    ("view", "url", "grant", "connected"),
    [
        pytest.param([PUBLIC], "http://public.test/x", "public.test", [(PUBLIC, 80)], id="by name"),
        pytest.param([PUBLIC], "http://PUBLIC.test./x", "public.test", [(PUBLIC, 80)], id="capitals and a dot at the end"),
        pytest.param([PUBLIC], "http://public.test:443/x", "public.test:443", [(PUBLIC, 443)], id="at an allowed port"),
        pytest.param([PUBLIC_6], "http://public.test/x", "public.test", [(PUBLIC_6, 80)], id="IPv6 alone"),
        pytest.param(
            [OTHER, PUBLIC], "http://public.test/x", "public.test", [(OTHER, 80), (PUBLIC, 80)], id="the second address answers"
        ),
        pytest.param(["=real.test"], "http://public.test/x", "public.test", [(PUBLIC, 80)], id="by alias"),
        pytest.param([], f"http://{PUBLIC}/x", PUBLIC, [(PUBLIC, 80)], id="by address"),
        pytest.param([], f"http://[{PUBLIC_6}]/x", f"[{PUBLIC_6}]", [(PUBLIC_6, 80)], id="by IPv6 address"),
    ],
)
def test_a_granted_public_host_is_reached_through_its_pin(
    view: list[str], url: str, grant: str, connected: list[tuple[str, int]]
) -> None:
    zone: dict[str, list[View]] = {"public.test": [view], "real.test": [[PUBLIC]]}
    with serving(x=says(b"here")) as server:
        routes = {(address, port): server.port for address in (PUBLIC, PUBLIC_6) for port in (80, 443)}
        with way_out(zone, grant, routes=routes, policy=Policy()) as way:
            assert way.get(url)["body"] == "here"
    assert way.connected == connected


def test_an_international_name_is_granted_in_either_spelling() -> None:
    zone: dict[str, list[View]] = {"xn--bcher-kva.test": [[PUBLIC]]}
    for grant in ("bücher.test", "xn--bcher-kva.test"):
        with serving(x=says()) as server, way_out(zone, grant, routes={(PUBLIC, 80): server.port}) as way:
            assert [way.get(f"http://{host}/x")["status"] for host in ("BÜCHER.test", "xn--bcher-kva.test")] == [200, 200]
        assert {seen["headers"]["host"] for seen in server.seen} == {"xn--bcher-kva.test"}


def test_redirects_between_public_hosts_are_followed() -> None:
    replies = {
        "go": to("on?a=1"),
        "on": to("//other.test/there", 307),
        "there": to("http://public.test/end", 303),
        "end": says(b"end"),
    }
    with (
        serving(**replies) as server,
        way_out(REDIRECT_ZONE, "public.test", "other.test", routes=dict.fromkeys(ROUTES, server.port)) as way,
    ):
        answer = way.get("http://public.test/go", method="PUT", body="data")
    assert (answer["body"], answer["url"]) == ("end", "http://public.test/end")
    assert [(seen["method"], seen["headers"]["host"], seen["body"]) for seen in server.seen] == [
        ("PUT", "public.test", b"data"),
        ("PUT", "public.test", b"data"),
        ("PUT", "other.test", b"data"),
        ("GET", "public.test", b""),
    ]


def test_the_operators_pin_reaches_loopback_and_nothing_beside_it(trap: Trap) -> None:
    with serving(x=says(b"inner")) as server:
        policy = Policy(hosts=("*:*",), private={"inner.test": server.at})
        zone: dict[str, list[View]] = {"inner.test": [["127.0.0.1"]]}
        with way_out(zone, "inner.test", f"inner.test:{trap.port}", policy=policy) as way:
            assert way.get("http://inner.test/x")["body"] == "inner"
            assert way.get(f"http://inner.test:{trap.port}/x") == "address_refused"
    assert way.connected == [("127.0.0.1", server.port)]
    assert isinstance(server, Server)
