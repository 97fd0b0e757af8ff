"""The composition root: the only module that names concrete adapters. Everything opens in order and closes in reverse."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from broker.policy import Channel, Policy
from broker.pool import WasmPool
from catalog.capability import Limits
from catalog.loader import CORE, load_catalog
from catalog.registry import Catalog
from engine.clock import SystemClock
from engine.rules import Rules
from engine.runner import Runner
from engine.store.sql import SqlStore
from fragments.bounds import Left
from planner.models.port import Model
from planner.planner import FragmentPlanner
from planner.templates import Library, load_library
from service.door import Door
from service.goals import House
from service.settings import Settings

Progress = Callable[[str, str], None]
"""Hears of slow preparations: a handler's name, and what is being done with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What can be known without running anything: the catalog, the templates, and a door that checks."""

    settings: Settings
    catalog: Catalog
    library: Library
    house: House
    door: Door
    planner_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that runs. `runner` is None where this process only reads."""

    catalog: Catalog
    library: Library
    store: SqlStore
    runner: Runner | None
    door: Door
    planner_name: str
