"""Secrets on their way into requests."""

from base64 import b64encode
from dataclasses import replace

import pytest

from broker.host import guard
from broker.host.guard import Request, Target
from broker.host.loans import Wallet
from broker.host.masks import Masks
from broker.host.refusals import Refusal
from broker.orders import Loan

PH = "gwsecret00112233445566778899aabbccddeeff"
OTHER = "gwsecretffeeddccbbaa99887766554433221100"
LOAN = Loan(
    name="key",
    placeholder=PH,
    value="s3cret/value+1",
    hosts=("api.example", "*.api.example", "api.example:8443"),
    headers=("authorization", "x-api-key"),
    query=("key", "api_*"),
)


def wallet(*loans: Loan) -> Wallet:
    return Wallet(loans, Masks(loans))


def request(url: str, headers: tuple[tuple[str, str], ...] = (), content: bytes = b"") -> Request:
    target = guard.parse(url)
    assert isinstance(target, Target), target
    made = guard.checked("POST", target, headers, content)
    assert isinstance(made, Request), made
    return made


def filled(asked: Request, *loans: Loan, pinned: bool = False) -> tuple[str, dict[str, str]] | str:
    found = wallet(*(loans or (LOAN,))).filled(asked, pinned=pinned)
    if isinstance(found, Refusal):
        assert (found.type, found.retryable) == ("secret_refused", False)
        return found.message
    return str(found.target.url), dict(found.headers)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("Authorization", f"Bearer {PH}", "Bearer s3cret/value+1", id="bearer"),
        pytest.param("authorization", f"token {PH}", "token s3cret/value+1", id="another scheme"),
        pytest.param("X-API-Key", PH, "s3cret/value+1", id="API key"),
        pytest.param("X-Api-Key", f"{PH},{PH}", "s3cret/value+1,s3cret/value+1", id="twice"),
        pytest.param("Authorization", f"Basic robot:{PH}", "Basic cm9ib3Q6czNjcmV0L3ZhbHVlKzE=", id="password of a user"),
        pytest.param("Authorization", f"Bearer {OTHER}", f"Bearer {OTHER}", id="a placeholder of nobody is a text"),
        pytest.param("Authorization", f"Bearer {PH.upper()}", f"Bearer {PH.upper()}", id="in capitals it is a text"),
    ],
)
def test_a_header_that_may_carry_a_secret_gets_it(name: str, value: str, expected: str) -> None:
    assert filled(request("https://api.example/x", ((name, value), ("Accept", "*/*")))) == (
        "https://api.example/x",
        {name: expected, "Accept": "*/*"},
    )


def test_a_user_and_password_kept_as_one_secret_are_sent_as_basic() -> None:
    login = replace(LOAN, value="robot:pässword!".replace("ä", "a"))
    headers = {"Authorization": f"Basic {b64encode(b'robot:password!').decode()}"}
    assert filled(request("https://api.example/", (("Authorization", f"Basic {PH}"),)), login) == (
        "https://api.example/",
        headers,
    )


def test_basic_needs_a_user_and_a_password() -> None:
    says = "the secret key holds no user:password, so it cannot be sent as Basic"
    assert filled(request("https://api.example/", (("Authorization", f"Basic {PH}"),))) == says


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(f"key={PH}", "key=s3cret%2Fvalue%2B1", id="named"),
        pytest.param(f"a=1&api_key={PH}&b=%20", "a=1&api_key=s3cret%2Fvalue%2B1&b=%20", id="among others"),
        pytest.param(f"key={OTHER}", f"key={OTHER}", id="a placeholder of nobody"),
        pytest.param("a=b%26c&d", "a=b%26c&d", id="without a secret"),
    ],
)
def test_a_query_parameter_that_may_carry_a_secret_gets_it(query: str, expected: str) -> None:
    assert filled(request(f"https://api.example/x?{query}")) == (f"https://api.example/x?{expected}", {})


