"""Hosts as grants and allow lists write them."""

import pytest

from catalog.hosts import covered, host_of


@pytest.mark.parametrize(
    ("glob", "host", "expected"),
    [
        pytest.param("*", "api.example", True, id="all hosts"),
        pytest.param("*", "api.example:8443", False, id="all hosts, but at another port"),
        pytest.param("*:*", "api.example:8443", True, id="all hosts at all ports"),
        pytest.param("*:*", "api.example", True, id="all ports, the scheme's own among them"),
        pytest.param("*:443", "api.example", True, id="the scheme's own port, named"),
        pytest.param("*:8443", "api.example", False, id="another port only"),
        pytest.param("*.Example", "api.example", True, id="letters of either case"),
        pytest.param("api.example:8443", "api.example:8443", True, id="the port that is named"),
        pytest.param("api.example:8443", "api.example:8444", False, id="not the port that is named"),
        pytest.param("[::1]", "[::1]", True, id="an address of version 6"),
        pytest.param("[::1]", "[::1]:8080", False, id="an address of version 6 at another port"),
    ],
)
def test_a_glob_covers_the_ports_that_it_names(glob: str, host: str, *, expected: bool) -> None:
    assert covered(host, [glob]) is expected


@pytest.mark.parametrize(
    ("url", "host"),
    [
        pytest.param("https://api.example/x", "api.example", id="plain"),
        pytest.param("HTTPS://API.Example/x", "api.example", id="letters of either case"),
        pytest.param("https://api.example./x", "api.example", id="the dot of a full name"),
        pytest.param("https://api.example.:8443/", "api.example:8443", id="the dot before a port"),
        pytest.param("http://api.example:80/", "api.example", id="the scheme's own port"),
        pytest.param("http://api.example:443/", "api.example:443", id="the other scheme's port"),
        pytest.param("http://[::1]:8080/", "[::1]:8080", id="an address of version 6"),
        pytest.param(" https://api.example/", None, id="a blank first"),
        pytest.param("https://api.example /", None, id="a blank within"),
        pytest.param("ftp://api.example/", None, id="another scheme"),
        pytest.param("https://./", None, id="only a dot"),
        pytest.param("https:///x", None, id="no host"),
        pytest.param("https://api.example:x/", None, id="no port"),
        pytest.param("api.example", None, id="no URL"),
    ],
)
def test_a_url_is_known_by_its_host_as_the_guard_reads_it(url: str, host: str | None) -> None:
    assert host_of(url) == host
