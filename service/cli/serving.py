"""`goalwright serve`."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Annotated

import typer
import uvicorn

from service.api.app import create_app
from service.cli.output import Exit, Format, progress, refusals, stop
from service.client import announcement
from service.composition import Services, running
from service.preparation import told
from service.settings import Settings, read_settings

DRAIN_S = 5


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; beyond loopback a token is needed.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
) -> None:
    """Serve HTTP, and run every unfinished task in the database to its end."""
    with refusals(Format.TEXT):
        settings = read_settings(host=host, port=port)
        # Uvicorn raises the signal that ended it once more; as an interrupt it lets everything close in order.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with _listening(settings) as listener, suppress(KeyboardInterrupt):
            asyncio.run(_serve(settings, listener))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    """Open the services first, so that what is wrong with them is told as anywhere, and then serve."""
    async with _announced(settings, listener) as services:
        app = create_app(lambda: nullcontext(services), settings)
        await uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=DRAIN_S)).serve([listener])


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
            progress.print(f"goalwright serves {url}  (database {settings.database_url}, planner: {services.planner_name})")
            yield services
        finally:
            file.unlink(missing_ok=True)
