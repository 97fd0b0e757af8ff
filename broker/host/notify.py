"""The `notify` host function: delivers to channels that the operator named."""

import json
from collections.abc import Mapping
from typing import Any

from broker.host.egress import Courier
from broker.host.meter import Meter
from broker.host.refusals import Refusal, ok

RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})


class Notifier:
    """The notifications of one call. `channels` is what the operator configured, `granted` what this call may use."""

    def __init__(
        self, channels: Mapping[str, Mapping[str, Any]], granted: frozenset[str], courier: Courier, meter: Meter, key: str
    ) -> None:
        """Deliver through `courier`; `key` is the Idempotency-Key where a message brings none."""
        self._channels = channels
        self._granted = granted
        self._courier = courier
        self._meter = meter
        self._key = key

    def send(self, text: str) -> str:
        """Deliver `{channel, subject, text, data, idempotency_key}`; both sides are JSON text."""
        answer = self._sent(text)
        return answer.to_text() if isinstance(answer, Refusal) else ok(answer)

    def _sent(self, text: str) -> dict[str, Any] | Refusal:
        refusal = self._meter.charge_call()
        if refusal:
            return refusal
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return Refusal("delivery_failed", "the message is not JSON")
        if not isinstance(message, dict) or not isinstance(message.get("channel"), str):
            return Refusal("delivery_failed", "a message is an object with a channel")
        name = message["channel"]
        if name not in self._channels:
            return Refusal("channel_unknown", f"no channel {name[:80]!r} is configured")
        if name not in self._granted:
            return Refusal("channel_refused", f"the channel {name} was not granted to this call")
        return self._delivered(name, message)

    def _delivered(self, name: str, message: Mapping[str, Any]) -> dict[str, Any] | Refusal:
        channel = self._channels[name]
        key = message.get("idempotency_key") or self._key
        headers = {**channel["headers"], "content-type": "application/json"}
        if key:
            headers["idempotency-key"] = str(key)
        content = json.dumps({part: message.get(part) for part in ("subject", "text", "data")}).encode()
        status = self._courier.deliver(channel["url"], headers, content)
        if isinstance(status, Refusal):
            return _undelivered(name, status)
        if not 200 <= status < 300:  # noqa: PLR2004 - the success class of RFC 9110
            return Refusal("delivery_failed", f"the channel {name} answered {status}", retryable=status in RETRYABLE)
        return {"channel": name, "delivered": True, "status": status}


def _undelivered(name: str, refusal: Refusal) -> Refusal:
    """Keep limits by name; say nothing of the channel's URL, which may hold a secret."""
    if refusal.type.startswith("limit_"):
        return refusal
    reason = refusal.type.replace("_", " ")
    return Refusal("delivery_failed", f"the channel {name} was not reached: {reason}", retryable=refusal.retryable)
