"""URLs, hosts, addresses, headers and redirects, as the guard sees them."""

import pytest

from broker.host import guard
from broker.host.guard import Endpoint, Request, Rules, Target
from broker.host.refusals import Refusal
from catalog.addresses import closed


def target(url: str) -> Target:
    parsed = guard.parse(url)
    assert isinstance(parsed, Target), parsed
    return parsed


def rules(*hosts: str, ports: tuple[int, ...] = (80, 443), private: dict[str, str] | None = None) -> Rules:
    return Rules.of({"hosts": hosts, "ports": ports, "private": private or {}})


def request_to(url: str, method: str = "GET", headers: tuple[tuple[str, str], ...] = (), content: bytes = b"") -> Request:
    made = guard.checked(method, target(url), headers, content)
    assert isinstance(made, Request), made
    return made


@pytest.mark.parametrize(
    ("url", "names"),
    [
        pytest.param("http://api.example/x", ("api.example",), id="plain"),
        pytest.param("HTTP://API.Example/x", ("api.example",), id="upper case"),
        pytest.param("http://api.example./x", ("api.example",), id="trailing dot"),
        pytest.param("http://api.example:80/", ("api.example",), id="default port of http"),
        pytest.param("https://api.example:443/", ("api.example",), id="default port of https"),
        pytest.param("http://api.example:443/", ("api.example:443",), id="the other scheme's port"),
        pytest.param("https://api.example:8443/", ("api.example:8443",), id="port of its own"),
        pytest.param("http://bücher.example/", ("xn--bcher-kva.example", "bücher.example"), id="international name"),
        pytest.param("http://[2606:4700::1111]:8080/", ("[2606:4700::1111]:8080",), id="IPv6"),
        pytest.param("http://1.1.1.1/", ("1.1.1.1",), id="IPv4"),
        pytest.param("http://h.example?@other.example/", ("h.example",), id="at sign in the query"),
        pytest.param("http://h.example#@other.example/", ("h.example",), id="at sign in the fragment"),
        pytest.param("http://my_host/", ("my_host",), id="underscore"),
    ],
)
def test_a_url_is_known_by_the_names_that_grants_use(url: str, names: tuple[str, ...]) -> None:
    assert target(url).names == names


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("ftp://h.example/", id="another scheme"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("//h.example/", id="no scheme"),
        pytest.param("h.example/x", id="relative"),
        pytest.param("http:///x", id="no host"),
        pytest.param("http:h.example", id="no slashes"),
        pytest.param("http://user:word@h.example/", id="user and password"),
        pytest.param("http://user@h.example/", id="user"),
        pytest.param("http://@h.example/", id="empty user"),
        pytest.param("http://h.example\\@other.example/", id="backslash"),
        pytest.param("http://h.example/\r\nHost: x", id="line break"),
        pytest.param("http://h.example:0/", id="port 0"),
        pytest.param("http://h.example:65536/", id="port too high"),
        pytest.param("http://h.example:80:80/", id="two ports"),
        pytest.param("http://2130706433/", id="decimal address"),
        pytest.param("http://0x7f000001/", id="hexadecimal address"),
        pytest.param("http://0x7f.1/", id="mixed address"),
        pytest.param("http://0177.0.0.1/", id="octal address"),
        pytest.param("http://017700000001/", id="octal number"),
        pytest.param("http://127.1/", id="short address"),
        pytest.param("http://127.0.0.1.5/", id="too long an address"),
        pytest.param("http://256.0.0.1/", id="number too high"),
        pytest.param("http://\uff11\uff12\uff17.0.0.1/", id="full-width digits"),
        pytest.param("http://ⓛocalhost/", id="circled letter"),
        pytest.param("http://127%2e0.0.1/", id="escaped dot"),
        pytest.param("http://localhost%00.example/", id="escaped NUL"),
        pytest.param("http://[fe80::1%25eth0]/", id="zone"),
        pytest.param("http://[::1]x/", id="text after brackets"),
        pytest.param("http://a..example/", id="empty label"),
        pytest.param("http://*.example/", id="star"),
        pytest.param("http://h;x/", id="semicolon"),
        pytest.param("http://" + "a" * 64 + ".example/", id="label too long"),
        pytest.param("http://" + "a." * 130 + "example/", id="name too long"),
        pytest.param("http://h.example/" + "x" * 8192, id="URL too long"),
    ],
)
def test_a_url_that_is_not_plainly_one_is_refused(url: str) -> None:
    parsed = guard.parse(url)
    assert isinstance(parsed, Refusal)
    assert (parsed.type, parsed.retryable) == ("url_invalid", False)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param(" https://h.example/", "' https://h.example/' begins or ends with a blank: take it away", id="blank"),
        pytest.param("https://h.example/ ", "'https://h.example/ ' begins or ends with a blank: take it away", id="blank last"),
        pytest.param("https://h .example/", "the host of 'https://h .example/' holds a blank: take it away", id="blank within"),
        pytest.param(
            "https://h.example/\nx", "'https://h.example/\\nx' holds a control character: percent-encode it", id="line"
        ),
        pytest.param(
            "https://h.example\\x",
            "'https://h.example\\\\x' holds a backslash: write / between the parts of a path, and %5C for a backslash itself",
            id="backslash",
        ),
        pytest.param("h.example/x", "'h.example/x' is not an absolute URL: begin it with https:// or http://", id="no scheme"),
        pytest.param(
            "FTP://h.example", "'FTP://h.example' has the scheme 'ftp'; only http and https URLs are fetched", id="ftp"
        ),
        pytest.param("https:///x", "'https:///x' names no host: write it after https://", id="no host"),
        pytest.param("https://h..example/", "'https://h..example/' names no valid host: 'h..example'", id="an empty label"),
        pytest.param("https://h.example:0/", "'https://h.example:0/' names the port 0; ports are 1 to 65535", id="port"),
        pytest.param(
            "https://h.example:x/",
            "'https://h.example:x/' is not a URL: look at its host, port and brackets",
            id="no port",
        ),
        pytest.param(
            "https://h\u2800i.example/",
            "'https://h\\u2800i.example/' is not a URL: look at its host, port and brackets",
            id="no letter",
        ),
        pytest.param("https://a:b@h.example/", "a URL holds no user name or password: send an Authorization header", id="user"),
        pytest.param("https://h/" + "x" * 9_000, "the URL has 9,010 characters; at most 8,192 are sent", id="long"),
    ],
)
def test_a_refused_url_says_what_is_wrong_with_it(url: str, says: str) -> None:
    assert guard.parse(url) == Refusal("url_invalid", says)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.255", "100.100.100.200", "192.0.0.192", "192.0.2.1"),
        *("198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
        *("255.255.255.255", "168.63.129.16", "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254"),
        *("ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808"),
        *("64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1"),
        *("2001:2::1", "2001:20::1", "3fff::1", "5f00::1", "100::1", "not an address", ""),
    ],
)
def test_an_address_that_is_not_plainly_public_is_closed(address: str) -> None:
    assert closed(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00::1"],
)
def test_a_public_address_is_open(address: str) -> None:
    assert not closed(address)


