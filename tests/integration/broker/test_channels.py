"""The `notify` host function against webhooks and mail servers on loopback."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from standardwebhooks import Webhook as Receiver

from broker.channels import Channel, Email, Security, Slack, Webhook
from broker.host.egress import Courier, network
from broker.host.masks import Masks
from broker.host.meter import Meter
from broker.host.notify import Keys, Notifier
from broker.orders import Loan
from broker.policy import Binding, Policy
from tests.support.mailboxes import Mailbox
from tests.support.servers import allowance, no_resolver, says, serving, to

TLS = Path(__file__).parent / "tls"
PLACEHOLDER = "gwsecret42"


@contextmanager
def notifying(
    channel: Channel,
    *granted: str,
    key: str = "",
    values: Mapping[str, str] | None = None,
    private: Mapping[str, str] | None = None,
    meter: Meter | None = None,
) -> Iterator[Callable[..., Any]]:
    secrets = {name: Binding(source=f"env:{name}", hosts=()) for name in channel.secrets}
    policy = Policy(channels={"desk": channel}, secrets=secrets, private=private or {}, ca_file=TLS / "server.pem")
    measured = meter or Meter(allowance())
    courier = Courier(network(policy.to_json(), resolver=lambda host, _: [host]), measured)
    masks = Masks([Loan(name="key", placeholder=PLACEHOLDER, value="value-12345")], (values or {}).values())
    channels = {name: channel for name in granted if name == "desk"}
    notifier = Notifier(channels, frozenset({"desk"}), courier, measured, key, lent=Keys(values=values or {}, masks=masks))
    try:
        yield lambda message: json.loads(notifier.send(json.dumps(message)))
    finally:
        courier.close()


def test_a_notification_reaches_the_operators_private_webhook() -> None:
    with serving(hook=says(b"", 202)) as server:
        channel = Webhook(url=f"http://{server.at}/hook", headers={"Authorization": "Bearer desk"})
        with notifying(channel, "desk", key="step-key") as send:
            message = {"channel": "desk", "subject": "S", "text": "T", "data": {"a": 1}}
            assert send(message) == {"ok": {"channel": "desk", "delivered": True, "status": 202}}
            send({**message, "idempotency_key": "own-key"})
    first, second = server.seen
    assert json.loads(first["body"]) == {"subject": "S", "text": "T", "data": {"a": 1}}
    expected = {"content-type": "application/json", "authorization": "Bearer desk", "idempotency-key": "step-key"}
    assert first["headers"].items() >= expected.items()
    assert second["headers"]["idempotency-key"] == "own-key"


def test_a_signed_delivery_is_taken_by_a_receivers_own_library() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    with serving(hook=says()) as server:
        channel = Webhook(url_secret="hook", sign_with="key", secret_headers={"X-Desk-Token": "token"})
        values = {"hook": f"http://{server.at}/hook", "key": secret, "token": "token-12345"}
        with notifying(channel, "desk", key="task/step", values=values) as send:
            for _ in range(2):
                assert send({"channel": "desk", "text": "T"})["ok"]["status"] == 200
    for seen in server.seen:
        assert Receiver(secret).verify(seen["body"], seen["headers"]) == {"subject": None, "text": "T", "data": None}
        assert seen["headers"]["x-desk-token"] == "token-12345"
    assert {seen["headers"]["webhook-id"] for seen in server.seen} == {"task/step"}


def test_a_chat_gets_text() -> None:
    with serving(services=says(b"ok")) as server:
        values = {"u": f"http://{server.at}/services"}
        with notifying(Slack(url_secret="u"), "desk", values=values) as send:
            assert send({"channel": "desk", "subject": "S", "text": "<b>"})["ok"]["status"] == 200
    assert json.loads(server.seen[0]["body"]) == {"text": "*S*\n&lt;b&gt;"}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        pytest.param({"channel": "nowhere", "text": "T"}, "channel_unknown", id="unknown"),
        pytest.param({"channel": "desk", "text": "T"}, "channel_refused", id="not granted"),
        pytest.param({"channel": 1}, "delivery_failed", id="no channel"),
        pytest.param([], "delivery_failed", id="no message"),
    ],
)
def test_a_notification_needs_a_granted_channel(message: Any, kind: str) -> None:
    with notifying(Webhook(url="http://127.0.0.1:1/")) as send:
        assert send(message)["error"]["type"] == kind


@pytest.mark.parametrize("part", ["text", "subject", "data", "idempotency_key", "channel"])
def test_a_secret_of_the_call_is_never_told(part: str) -> None:
    with serving(hook=says()) as server, notifying(Webhook(url=f"http://{server.at}/hook"), "desk") as send:
        refused = send({"channel": "desk", "text": "T", part: f"it is {PLACEHOLDER}"})
    assert refused["error"] == {
        "type": "secret_refused",
        "message": "a message holds a secret: channels have their own",
        "retryable": False,
    }
    assert server.seen == []


def test_a_delivery_that_fails_says_no_more_than_the_channels_name() -> None:
    replies = {
        "busy": says(b"", 503),
        "slow": says(b"", 429, Retry_After="7"),
        "bad": says(b"", 400),
        "moved": to("http://o.demo/"),
    }
    with serving(**replies) as server:
        found = []
        for url in (*(f"http://{server.at}/{path}" for path in replies), "http://127.0.0.1:1/s3cret"):
            with notifying(Webhook(url=url), "desk") as send:
                found.append(send({"channel": "desk", "text": "T"})["error"])
    assert found == [
        {"type": "delivery_failed", "message": "the channel desk answered 503", "retryable": True},
        {"type": "delivery_failed", "message": "the channel desk answered 429", "retryable": True, "retry_after_s": 7.0},
        {"type": "delivery_failed", "message": "the channel desk answered 400", "retryable": False},
        {"type": "delivery_failed", "message": "the channel desk answered 302", "retryable": False},
        {"type": "delivery_failed", "message": "the channel desk was not reached: connect failed", "retryable": True},
    ]


@pytest.mark.parametrize(
    ("values", "says_"),
    [
        pytest.param({}, "the channel desk lacks its secret u", id="missing"),
        pytest.param({"u": "not-a-url-s3cret"}, "the channel desk was not reached: url invalid", id="no URL"),
        pytest.param(
            {"u": "http://u:s3cret@h.example/"}, "the channel desk was not reached: url invalid", id="with credentials"
        ),
    ],
)
def test_a_channel_whose_secret_cannot_be_used_says_so_and_not_what_it_is(values: dict[str, str], says_: str) -> None:
    with notifying(Slack(url_secret="u"), "desk", values=values) as send:
        assert send({"channel": "desk", "text": "T"})["error"] == {
            "type": "delivery_failed",
            "message": says_,
            "retryable": False,
        }


def test_a_long_answer_of_a_channel_is_not_read() -> None:
    meter = Meter(allowance(moved_bytes=10_000))
    with serving(hook=says(b"x" * 5_000_000)) as server:
        channel = Webhook(url=f"http://{server.at}/hook")
        with notifying(channel, "desk", meter=meter) as send:
            assert send({"channel": "desk", "text": "T"})["ok"]["delivered"] is True
    assert meter.moved_bytes < 2_000


def test_an_idempotency_key_cannot_carry_a_header() -> None:
    with serving(hook=says()) as server, notifying(Webhook(url=f"http://{server.at}/hook"), "desk") as send:
        answer = send({"channel": "desk", "text": "T", "idempotency_key": "a\r\nX-Evil: b"})
    assert answer["error"]["type"] == "delivery_failed"
    assert server.seen == []


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
    return context


def mail(port: int, **changes: Any) -> tuple[Email, dict[str, str]]:
    """Give a channel that writes to secure.demo, the name of the server's certificate, and where that is."""
    fields = {"host": "secure.demo", "port": port, "sender": "bot@example.org", "recipients": ("desk@example.org",)}
    return Email(**{**fields, **changes}), {f"secure.demo:{port}": f"127.0.0.1:{port}"}


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS], ids=str)
def test_a_mail_is_sent_over_tls_to_those_that_the_operator_named(security: Security) -> None:
    mailbox = Mailbox(users={"bot": "password-123"})
    with mailbox.running(server_tls(), starttls=security is Security.STARTTLS) as port:
        channel, private = mail(
            port, security=security, username="bot", password_secret="p", recipients=("a@example.org", "b@example.org")
        )
        with notifying(channel, "desk", key="k", values={"p": "password-123"}, private=private) as send:
            message = {"channel": "desk", "subject": "Grüße", "text": "Zeile\n.\n"}
            assert send(message) == {"ok": {"channel": "desk", "delivered": True, "status": "250"}}
    assert mailbox.logins == [("bot", "password-123")]
    ((sender, recipients, content),) = mailbox.taken
    assert (sender, recipients) == ("bot@example.org", ["a@example.org", "b@example.org"])
    taken = BytesParser(policy=default).parsebytes(content)
    assert (taken["Subject"], taken.get_content().splitlines()) == ("Grüße", ["Zeile", "."])


