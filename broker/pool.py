"""Runs handlers in sandboxes: the engine's port `Handlers`, on WebAssembly."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from pathlib import Path

from structlog import get_logger

from broker.contracts import Contract
from broker.dispatch import Dispatch, Job, closing
from broker.library import Components, Library, LibraryClosedError, Progress
from broker.orders import FRAME_BYTES, Allowance, Order
from broker.policy import Policy
from broker.sandbox.compiler import Compiler
from broker.sandbox.errors import SandboxError
from broker.secrets import Vault
from catalog.calls import Call, Failed, Outcome
from catalog.capability import Capability, Effect
from catalog.registry import Catalog
from schemas.slices import dumps, is_heavy

_AS_IT_IS, _ESCAPED = (
    json.JSONEncoder(ensure_ascii=escaped, allow_nan=False, separators=(",", ":")) for escaped in (False, True)
)
log = get_logger()


class WasmPool:
    """Runs calls in worker processes, each in a fresh instance. Never raises for what a handler does."""

    def __init__(self, *, catalog: Catalog, policy: Policy, library: Library, vault: Vault) -> None:
        """Use `open` instead: it also closes."""
        self._vault = vault
        self._catalog = catalog
        self._policy = policy
        self._library = library
        self._allowance = lru_cache(256)(lambda wanted: Allowance(**self._policy.narrowed(wanted).model_dump()))
        self._contracts: dict[str, Contract] = {}  # made when first needed: the catalog grows while the pool is open
        self._dispatch = Dispatch(policy)
        self._open = 0
        # Calls wait in two places: for their handler or their task's allowance, and for a worker. Either may hold a full queue.
        self._places = 2 * policy.queue + policy.workers + policy.waiting_workers
        self._drained = asyncio.Event()
        self._drained.set()
        self._closing = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls, *, components: Components, catalog: Catalog, cache: Path, policy: Policy | None = None, vault: Vault | None = None
    ) -> AsyncIterator["WasmPool"]:
        """Open a pool and close it when done.

        New calls are refused then, those that were accepted have `Policy.grace_s` to finish, and what is left is ended. Each
        gets its outcome.

        `components` gives the `.wasm` of a capability; compiled images are kept under `cache`. Raises `PermissionError` where
        others may write there. Without a `vault` there are no secrets.
        """
        library = Library(components, Compiler(cache))
        pool = cls(catalog=catalog, policy=policy or Policy(), library=library, vault=vault or Vault({}, {}))
        try:
            yield pool
            await pool._drain()
        finally:
            pool._closing = True
            await library.close()
            await pool._dispatch.close()

    @property
    def workers(self) -> tuple[int, ...]:
        """Name the worker processes that live, sorted."""
        return self._dispatch.workers

    async def prepare(self, progress: Progress) -> None:
        """Build and compile every handler of the catalog, two at a time; raises what the first failure raises."""
        await asyncio.gather(*(self._library.image(capability, progress) for capability in self._catalog))

    async def run(self, call: Call) -> Outcome:
        """Run one attempt of one step in a sandbox."""
        capability = self._catalog.capabilities.get(call.handler)
        if capability is None:
            return Failed(type="handler_unknown", message=f"no handler {call.handler} is in the catalog")
        heavy = is_heavy(call.input) or is_heavy(call.config)
        check = partial(self._contract(capability).refusal, call)
        refusal = await asyncio.to_thread(check) if heavy else check()
        if refusal:
            return refusal
        if self._closing:
            return closing()
        if self._open >= self._places:
            message = f"{self._open} calls are under way or wait already"
            return Failed(type="overloaded", message=message, retryable=True, retry_after_s=1.0)
        self._open += 1
        self._drained.clear()
        try:
            return await self._run(capability, call, heavy=heavy)
        finally:
            self._open -= 1
            if not self._open:
                self._drained.set()

    async def _run(self, capability: Capability, call: Call, *, heavy: bool) -> Outcome:
        try:
            image = await self._library.image(capability)
        except LibraryClosedError:
            return closing()
        except SandboxError as error:
            return Failed(type="handler_invalid", message=str(error))
        except Exception as error:
            log.exception("handler_not_built", handler=capability.id)
            return Failed(type="handler_invalid", message=f"{capability.id} could not be built: {error}")
        job = await self._job(capability, call, image, heavy=heavy)
        return job if isinstance(job, Failed) else await self._dispatch.carry(job)

    async def _job(self, capability: Capability, call: Call, image: Path, *, heavy: bool) -> Job | Failed:
        """Lend the call its secrets; write the order, and the text for the guest, which has placeholders in their place."""
        lent = await self._vault.lend(capability, call)
        if isinstance(lent, Failed):
            return lent
        keys = await self._vault.keys(self._policy.secrets_of(call.grants.channels) if "notify" in capability.imports else ())
        effect = capability.effect_of(call.config)
        repeatable = capability.idempotent or effect is not Effect.WRITE
        try:
            order = Order(
                component=str(image),
                imports=tuple(capability.imports),
                hosts=tuple(sorted(call.grants.hosts)),
                channels=tuple(sorted(call.grants.channels)),
                allowance=self._allowance(call.limits or capability.limits),
                idempotency_key=call.idempotency_key,
                output_schema=self._contract(capability).output_schema(call),
                loans=lent.loans,
                keys=keys,
            )
            write = partial(_guest_call, lent.call, capability)
            content = await asyncio.to_thread(write) if heavy else write()
        except (RecursionError, TypeError, ValueError) as error:  # too deep, or not JSON at all
            return Failed(type="input_invalid", message=f"config and input cannot be written as JSON: {error}")
        if len(content) > min(order.allowance.memory_bytes, FRAME_BYTES // 2):
            says = f"config and input have {len(content)} bytes, more than fit into a guest"
            return Failed(type="input_invalid", message=says)
        return Job(call=call, order=order, content=content, repeatable=repeatable, may_wait=effect is Effect.WAIT)

    def _contract(self, capability: Capability) -> Contract:
        contract = self._contracts.get(capability.id)
        if contract is None:
            contract = self._contracts[capability.id] = Contract(capability)
        return contract

    async def _drain(self) -> None:
        self._closing = True
        try:
            async with asyncio.timeout(self._policy.grace_s):
                await self._drained.wait()
        except TimeoutError:
            log.warning("calls_ended", under_way=self._open, grace_s=self._policy.grace_s)
            await self._library.close()
            await self._dispatch.end()
            await self._drained.wait()


def _guest_call(call: Call, capability: Capability) -> bytes:
    about = {"idempotency_key": call.idempotency_key, "attempt": call.attempt, "signals": list(call.signals)}
    document = {"config": call.config, "input": call.input, "call": {**about, **capability.guest_data}}
    try:
        return dumps(document, _AS_IT_IS).encode()
    except UnicodeEncodeError:  # half a character somewhere: only escaped can it travel
        return dumps(document, _ESCAPED).encode()
