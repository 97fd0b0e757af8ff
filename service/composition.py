"""The composition root: the only module that names concrete adapters. Everything opens in order and closes in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from structlog import get_logger

from broker.policy import Policy
from broker.pool import WasmPool
from broker.secrets import Environment, Folder, SecretProvider, Vault
from broker.tasks import TaskLimits
from catalog.capability import Capability
from catalog.findings import CatalogError
from catalog.loader import CORE, LoadedCatalog, load_catalog
from catalog.published import Published
from catalog.registry import Catalog
from engine.clock import SystemClock
from engine.rules import Rules
from engine.runner import Runner
from engine.store.sql import SqlReader, SqlStore, bring_up_to_date
from fragments.bounds import Left
from logs import setup
from planner.library import Library, load_library
from planner.models.port import Model, ModelUnknownError
from planner.models.recorded import Recorded
from planner.planner import FragmentPlanner
from service import permissions
from service.door import Door
from service.goals import House
from service.integrity import TipsExport, installation_keys, kept_tips
from service.settings import Settings
from service.workflows import LibraryWorkflows

log = get_logger()

Progress = Callable[[str, str], None]
"""Told a handler's exact id and its stage: building, compiling, ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What can be known without running anything: the catalog, the templates, and a door that checks."""

    settings: Settings
    loaded: LoadedCatalog
    library: Library
    house: House
    door: Door
    planner_name: str

    @property
    def catalog(self) -> Catalog:
        """Give the capabilities."""
        return self.loaded.catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that runs. `runner` is None where this process only reads."""

    loaded: LoadedCatalog
    store: SqlReader | SqlStore
    runner: Runner | None
    door: Door
    planner_name: str
    verifying: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while a log is verified

    @property
    def catalog(self) -> Catalog:
        """Give the capabilities."""
        return self.loaded.catalog

    def catch_up(self) -> None:
        """Take up what was published or retired since; a store that cannot be read changes nothing, and the log says so."""
        try:
            self.loaded.catch_up()
        except CatalogError as error:
            log.warning("published_not_taken_up", findings=[str(finding) for finding in error.findings])


def close_to_others(settings: Settings) -> None:
    """Close what is kept here to every other user of the machine, and tell the log what was open.

    Raises `SettingsError` where something is somebody else's or cannot be closed.
    """
    mended = permissions.closed(settings)
    if mended:
        log.warning("permissions_mended", says=list(mended))


def vocabulary(settings: Settings) -> Vocabulary:
    """Read the catalog and the templates; a template with problems is left out, and its problems are logged.

    Raises `CatalogError` with all findings.
    """
    setup.protect(settings.credentials)
    loaded = load_catalog(CORE, *settings.handlers, published=Published(settings.published))
    house = House(
        left=Left(**settings.bounds.model_dump()),
        hosts=settings.reachable_hosts,
        channels=frozenset(settings.channels),
        secrets=frozenset(name for name, secret in settings.secrets.items() if secret.hosts),
        models=settings.roster,
        groups=frozenset(group for one in settings.people.values() for group in one.groups) if settings.people else None,
    )
    library = load_library(loaded.catalog, settings.templates, kept=settings.cache)
    for file, problems in library.flawed.items():
        says = [f"{problem.code} at {problem.where or '/'}: {problem.says}" for problem in problems]
        log.warning("template_left_out", file=file, problems=says)
    house = replace(house, workflows=LibraryWorkflows(library.templates, loaded.catalog, house.frame))
    asks_a_model = bool(settings.model or settings.recorded)
    door = Door(catalog=loaded.catalog, library=library, house=house, asks_a_model=asks_a_model)
    name = settings.model or (f"recorded answers in {settings.recorded}" if settings.recorded else "templates only, no model")
    return Vocabulary(settings=settings, loaded=loaded, library=library, house=house, door=door, planner_name=name)


@asynccontextmanager
async def running(
    settings: Settings, *, prepared: AbstractContextManager[Progress] | None = None, takes_up: bool = True
) -> AsyncIterator[Services]:
    """Open everything, take up every unfinished task (unless told not to), and close in reverse.

    With `prepared`, every handler is built and compiled before anything begins, and whoever waits is told.
    """
    close_to_others(settings)
    known = vocabulary(settings)
    rules = Rules(
        catalog=known.catalog,
        turns=settings.plan_turns,
        plan_call_usd=settings.plan_call_usd,
        plan_timeout_s=settings.model_timeout_s * 1.5,
        channels=known.house.channels,
        secrets=known.house.secrets,
        operator_hosts=known.house.hosts,
        groups=known.house.groups,
        planning_date=settings.planning_date,
    )
    keys = installation_keys(settings)
    kept = await asyncio.to_thread(kept_tips, settings, keys)
    export = TipsExport(settings.tips, keys, every_s=settings.tips_every_s)
    async with (
        SqlStore.open(settings.database_url, keys=keys, kept=kept.anchors, told=export.note) as store,
        export.running(store),
        sandbox(known) as pool,
    ):
        if prepared is not None:
            with prepared as progress:
                await pool.prepare(progress)
        async with Runner.open(
            store=store,
            handlers=pool,
            planner=planner_of(known),
            clock=SystemClock(),
            rules=rules,
            takes_up=takes_up,
            grace_s=settings.grace_s,
        ) as runner:
            door = replace(known.door, store=store, runner=runner)
            yield Services(loaded=known.loaded, store=store, runner=runner, door=door, planner_name=known.planner_name)


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Services]:
    """Open only what reading needs: nothing is run or taken up.

    A database that is not there yet is made, empty; one of an older version is upgraded, unless another process runs it.
    """
    close_to_others(settings)
    known = vocabulary(settings)
    await asyncio.to_thread(bring_up_to_date, settings.database_url)
    async with SqlReader.reading(settings.database_url, keys=installation_keys(settings)) as reader:
        yield Services(loaded=known.loaded, store=reader, runner=None, door=known.door, planner_name=known.planner_name)


@asynccontextmanager
async def sandbox(known: Vocabulary) -> AsyncIterator[WasmPool]:
    """Open the worker processes. Handlers are built and compiled when first used, or all at once by `prepare`."""
    settings = known.settings
    close_to_others(settings)
    policy = Policy(
        hosts=settings.hosts,
        ports=settings.ports,
        private=settings.private_hosts,
        channels={name: channel.channel() for name, channel in settings.channels.items()},
        secrets={name: secret.binding() for name, secret in settings.secrets.items()},
        ca_file=settings.ca_file,
        limits=settings.call_limits,
        task_limits=TaskLimits(**settings.task_limits.model_dump()),
        namespace_calls=settings.namespace_calls,
        grace_s=settings.grace_s,
        workers=settings.workers,
    )

    def component(capability: Capability) -> Path:
        return known.loaded.component(capability, cache=settings.cache)

    vault = await _vault(settings, policy)
    async with WasmPool.open(
        components=component, catalog=known.catalog, cache=settings.cache, policy=policy, vault=vault
    ) as pool:
        yield pool


async def _vault(settings: Settings, policy: Policy) -> Vault:
    """Open the secrets; one that cannot be had now may be there later, so the log is told and nothing else."""
    providers: dict[str, SecretProvider] = {"env": Environment()}
    if settings.secrets_folder is not None:
        providers["file"] = Folder(settings.secrets_folder)
    vault = Vault(policy.secrets, providers)
    for says in await vault.missing():
        log.warning("secret_missing", says=says)
    return vault


def planner_of(known: Vocabulary) -> FragmentPlanner:
    """Make the planner: the model that the settings name, else templates alone."""
    models = _Models(known.settings)
    return FragmentPlanner(
        models.configured(),
        known.catalog,
        known.library,
        models=models,
        budget_characters=known.settings.prompt_characters,
    )


class _Models:
    """Makes models of their names: those on the operator's list, each with what the list says of it."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._roster = settings, settings.roster
        self._slots: dict[str, asyncio.Semaphore] = {}

    def configured(self) -> Model | None:
        """Give the model that is asked where a goal names none."""
        if self._settings.recorded:
            return Recorded(self._settings.recorded, pending=self._settings.pending)
        return self(self._settings.model) if self._settings.model else None

    def __call__(self, name: str) -> Model:
        """Give a model. Raises `ModelUnknownError` for one that is not listed."""
        entry = self._roster.find(name)
        if entry is None:
            raise ModelUnknownError(" ".join(self._roster.refusal(name) or ()))
        from planner.models.lite_llm import LiteLlm  # noqa: PLC0415 - importing litellm takes seconds, and most commands ask no model

        if entry.concurrency is not None:
            self._slots.setdefault(entry.glob, asyncio.Semaphore(entry.concurrency))
        slots = self._slots.get(entry.glob)
        return LiteLlm(name, entry=entry, timeout_s=self._settings.model_timeout_s, slots=slots)
