"""The `http` host function: the only way out of the sandbox, and a guarded one."""

import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from broker.host import asked, guard
from broker.host.line import Answer, Line, Network, fetched
from broker.host.meter import Meter
from broker.host.refusals import Refusal, ok
from broker.host.transport import Resolver, resolve


def network(policy: Mapping[str, Any], *, resolver: Resolver = resolve) -> Network:
    """Read the operator's part, as `broker.policy.Policy.to_json` writes it.

    Trusts the authorities in `ca_file`, or those of certifi; never what the environment names.
    """
    ca_file = policy["ca_file"]
    tls = ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context(trust_env=False)
    return Network(guard.Rules.of(policy), resolver, tls)


class Browser:
    """The requests of one call, which may reach the hosts in `granted`. Close it when the call ends."""

    def __init__(self, network: Network, granted: frozenset[str], meter: Meter) -> None:
        """Start without a connection."""
        self._line = Line(network, meter, public=True)
        self._granted = granted
        self._meter = meter

    def request(self, text: str) -> str:
        """Carry out one request of a guest and follow its redirects; both sides are JSON text."""
        answer = self._meter.charge_call() or fetched(lambda: self._fetched(text))
        return answer.to_text() if isinstance(answer, Refusal) else ok(answer)

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
        return self._followed(request, wanted.max_bytes)

    def _followed(self, request: guard.Request, max_bytes: int | None) -> Answer | Refusal:
        for _ in range(guard.REDIRECT_LIMIT + 1):
            answer = self._sent(request, max_bytes)
            if isinstance(answer, Refusal):
                return answer
            location = answer["headers"].get("location")
            if answer["status"] not in guard.REDIRECTS or location is None:
                return answer
            following = guard.following(request, answer["status"], location)
            if isinstance(following, Refusal):
                return following
            request = following
        return Refusal("too_many_redirects", f"more than {guard.REDIRECT_LIMIT} redirects")

    def _sent(self, request: guard.Request, max_bytes: int | None) -> Answer | Refusal:
        refusal = guard.permitted(request.target, self._line.network.rules, self._granted)
        refusal = refusal or self._line.connectable(request.target)
        if refusal:
            return refusal
        room = self._meter.remaining_bytes()
        return self._line.sent(request, room if max_bytes is None else min(max_bytes, room))


class Courier:
    """Deliveries of one call to the operator's own URLs, which may be private. Close it when the call ends.

    Its connections are kept apart from a guest's: an address that is fine here must not become reachable there.
    """

    def __init__(self, network: Network, meter: Meter) -> None:
        """Start without a connection."""
        self._line = Line(network, meter, public=False)
        self._meter = meter

    def deliver(self, url: str, headers: Mapping[str, str], content: bytes) -> int | Refusal:
        """POST `content` and answer the status. Redirects are not followed."""
        target = guard.parse(url)
        if isinstance(target, Refusal):
            return target
        request = guard.checked("POST", target, headers.items(), content)
        if isinstance(request, Refusal):
            return request
        self._line.until(asked.TIMEOUT_MS / 1000)
        refusal = self._line.connectable(target)
        answer = refusal or self._line.sent(request, self._meter.remaining_bytes())
        return answer if isinstance(answer, Refusal) else int(answer["status"])

    def close(self) -> None:
        """Close every connection."""
        self._line.close()