@pytest.mark.parametrize(
    ("hosts", "granted", "url", "refused"),
    [
        pytest.param(("*",), {"a.example"}, "http://a.example/", False, id="granted and allowed"),
        pytest.param(("*",), {"A.example"}, "http://a.example/", False, id="grants ignore case"),
        pytest.param(("*",), {"b.example"}, "http://a.example/", True, id="another host granted"),
        pytest.param(("*",), set(), "http://a.example/", True, id="nothing granted"),
        pytest.param(("*",), {"*"}, "http://a.example/", True, id="a grant is no glob"),
        pytest.param(("*",), {"a.example"}, "http://a.example:8080/", True, id="another port than granted"),
        pytest.param(("*:8080",), {"a.example:8080"}, "http://a.example:8080/", False, id="that port granted"),
        pytest.param(("*",), {"a.example:8080"}, "http://a.example:8080/", True, id="a glob without a port"),
        pytest.param(("*",), {"a.example:22"}, "http://a.example:22/", True, id="another service's port"),
        pytest.param(("*",), {"a.example:443"}, "http://a.example:443/", False, id="http at the port of https"),
        pytest.param(("a.example:443",), {"a.example"}, "https://a.example/", False, id="a glob names the usual port"),
        pytest.param(("a.example:443",), {"a.example"}, "http://a.example/", True, id="a glob names the other one"),
        pytest.param(("[2606:4700::1]:8080",), {"[2606:4700::1]:8080"}, "http://[2606:4700::1]:8080/", False, id="IPv6, port"),
        pytest.param(("[2606:4700::1]",), {"[2606:4700::1]"}, "http://[2606:4700::1]/", False, id="IPv6"),
        pytest.param(("[2606:4700::1]",), {"[2606:4700::1]:8080"}, "http://[2606:4700::1]:8080/", True, id="IPv6, other port"),
        pytest.param(("*",), {"example"}, "http://a.example/", True, id="parent granted"),
        pytest.param(("*.example",), {"a.example"}, "http://a.example/", False, id="glob of the operator"),
        pytest.param(("*.example",), {"example"}, "http://example/", True, id="a glob asks for its dot"),
        pytest.param(("*.example",), {"a.example.evil"}, "http://a.example.evil/", True, id="a glob ends at the end"),
        pytest.param(("a.example",), {"aXexample"}, "http://axexample/", True, id="a dot is a dot"),
        pytest.param(("a.example",), {"a.example:8080"}, "http://a.example:8080/", True, id="operator names no port"),
        pytest.param(("a.example:*",), {"a.example:8080"}, "http://a.example:8080/", False, id="operator allows ports"),
        pytest.param((), {"a.example"}, "http://a.example/", True, id="operator allows nothing"),
        pytest.param(("*",), {"bücher.example"}, "http://xn--bcher-kva.example/", False, id="granted in Unicode"),
        pytest.param(("*",), {"xn--bcher-kva.example"}, "http://bücher.example/", False, id="granted in ASCII"),
    ],
)
def test_a_host_must_be_granted_and_allowed(hosts: tuple[str, ...], granted: set[str], url: str, *, refused: bool) -> None:
    refusal = guard.permitted(target(url), rules(*hosts), granted)
    assert (refusal is not None and refusal.type == "host_refused") is refused


