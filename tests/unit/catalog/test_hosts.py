"""Hosts as grants and allow lists write them."""

import pytest

from catalog.hosts import covered


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
