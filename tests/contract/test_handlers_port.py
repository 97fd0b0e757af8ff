"""What every implementation of the engine's port `Handlers` does: the sandbox in production, the script in tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm

from broker.policy import Policy
from broker.pool import WasmPool
from catalog.calls import Call, Failed, Ok
from catalog.registry import Catalog
from engine.ports import Handlers
from tests.integration.broker.conftest import capability, wat
from tests.support.handlers import ScriptedHandlers

Opened = Callable[[], AbstractAsyncContextManager[Handlers]]


@pytest.fixture(scope="module", params=["WasmPool", "ScriptedHandlers"])
def handlers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Open handlers of which `pure` answers 1 and `abort` fails."""
    folder = tmp_path_factory.mktemp("handlers")
    return _scripted if request.param == "ScriptedHandlers" else lambda: _sandboxed(folder)


@asynccontextmanager
async def _scripted() -> AsyncIterator[Handlers]:
    yield ScriptedHandlers({"pure": lambda _: Ok(output=1), "abort": lambda _: Failed(type="trapped", message="it aborted")})


@asynccontextmanager
async def _sandboxed(folder: Path) -> AsyncIterator[Handlers]:
    catalog = Catalog.of([capability("pure", imports=()), capability("abort")])

    def component(described: Any) -> Path:
        path = folder / f"{described.name}.wasm"
        path.write_bytes(wat2wasm(wat(described.name)))
        return path

    policy = Policy(workers=2, waiting_workers=1)
    async with WasmPool.open(components=component, catalog=catalog, cache=folder, policy=policy) as pool:
        yield pool


def call(name: str, **more: Any) -> Call:
    return Call(handler=f"{name}@1.0.0", config={}, input={}, task="t", step="s", idempotency_key="k", **more)


async def test_a_call_is_answered_with_the_output(handlers: Opened) -> None:
    async with handlers() as port:
        outcome = await port.run(call("pure"))
    assert isinstance(outcome, Ok)
    assert outcome.output == 1


async def test_a_handler_that_fails_is_an_outcome_and_no_exception(handlers: Opened) -> None:
    async with handlers() as port:
        outcome = await port.run(call("abort"))
    assert isinstance(outcome, Failed)
    assert (outcome.type, outcome.retryable) == ("trapped", False)
    assert outcome.message


async def test_an_unknown_handler_is_an_outcome_and_no_exception(handlers: Opened) -> None:
    async with handlers() as port:
        outcome = await port.run(call("nowhere"))
    assert isinstance(outcome, Failed)
    assert (outcome.type, outcome.retryable) == ("handler_unknown", False)


@pytest.mark.parametrize(("name", "times"), [("pure", 1), ("abort", 1), ("nowhere", 0)])
async def test_a_call_that_begins_says_so_and_one_that_does_not_is_silent(handlers: Opened, name: str, times: int) -> None:
    begun: list[str] = []
    async with handlers() as port:
        await port.run(call(name, begun=lambda: begun.append(name)))
    assert len(begun) == times


async def test_many_calls_at_once_are_all_answered(handlers: Opened) -> None:
    async with handlers() as port:
        outcomes = await asyncio.gather(*(port.run(call("pure" if n % 3 else "abort")) for n in range(60)))
    assert [isinstance(outcome, Ok) for outcome in outcomes] == [bool(n % 3) for n in range(60)]


async def test_a_call_given_up_leaves_the_others_alone(handlers: Opened) -> None:
    async with handlers() as port:
        calls = [asyncio.create_task(port.run(call("pure"))) for _ in range(10)]
        for task in calls[::2]:
            task.cancel()
        found = await asyncio.gather(*calls, return_exceptions=True)
        after = await port.run(call("pure"))
    assert [isinstance(outcome, Ok) for outcome in found[1::2]] == [True] * 5
    assert isinstance(after, Ok)
