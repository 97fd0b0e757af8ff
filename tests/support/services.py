"""The HTTP application over a real store and runner, with handlers and a planner that a test scripts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import httpx
from fastapi import FastAPI

from engine.clock import SystemClock
from engine.ports import Planner
from engine.rules import Rules
from engine.runner import Runner
from engine.store.sql import SqlStore
from service.api.app import create_app
from service.composition import Services, vocabulary
from service.settings import Settings
from tests.support.handlers import ScriptedHandlers


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """A client, and the scripted handlers behind the application that it speaks to."""

    http: httpx.AsyncClient
    handlers: ScriptedHandlers
    services: Services


def settings_in(folder: Path, **more: Any) -> Settings:
    """Make settings that keep everything in one folder and read no file."""
    return Settings(data=folder, cache=folder / "cache", **more)


def application(folder: Path, *, planner: Planner, handlers: ScriptedHandlers | None = None, **more: Any) -> FastAPI:
    """Make the application over scripted handlers; everything opens when its lifespan begins."""
    settings = settings_in(folder, **more)
    known = vocabulary(settings)
    scripted = handlers or ScriptedHandlers()
    rules = Rules(catalog=known.catalog, turns=settings.plan_turns, channels=known.house.channels)

    @asynccontextmanager
    async def opened() -> AsyncIterator[Services]:
        async with (
            SqlStore.open(settings.database_url) as store,
            Runner.open(
                store=store, handlers=scripted, planner=planner, clock=SystemClock(), rules=rules, chance=Random(0).random
            ) as runner,
        ):
            door = replace(known.door, store=store, runner=runner, asks_a_model=True)
            yield Services(loaded=known.loaded, store=store, runner=runner, door=door, planner_name="scripted")

    return create_app(opened, settings)


@asynccontextmanager
async def served(
    folder: Path, *, planner: Planner, handlers: ScriptedHandlers | None = None, **more: Any
) -> AsyncIterator[Scripted]:
    """Serve the application in this process."""
    scripted = handlers or ScriptedHandlers()
    app = application(folder, planner=planner, handlers=scripted, **more)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as http,
    ):
        yield Scripted(http=http, handlers=scripted, services=app.state.services)
