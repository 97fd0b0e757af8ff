import base64
import json
from urllib.parse import quote

import pytest

from logs.redaction import HIDDEN, Redaction, secret_variables, sensitive

VALUE = 's3cr3t/with+odd"characters\\and é'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"it was {VALUE} all along", id="as it is"),
        pytest.param(f"it was {VALUE.upper()} all along", id="in upper case"),
        pytest.param(f"body={json.dumps({'a': VALUE})}", id="in JSON"),
        pytest.param(f"body={json.dumps({'a': VALUE}, ensure_ascii=False)}", id="in JSON with its own characters"),
        pytest.param(f"https://h/?q={quote(VALUE, safe='')}&b=1", id="in a URL"),
        pytest.param(f"x {base64.b64encode(VALUE.encode()).decode()} y", id="as base64"),
        pytest.param(f"x {base64.urlsafe_b64encode(VALUE.encode()).decode()} y", id="as base64 for URLs"),
    ],
)
def test_a_known_value_is_hidden_in_every_form(text: str) -> None:
    redaction = Redaction()
    redaction.protect([VALUE])
    hidden = redaction.redacted(text)
    assert HIDDEN in hidden
    assert "s3cr3t" not in hidden.lower()
    assert base64.b64encode(VALUE.encode()).decode()[:10] not in hidden


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdef0123456789",
        "authorization: Basic dXNlcjpwYXNzd29yZA==",
        "authorization=abcdef0123456789",
        "{'authorization': 'Bearer abcdef0123456789'}",
        '{"Authorization": "Bearer abcdef0123456789"}',
        '{\\"authorization\\": \\"Bearer abcdef0123456789\\"}',
        "[(b'authorization', b'Bearer abcdef0123456789')]",
        "Proxy-Authorization: Digest abcdef0123456789",
        "Cookie: session=abcdef0123456789",
        "set-cookie: session=abcdef0123456789; HttpOnly",
        "X-Api-Key: abcdef0123456789",
        "x-amz-security-token: abcdef0123456789",
        "X-Goog-Api-Key=abcdef0123456789",
        "x-hub-signature-256: sha256=abcdef0123456789",
        "api_key='abcdef0123456789'",
        "apikey=abcdef0123456789",
        "client_secret=abcdef0123456789&grant_type=x",
        "https://host/path?access_token=abcdef0123456789&x=1",
        "password: abcdef0123456789",
        "https://user:abcdef0123456789@host/path",
        "the header was Bearer abcdef0123456789",
        "Incorrect API key provided: sk-abcdef0123456789abcdef0123456789",
        "AWS said AKIAabcdef0123456789abcdef",
        "OPENAI_API_KEY=abcdef0123456789",
        "signing_key=abcdef0123456789",
    ],
)
def test_what_looks_like_a_credential_is_hidden(text: str) -> None:
    hidden = Redaction().redacted(text)
    assert HIDDEN in hidden
    assert "abcdef0123456789" not in hidden
    assert "dXNlcjpwYXNz" not in hidden


@pytest.mark.parametrize(
    "text",
    [
        "tokens=1200",
        "prompt_tokens: 1200",
        "max_tokens=4000",
        "a plain sentence about a basic idea",
        "GET /v1/tasks/0123456789abcdef/facts?after=10",
        "step=fetch attempt=2 handler=http_request@1.0.0",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert Redaction().redacted(text) == text


def test_short_values_hide_nothing() -> None:
    redaction = Redaction()
    redaction.protect(["a", "on", "12345"])
    assert redaction.redacted("on and on: a 12345") == "on and on: a 12345"


def test_names_of_fields_that_hold_credentials() -> None:
    assert all(map(sensitive, ["token", "authorization", "Cookie", "api_key", "X-Api-Key", "password", "client_secret"]))
    assert not any(map(sensitive, ["tokens", "prompt_tokens", "task", "step", "key", "path", "author"]))


def test_variables_that_hold_credentials_are_found_by_their_names() -> None:
    variables = {"OPENAI_API_KEY": "one", "GOALWRIGHT_TOKEN": "two", "DB_PASSWORD": "three", "PATH": "/bin", "KEYBOARD": "us"}
    assert secret_variables(variables.items()) == ["one", "two", "three"]


def test_long_lines_are_looked_through_in_little_time() -> None:
    redaction = Redaction()
    redaction.protect([VALUE])
    for text in ("x-" + "key" * 3_000, "a" * 8_000, "token" * 1_600, "://" * 2_600, "Bearer " * 1_100, '\\"' * 4_000):
        redaction.redacted(text)
