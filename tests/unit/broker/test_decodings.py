"""Values of secrets in disguise: encoded, twice encoded, in other case, set apart."""

import codecs
import json
import random
from base64 import a85encode, b16encode, b32encode, b32hexencode, b64encode, b85encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable
from itertools import product
from string import ascii_letters, digits, printable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.host import decodings
from broker.host.masks import Masks
from broker.orders import Loan

VALUE = "p4ss-W0rd/Xy+z9Q"
MASKS = Masks([Loan(name="key", placeholder="gwsecret0123", value=VALUE)])

Encode = Callable[[str], str]


def of_bytes(encode: Callable[[bytes], bytes]) -> Encode:
    return lambda text: encode(text.encode()).decode()


def each(shape: str) -> Encode:
    return lambda text: "".join(shape.format(ord(sign)) for sign in text)


def between(sign: str) -> Encode:
    return sign.join


def listed(separator: str, shape: str) -> Encode:
    return lambda text: separator.join(shape.format(ord(sign)) for sign in text)


def in_bytes(encoding: str) -> Encode:
    return lambda text: text.encode(encoding).decode("latin-1")


def two_by_two(encoding: str) -> Encode:
    return lambda text: (text + " " * (len(text) % 2)).encode("latin-1").decode(encoding, "replace")


ENCODINGS: dict[str, Encode] = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "in turned case": str.swapcase,
    "backwards": lambda text: text[::-1],
    "turned by 13": lambda text: codecs.encode(text, "rot13"),
    "URL": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "URL, each character": each("%{:02x}"),
    "URL, each character, as old browsers": each("%u{:04x}"),
    "JSON, each character": each("\\u{:04x}"),
    "JavaScript, each character": each("\\x{:02x}"),
    "JavaScript, code points": each("\\u{{{:x}}}"),
    "octal, each character": each("\\{:03o}"),
    "HTML, decimal": each("&#{};"),
    "HTML, hexadecimal": each("&#X{:X};"),
    "HTML, hexadecimal with zeros": each("&#x{:06x};"),
    "quoted-printable, each character": each("={:02X}"),
    "quoted-printable, soft line breaks": between("=\r\n"),
    "base64": of_bytes(b64encode),
    "base64 for URLs": of_bytes(urlsafe_b64encode),
    "base64 without padding": lambda text: b64encode(text.encode()).decode().rstrip("="),
    "base64, MIME": of_bytes(encodebytes),
    "base64, lines of four": lambda text: "\n".join(
        map("".join, zip(*[iter(b64encode(text.encode()).decode())] * 4, strict=True))
    ),
    "base32": of_bytes(b32encode),
    "base32, small letters": lambda text: b32encode(text.encode()).decode().lower(),
    "base32, hex alphabet": of_bytes(b32hexencode),
    "base16": of_bytes(b16encode),
    "base16, small letters": lambda text: text.encode().hex(),
    "base16 with colons": lambda text: text.encode().hex(":"),
    "base16 with blanks": lambda text: text.encode().hex(" "),
    "base16 as in C": listed(", ", "0x{:02x}"),
    "Ascii85": of_bytes(a85encode),
    "base85": of_bytes(b85encode),
    "character codes": listed(", ", "{}"),
    "character codes, a line each": listed("\n", "{}"),
    "bits": listed(" ", "{:08b}"),
    "UTF-16, little end first": in_bytes("utf-16-le"),
    "UTF-16, big end first": in_bytes("utf-16-be"),
    "UTF-32": in_bytes("utf-32-le"),
    "zero-width spaces": between("\u200b"),
    "zero-width joiners": between("\u200d"),
    "soft hyphens": between("\xad"),
    "byte order marks": between("\ufeff"),
    "marks of direction": between("\u202e"),
    "tags": between("\U000e0041"),
    "accents": between("\u0301"),
    "blanks": between(" "),
    "line breaks": between("\n"),
    "full width": lambda text: "".join(chr(ord(sign) + 0xFEE0) for sign in text),
    "mathematical letters": lambda text: "".join(chr(0x1D400 + ord(s) - 0x41) if "A" <= s <= "Z" else s for s in text),
    "bytes read two by two": two_by_two("utf-16-le"),
    "bytes read two by two, big end first": two_by_two("utf-16-be"),
}
KEEPS_CASE = {"in capitals", "in small letters", "in turned case"}
NEEDS_CASE = {name for name in ENCODINGS if name.startswith(("base64", "Ascii85", "base85", "bytes read"))}
IN_ASCII = [name for name in ENCODINGS if ENCODINGS[name](VALUE).isascii() and "quoted-printable, soft" not in name]


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_value_is_found_in_every_disguise(name: str) -> None:
    masked = MASKS.masked(f"before {ENCODINGS[name](VALUE)} after")
    assert masked.replace("\0", "").startswith("before ***"), masked
    assert masked.endswith("after"), masked
    assert len(masked) <= len("before ***========\n after"), masked


def undone(outer: str, inner: str) -> bool:
    """Say whether the pair can be undone at all: not where the case that an encoding needs is lost, nor its letters turned.

    Of numbers as in C, the commas between would have to be told from those of the value once they were escaped.
    """
    if inner == "base16 as in C" and outer in {"URL", "form"}:
        return False
    if inner == "character codes, a line each" and outer == "line breaks":
        return False
    if inner in NEEDS_CASE and outer in KEEPS_CASE | {"turned by 13"}:
        return False
    return not (outer == "turned by 13" and inner not in {"as it is", "backwards", *KEEPS_CASE})


