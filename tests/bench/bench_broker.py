"""Measures the broker on the catalog's own handlers: `python tests/bench/bench_broker.py [CACHE]`.

Prints medians: what one call costs inside a worker, what it costs through the pool, and how many calls a second the pool
carries with one worker per core. Nothing is compared here; a bench of peers reads these figures.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from broker.contracts import Contract
from broker.orders import Allowance, Order
from broker.policy import Policy
from broker.pool import WasmPool
from broker.sandbox.compiler import Compiler
from broker.sandbox.guest import granted
from broker.shapes import misfit
from broker.worker import Worker
from catalog.build import build, default_cache
from catalog.calls import Call, Ok
from catalog.loader import LoadedCatalog, load_catalog
from catalog.registry import Unresolved

ROUNDS, BURST = 300, 3_000
ITEMS = [{"id": number, "name": f"item {number}", "size": number * 7 % 101, "kind": "abc"[number % 3]} for number in range(60)]
EMPTY: dict[str, Any] = {"expression": "1"}
GROUPED: dict[str, Any] = {"expression": "$sum(data[size > 20].size)"}
TYPED: dict[str, Any] = {
    "expression": "$",
    "output_schema": {"type": "array", "items": {"type": "object", "required": ["id"]}},
}


def say(what: str, value: float, unit: str) -> None:
    print(f"{what:<58} {value:>10.2f} {unit}")  # noqa: T201 - what a bench is for


def milliseconds(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def medium(action: Callable[[], Any]) -> float:
    return median(milliseconds(action) for _ in range(ROUNDS))


async def in_worker(loaded: LoadedCatalog, cache: Path) -> None:
    capability = loaded.catalog.resolve("transform")
    assert not isinstance(capability, Unresolved)
    wasm = build(capability, loaded.folders[capability.id], cache=cache)
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        await Compiler(Path(folder)).image(wasm, granted(()))
        say("compile, in its jail", (time.perf_counter() - started) * 1000, "ms")
    image = await Compiler(cache).image(wasm, granted(()))
    worker = Worker(Policy().to_json())
    worker.warm(network=False)

    def order(schema: str | None) -> Order:
        limits = Allowance(**capability.limits.model_dump())
        return Order(
            component=str(image), imports=(), hosts=(), channels=(), allowance=limits, idempotency_key="", output_schema=schema
        )

    text = '{"config":{"expression":"1"},"input":{"data":null},"call":{"idempotency_key":"","attempt":1}}'
    say("first call after loading", milliseconds(lambda: worker.carry_out(order(None), text)), "ms")
    say(
        "constant expression, in a worker",
        median(milliseconds(lambda: worker.carry_out(order(None), text)) for _ in range(ROUNDS)),
        "ms",
    )
    contract = Contract(capability)
    call = Call(handler=capability.id, config=TYPED, input={"data": ITEMS})
    say("checks of config and input", medium(lambda: contract.refusal(call)), "ms")
    schema = contract.output_schema(call)
    assert schema is not None
    answer = json.dumps({"ok": ITEMS}).encode()
    say("check of an output of 60 objects", medium(lambda: misfit(answer, schema)), "ms")


async def through_pool(loaded: LoadedCatalog, cache: Path) -> None:
    transform = loaded.catalog.resolve("transform")
    assert not isinstance(transform, Unresolved)
    async with WasmPool.open(
        components=lambda c: build(c, loaded.folders[c.id], cache=cache), catalog=loaded.catalog, cache=cache
    ) as pool:
        await pool.prepare(lambda *_: None)

        async def one(config: dict[str, Any]) -> float:
            started = time.perf_counter()
            outcome = await pool.run(Call(handler=transform.id, config=config, input={"data": ITEMS}))
            assert isinstance(outcome, Ok), outcome
            return (time.perf_counter() - started) * 1000

        for name, config in {"constant": EMPTY, "sum over 60 objects": GROUPED, "60 objects through a schema": TYPED}.items():
            for _ in range(20):
                await one(config)
            say(f"{name}, through the pool", median([await one(config) for _ in range(ROUNDS)]), "ms")
        for name, config in {"constant": EMPTY, "60 objects through a schema": TYPED}.items():
            started = time.perf_counter()
            await asyncio.gather(*(one(config) for _ in range(BURST)))
            say(f"{name}, all workers busy", BURST / (time.perf_counter() - started), "calls/s")


def main() -> None:
    cache = Path(sys.argv[1]) if len(sys.argv) > 1 else default_cache()
    loaded = load_catalog()
    asyncio.run(in_worker(loaded, cache))
    asyncio.run(through_pool(loaded, cache))


if __name__ == "__main__":
    main()
