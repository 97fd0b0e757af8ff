"""What the operator allows: hosts, private endpoints, channels, limits, workers."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from broker import channels
from broker.channels import Channel
from broker.tasks import TaskLimits
from catalog.capability import Limits
from schemas.values import Json

SECRET_HEADERS = ("authorization", "*-key", "*-token", "*apikey")
"""The request headers that may carry a secret where the operator names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Where a secret is kept and where it may go. Raises `ValueError` on what could never be used.

    `hosts` are globs as in `Policy.hosts`; nothing else is ever sent the value, and where there are none, only the operator's
    own channels use it. `headers` and `query` are globs over the names of request headers and query parameters that may carry
    it. It goes out over https, or to an endpoint that the operator pinned.
    """

    source: str  # provider:key, such as env:GITHUB_TOKEN or file:github
    hosts: tuple[str, ...]
    headers: tuple[str, ...] = SECRET_HEADERS
    query: tuple[str, ...] = ()  # none unless named: URLs are kept in the logs of others

    def __post_init__(self) -> None:
        """Refuse a source without provider or key, and names that are no header's."""
        if not self.provider or not self.key:
            message = f"a secret comes from provider:key, such as env:GITHUB_TOKEN or file:github, not {self.source!r}"
            raise ValueError(message)
        if not all((*self.hosts, *self.headers, *self.query)):
            message = "an empty text is no glob of a host, header or query parameter"
            raise ValueError(message)
        if any(not glob.strip("*.:[]") for glob in self.hosts):
            message = "a secret is bound to hosts by name: a glob of all hosts would send it anywhere"
            raise ValueError(message)

    @property
    def provider(self) -> str:
        """Name who keeps the secret."""
        return self.source.partition(":")[0]

    @property
    def key(self) -> str:
        """Name the secret as its provider knows it."""
        return self.source.partition(":")[2]


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

    `hosts` are globs over hosts, which reach public addresses only; one that names a port (`api.example:8443`, `*:*`) covers
    that port, one that does not covers `ports`.
    `private` names what may be reached although it is private, each pinned to `address:port`, like curl's `--connect-to`:
    with `{"inventory.demo": "127.0.0.1:41234"}` a request to http://inventory.demo/ connects to that address and port and sends
    `Host: inventory.demo`.
    """

    hosts: tuple[str, ...] = ("*",)
    ports: tuple[int, ...] = (80, 443)  # what a glob that names no port covers
    private: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    secrets: Mapping[str, Binding] = field(default_factory=dict)
    limits: Limits = CEILING  # of one call; the smaller of both counts, field by field
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)  # processes for handlers that only compute
    waiting_workers: int = field(default_factory=lambda: 4 * (os.cpu_count() or 1))  # for handlers that wait for others
    queue: int = 10_000  # calls that may wait for a worker; one more is refused as overloaded
    namespace_calls: int = 10_000  # of one namespace at once; more of them wait
    task_limits: TaskLimits = field(default_factory=TaskLimits)  # of all calls of one task
    grace_s: float = 20.0  # for calls under way when the pool closes; what is not done then is ended
    worker_calls: int = 20_000  # after which a worker is replaced by a new process
    worker_bytes: int = 1 << 30  # of resident memory between calls, above which it is
    ca_file: Path | None = None  # certificate authorities to trust; None: those of certifi

    def __post_init__(self) -> None:
        """Refuse pins that are no address, and pools without workers."""
        for endpoint in self.private.values():
            _check_endpoint(endpoint)
        for name, channel in self.channels.items():
            _check_secrets(name, channel, self.secrets)
        if not all(0 < port < 1 << 16 for port in self.ports):
            message = f"ports are between 1 and 65535, not {list(self.ports)}"
            raise ValueError(message)
        if min(self.workers, self.waiting_workers, self.queue, self.namespace_calls, self.worker_calls) < 1:
            message = "workers, waiting_workers, queue, namespace_calls and worker_calls are at least 1"
            raise ValueError(message)

    def secrets_of(self, granted: Iterable[str]) -> frozenset[str]:
        """Name the secrets that channels work with."""
        return frozenset(name for channel in granted if channel in self.channels for name in self.channels[channel].secrets)

    def narrowed(self, wanted: Limits) -> Limits:
        """Give `wanted`, but in no field more than the operator's own limit."""
        own = self.limits.model_dump()
        return Limits(**{name: min(value, own[name]) for name, value in wanted.model_dump().items()})

    def to_json(self) -> dict[str, Json]:
        """Write what a worker has to know."""
        return {
            "hosts": list(self.hosts),
            "ports": list(self.ports),
            "private": {name.lower(): endpoint for name, endpoint in self.private.items()},
            "channels": {name: channels.to_json(channel) for name, channel in self.channels.items()},
            "ca_file": str(self.ca_file) if self.ca_file else None,
        }


def _check_secrets(name: str, channel: Channel, secrets: Mapping[str, Binding]) -> None:
    unknown = sorted(set(channel.secrets) - set(secrets))
    if unknown:
        message = f"channel {name} uses the secret {unknown[0]}, which is not configured"
        raise ValueError(message)


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
