"""What Content-Type says of a body: one table for the media type, one for the text."""

import pytest

from broker.host.media import media_type_of, text_of


@pytest.mark.parametrize(
    ("fields", "media_type"),
    [
        pytest.param([], "", id="none"),
        pytest.param([""], "", id="an empty field"),
        pytest.param(["application/json"], "application/json", id="plain"),
        pytest.param(["Application/JSON ; charset=utf-8"], "application/json", id="case and parameters"),
        pytest.param(["text/json"], "text/json", id="the older name"),
        pytest.param(["application/problem+json"], "application/problem+json", id="a suffix"),
        pytest.param(["application/json", "application/json"], "application/json", id="the field twice"),
        pytest.param(["application/json, application/json"], "application/json", id="twice in one field"),
        pytest.param(["text/html, application/json"], "application/json", id="the last one counts"),
        pytest.param(["application/json, */*"], "application/json", id="any type is none"),
        pytest.param(["application/json, "], "application/json", id="a comma too many"),
        pytest.param(['text/plain; a="x, application/json"'], "text/plain", id="a comma within quotes"),
        pytest.param(["json"], "", id="no slash"),
        pytest.param(["application/"], "", id="no subtype"),
        pytest.param(["text/html/x"], "", id="two slashes"),
        pytest.param(["text /html"], "", id="a blank within"),
        pytest.param(["application/json", "nonsense"], "application/json", id="the last valid one"),
        pytest.param([";charset=utf-8"], "", id="only a parameter"),
    ],
)
def test_the_last_valid_media_type_counts(fields: list[str], media_type: str) -> None:
    assert media_type_of(fields) == media_type


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        pytest.param(b"gr\xc3\xbc\xc3\x9fe", "text/plain", "grüße", id="UTF-8 where nothing is declared"),
        pytest.param(b"\xc3\xa9", "text/plain; charset=iso-8859-1", "Ã©", id="declared, though it is UTF-8"),
        pytest.param(b"\xe9", "text/plain; charset=ISO-8859-1", "é", id="Latin 1"),
        pytest.param(b"\xe9", 'text/plain; charset="latin1"', "é", id="a quoted label"),
        pytest.param(b"\xe9", "text/plain; charset='latin1'", "é", id="single quotes"),
        pytest.param(b"\x80", "text/plain; charset=iso-8859-1", "€", id="the web reads windows-1252"),
        pytest.param(b"\xa4", "text/csv; charset=iso-8859-15", "€", id="Latin 9"),
        pytest.param(b"\x83\x65", "text/html; charset=shift_jis", "テ", id="Shift JIS"),
        pytest.param(b"\xd0\xbf", "text/plain; charset=koi8-r", "п©", id="KOI8, though it is UTF-8"),
        pytest.param(b"a\x00b\x00", "text/plain; charset=utf-16le", "ab", id="UTF-16"),
        pytest.param(b"\xff\xfea\x00", "text/plain", "\ufeffa", id="a mark of UTF-16"),
        pytest.param(b"\xef\xbb\xbfa", "text/plain; charset=latin1", "\ufeffa", id="a mark goes before what is declared"),
        pytest.param(b'{"a": "\xe9"}', "application/json; charset=latin1", '{"a": "é"}', id="JSON in Latin 1"),
        pytest.param(b"a", "text/plain; charset=UTF8", "a", id="another label of UTF-8"),
        pytest.param(b"a", "text/plain; charset=", "a", id="an empty label"),
        pytest.param(b"a", "text/plain; charset=x-unknown", None, id="a charset that nobody knows"),
        pytest.param(b"+AGE-", "text/plain; charset=utf-7", None, id="a charset that the web gave up"),
        pytest.param(b"\xff", "text/plain", None, id="not UTF-8"),
        pytest.param(b"\x81", "text/plain; charset=shift_jis", None, id="cut in the middle"),
        pytest.param(b"", "text/plain; charset=utf-16", "", id="nothing"),
    ],
)
def test_a_body_is_text_in_the_charset_that_it_declares(body: bytes, content_type: str, text: str | None) -> None:
    assert text_of(body, [content_type]) == text