def test_the_operator_says_which_ports_a_glob_covers() -> None:
    granted = {"a.example:8443", "a.example"}
    assert guard.permitted(target("https://a.example:8443/"), rules("*", ports=(8443,)), granted) is None
    refusal = guard.permitted(target("https://a.example/"), rules("*", ports=(8443,)), granted)
    assert refusal == Refusal("host_refused", "the operator does not allow the host a.example, or not at port 443")


def test_a_private_name_needs_a_grant_but_no_glob() -> None:
    pinned = rules(private={"inventory.demo": "127.0.0.1:41234"})
    assert guard.permitted(target("http://inventory.demo/x"), pinned, {"inventory.demo"}) is None
    assert pinned.pin(target("http://inventory.demo/x")) == Endpoint("127.0.0.1", 41234)
    assert guard.permitted(target("http://inventory.demo/x"), pinned, ()) is not None
    assert pinned.pin(target("http://inventory.demo:81/x")) is None


def test_a_private_literal_is_pinned_with_its_port() -> None:
    pinned = rules(private={"127.0.0.1:8080": "127.0.0.1:8080", "[::1]:8080": "[::1]:8080"})
    assert pinned.pin(target("http://127.0.0.1:8080/")) == Endpoint("127.0.0.1", 8080)
    assert pinned.pin(target("http://[::1]:8080/")) == Endpoint("::1", 8080)
    assert pinned.pin(target("http://127.0.0.1:8081/")) is None


def test_one_private_address_among_public_ones_refuses_them_all() -> None:
    refusal = guard.endpoints(target("http://a.example/"), ["1.1.1.1", "10.0.0.1"])
    assert isinstance(refusal, Refusal)
    assert refusal.type == "address_refused"


