"""The `http` host function: the only way out of the sandbox, and a guarded one."""

import ssl
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpcore
import httpx

from broker.host import asked, guard
from broker.host.line import Answer, Dialled, Line, Network, fetched
from broker.host.loans import Wallet
from broker.host.masks import Masks
from broker.host.meter import Meter
from broker.host.refusals import Refusal, ok
from broker.host.transport import Resolver, resolve
from catalog.retry_after import retry_after_s

DELIVERY_SECONDS = 30.0


class Delivered(NamedTuple):
    """What a channel answered, and after how many seconds it wants to be asked again, if it said so."""

    status: int
    retry_after_s: float | None


def network(
    policy: Mapping[str, Any], *, resolver: Resolver = resolve, sockets: httpcore.NetworkBackend | None = None
) -> Network:
    """Read the operator's part, as `broker.policy.Policy.to_json` writes it.

    Trusts the authorities in `ca_file`, or those of certifi; never what the environment names.
    """
    ca_file = policy["ca_file"]
    tls = ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context(trust_env=False)
    return Network(guard.Rules.of(policy), resolver, tls, sockets or httpcore.SyncBackend())


class Browser:
    """The requests of one call, which may reach the hosts in `granted`. Close it when the call ends."""

    def __init__(self, network: Network, granted: frozenset[str], meter: Meter, wallet: Wallet | None = None) -> None:
        """Start without a connection. `wallet` holds the secrets lent to the call."""
        self._line = Line(network, meter, public=True)
        self._granted = granted
        self._meter = meter
        self._wallet = wallet or Wallet((), Masks(()))

    def request(self, text: str) -> str:
        """Carry out one request of a guest and follow its redirects; both sides are JSON text.

        The answer has placeholders again where it repeats a secret, so that a link in it can be followed.
        """
        answer = self._meter.charge_call() or fetched(lambda: self._fetched(text))
        if isinstance(answer, Refusal):
            return replace(answer, message=self._wallet.masks.masked(answer.message)).to_text()
        return ok(veiled(answer, self._wallet.masks))

    def close(self) -> None:
        """Close every connection."""
        self._line.close()

    def _fetched(self, text: str) -> Answer | Refusal:
        wanted = asked.read(text)
        if isinstance(wanted, Refusal):
            return wanted
        target = guard.parse(wanted.url)
        if isinstance(target, Refusal):
            return target
        request = guard.checked(wanted.method, target, wanted.headers, wanted.content)
        if isinstance(request, Refusal):
            return request
        self._line.until(wanted.timeout_s)
        return self._followed(self._wallet.sealed(request), wanted)

    def _followed(self, request: guard.Request, wanted: asked.Asked) -> Answer | Refusal:
        for _ in range(guard.REDIRECT_LIMIT + 1):
            answer = self._sent(request, wanted)
            if isinstance(answer, Refusal):
                return answer
            location = answer["headers"].get("location")
            if answer["status"] not in guard.REDIRECTS or location is None:
                return answer
            following = guard.following(request, answer["status"], self._wallet.masks.veiled(location))
            if isinstance(following, Refusal):
                return following
            request = following
        return Refusal("too_many_redirects", f"more than {guard.REDIRECT_LIMIT} redirects")

    def _sent(self, request: guard.Request, wanted: asked.Asked) -> Answer | Refusal:
        refusal = guard.permitted(request.target, self._line.network.rules, self._granted)
        refusal = refusal or self._line.connectable(request.target)
        if refusal:
            return refusal
        filled = self._wallet.filled(request, pinned=self._line.network.rules.pin(request.target) is not None)
        if isinstance(filled, Refusal):
            return filled
        room = self._meter.remaining_bytes()
        cap = room if wanted.max_bytes is None else min(wanted.max_bytes, room)
        answer = self._line.sent(filled, cap, binary=wanted.binary)
        return answer if isinstance(answer, Refusal) else {**answer, "url": str(request.target.url)}


class Courier:
    """Deliveries of one call to the operator's own places, which may be private. Close it when the call ends.

    Its connections are kept apart from a guest's: an address that is fine here must not become reachable there.
    """

    def __init__(self, network: Network, meter: Meter) -> None:
        """Start without a connection."""
        self._line = Line(network, meter, public=False)
        self._meter = meter

    @property
    def tls(self) -> ssl.SSLContext:
        """Give the authorities that deliveries trust."""
        return self._line.network.tls

    def deliver(self, url: str, headers: Mapping[str, str], content: bytes) -> Delivered | Refusal:
        """POST `content` and tell what the other side said. Redirects are not followed; of its answer little is read."""
        target = guard.parse(url)
        if isinstance(target, Refusal):
            return target
        request = guard.checked("POST", target, headers.items(), content)
        if isinstance(request, Refusal):
            return request
        self._line.until(DELIVERY_SECONDS)
        answer = self._line.connectable(target) or self._line.posted(request)
        if isinstance(answer, Refusal):
            return answer
        return Delivered(answer.status_code, retry_after_s(answer.headers, datetime.now(UTC)))

    def dial(self, host: str, port: int, charge: int) -> Dialled | Refusal:
        """Connect to a server that does not speak HTTP, about to send it `charge` bytes."""
        target = guard.parse(f"https://{f'[{host}]' if ':' in host else host}:{port}/")
        if isinstance(target, Refusal):
            return target
        self._line.until(DELIVERY_SECONDS)
        refusal = self._line.connectable(target) or self._meter.charge_bytes(charge)
        return refusal or self._line.dialled(target)

    def late(self) -> Refusal | None:
        """Refuse to go on once the call's wall clock has run out."""
        return self._meter.late()

    def close(self) -> None:
        """Close every connection."""
        self._line.close()


def veiled(answer: Answer, masks: Masks) -> Answer:
    """Hide secrets in an answer's headers and body, whatever a server repeats of what it was sent."""
    if not masks:
        return answer
    text, binary = answer["body"], answer["body_base64"]
    if binary is not None:
        hidden = masks.veiled(b64decode(binary).decode("latin-1"))
        binary = b64encode(hidden.encode("latin-1")).decode("ascii")
    return {
        **answer,
        "headers": {masks.veiled(name): masks.veiled(value) for name, value in answer["headers"].items()},
        "body": text if text is None else masks.veiled(text),
        "body_base64": binary,
    }
