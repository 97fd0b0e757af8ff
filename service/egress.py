"""Settings of what leaves the house: channels for notifications, and secrets with the places that they may go to."""

from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator

from broker.channels import Channel, Email, Security, Slack, Webhook
from broker.policy import SECRET_HEADERS, Binding

SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,62}$")]


class _ChannelSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    record: ClassVar[type[Webhook | Slack | Email]]

    def channel(self) -> Channel:
        """Give the channel as the broker knows it. Raises `ValueError`."""
        return self.record(**self.model_dump(exclude={"kind"}))

    @model_validator(mode="after")
    def _deliverable(self) -> Self:
        self.channel()
        return self


class WebhookSettings(_ChannelSettings):
    """A URL that takes `{subject, text, data}` as JSON."""

    record = Webhook

    kind: Literal["webhook"] = "webhook"
    url: str = ""
    url_secret: str = Field(default="", description="In place of url: the secret that holds it.")
    headers: dict[str, str] = {}
    secret_headers: dict[str, str] = Field(default={}, description="Headers whose whole value is a secret: header to secret.")
    sign_with: str = Field(default="", description="The secret that deliveries are signed with (Standard Webhooks).")


class SlackSettings(_ChannelSettings):
    """An incoming webhook of Slack, or of what takes the same `{text}`."""

    record = Slack

    kind: Literal["slack"]
    url: str = ""
    url_secret: str = Field(default="", description="In place of url: the secret that holds it.")


class EmailSettings(_ChannelSettings):
    """A mail server, and who writes to whom."""

    record = Email

    kind: Literal["email"]
    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    username: str = ""
    password_secret: str = Field(default="", description="The secret that holds the password.")
    sender: str = Field(alias="from")
    recipients: tuple[str, ...] = Field(alias="to", min_length=1)


def _kind(value: Any) -> str:
    kind = value.get("kind", "webhook") if isinstance(value, dict) else getattr(value, "kind", "")
    return kind if isinstance(kind, str) else ""


ChannelSettings: TypeAlias = Annotated[
    Annotated[WebhookSettings, Tag("webhook")]
    | Annotated[SlackSettings, Tag("slack")]
    | Annotated[EmailSettings, Tag("email")],
    Discriminator(
        _kind,
        custom_error_type="channel_kind",
        custom_error_message="kind is webhook, slack or email",
    ),
]
"""One channel; a `kind` that is left out means webhook."""


class SecretSettings(BaseModel):
    """Where a secret is kept and where it may go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(alias="from", description="env:VARIABLE, or file:NAME in secrets_folder.")
    hosts: tuple[str, ...] = Field(description="Globs of the hosts that may be sent it; empty: only channels use it.")
    headers: tuple[str, ...] = Field(default=SECRET_HEADERS, description="Globs of request headers that may carry it.")
    query: tuple[str, ...] = Field(default=(), description="Globs of query parameters that may carry it.")

    def binding(self) -> Binding:
        """Give the binding as the broker knows it. Raises `ValueError`."""
        return Binding(**self.model_dump())

    @model_validator(mode="after")
    def _bound(self) -> Self:
        if self.binding().provider not in ("env", "file"):
            msg = f"a secret comes from env:VARIABLE or file:NAME, not {self.source!r}"
            raise ValueError(msg)
        return self


def findings(
    channels: dict[str, WebhookSettings | SlackSettings | EmailSettings], secrets: dict[str, SecretSettings], *, folder: bool
) -> list[str]:
    """Say what does not go together: channels with secrets that there are not, files without a folder."""
    unknown = [
        f"channels.{name}: it uses the secret {secret}, and there is no secrets.{secret}"
        for name, settings in channels.items()
        for secret in dict.fromkeys(settings.channel().secrets)
        if secret not in secrets
    ]
    homeless = [
        f"secrets.{name}: it comes from a file, and no secrets_folder is set"
        for name, settings in secrets.items()
        if settings.binding().provider == "file" and not folder
    ]
    return unknown + homeless
