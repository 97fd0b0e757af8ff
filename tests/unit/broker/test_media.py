"""What Content-Type says of a body: the media type, and the text."""

import pytest

from broker.host.media import media_type_of, text_of
from tests.support.http_tables import CHARSETS, MEDIA_TYPES


@pytest.mark.parametrize(
    ("fields", "media_type"), [pytest.param(row["fields"], row["media_type"], id=row["about"]) for row in MEDIA_TYPES]
)
def test_the_last_valid_media_type_counts(fields: list[str], media_type: str) -> None:
    assert media_type_of(fields) == media_type


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [pytest.param(row["body"], row["content_type"], row["text"], id=row["about"]) for row in CHARSETS],
)
def test_a_body_is_text_in_the_charset_that_it_declares(body: str, content_type: str, text: str | None) -> None:
    assert text_of(bytes.fromhex(body), [content_type]) == text
