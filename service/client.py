"""The CLI's way to a service: over the network where a server runs, in this process where none does."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from engine.errors import TaskQuarantinedError
from schemas.values import Json, JsonObject
from service.api.app import create_app
from service.composition import Services
from service.settings import Settings

POLL_S = 20.0


class RefusedError(Exception):
    """The service refused the request. `problem` is its RFC 9457 document."""

    def __init__(self, problem: JsonObject) -> None:
        """Keep the whole document."""
        super().__init__(str(problem.get("detail", problem)))
        self.problem = problem


class UnreachableError(Exception):
    """No service answers at the URL that was named."""


class NobodyRunsError(Exception):
    """The task has not ended, and no process runs it."""

    def __init__(self, task: str) -> None:
        """Say what to do."""
        super().__init__(f"Nobody runs task {task} now. Start 'goalwright serve' on the same database to take it up.")


@dataclass(frozen=True, slots=True)
class Client:
    """Asks a service. Raises `RefusedError` for any answer but success, `UnreachableError` for none."""

    http: httpx.AsyncClient
    local: bool = False  # served in this process: nobody else can reach it

    async def get(self, path: str, **query: Json) -> JsonObject:
        """Read a resource."""
        return await self._ask("GET", path, params={key: value for key, value in query.items() if value is not None})

    async def post(self, path: str, body: JsonObject) -> JsonObject:
        """Submit something."""
        return await self._ask("POST", path, json=body)

    async def facts(self, task: str, *, after: int = 0, follow: bool = True) -> AsyncIterator[JsonObject]:
        """Give a task's facts in order; with `follow`, wait for more until the task has ended.

        Raises `NobodyRunsError` where there is nothing to wait for, `TaskQuarantinedError` where the log does not hold.
        """
        while True:
            wait = POLL_S if follow else 0
            page = await self.get(f"/v1/tasks/{task}/facts", after=after, wait=wait, limit=1_000)
            for fact in page["facts"]:
                yield fact
                after = fact["seq"]
            if page["facts"]:
                continue
            if page["ended"] or not follow:
                return
            if not page["live"]:
                await self._ended(task)

    async def _ended(self, task: str) -> None:
        """Raise where a task that nobody runs has not ended."""
        row = await self.get(f"/v1/tasks/{task}")
        held = row["quarantine"]
        if row["ended_at"] is not None:
            return
        if held is not None:
            raise TaskQuarantinedError(task, f"fact {held['seq']}: {held['says']}")
        raise NobodyRunsError(task)

    async def _ask(self, method: str, path: str, **kwargs: Json) -> JsonObject:
        try:
            response = await self.http.request(method, path, **kwargs)
        except httpx.TransportError as failure:
            msg = f"No service answers at {self.http.base_url}: {failure}"
            raise UnreachableError(msg) from None
        try:
            body = response.json()
        except json.JSONDecodeError:
            body = {"detail": f"The server answered {response.status_code} without JSON; is it Goalwright?"}
        if not response.is_success:
            raise RefusedError(body)
        assert isinstance(body, dict)
        return body


def running_server(settings: Settings) -> str | None:
    """Name the server to ask: the one set, or the one that announced itself beside the database."""
    if settings.server:
        return settings.server
    try:
        announced = json.loads(announcement(settings).read_text())
    except (OSError, ValueError):
        return None
    url = announced.get("url")
    return url if isinstance(url, str) and _answers(url) else None


def announcement(settings: Settings) -> Path:
    """Name the file in which a server says where it listens."""
    return settings.data / "server.json"


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=2, trust_env=False).is_success
    except httpx.TransportError:
        return False  # left behind by a server that was killed


@asynccontextmanager
async def connected(settings: Settings, opened: Callable[[], AbstractAsyncContextManager[Services]]) -> AsyncIterator[Client]:
    """Connect to a running server, or serve this one client in this process."""
    token = {"Authorization": f"Bearer {settings.token.get_secret_value()}"} if settings.token else {}
    url = running_server(settings)
    timeout = httpx.Timeout(10, read=POLL_S + 10)
    if url:
        async with httpx.AsyncClient(base_url=url, headers=token, timeout=timeout, trust_env=False) as http:
            yield Client(http)
        return
    app = create_app(opened, settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=token, timeout=timeout) as http,
    ):
        yield Client(http, local=True)