def test_a_mail_in_the_clear_goes_where_the_operator_says_so() -> None:
    mailbox = Mailbox()
    with mailbox.running() as port:
        channel = Email(
            host="127.0.0.1", port=port, security=Security.NONE, sender="bot@example.org", recipients=("desk@example.org",)
        )
        with notifying(channel, "desk") as send:
            assert send({"channel": "desk", "text": "T"})["ok"]["status"] == "250"
    assert len(mailbox.taken) == 1


@pytest.mark.parametrize(
    ("host", "starttls", "reason"),
    [
        pytest.param("other.demo", True, "tls failed", id="a certificate for another name"),
        pytest.param("secure.demo", False, "tls failed", id="a server without STARTTLS"),
    ],
)
def test_a_mail_waits_for_tls_that_can_be_trusted(host: str, reason: str, *, starttls: bool) -> None:
    mailbox = Mailbox()
    with mailbox.running(server_tls() if starttls else None) as port:
        channel, _ = mail(port, host=host)
        with notifying(channel, "desk", private={f"{host}:{port}": f"127.0.0.1:{port}"}) as send:
            error = send({"channel": "desk", "text": "T"})["error"]
    assert error["message"] == f"the channel desk was not reached: {reason}"
    assert mailbox.taken == []


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        pytest.param({"DATA": "451 later s3cret"}, ("the mail server answered 451", True), id="not now"),
        pytest.param({"DATA": "554 no s3cret"}, ("the mail server answered 554", False), id="never"),
        pytest.param(
            {"desk@example.org": "550 unknown s3cret"},
            ("the mail server refused every recipient: 550", False),
            id="nobody there",
        ),
    ],
)
def test_a_refused_mail_is_classed_and_not_repeated(replies: dict[str, str], expected: tuple[str, bool]) -> None:
    with Mailbox(replies=replies).running(server_tls()) as port:
        channel, private = mail(port)
        with notifying(channel, "desk", private=private) as send:
            error = send({"channel": "desk", "text": "T"})["error"]
    says_, retryable = expected
    assert error == {
        "type": "delivery_failed",
        "message": f"the channel desk was not reached: {says_}",
        "retryable": retryable,
    }


