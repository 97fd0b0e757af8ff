"""Values of secrets in texts that leave a worker."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from broker.host.log import LINE_BYTES, Log
from broker.host.masks import Masks
from broker.orders import Loan

VALUE = "p&ss w\"rd/+\\%<'>"
LOAN = Loan(name="key", placeholder="gwsecret0123", value=VALUE)
MASKS = Masks([LOAN])

SPELLINGS = {
    "as it is": VALUE,
    "JSON": json.dumps(VALUE)[1:-1],
    "JSON, slashes escaped": json.dumps(VALUE)[1:-1].replace("/", "\\/"),
    "JSON, each character escaped": "".join(f"\\u{ord(character):04x}" for character in VALUE),
    "JSON, each character escaped in capitals": "".join(f"\\u{ord(character):04X}" for character in VALUE),
    "JSON, angle brackets escaped": json.dumps(VALUE)[1:-1].replace("<", "\\u003c").replace("&", "\\u0026"),
    "URL": quote(VALUE, safe=""),
    "URL, slashes kept": quote(VALUE),
    "URL, small hexadecimal": quote(VALUE, safe="").lower(),
    "form": quote_plus(VALUE),
    "URL, each character escaped": "".join(f"%{ord(character):02X}" for character in VALUE),
    "HTML": html.escape(VALUE),
    "HTML, each character by number": "".join(f"&#{ord(character)};" for character in VALUE),
    "HTML, each character by hexadecimal number": "".join(f"&#x{ord(character):x};" for character in VALUE),
    "hexadecimal": VALUE.encode().hex(),
    "hexadecimal in capitals": VALUE.encode().hex().upper(),
    "backwards": VALUE[::-1],
    "placeholder": LOAN.placeholder,
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_value_is_masked_however_it_is_spelt(spelling: str) -> None:
    assert MASKS.masked(f"before {spelling} after {spelling}.") == "before *** after ***."


@pytest.mark.parametrize("ahead", ["", "a", "ab", "abc", "Basic user:"])
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode], ids=["plain", "for URLs"])
@pytest.mark.parametrize("behind", ["", "!", "!!", "!!!"])
def test_a_value_inside_of_base64_leaves_no_more_than_bits(ahead: str, behind: str, encode: Callable[[bytes], bytes]) -> None:
    whole = encode(f"{ahead}{VALUE}{behind}".encode()).decode()
    left = MASKS.masked(whole)
    assert "***" in left
    assert len(left.replace("***", "")) <= len(encode(f"{ahead}{behind}".encode())) + 4


def test_what_comes_in_holds_the_placeholder_again_and_masks_what_is_encoded() -> None:
    encoded = b64encode(VALUE.encode()).decode().rstrip("=")
    assert (
        MASKS.veiled(f"https://h.example/?page=2&key={quote(VALUE, safe='')}") == "https://h.example/?page=2&key=gwsecret0123"
    )
    assert MASKS.veiled(f"{VALUE} {encoded[:-1]}") in {"gwsecret0123 ***", f"gwsecret0123 ***{encoded[-2:-1]}"}


def test_a_password_is_masked_without_its_user_too() -> None:
    masks = Masks([Loan(name="login", placeholder="gwsecret1", value="robot:correct-horse")])
    assert masks.masked("robot:correct-horse, correct-horse, robot") == "***, ***, robot"
    assert masks.veiled("robot:correct-horse, correct-horse") == "gwsecret1, ***"


def test_keys_of_channels_are_masked_though_nothing_stands_for_them() -> None:
    masks = Masks([], ["channel-key"])
    assert (masks.masked("a channel-key b"), masks.veiled("channel-key"), masks.marks("channel-key")) == (
        "a *** b",
        "***",
        False,
    )


def test_names_texts_and_numbers_of_json_are_masked_and_all_else_stays() -> None:
    masks = Masks([Loan(name="pin", placeholder="gwsecret2", value="12345678")])
    document = {"a": ["x12345678y", 12345678, 1234567, True, None, 1.5], "12345678": {"gwsecret2": "gwsecret2"}}
    assert json.loads(masks.masked_json(json.dumps(document).encode())) == {
        "a": ["x***y", "***", 1234567, True, None, 1.5],
        "***": {"***": "***"},
    }


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b'{"a": "\\u0031234\\u0035678"}', b'{"a":"***"}', id="escaped in JSON"),
        pytest.param(b"not JSON 12345678", b"not JSON ***", id="not JSON"),
        pytest.param(b"[" * 100_000 + b"12345678", b"[" * 100_000 + b"***", id="too deep"),
        pytest.param(b"\xff12345678", "\ufffd***".encode(), id="not Unicode"),
    ],
)
def test_an_answer_is_masked_whatever_it_is(content: bytes, expected: bytes) -> None:
    assert Masks([Loan(name="pin", placeholder="gwsecret2", value="12345678")]).masked_json(content) == expected


def test_without_secrets_nothing_is_touched() -> None:
    masks = Masks([])
    content = b'{"a":  1.50}'
    assert (masks.masked("x"), masks.veiled("x"), masks.marks("x"), masks.shortened("xyz", 2)) == ("x", "x", False, "xy")
    assert masks.masked_json(content) is content
    assert not masks


@pytest.mark.parametrize("ahead", [LINE_BYTES - 1, LINE_BYTES - 5, LINE_BYTES, 0, 10])
def test_a_log_line_never_ends_in_the_beginning_of_a_value(ahead: int) -> None:
    log = Log(1 << 20, MASKS)
    log.write("info", "." * ahead + VALUE * 2_000)
    log.write("info", "." * ahead + LOAN.placeholder * 2_000)
    for line in log.lines:
        assert set(line.removeprefix("info: ")) <= {".", "*"}
