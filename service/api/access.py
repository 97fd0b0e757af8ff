"""Who may ask, and what every resource needs from the application."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request
from pydantic import SecretStr

from service.api.refusals import Refusal
from service.api.streams import Streams
from service.composition import Services
from service.settings import Settings

EVERY_GROUP = "*"
SENDER = "sender"
"""The name under which a request's state holds its sender."""

_READS = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sent a request. `EVERY_GROUP` among `groups` stands for all."""

    name: str
    groups: tuple[str, ...]


OPERATOR = Sender(name="operator", groups=(EVERY_GROUP,))


def services(request: Request) -> Services:
    """Give the running services, with what was published since the last request taken up."""
    found = request.app.state.services
    assert isinstance(found, Services)
    found.catch_up()
    return found


Running = Annotated[Services, Depends(services)]


def sender_of(settings: Settings, method: str, path: str, authorization: Sequence[str]) -> Sender:
    """Say who sends a request with these `Authorization` headers. Raises `Refusal`: 401 for nobody known, 403 for no right.

    The operator may do everything; a person of the settings may read, and answer what tasks wait for. Without an operator's
    token set, who sends none is the operator: such a server listens on loopback only.
    """
    given = authorization[0] if len(authorization) == 1 else None
    sent = {name: _is(person.token, given) for name, person in settings.people.items()}  # all, so that time tells none
    for name, person in settings.people.items():
        if sent[name]:
            if method not in _READS and not path.endswith("/signals"):
                raise Refusal(403, "Forbidden", f"{name} may read, and answer what tasks wait for; this needs the operator.")
            return Sender(name=name, groups=person.groups)
    if (settings.token is None and not any(authorization)) or (settings.token and _is(settings.token, given)):
        return OPERATOR
    raise Refusal(
        401, "Unauthorised", "Send the header 'Authorization: Bearer TOKEN' with the operator's token or one of your own."
    )


def authorised(request: Request) -> Sender:
    """Give who asks; the middleware `Authentication` has settled it, before it let the body be read."""
    sender = getattr(request.state, SENDER, None)
    if not isinstance(sender, Sender):  # a path that the middleware does not guard
        settings = request.app.state.settings
        assert isinstance(settings, Settings)
        sender = sender_of(settings, request.method, request.url.path, request.headers.getlist("authorization"))
    return sender


def streams(request: Request) -> Streams:
    """Give the count of those who wait for facts."""
    found = request.app.state.streams
    assert isinstance(found, Streams)
    return found


Waiting = Annotated[Streams, Depends(streams)]
Asking = Annotated[Sender, Depends(authorised)]


def _is(token: SecretStr, authorization: str | None) -> bool:
    """Compare in a time that tells neither how much of the token is right nor how long it is."""
    wanted = f"Bearer {token.get_secret_value()}"
    return hmac.compare_digest(sha256((authorization or "").encode()).digest(), sha256(wanted.encode()).digest())
