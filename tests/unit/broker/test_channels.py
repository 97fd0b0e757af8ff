"""Channels: what can be delivered to, and what is sent."""

import json
import ssl
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import default
from typing import Any

import aiosmtplib
import pytest
from standardwebhooks import Webhook as Receiver

from broker import channels
from broker.channels import Channel, Email, Security, Slack, Webhook
from broker.host.mail import failure, written
from broker.host.messages import Message, read
from broker.host.notify import slack_request, webhook_request
from broker.host.refusals import Refusal
from broker.host.signatures import signature

MAIL = {"host": "mail.example", "sender": "bot@example.org", "recipients": ("desk@example.org",)}


def message(**changes: Any) -> Message:
    return Message(**{"text": "T", "subject": None, "data": {"a": 1}, "key": "task/step", **changes})


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        *(
            pytest.param(kind, {"url": url}, "absolute http or https URL", id=f"{kind.__name__} at {url or 'nothing'}")
            for kind in (Webhook, Slack)
            for url in ("desk", "/hook", "ftp://desk/", "http:///hook")
        ),
        pytest.param(Webhook, {}, "either url, or url_secret", id="no URL"),
        pytest.param(Slack, {"url": "https://h.example/", "url_secret": "u"}, "either url, or url_secret", id="two URLs"),
        pytest.param(Webhook, {"url": "https://h.example/", "headers": {"X A": "b"}}, "'X A' is no header", id="header's name"),
        pytest.param(
            Webhook, {"url": "https://h.example/", "headers": {"X": "a\r\nY: b"}}, "'X' is no header", id="header's value"
        ),
        pytest.param(Webhook, {"url": "https://h.example/", "headers": {"Host": "x"}}, "written by the delivery", id="host"),
        pytest.param(
            Webhook, {"url": "https://h.example/", "secret_headers": {"Webhook-Id": "x"}}, "written by the delivery", id="id"
        ),
        pytest.param(Email, {**MAIL, "host": "mail example"}, "a host name and a port", id="mail host"),
        pytest.param(Email, {**MAIL, "port": 0}, "a host name and a port", id="mail port"),
        pytest.param(Email, {**MAIL, "recipients": ()}, "at least one recipient", id="nobody to write to"),
        pytest.param(Email, {**MAIL, "sender": "bot"}, "'bot' is no e-mail address", id="no address"),
        pytest.param(
            Email, {**MAIL, "sender": "b@x.example\r\nBcc: c@x.example"}, "no e-mail address", id="header in an address"
        ),
        pytest.param(Email, {**MAIL, "recipients": ("a@x.example, b@x.example",)}, "no e-mail address", id="two in one"),
        pytest.param(Email, {**MAIL, "username": "bot"}, "belong together", id="user without password"),
        pytest.param(
            Email,
            {**MAIL, "username": "bot", "password_secret": "p", "security": Security.NONE},
            "a password goes out over TLS only",
            id="password in the clear",
        ),
    ],
)
def test_a_channel_that_could_never_deliver_is_refused(kind: Any, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        kind(**fields)


@pytest.mark.parametrize(
    ("channel", "secrets"),
    [
        pytest.param(Webhook(url="https://h.example/"), (), id="plain"),
        pytest.param(
            Webhook(url_secret="u", headers={"A": "b"}, secret_headers={"C": "d"}, sign_with="s"), ("u", "s", "d"), id="webhook"
        ),
        pytest.param(Slack(url_secret="u"), ("u",), id="Slack"),
        pytest.param(Email(**MAIL, username="bot", password_secret="p"), ("p",), id="e-mail"),  # type: ignore[arg-type]  # a table
        pytest.param(Email(**MAIL, security=Security.NONE, port=25), (), id="e-mail in the clear"),  # type: ignore[arg-type]  # a table
    ],
)
def test_a_channel_travels_whole_and_names_its_secrets(channel: Channel, secrets: tuple[str, ...]) -> None:
    assert channels.of(json.loads(json.dumps(channels.to_json(channel)))) == channel
    assert channel.secrets == secrets


def test_a_webhook_is_told_everything_under_the_steps_key() -> None:
    channel = Webhook(url="https://h.example/", headers={"X-Desk": "1"}, secret_headers={"Authorization": "auth"})
    headers, content = webhook_request(channel, message(subject="S"), {"auth": "Bearer x"}, 1_700_000_000.9)
    assert headers == {
        "X-Desk": "1",
        "Authorization": "Bearer x",
        "content-type": "application/json",
        "idempotency-key": "task/step",
    }
    assert json.loads(content) == {"subject": "S", "text": "T", "data": {"a": 1}}


def test_a_signature_is_that_of_the_standards_own_example() -> None:
    secret, message_id = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    made = signature(secret, message_id, 1_614_265_330, b'{"test": 2432232314}')
    assert made == {
        "webhook-id": message_id,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("secret", ["a-plain-secret", "whsec_x!", "whsec_", "whsec_!!!!"])
def test_a_secret_that_is_no_base64_is_the_key_itself(secret: str) -> None:
    at = datetime.fromtimestamp(5, tz=UTC)
    assert signature(secret, "id", 5, b"{}")["webhook-signature"] == Receiver(secret.encode()).sign("id", at, "{}")


def test_slack_text_mentions_nobody() -> None:
    headers, content = slack_request(message(subject="A & B", text="<!channel> <https://evil.example|click>"))
    assert headers == {"content-type": "application/json", "idempotency-key": "task/step"}
    text = "*A &amp; B*\n&lt;!channel&gt; &lt;https://evil.example|click&gt;"
    assert json.loads(content) == {"text": text}
    assert json.loads(slack_request(message())[1]) == {"text": "T"}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="no text"),
        pytest.param({"text": 1}, id="text that is none"),
        pytest.param({"text": "x" * 100_001}, id="long text"),
        pytest.param({"text": "T", "subject": "a\r\nBcc: evil@x.example"}, id="header in the subject"),
        pytest.param({"text": "T", "subject": "a\u2028b"}, id="another end of line in the subject"),
        pytest.param({"text": "T", "subject": "a\ud800"}, id="half a character in the subject"),
        pytest.param({"text": "T", "subject": "x" * 501}, id="long subject"),
        pytest.param({"text": "T", "subject": ["a"]}, id="subject that is none"),
        pytest.param({"text": "T", "idempotency_key": "a\r\nX: b"}, id="header in the key"),
        pytest.param({"text": "T", "idempotency_key": "k" * 257}, id="long key"),
        pytest.param({"text": "T", "idempotency_key": 7}, id="key that is none"),
    ],
)
def test_a_message_that_is_none_or_would_write_headers_is_refused(document: dict[str, Any]) -> None:
    refusal = read(document, "key")
    assert isinstance(refusal, Refusal)
    assert (refusal.type, refusal.retryable) == ("delivery_failed", False)


