"""`goalwright serve`."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from typing import Annotated

import typer
import uvicorn

from broker.sandbox import privileges
from service.api.app import create_app
from service.cli.output import Exit, Format, progress, refusals, stop
from service.client import announcement
from service.composition import Services, running
from service.connections import Deadlines, protocol
from service.preparation import told
from service.settings import Settings, SettingsError, read_settings

DRAIN_S = 5
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; beyond loopback a token is needed.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
) -> None:
    """Serve HTTP, and run every unfinished task in the database to its end."""
    with refusals(Format.TEXT):
        settings = read_settings(host=host, port=port)
        if settings.unguarded:
            raise SettingsError((settings.unguarded,))
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the server listens, it ends as after an interrupt
        with _listening(settings) as listener, suppress(KeyboardInterrupt):
            asyncio.run(_serve(settings, listener))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    """Open the services first, so that what is wrong with them is told as anywhere, and then serve."""
    async with _announced(settings, listener) as services:
        app = create_app(lambda: nullcontext(services), settings)
        config = uvicorn.Config(
            app,
            http=protocol(Deadlines(connections=settings.connections)),
            ws="none",
            server_header=False,
            log_config=None,
            timeout_graceful_shutdown=DRAIN_S,
        )
        await _Server(config).serve([listener])


class _Server(uvicorn.Server):
    """Ends in order when it is asked to; asked once more, the process ends at once.

    Uvicorn's own way raises the signal again when it has closed, and what the handlers have under way would be interrupted.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for each in _SIGNALS:
            loop.add_signal_handler(each, self._asked)
        yield

    def _asked(self) -> None:
        self.should_exit = True
        for each in _SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(each)
            signal.signal(each, signal.default_int_handler)


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as failure:
        stop(Exit.FAILED, f"Cannot listen on {settings.host}:{settings.port}: {failure.strerror}. Choose another with --port.")


@asynccontextmanager
async def _announced(settings: Settings, listener: socket.socket) -> AsyncIterator[Services]:
    """Open the services, and say beside the database where they can be reached."""
    async with running(settings, prepared=told(progress)) as services:
        host, port = listener.getsockname()[:2]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        file = announcement(settings)
        try:  # an interrupt may come as soon as the file is there
            temporary = file.with_suffix(".tmp")
            temporary.write_text(json.dumps({"url": url, "pid": os.getpid()}))
            temporary.replace(file)
            progress.say(
                "goalwright serves {url}  (database {database}, planner: {planner})",
                url=url,
                database=settings.database_url,
                planner=services.planner_name,
            )
            progress.say("workers: {held}", held=privileges.describe(privileges.expected()))
            yield services
        finally:
            file.unlink(missing_ok=True)
