"""Who sends a request is settled before a byte of its body is read: a body costs time, and nobody unknown may have any."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.access import SENDER, sender_of
from service.api.refusals import Refusal, document
from service.settings import Settings

GUARDED = "/v1/"


class Authentication:
    """Lets requests below `/v1/` pass whose sender is known and may make them. ASGI middleware."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        """Stand before `app`; `settings` hold the tokens."""
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or 403 without reading the body; else pass the request on with its sender."""
        if scope["type"] != "http" or not scope["path"].startswith(GUARDED):
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).getlist("authorization")
        try:
            sender = sender_of(self._settings, scope["method"], scope["path"], sent)
        except Refusal as refusal:
            await document(refusal.status, refusal.title, refusal.detail)(scope, receive, send)
            return
        scope.setdefault("state", {})[SENDER] = sender
        await self._app(scope, receive, send)