PAIRS = [(outer, inner) for outer, inner in product(IN_ASCII, IN_ASCII) if undone(outer, inner)]


def missed(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if "***" not in MASKS.masked(f"a: {ENCODINGS[pair[0]](ENCODINGS[pair[1]](VALUE))} z")]


def test_a_value_is_found_in_every_disguise_of_a_disguise() -> None:
    found = missed(PAIRS)
    assert len(PAIRS) > 1_000
    assert found == []


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    value=st.text(alphabet=ascii_letters + digits + "-_/+.=~!$&' ", min_size=10, max_size=60).filter(
        lambda text: text == text.strip() and len(set(text)) > 5 and len(text.replace(" ", "")) > 7
    ),
    around=st.tuples(st.text(printable, max_size=30), st.text(printable, max_size=30)),
    chain=st.sampled_from(PAIRS).filter(lambda pair: "blank" not in pair[1]),
)
def test_no_value_is_left_whole_in_any_text(value: str, around: tuple[str, str], chain: tuple[str, str]) -> None:
    masks = Masks([Loan(name="key", placeholder="gwsecret0123", value=value)])
    disguised = ENCODINGS[chain[0]](ENCODINGS[chain[1]](value))
    assert disguised not in masks.masked(f"{around[0]} {disguised} {around[1]}")


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name != "as it is"])
def test_a_value_is_found_in_a_document_too(name: str) -> None:
    disguised = ENCODINGS[name](VALUE)
    document = {"a": [1, "kept", {disguised: "kept too"}], "b": f"x {disguised} y", "c": None}
    masked = json.loads(MASKS.masked_json(json.dumps(document).encode()))
    assert disguised not in str(masked)
    assert (masked["a"][:2], list(masked["a"][2].values()), masked["c"]) == ([1, "kept"], ["kept too"], None)


def test_a_value_that_is_split_among_neighbours_is_found() -> None:
    document = {"parts": [VALUE[:5], VALUE[5:9], VALUE[9:]], "other": "kept"}
    assert json.loads(MASKS.masked_json(json.dumps(document).encode())) == {"parts": ["***", "***", "***"], "other": "kept"}


def noise(size: int) -> str:
    return b64encode(random.Random(7).randbytes(size * 3 // 4)).decode()


TEXTS: dict[str, Callable[[int], str]] = {
    "prose": lambda size: ("The quick brown fox jumps over the lazy dog, 42 times; https://fox.example/a_b?c=d&e=f. " * size)[
        :size
    ],
    "base64 of noise": noise,
    "base64 of base64": lambda size: b64encode(noise(size * 3 // 4).encode()).decode(),
    "hexadecimal of base64": lambda size: noise(size // 2).encode().hex(),
    "base32 of base64": lambda size: b32encode(noise(size * 5 // 8).encode()).decode(),
    "base64 of hexadecimal": lambda size: b64encode(noise(size * 3 // 8).encode().hex().encode()).decode(),
    "one letter": lambda size: "V" * size,
    "zeros": lambda size: "0" * size,
    "escapes": lambda size: "%25" * (size // 3),
    "entities": lambda size: "&amp;" * (size // 5),
    "the beginning of escapes": lambda size: "\\u00" * (size // 4),
    "numbers": lambda size: "65, " * (size // 4),
    "bits": lambda size: "01010101" * (size // 8),
    "pairs": lambda size: "41:" * (size // 3),
    "lines": lambda size: "QUJD\n" * (size // 5),
    "blanks": lambda size: " " * size,
    "NUL": lambda size: "\0" * size,
    "Chinese": lambda size: "密码" * (size // 2),
    "zero-width": lambda size: "a\u200b" * (size // 2),
    "the value": lambda size: VALUE * (size // len(VALUE)),
    "the value in base64": lambda size: b64encode(VALUE.encode() * (size * 3 // 4 // len(VALUE))).decode(),
    "its beginning": lambda size: VALUE[:-1] * (size // 15),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_the_work_grows_with_the_text_and_no_faster(kind: str) -> None:
    small, large = (TEXTS[kind](size) for size in (8_000, 64_000))
    needles = [decodings.plain(VALUE)]
    work = [decodings.examined(text, needles) for text in (small, large)]
    assert work[1] <= decodings.WORK * len(large)
    assert work[1] <= 40 * work[0]  # of eight times the text; squared, it were 64


def test_a_text_that_unfolds_beyond_measure_counts_as_one_that_hides_something() -> None:
    text = b64encode(b"harmless, and long enough to be looked into").decode()
    assert decodings.places(text, [decodings.plain(VALUE)], work=1, spare_bytes=0) == [(0, len(text))]


@pytest.mark.parametrize(
    "text",
    [
        "The quick brown fox jumps over the lazy dog.",
        "https://api.example/v1/items?page=2&sort=%2Dname",
        '{"id": "0c9c8f1e-7b1f-4a65-9d0b-2f9f5ad1c111", "n": [1, 2, 3], "ok": true}',
        "2026-11-30T12:00:00Z GET /v1/tasks 200 12.5 ms",
        b64encode(b"an ordinary attachment that holds nothing").decode(),
        "V" * 4_000,
        "0" * 4_000,
        "p4ss-W0rd is how such values begin",
        "密码是什么, 没有密码",
    ],
)
def test_what_hides_nothing_stays_as_it_is(text: str) -> None:
    assert MASKS.masked(text) == text
    assert MASKS.veiled(text) == text