def test_a_mail_that_some_recipients_get_is_delivered_and_says_so() -> None:
    mailbox = Mailbox(replies={"gone@example.org": "550 unknown"})
    with mailbox.running(server_tls()) as port:
        channel, private = mail(port, recipients=("gone@example.org", "desk@example.org"))
        with notifying(channel, "desk", private=private) as send:
            assert send({"channel": "desk", "text": "T"})["ok"]["status"] == "250 for 1 of 2 recipients"
    assert [recipients for _, recipients, _ in mailbox.taken] == [["desk@example.org"]]


def test_a_wrong_password_is_told_without_it() -> None:
    with Mailbox(users={"bot": "right-password"}).running(server_tls()) as port:
        channel, private = mail(port, username="bot", password_secret="p")
        with notifying(channel, "desk", values={"p": "wrong-password"}, private=private) as send:
            error = send({"channel": "desk", "text": "T"})["error"]
    assert error["message"] == "the channel desk was not reached: the mail server refused the password"


def test_a_mail_server_that_says_nothing_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        channel, private = mail(silent.getsockname()[1])
        with notifying(channel, "desk", private=private, meter=Meter(allowance(wall_ms=200))) as send:
            assert send({"channel": "desk", "text": "T"})["error"]["type"] == "limit_wall"


def test_a_mail_server_that_drips_is_left_at_the_deadline() -> None:
    over = Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            while not over.wait(0.02):
                connection.sendall(b"220-still thinking\r\n")

    with socket.create_server(("127.0.0.1", 0)) as slow:
        thread = Thread(target=drip, args=(slow,))
        thread.start()
        channel, private = mail(slow.getsockname()[1])
        with notifying(channel, "desk", private=private, meter=Meter(allowance(wall_ms=200))) as send:
            assert send({"channel": "desk", "text": "T"})["error"]["type"] == "limit_wall"
        over.set()
        thread.join()


def test_the_host_of_a_mail_is_never_looked_up_where_it_is_pinned() -> None:
    mailbox = Mailbox()
    with mailbox.running(server_tls()) as port:
        channel, private = mail(port)
        policy = Policy(channels={"desk": channel}, private=private, ca_file=TLS / "server.pem")
        meter = Meter(allowance())
        courier = Courier(network(policy.to_json(), resolver=no_resolver), meter)
        notifier = Notifier({"desk": channel}, frozenset({"desk"}), courier, meter, "", lent=Keys(values={}, masks=Masks([])))
        assert json.loads(notifier.send('{"channel": "desk", "text": "T"}'))["ok"]["status"] == "250"
        courier.close()
