"""Runs handlers in sandboxes: the engine's port `Handlers`, on WebAssembly."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from broker.answers import outcome
from broker.contracts import Contract
from broker.crew import Crew, NoWorkerError, OverdueError, WorkerLostError
from broker.library import Components, Library, Progress
from broker.orders import FRAME_BYTES, Allowance, Order, Report
from broker.policy import Policy
from broker.sandbox.compiler import Compiler
from broker.sandbox.errors import SandboxError
from catalog.calls import Call, Failed, Outcome
from catalog.capability import Capability, Effect
from catalog.registry import Catalog

TRIES = 2  # of a call whose worker died and which may safely be made again

_log = logging.getLogger(__name__)


class WasmPool:
    """Runs calls in worker processes, each in a fresh instance. Never raises for what a handler does.

    Handlers that may wait for others (they import `http` or `notify`) have workers of their own, so that a slow host never
    holds up those that only compute.
    """

    def __init__(self, *, catalog: Catalog, policy: Policy, library: Library) -> None:
        """Use `open` instead: it also closes."""
        self._catalog = catalog
        self._policy = policy
        self._library = library
        self._contracts = {capability.id: Contract(capability) for capability in catalog}
        self._computing = Crew(policy.to_json(), policy.workers, network=False)
        self._waiting = Crew(policy.to_json(), policy.waiting_workers, network=True)
        self._open = 0
        self._drained = asyncio.Event()
        self._drained.set()
        self._closing = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls, *, components: Components, catalog: Catalog, cache: Path, policy: Policy | None = None
    ) -> AsyncIterator["WasmPool"]:
        """Open a pool and close it when done: calls under way finish first, new ones are refused.

        `components` gives the `.wasm` of a capability; compiled images are kept under `cache`. Raises `PermissionError` where
        others may write there.
        """
        library = Library(components, Compiler(cache))
        pool = cls(catalog=catalog, policy=policy or Policy(), library=library)
        try:
            yield pool
            await pool._drain()
        finally:
            pool._closing = True
            await library.close()
            await asyncio.gather(pool._computing.close(), pool._waiting.close())

    @property
    def workers(self) -> tuple[int, ...]:
        """Name the worker processes that live, sorted."""
        return tuple(sorted((*self._computing.pids, *self._waiting.pids)))

    async def prepare(self, progress: Progress) -> None:
        """Build and compile every handler of the catalog, two at a time; raises what the first failure raises."""
        await asyncio.gather(*(self._library.image(capability, progress) for capability in self._catalog))

    async def run(self, call: Call) -> Outcome:
        """Run one attempt of one step in a sandbox."""
        capability = self._catalog.capabilities.get(call.handler)
        if capability is None:
            return Failed(type="handler_unknown", message=f"no handler {call.handler} is in the catalog")
        refusal = self._contracts[capability.id].refusal(call)
        if refusal:
            return refusal
        if self._closing:
            return Failed(type="worker_lost", message="the broker is closing", retryable=True)
        self._open += 1
        self._drained.clear()
        try:
            return await self._run(capability, call)
        finally:
            self._open -= 1
            if not self._open:
                self._drained.set()

    async def _run(self, capability: Capability, call: Call) -> Outcome:
        crew = self._waiting if capability.imports else self._computing
        if crew.waiting >= self._policy.queue:
            message = f"{crew.waiting} calls wait for a worker already"
            return Failed(type="overloaded", message=message, retryable=True, retry_after_s=1.0)
        try:
            image = await self._library.image(capability)
        except SandboxError as error:
            return Failed(type="handler_invalid", message=str(error))
        except Exception as error:  # noqa: BLE001 - a foreign toolchain builds, and may fail in any way
            _log.exception("handler_not_built")
            return Failed(type="handler_invalid", message=f"{capability.id} could not be built: {error}")
        try:
            order, content = self._order(capability, call, image), _guest_call(call)
        except (RecursionError, TypeError, ValueError) as error:  # too deep, or not JSON at all
            return Failed(type="input_invalid", message=f"config and input cannot be written as JSON: {error}")
        if len(content) > min(order.allowance.memory_bytes, FRAME_BYTES // 2):
            return Failed(
                type="input_invalid", message=f"config and input have {len(content)} bytes, more than fit into a guest"
            )
        return await self._carried(crew, order, content, repeatable=_repeatable(capability, call))

    async def _carried(self, crew: Crew, order: Order, content: bytes, *, repeatable: bool) -> Outcome:
        for _ in range(TRIES):
            begun = True
            try:
                async with crew.worker() as worker:
                    return _judged(*await worker.carry(order, content), repeatable=repeatable)
            except OverdueError:
                message = f"the call took more than its {order.allowance.wall_ms} ms"
                return Failed(type="limit_wall", message=message, retryable=repeatable)
            except WorkerLostError as error:
                _log.warning("worker_lost: %s", error)
                begun = not isinstance(error, NoWorkerError)
                if begun and not repeatable:
                    break
        message = "the worker process died during the call" if begun else "no worker process could be started"
        return Failed(type="worker_lost", message=message, retryable=repeatable or not begun)

    def _order(self, capability: Capability, call: Call, image: Path) -> Order:
        limits = self._policy.narrowed(call.limits or capability.limits)
        return Order(
            component=str(image),
            imports=tuple(capability.imports),
            hosts=tuple(sorted(call.grants.hosts)),
            channels=tuple(sorted(call.grants.channels)),
            allowance=Allowance(**limits.model_dump()),
            idempotency_key=call.idempotency_key,
            output_schema=self._contracts[capability.id].output_schema(call),
        )

    async def _drain(self) -> None:
        self._closing = True
        await self._drained.wait()


def _repeatable(capability: Capability, call: Call) -> bool:
    return capability.idempotent or capability.effect_of(call.config) is not Effect.WRITE


def _judged(report: Report, answer: bytes, *, repeatable: bool) -> Outcome:
    made = outcome(report, answer)
    if isinstance(made, Failed) and made.type == "limit_wall":
        return replace(made, retryable=repeatable)
    return made


def _guest_call(call: Call) -> bytes:
    document = {
        "config": call.config,
        "input": call.input,
        "call": {"idempotency_key": call.idempotency_key, "attempt": call.attempt},
    }
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a character somewhere: only escaped can it travel
        return json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
