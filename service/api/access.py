"""Who may ask, and what every resource needs from the application."""

import hmac
from typing import Annotated

from fastapi import Depends, Header, Request

from service.api.refusals import Refusal
from service.composition import Services
from service.settings import Settings


def services(request: Request) -> Services:
    """Give the running services."""
    found = request.app.state.services
    assert isinstance(found, Services)
    return found


Running = Annotated[Services, Depends(services)]


def authorised(request: Request, authorization: Annotated[str, Header()] = "") -> None:
    """Refuse a request without the operator's bearer token, where one is set."""
    settings = request.app.state.settings
    assert isinstance(settings, Settings)
    if settings.token is None:
        return
    wanted = f"Bearer {settings.token.get_secret_value()}"
    if not hmac.compare_digest(authorization.encode(), wanted.encode()):
        raise Refusal(401, "Unauthorised", "Send the header 'Authorization: Bearer TOKEN' with the operator's token.")
