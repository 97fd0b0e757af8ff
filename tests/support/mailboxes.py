"""A mail server on loopback that keeps what it is given."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

SECONDS = 5.0


class Mailbox:
    """Takes all mail, from `users` only where there are any; answers a recipient or `DATA` otherwise where `replies` say so."""

    def __init__(self, users: dict[str, str] | None = None, replies: dict[str, str] | None = None) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.logins: list[tuple[str, str]] = []
        self._users = users
        self._replies = replies or {}

    @contextmanager
    def running(self, tls: ssl.SSLContext | None = None, *, starttls: bool = True) -> Iterator[int]:
        """Serve, and give the port; with `tls` and not `starttls`, TLS is spoken from the first byte."""
        options: dict[str, Any] = {"hostname": "127.0.0.1", "port": 0}
        if tls and starttls:
            options |= {"tls_context": tls, "require_starttls": True}
        elif tls:
            options["ssl_context"] = tls
        if self._users:
            options |= {"authenticator": self._authenticated, "auth_required": starttls, "auth_require_tls": starttls}
        controller = Listening(self, **options)
        controller.start()
        try:
            yield controller.port
        finally:
            controller.left.wait(SECONDS)
            controller.stop()

    def _authenticated(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        login = (data.login.decode(), data.password.decode())
        self.logins.append(login)
        return AuthResult(success=login in (self._users or {}).items(), handled=False)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or answer what `replies` has for it."""
        if address in self._replies:
            return self._replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        self.taken.append((str(envelope.mail_from), list(envelope.rcpt_tos), envelope.content))
        return self._replies.get("DATA", "250 OK")


class Listening(Controller):
    """A controller at a port that the system chooses, which knows when everybody has left."""

    def __init__(self, *given: Any, **options: Any) -> None:
        self.left = Event()
        self.left.set()
        super().__init__(*given, **options)

    def factory(self) -> SMTP:
        """Make what speaks with one client."""
        controller = self

        class Counted(SMTP):
            def connection_made(self, transport: Any) -> None:
                controller.left.clear()
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                super().connection_lost(error)
                controller.left.set()

        return Counted(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # a private method of the library, to be replaced by its users
