"""What the operator allows: hosts, private endpoints, channels, limits, workers."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from catalog.capability import Limits
from catalog.values import Json


class ChannelKind(StrEnum):
    """How a channel delivers."""

    WEBHOOK = "webhook"  # an HTTP POST of `{subject, text, data}` as JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A place that notifications go to. Its URL is the operator's own and may be private. Raises `ValueError`."""

    url: str
    kind: ChannelKind = ChannelKind.WEBHOOK
    headers: Mapping[str, str] = field(default_factory=dict)  # sent with every delivery, such as an Authorization

    def __post_init__(self) -> None:
        """Refuse what could never be delivered to."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            message = f"a webhook needs an absolute http or https URL, not {self.url!r}"
            raise ValueError(message)


CEILING = Limits(
    cpu_ms=10_000,
    wall_ms=120_000,
    memory_bytes=512 << 20,
    output_bytes=16 << 20,
    log_bytes=256 << 10,
    host_calls=1_000,
    moved_bytes=256 << 20,
)
"""The operator's limits where none are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operator allows every call; a call's own grants narrow it further. Raises `ValueError` on a bad entry.

    `hosts` are globs over `host`, or `host:port` where the port is not the scheme's own; they reach public addresses only.
    `private` names what may be reached although it is private, each pinned to `address:port`, like curl's `--connect-to`:
    with `{"inventory.demo": "127.0.0.1:41234"}` a request to http://inventory.demo/ connects to that address and port and sends
    `Host: inventory.demo`.
    """

    hosts: tuple[str, ...] = ("*",)
    private: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    limits: Limits = CEILING  # of one call; the smaller of both counts, field by field
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)  # processes for handlers that only compute
    waiting_workers: int = field(default_factory=lambda: 4 * (os.cpu_count() or 1))  # for handlers that wait for others
    queue: int = 10_000  # calls that may wait for a worker; one more is refused as overloaded
    ca_file: Path | None = None  # certificate authorities to trust; None: those of certifi

    def __post_init__(self) -> None:
        """Refuse pins that are no address, and pools without workers."""
        for endpoint in self.private.values():
            _check_endpoint(endpoint)
        if min(self.workers, self.waiting_workers, self.queue) < 1:
            message = "workers, waiting_workers and queue are at least 1"
            raise ValueError(message)

    def narrowed(self, wanted: Limits) -> Limits:
        """Give `wanted`, but in no field more than the operator's own limit."""
        own = self.limits.model_dump()
        return Limits(**{name: min(value, own[name]) for name, value in wanted.model_dump().items()})

    def to_json(self) -> dict[str, Json]:
        """Write what a worker has to know."""
        return {
            "hosts": list(self.hosts),
            "private": {name.lower(): endpoint for name, endpoint in self.private.items()},
            "channels": {
                name: {"kind": channel.kind, "url": channel.url, "headers": dict(channel.headers)}
                for name, channel in self.channels.items()
            },
            "ca_file": str(self.ca_file) if self.ca_file else None,
        }


def _check_endpoint(endpoint: str) -> None:
    host, _, port = endpoint.rpartition(":")
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
        valid = 0 < int(port) < 1 << 16
    except ValueError:
        valid = False
    if not valid:
        message = f"a private name is pinned to address:port, such as 127.0.0.1:8080, not {endpoint!r}"
        raise ValueError(message)
