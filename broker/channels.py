"""Channels: the places that notifications go to, named and held by the operator. Records only, on the standard library alone.

A channel's own secrets are named, as `broker.policy.Policy.secrets` names them; their values travel with the calls that may use
the channel.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from email.headerregistry import Address
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias
from urllib.parse import urlsplit

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,4096}")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_ADDRESS = re.compile(r"[!-~]{1,64}@[A-Za-z0-9.-]{1,253}")
_OURS = {"content-type", "content-length", "host", "idempotency-key", "webhook-id", "webhook-timestamp", "webhook-signature"}


class ChannelKind(StrEnum):
    """How a channel delivers."""

    WEBHOOK = "webhook"  # an HTTP POST of `{subject, text, data}` as JSON, signed where a key is named
    SLACK = "slack"  # an HTTP POST of `{text}`, as Slack's incoming webhooks and their many likes take it
    EMAIL = "email"  # a plain text message over SMTP


class Security(StrEnum):
    """How a connection to a mail server is protected."""

    STARTTLS = "starttls"  # begins in the clear and must turn to TLS before anything is said; port 587
    TLS = "tls"  # TLS from the first byte; port 465
    NONE = "none"  # in the clear; never with a password


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A URL that takes JSON. Raises `ValueError` on what could never be delivered to.

    The URL is the operator's own and may be private; one that is itself a secret is named by `url_secret` in its place.
    `secret_headers` are headers whose whole value is a secret. `sign_with` names the key of a signature as Standard Webhooks
    (standardwebhooks.com) defines it: HMAC-SHA256 over id, timestamp and body.
    """

    kind: ClassVar[ChannelKind] = ChannelKind.WEBHOOK

    url: str = ""
    url_secret: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, str] = field(default_factory=dict)
    sign_with: str = ""

    def __post_init__(self) -> None:
        """Check the URL and the headers."""
        _check_url(self.url, self.url_secret)
        for name, value in (*self.headers.items(), *((name, "") for name in self.secret_headers)):
            if not _HEADER.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                message = f"{name!r} is no header, or its value is not printable ASCII on one line"
                raise ValueError(message)
            if name.lower() in _OURS:
                message = f"the header {name} is written by the delivery itself"
                raise ValueError(message)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Name the secrets that a delivery needs."""
        return tuple(filter(None, (self.url_secret, self.sign_with, *self.secret_headers.values())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """An incoming webhook of Slack or one like it. Raises `ValueError`. Its URL is usually a secret: `url_secret` names it."""

    kind: ClassVar[ChannelKind] = ChannelKind.SLACK

    url: str = ""
    url_secret: str = ""

    def __post_init__(self) -> None:
        """Check the URL."""
        _check_url(self.url, self.url_secret)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Name the secrets that a delivery needs."""
        return tuple(filter(None, (self.url_secret,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """A mail server, and who writes to whom: all fixed by the operator. Raises `ValueError`."""

    kind: ClassVar[ChannelKind] = ChannelKind.EMAIL

    host: str
    sender: str
    recipients: tuple[str, ...]
    port: int = 587
    security: Security = Security.STARTTLS
    username: str = ""
    password_secret: str = ""

    def __post_init__(self) -> None:
        """Check host, addresses and that a password never goes out in the clear."""
        if not _HOST.fullmatch(self.host) or not 0 < self.port < 1 << 16:
            message = f"a mail server is a host name and a port, not {self.host!r} and {self.port}"
            raise ValueError(message)
        if not self.recipients:
            message = "an e-mail channel needs at least one recipient"
            raise ValueError(message)
        for address in (self.sender, *self.recipients):
            _check_address(address)
        if bool(self.username) != bool(self.password_secret):
            message = "username and password_secret belong together"
            raise ValueError(message)
        if self.username and self.security is Security.NONE:
            message = "a password goes out over TLS only: set security to starttls or tls"
            raise ValueError(message)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Name the secrets that a delivery needs."""
        return tuple(filter(None, (self.password_secret,)))


Channel: TypeAlias = Webhook | Slack | Email

_KINDS: Mapping[str, type[Webhook | Slack | Email]] = {each.kind: each for each in (Webhook, Slack, Email)}


def to_json(channel: Channel) -> dict[str, Any]:
    """Write a channel as `of` reads it; no secret's value is in it."""
    return {"kind": channel.kind, **asdict(channel)}


def of(document: Mapping[str, Any]) -> Channel:
    """Read what `to_json` wrote, also after it went through JSON."""
    fields: dict[str, Any] = {name: value for name, value in document.items() if name != "kind"}
    if document["kind"] == ChannelKind.EMAIL:
        fields |= {"recipients": tuple(fields["recipients"]), "security": Security(fields["security"])}
    return _KINDS[document["kind"]](**fields)


def _check_url(url: str, url_secret: str) -> None:
    if bool(url) == bool(url_secret):
        message = "give either url, or url_secret: the name of a secret that holds it"
        raise ValueError(message)
    if url:
        check_url(url)


def check_url(url: str) -> None:
    """Raise `ValueError` for what is no absolute http or https URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = "a channel needs an absolute http or https URL"
        raise ValueError(message)


def _check_address(address: str) -> None:
    if not _ADDRESS.fullmatch(address):
        message = f"{address!r} is no e-mail address such as desk@example.org"
        raise ValueError(message)
    Address(addr_spec=address)