def test_public_addresses_are_tried_in_order() -> None:
    found = guard.endpoints(target("https://a.example/"), ["1.1.1.1", "2606:4700::1"])
    assert found == (Endpoint("1.1.1.1", 443), Endpoint("2606:4700::1", 443))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("X-A", "b\r\nHost: evil", id="line break"),
        pytest.param("X-A", "b\nc", id="line feed"),
        pytest.param("X-A", "b\0c", id="NUL"),
        pytest.param("X-A", "\u0100", id="beyond Latin-1"),
        pytest.param("X A", "b", id="space in the name"),
        pytest.param("X-A:", "b", id="colon in the name"),
        pytest.param("", "b", id="no name"),
        pytest.param("X-A", "b" * 8193, id="too long"),
        *(
            pytest.param(name, "x", id=name)
            for name in (
                "Host",
                "connection",
                "Content-Length",
                "Transfer-Encoding",
                "TE",
                "Upgrade",
                "Expect",
                "Proxy-Authorization",
                "Transfer_Encoding",
                "content_length",
                "HTTP2-Settings",
                "Keep-Alive",
                "Trailer",
                "Via",
                "Forwarded",
                "X-Forwarded-For",
                "X-Forwarded-Host",
                "X-Original-URL",
                "X-HTTP-Method-Override",
                "x_http_method",
            )
        ),
    ],
)
def test_headers_that_would_frame_or_split_the_message_are_refused(name: str, value: str) -> None:
    refusal = guard.checked("GET", target("http://a.example/"), [(name, value)], b"")
    assert isinstance(refusal, Refusal)
    assert (refusal.type, refusal.retryable) == ("protocol_error", False)


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "GET / HTTP/1.1\r\nX:", "", "FETCH"])
def test_methods_that_are_not_plain_are_refused(method: str) -> None:
    assert isinstance(guard.checked(method, target("http://a.example/"), [], b""), Refusal)


@pytest.mark.parametrize(
    ("status", "method", "expected", "content"),
    [
        pytest.param(301, "POST", "GET", b"", id="301 turns POST"),
        pytest.param(302, "POST", "GET", b"", id="302 turns POST"),
        pytest.param(303, "PUT", "GET", b"", id="303 turns everything"),
        pytest.param(303, "HEAD", "HEAD", b"body", id="303 keeps HEAD"),
        pytest.param(301, "PUT", "PUT", b"body", id="301 keeps PUT"),
        pytest.param(307, "POST", "POST", b"body", id="307 keeps all"),
        pytest.param(308, "POST", "POST", b"body", id="308 keeps all"),
    ],
)
def test_a_redirect_changes_the_method_as_http_says(status: int, method: str, expected: str, content: bytes) -> None:
    request = request_to("http://a.example/x", method, (("Content-Type", "text/plain"), ("X-B", "c")), b"body")
    following = guard.following(request, status, "/y")
    assert isinstance(following, Request)
    assert (following.method, following.content, str(following.target.url)) == (expected, content, "http://a.example/y")
    kept = (("X-B", "c"),) if content == b"" else (("Content-Type", "text/plain"), ("X-B", "c"))
    assert following.headers == kept


@pytest.mark.parametrize(
    ("location", "kept"),
    [
        pytest.param("/y", True, id="same origin"),
        pytest.param("https://a.example/y", True, id="upgrade"),
        pytest.param("http://b.example/y", False, id="another host"),
        pytest.param("http://a.example:8080/y", False, id="another port"),
        pytest.param("//b.example/y", False, id="another host, same scheme"),
    ],
)
def test_credentials_stay_behind_when_the_origin_changes(location: str, *, kept: bool) -> None:
    credentials = (("Authorization", "Bearer x"), ("Cookie", "a=b"), ("X-Api-Key", "k"), ("X-Access-Token", "t"))
    following = guard.following(request_to("http://a.example/x", "GET", (*credentials, ("Accept", "*/*"))), 302, location)
    assert isinstance(following, Request)
    assert following.headers == ((*credentials, ("Accept", "*/*")) if kept else (("Accept", "*/*"),))


def test_credentials_stay_behind_on_the_way_down_to_http() -> None:
    following = guard.following(request_to("https://a.example/x", "GET", (("Authorization", "x"),)), 302, "http://a.example/")
    assert isinstance(following, Request)
    assert following.headers == ()


@pytest.mark.parametrize("location", ["ftp://a.example/", "http://u:p@a.example/", "http://2130706433/", "javascript:1"])
def test_a_redirect_to_what_is_no_url_is_refused(location: str) -> None:
    assert isinstance(guard.following(request_to("http://a.example/x"), 302, location), Refusal)