def test_a_message_keeps_its_own_key_or_gets_the_calls() -> None:
    assert read({"text": "T", "subject": "👩\u200d👧"}, "key") == message(key="key", subject="👩\u200d👧", data=None)
    assert read({"text": "T", "idempotency_key": "own"}, "key") == message(key="own", data=None)


def test_a_mail_says_what_the_operator_fixed_and_what_the_message_says() -> None:
    channel = Email(**{**MAIL, "recipients": ("a@example.org", "b@example.org")})  # type: ignore[arg-type]  # a table
    mail = BytesParser(policy=default).parsebytes(
        written(channel, message(subject="Grüße 🎉", text="Zeile 1\n.\nBcc: x"), 0.0).as_bytes()
    )
    assert {name: str(mail[name]) for name in ("From", "To", "Date", "Subject", "Auto-Submitted")} == {
        "From": "bot@example.org",
        "To": "a@example.org, b@example.org",
        "Date": "Thu, 01 Jan 1970 00:00:00 +0000",
        "Subject": "Grüße 🎉",
        "Auto-Submitted": "auto-generated",
    }
    assert mail.get_content().splitlines() == ["Zeile 1", ".", "Bcc: x"]
    assert mail["Bcc"] is None


def test_mails_of_one_key_have_one_id() -> None:
    channel = Email(**MAIL)  # type: ignore[arg-type]  # a table
    ids = [str(written(channel, message(key=key), 0.0)["Message-ID"]) for key in ("a", "a", "b", "", "")]
    assert (ids[0], len(set(ids))) == (ids[1], 4)
    assert all(own.endswith("@example.org>") for own in ids)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(aiosmtplib.SMTPAuthenticationError(535, "no"), ("delivery_failed", False), id="password"),
        pytest.param(aiosmtplib.SMTPAuthenticationError(454, "later"), ("delivery_failed", True), id="password, for now"),
        pytest.param(aiosmtplib.SMTPSenderRefused(550, "no", "a"), ("delivery_failed", False), id="sender"),
        pytest.param(aiosmtplib.SMTPDataError(451, "later"), ("delivery_failed", True), id="data, for now"),
        pytest.param(aiosmtplib.SMTPConnectResponseError(554, "no"), ("delivery_failed", False), id="greeting"),
        pytest.param(
            aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(550, "no", "a")]),
            ("delivery_failed", False),
            id="all",
        ),
        pytest.param(
            aiosmtplib.SMTPRecipientsRefused(
                [aiosmtplib.SMTPRecipientRefused(550, "no", "a"), aiosmtplib.SMTPRecipientRefused(450, "later", "b")]
            ),
            ("delivery_failed", True),
            id="all, one for now",
        ),
        pytest.param(aiosmtplib.SMTPNotSupported("no UTF-8"), ("tls_failed", False), id="not supported"),
        pytest.param(aiosmtplib.SMTPException("no STARTTLS"), ("tls_failed", False), id="no TLS"),
        pytest.param(ssl.SSLCertVerificationError("no"), ("tls_failed", False), id="certificate"),
        pytest.param(aiosmtplib.SMTPReadTimeoutError("slow"), ("timed_out", True), id="slow"),
        pytest.param(aiosmtplib.SMTPServerDisconnected("gone"), ("connect_failed", True), id="gone"),
        pytest.param(ConnectionResetError("gone"), ("connect_failed", True), id="reset"),
    ],
)
def test_what_a_mail_server_says_is_classed_and_not_repeated(error: Exception, expected: tuple[str, bool]) -> None:
    refusal = failure(error)
    assert (refusal.type, refusal.retryable) == expected
    assert str(error) not in refusal.message or not str(error)


@pytest.mark.parametrize(
    "kind",
    [
        value
        for value in vars(aiosmtplib.errors).values()
        if isinstance(value, type) and issubclass(value, aiosmtplib.SMTPException)
    ],
    ids=lambda kind: kind.__name__,
)
def test_every_exception_of_aiosmtplib_is_caught_where_mail_is_sent(kind: type[Exception]) -> None:
    assert issubclass(kind, (aiosmtplib.SMTPException, OSError))


def test_a_receivers_library_takes_the_signature() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    now = datetime.now(tz=UTC).timestamp()
    headers, content = webhook_request(Webhook(url="https://h.example/", sign_with="s"), message(), {"s": secret}, now)
    assert Receiver(secret).verify(content, headers) == {"subject": None, "text": "T", "data": {"a": 1}}