@pytest.mark.parametrize(
    ("url", "pinned"),
    [
        pytest.param("https://api.example/", False, id="named"),
        pytest.param("https://eu.api.example/", False, id="by a glob"),
        pytest.param("https://api.example:8443/", False, id="with its port"),
        pytest.param("http://api.example/", True, id="http to a pinned endpoint"),
    ],
)
def test_a_secret_goes_where_it_is_bound(url: str, *, pinned: bool) -> None:
    assert filled(request(url, (("X-Api-Key", PH),)), pinned=pinned) == (url, {"X-Api-Key": LOAN.value})


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        pytest.param(request("https://evil.example/", (("X-Api-Key", PH),)), "is not for the host evil.example", id="host"),
        pytest.param(
            request("https://api.example.evil/", (("X-Api-Key", PH),)), "is not for the host api.example.evil", id="suffix"
        ),
        pytest.param(request("https://xapi.example/", (("X-Api-Key", PH),)), "is not for the host xapi.example", id="prefix"),
        pytest.param(request("https://api.example:9/", (("X-Api-Key", PH),)), "is not for the host api.example:9", id="port"),
        pytest.param(request("https://evil.example/?key=" + PH), "is not for the host evil.example", id="host, in the query"),
        pytest.param(
            request("http://api.example/", (("X-Api-Key", PH),)),
            "goes out over https only, not to http://api.example",
            id="http",
        ),
        pytest.param(
            request("https://api.example/", (("X-Note", PH),)),
            "may not go into the header X-Note; it may go into authorization, x-api-key",
            id="another header",
        ),
        pytest.param(
            request("https://api.example/", (("Cookie", f"a={PH}"),)),
            "may not go into the header Cookie; it may go into authorization, x-api-key",
            id="a cookie",
        ),
        pytest.param(
            request("https://api.example/?q=" + PH),
            "may not go into the query parameter q; it may go into key, api_*",
            id="another parameter",
        ),
        pytest.param(
            request(f"https://api.example/?{PH}=key"), "has to be the whole value of a query parameter", id="a parameter's name"
        ),
        pytest.param(
            request(f"https://api.example/?key=a{PH}"), "has to be the whole value of a query parameter", id="part of a value"
        ),
        pytest.param(
            request(f"https://api.example/{PH}"),
            "cannot stand in the path: it goes into headers and query parameters",
            id="path",
        ),
        pytest.param(
            request(f"https://{PH}.api.example/"),
            "cannot stand in the host: it goes into headers and query parameters",
            id="host name",
        ),
        pytest.param(
            request("https://api.example/", ((PH, "x"),)),
            "cannot stand in a header's name: it goes into headers and query parameters",
            id="a header's name",
        ),
        pytest.param(
            request("https://api.example/", (), f'{{"a": "{PH}"}}'.encode()),
            "cannot stand in the body: it goes into headers and query parameters",
            id="body",
        ),
    ],
)
def test_a_secret_goes_nowhere_else(asked: Request, says: str) -> None:
    assert filled(asked) == f"the secret key {says}"


def test_a_secret_bound_to_no_parameter_stays_out_of_urls() -> None:
    says = "the secret key may not go into the query parameter key; it may go into none"
    assert filled(request("https://api.example/?key=" + PH), replace(LOAN, query=())) == says


def test_two_secrets_go_each_to_its_own_place() -> None:
    second = replace(LOAN, name="second", placeholder=OTHER, value="another-value", headers=("x-second",))
    asked = request("https://api.example/", (("X-Api-Key", PH), ("X-Second", OTHER)))
    headers = {"X-Api-Key": LOAN.value, "X-Second": "another-value"}
    assert filled(asked, LOAN, second) == ("https://api.example/", headers)
    swapped = request("https://api.example/", (("X-Api-Key", OTHER),))
    assert filled(swapped, LOAN, second) == "the secret second may not go into the header X-Api-Key; it may go into x-second"


def test_a_header_with_a_secret_stays_behind_when_the_origin_changes_whatever_its_name() -> None:
    sealed = wallet(LOAN).sealed(request("https://api.example/", (("X-Odd-Name", PH), ("Accept", "*/*"))))
    assert sealed.sealed == {"x-odd-name"}
    elsewhere = guard.following(sealed, 302, "https://eu.api.example/")
    here = guard.following(sealed, 302, "/on")
    assert isinstance(elsewhere, Request)
    assert isinstance(here, Request)
    assert (elsewhere.headers, here.headers) == ((("Accept", "*/*"),), (("X-Odd-Name", PH), ("Accept", "*/*")))


def test_no_record_shows_a_value() -> None:
    assert LOAN.value not in repr(LOAN)
    assert LOAN.value not in f"{[LOAN]} {wallet(LOAN)}"
