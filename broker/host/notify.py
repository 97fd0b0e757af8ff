"""The `notify` host function: delivers to channels that the operator named."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from broker.channels import Channel, Email, Slack, Webhook, check_url
from broker.host.egress import Courier, Delivered
from broker.host.mail import mailed
from broker.host.masks import Masks
from broker.host.messages import Message, read
from broker.host.meter import Meter
from broker.host.refusals import Refusal, ok
from broker.host.signatures import signature

RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})


class Notifier:
    """The notifications of one call. `granted` are the channels that it may use, out of those that the operator configured."""

    def __init__(
        self, granted: Mapping[str, Channel], known: frozenset[str], courier: Courier, meter: Meter, key: str, *, lent: "Keys"
    ) -> None:
        """Deliver through `courier`; `key` is the Idempotency-Key where a message brings none."""
        self._granted = granted
        self._known = known
        self._courier = courier
        self._meter = meter
        self._key = key
        self._lent = lent

    def send(self, text: str) -> str:
        """Deliver `{channel, subject, text, data, idempotency_key}`; both sides are JSON text."""
        answer = self._sent(text)
        return answer.to_text() if isinstance(answer, Refusal) else ok(answer)

    def _sent(self, text: str) -> dict[str, Any] | Refusal:
        refusal = self._meter.charge_call()
        if refusal:
            return refusal
        if self._lent.masks.marks(text):
            return Refusal("secret_refused", "a message holds a secret: channels have their own")
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return Refusal("delivery_failed", "the message is not JSON")
        if not isinstance(document, dict) or not isinstance(document.get("channel"), str):
            return Refusal("delivery_failed", "a message is an object with a channel")
        return self._admitted(document["channel"], document)

    def _admitted(self, name: str, document: Mapping[str, Any]) -> dict[str, Any] | Refusal:
        if name not in self._known:
            return Refusal("channel_unknown", f"no channel {name[:80]!r} is configured")
        if name not in self._granted:
            return Refusal("channel_refused", f"the channel {name} was not granted to this call")
        channel = self._granted[name]
        missing = sorted(set(channel.secrets) - set(self._lent.values))
        if missing:
            return Refusal("delivery_failed", f"the channel {name} lacks its secret {missing[0]}")
        message = read(document, self._key)
        return message if isinstance(message, Refusal) else _told(name, self._delivered(channel, message))

    def _delivered(self, channel: Channel, message: Message) -> Delivered | str | Refusal:
        match channel:
            case Webhook():
                return self._posted(channel, *webhook_request(channel, message, self._lent.values, self._lent.now()))
            case Slack():
                return self._posted(channel, *slack_request(message))
            case Email():
                password = self._lent.values.get(channel.password_secret, "")
                return mailed(channel, message, self._courier, password, self._lent.now())

    def _posted(self, channel: Webhook | Slack, headers: Mapping[str, str], content: bytes) -> Delivered | Refusal:
        url = channel.url or self._lent.values[channel.url_secret]
        try:
            check_url(url)
        except ValueError:
            return Refusal("url_invalid", f"the secret {channel.url_secret} holds no URL")
        return self._courier.deliver(url, headers, content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The values of the secrets that the granted channels work with, the masks that know them, and the time of day."""

    values: Mapping[str, str]
    masks: Masks
    now: Callable[[], float] = time.time


def webhook_request(channel: Webhook, message: Message, keys: Mapping[str, str], now: float) -> tuple[dict[str, str], bytes]:
    """Give headers and body of a delivery; the signature covers id, time and body."""
    content = json.dumps({"subject": message.subject, "text": message.text, "data": message.data}).encode()
    headers = {**channel.headers, **{header: keys[secret] for header, secret in channel.secret_headers.items()}}
    headers |= {"content-type": "application/json", **_key(message)}
    if channel.sign_with:
        headers |= signature(keys[channel.sign_with], message.key, now, content)
    return headers, content


def slack_request(message: Message) -> tuple[dict[str, str], bytes]:
    """Give headers and body of a delivery: `{text}`, in which nothing mentions people or channels."""
    text = message.text if message.subject is None else f"*{message.subject}*\n{message.text}"
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"content-type": "application/json", **_key(message)}, json.dumps({"text": escaped}).encode()


def _key(message: Message) -> dict[str, str]:
    return {"idempotency-key": message.key} if message.key else {}


def _told(name: str, status: Delivered | str | Refusal) -> dict[str, Any] | Refusal:
    if isinstance(status, Refusal):
        return _undelivered(name, status)
    if isinstance(status, str):
        return {"channel": name, "delivered": True, "status": status}
    if 200 <= status.status < 300:  # noqa: PLR2004 - the success class of RFC 9110
        return {"channel": name, "delivered": True, "status": status.status}
    says = f"the channel {name} answered {status.status}"
    return Refusal("delivery_failed", says, retryable=status.status in RETRYABLE, retry_after_s=status.retry_after_s)


def _undelivered(name: str, refusal: Refusal) -> Refusal:
    """Keep limits by name; say nothing of the channel's URL, which may hold a secret."""
    if refusal.type.startswith("limit_"):
        return refusal
    reason = refusal.message if refusal.type == "delivery_failed" else refusal.type.replace("_", " ")
    return Refusal("delivery_failed", f"the channel {name} was not reached: {reason}", retryable=refusal.retryable)
