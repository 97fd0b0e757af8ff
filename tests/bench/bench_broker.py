"""Measures the broker on the catalog's own handlers: `python -m tests.bench.bench_broker [--soak CALLS]`.

Prints medians beside the targets that were set. On a busy machine compare rows with each other, not with the targets. With
`--soak` it makes that many calls and prints what the workers keep of memory.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from jsonata import Jsonata
from wasmtime import wat2wasm

from broker.contracts import Contract
from broker.crew import Worker as Process
from broker.orders import Allowance, Order
from broker.policy import Policy
from broker.pool import WasmPool
from broker.sandbox.binary import granted
from broker.sandbox.compiler import Compiler
from broker.sandbox.guest import _Kind
from broker.worker import Worker
from catalog.build import build, default_cache
from catalog.calls import Call, Failed, Grants, Ok
from catalog.capability import Capability, Limits
from catalog.loader import LoadedCatalog, load_capability, load_catalog
from catalog.registry import Catalog, Unresolved
from tests.integration.broker.conftest import capability as described
from tests.integration.broker.conftest import wat

ROUNDS, BURST, WARM = 200, 2_000, 60
ITEMS = [{"id": number, "name": f"item {number}", "size": number * 7 % 101, "kind": "abc"[number % 3]} for number in range(60)]
EXPRESSIONS = {
    "constant": "1",
    "sum of 60 objects": "$sum(data[size > 20].size)",
    "filter 60 objects": "data[size > 20].name",
    "group 60 objects": "data{kind: $sum(size)}",
    "sort 60 objects": "data^(>size).id",
}
SCHEMA: dict[str, Any] = {"type": "array", "items": {"type": "object", "required": ["id"]}}
EMPTY = """name: empty
version: 1.0.0
summary: Gives nothing
description: Gives nothing.
config_schema: {type: object, additionalProperties: false, properties: {}}
input_schema: {type: object}
output_schema: {}
errors: [{type: handler_error, retryable: false, description: It failed.}]
effect: pure
examples: [{title: nothing, config: {}, input: {}, output: null}]
"""


def say(what: str, value: float, unit: str, target: str = "") -> None:
    print(f"{what:<56} {value:>9.2f} {unit:<8} {target}", flush=True)  # noqa: T201 - what a bench is for


def milliseconds(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


async def usual(action: Callable[[], Awaitable[Any]], rounds: int = ROUNDS) -> float:
    """Give the median of `rounds` runs in milliseconds, after some that do not count."""
    found = []
    for number in range(rounds + WARM):
        started = time.perf_counter()
        await action()
        if number >= WARM:
            found.append((time.perf_counter() - started) * 1000)
    return median(found)


def of(loaded: LoadedCatalog, name: str) -> Capability:
    found = loaded.catalog.resolve(name)
    assert not isinstance(found, Unresolved)
    return found


async def parts(loaded: LoadedCatalog, cache: Path) -> None:
    """Measure one worker from inside, and the checks around a call."""
    transform = of(loaded, "transform")
    image = await Compiler(cache).image(build(transform, loaded.folders[transform.id], cache=cache), granted(()))
    worker = Worker(Policy().to_json())
    worker.warm(network=False)
    order = Order(
        component=str(image),
        imports=(),
        hosts=(),
        channels=(),
        allowance=Allowance(**transform.limits.model_dump()),
        idempotency_key="",
        output_schema=None,
    )
    text = '{"config":{"expression":"1"},"input":{"data":null},"call":{"idempotency_key":"","attempt":1,"signals":[]}}'
    say("first call after loading", milliseconds(lambda: worker.carry_out(order, text)), "ms")
    sandbox, kind = worker._sandbox, _Kind(str(image), (), order.allowance.memory_bytes)

    def instantiated() -> float:
        took = milliseconds(lambda: sandbox._made(kind))
        sandbox._close_used()
        return took

    made = [instantiated() for _ in range(ROUNDS)]
    say("instantiate", median(made), "ms", "<= 0.6")
    say(
        "constant, in a worker, instance made in the call",
        median(milliseconds(lambda: worker.carry_out(order, text)) for _ in made),
        "ms",
    )
    worker.tidy()
    took = [(milliseconds(lambda: worker.carry_out(order, text)), milliseconds(worker.tidy)) for _ in range(ROUNDS)]
    say("constant, in a worker, instance waiting", median(call for call, _ in took), "ms")
    say("putting away and making the next instance", median(tidy for _, tidy in took), "ms")
    contract = Contract(transform)
    typed = Call(handler=transform.id, config={"expression": "$", "output_schema": SCHEMA}, input={"data": ITEMS})
    say("checks of config and input", median(milliseconds(lambda: contract.refusal(typed)) for _ in made), "ms")


def peers() -> None:
    """Measure what calls are commonly run in elsewhere: a new Python process, without limits or isolation."""
    command = [sys.executable, "-I", "-S", "-c", "import json, sys; json.load(sys.stdin); print(json.dumps({'ok': None}))"]
    call = json.dumps({"config": {}, "input": {"data": None}})
    took = [
        milliseconds(lambda: subprocess.run(command, input=call, text=True, check=True, stdout=subprocess.PIPE))
        for _ in range(50)
    ]
    say("peer: a new Python process for an empty call, no sandbox", median(took), "ms")


async def cold_start() -> None:
    found = []
    for _ in range(5):
        started = time.perf_counter()
        process = await Process.start(Policy().to_json(), network=False)
        found.append((time.perf_counter() - started) * 1000)
        await process.close()
    say("cold start of a worker", median(found), "ms", "<= 300")


async def through_pool(loaded: LoadedCatalog, cache: Path) -> None:
    with TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "capability.yaml").write_text(EMPTY)
        (folder / "handler.py").write_text("def run(config, given):\n    return None\n")
        empty, transform = load_capability(folder), of(loaded, "transform")
        folders = {**loaded.folders, empty.id: folder}
        async with WasmPool.open(
            components=lambda c: build(c, folders[c.id], cache=cache),
            catalog=Catalog.of([*loaded.catalog, empty]),
            cache=cache,
        ) as pool:

            async def one(handler: str, config: dict[str, Any], given: Any = ITEMS) -> None:
                outcome = await pool.run(Call(handler=handler, config=config, input={"data": given}))
                assert isinstance(outcome, Ok), outcome

            await asyncio.gather(*(one(empty.id, {}, None) for _ in range(WARM)))  # every worker has started
            say("empty call, through the pool", await usual(lambda: one(empty.id, {}, None)), "ms", "<= 1")
            say("the same, given 60 objects", await usual(lambda: one(empty.id, {})), "ms")
            say("constant", await usual(lambda: one(transform.id, {"expression": "1"}, None)), "ms")
            for name, expression in EXPRESSIONS.items():
                native = Jsonata(expression)
                plain = median(milliseconds(lambda: native.evaluate({"data": ITEMS})) for _ in range(ROUNDS))  # noqa: B023 - called at once
                config = {"expression": expression.replace("data", "$", 1)}
                took = await usual(lambda: one(transform.id, config))  # noqa: B023 - the same
                say(f"transform: {name}", took, "ms", f"<= 3; native {plain:.2f}, {took / max(plain, 0.001):.1f}x")
            for name, handler, config in (("empty", empty.id, {}), ("constant", transform.id, {"expression": "1"})):
                for what, given in ((name, None), (f"{name}, given 60 objects", ITEMS)):
                    started = time.perf_counter()
                    await asyncio.gather(*(one(handler, config, given) for _ in range(BURST)))
                    say(f"{what}, all workers busy", BURST / (time.perf_counter() - started), "calls/s", ">= 1200")


@contextmanager
def web() -> Iterator[int]:
    """Serve a folder on a loopback port, from another process."""
    with TemporaryDirectory() as folder:
        Path(folder, "x.json").write_text('{"items": [1, 2, 3]}')
        command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline().split(" port ")[1].split()[0])
        finally:
            server.kill()
            server.wait()


async def http(loaded: LoadedCatalog, cache: Path) -> None:
    request = of(loaded, "http_request")
    with web() as port:
        policy = Policy(private={"bench.demo": f"127.0.0.1:{port}"})
        with httpx.Client() as client:  # made once: its certificates cost more than a hundred requests
            plain = median(milliseconds(lambda: client.get(f"http://127.0.0.1:{port}/x.json").json()) for _ in range(ROUNDS))
        async with WasmPool.open(
            components=lambda c: build(c, loaded.folders[c.id], cache=cache), catalog=loaded.catalog, cache=cache, policy=policy
        ) as pool:
            config = {"method": "GET", "url": "http://bench.demo/x.json"}
            call = Call(handler=request.id, config=config, input={}, grants=Grants(hosts=frozenset({"bench.demo"})))

            async def one() -> None:
                outcome = await pool.run(call)
                assert isinstance(outcome, Ok), outcome

            await asyncio.gather(*(one() for _ in range(WARM)))
            took = await usual(one)
    say("httpx on loopback, one client, new connections", plain, "ms")
    say("http_request on loopback", took, "ms", f"<= 2x; {took / plain:.1f}x")


async def overruns() -> None:
    """Measure how far beyond its limit a guest gets that never ends by itself."""
    limits = {"processor time": Limits(cpu_ms=100), "wall clock": Limits(cpu_ms=60_000, wall_ms=100)}
    with TemporaryDirectory() as made:
        file = Path(made) / "loop.wasm"
        file.write_bytes(wat2wasm(wat("loop")))
        policy = Policy(waiting_workers=1, limits=Limits(cpu_ms=60_000))
        catalog = Catalog.of([described("loop")])
        async with WasmPool.open(components=lambda _: file, catalog=catalog, cache=Path(made), policy=policy) as pool:
            for what, limit in limits.items():
                found = []
                for _ in range(20):
                    outcome = await pool.run(Call(handler="loop@1.0.0", config={}, input={}, limits=limit))
                    assert isinstance(outcome, Failed)
                    found.append(outcome.usage.cpu_ms if what == "processor time" else outcome.usage.wall_ms)
                say(f"endless loop beyond its {what}, most", max(found) - 100, "ms", "<= 250")


async def soak(loaded: LoadedCatalog, cache: Path, calls: int) -> None:
    transform = of(loaded, "transform")
    policy = Policy(worker_calls=10 * calls)  # so that nothing is hidden by a new process
    async with WasmPool.open(
        components=lambda c: build(c, loaded.folders[c.id], cache=cache), catalog=loaded.catalog, cache=cache, policy=policy
    ) as pool:
        others: Counter[str] = Counter()

        async def some(count: int) -> None:
            call = Call(handler=transform.id, config={"expression": EXPRESSIONS["constant"]}, input={"data": ITEMS})
            found = await asyncio.gather(*(pool.run(call) for _ in range(count)))
            others.update(
                f"{outcome.type} after {outcome.usage.wall_ms:.0f} ms" for outcome in found if isinstance(outcome, Failed)
            )

        await some(1_000)
        pids = pool.workers
        for part in range(11):
            say(
                f"resident, after {1_000 + part * calls // 10} calls", sum(resident(pid) for pid in pool.workers), "MB", "stays"
            )
            if part < 10:
                for _ in range(10):
                    await some(calls // 100)
        say("calls that did not end well", others.total(), "calls", f"0 {dict(others) or ''}")
        say("workers that were replaced", len(set(pids) - set(pool.workers)), "", "0")


def resident(pid: int) -> float:
    """Tell the private memory of a process in MB: what it shares with others, such as images, is the page cache's."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def main() -> None:
    asked = argparse.ArgumentParser(description="Measure the broker.")
    asked.add_argument("--soak", type=int, metavar="CALLS", help="make this many calls and print the workers' memory")
    asked.add_argument("--cache", type=Path, default=default_cache())
    options = asked.parse_args()
    loaded = load_catalog()
    if options.soak:
        asyncio.run(soak(loaded, options.cache, options.soak))
        return
    asyncio.run(parts(loaded, options.cache))
    peers()
    asyncio.run(cold_start())
    asyncio.run(through_pool(loaded, options.cache))
    asyncio.run(http(loaded, options.cache))
    asyncio.run(overruns())


if __name__ == "__main__":
    main()
