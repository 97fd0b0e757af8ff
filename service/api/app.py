"""The FastAPI application over running services."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import Depends, FastAPI

from schemas.limits import REQUEST_BYTES
from service.api import checks, described, goals, handlers, health, reference, refusals, signals, tasks
from service.api.access import authorised
from service.api.authentication import Authentication
from service.api.origins import Origins
from service.api.streams import Streams
from service.composition import Services
from service.settings import LOOPBACK, Settings


def create_app(opened: Callable[[], AbstractAsyncContextManager[Services]], settings: Settings) -> FastAPI:
    """Build the application; `opened` is entered when it starts and left when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened() as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="Goalwright",
        summary="Turns a goal into a workflow that is proved, sandboxed and auditable.",
        version=version("goalwright"),
        lifespan=lifespan,
        max_body_size=REQUEST_BYTES,
        docs_url=None,  # FastAPI's pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.streams = Streams(most=settings.streams, most_each=settings.streams_each)
    refusals.install(app)
    app.add_middleware(Authentication, settings=settings)
    app.add_middleware(Origins, loopback=settings.host in LOOPBACK)
    app.include_router(health.router)
    for resource in (goals, tasks, signals, checks, handlers):
        app.include_router(resource.router, prefix="/v1", dependencies=[Depends(authorised)])
    described.install(app)
    reference.install(app)
    return app
