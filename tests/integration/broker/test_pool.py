"""Guests in worker processes: what they get, where they end, and that the next call is fine."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from broker.channels import Webhook
from broker.policy import Policy
from broker.pool import WasmPool
from broker.sandbox.engine import REVIEWED_ENGINE, engine_version
from catalog.calls import Call, Failed, Grants, Ok, Outcome
from catalog.capability import Capability, Effect, Limits
from catalog.registry import Catalog
from engine.alarms import Alarms
from engine.effects import RunHandler
from engine.outcomes import Rim
from tests.integration.broker.conftest import Opened, capability
from tests.support.clocks import ManualClock
from tests.support.planners import ScriptedPlanner
from tests.support.servers import says, serving

GRANTED = Grants(hosts=frozenset({"granted.demo"}))
NOWHERE = Policy(workers=1, waiting_workers=1, private={"granted.demo": "127.0.0.1:1"})


class Held:
    """A server's answer that waits until a test lets it go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self._asked = threading.Event()

    def reply(self, handler: BaseHTTPRequestHandler) -> None:
        self._asked.set()
        self.go.wait(10)
        with suppress(OSError):  # whoever asked may be dead
            says(b"1")(handler)

    async def until_asked(self) -> None:
        assert await asyncio.to_thread(self._asked.wait, 10)


def call(name: str, **changes: Any) -> Call:
    fields: dict[str, Any] = {"handler": f"{name}@1.0.0", "config": {}, "input": {}, "grants": GRANTED}
    return Call(**{**fields, **changes})


def kind(outcome: Outcome) -> str:
    return outcome.type if isinstance(outcome, Failed) else "ok" if isinstance(outcome, Ok) else "waits"


def test_the_engine_is_the_one_whose_advisories_were_read() -> None:
    assert engine_version() == REVIEWED_ENGINE


async def test_a_guest_answers(opened: Opened) -> None:
    async with opened(capability("ok")) as pool:
        outcome = await pool.run(call("ok"))
    assert isinstance(outcome, Ok)
    assert (outcome.output, outcome.usage.output_bytes, outcome.logs) == (1, 8, ())


HOSTILE = [
    pytest.param("loop", {"cpu_ms": 50}, "limit_cpu", id="endless loop"),
    pytest.param("loop_at_start", {"cpu_ms": 50}, "limit_cpu", id="endless loop before the call"),
    pytest.param("loop_in_realloc", {"cpu_ms": 50}, "limit_cpu", id="endless loop while the call is passed in"),
    pytest.param("loop", {"cpu_ms": 60_000, "wall_ms": 50}, "limit_wall", id="endless loop with processor time left"),
    pytest.param("recursion", {}, "limit_stack", id="endless recursion"),
    pytest.param("abort", {}, "trapped", id="abort"),
    pytest.param("out_of_bounds", {}, "trapped", id="load out of bounds"),
    pytest.param("memory", {"memory_bytes": 32 << 20}, "limit_memory", id="memory bomb"),
    pytest.param("memory_at_start", {}, "limit_memory", id="table bomb"),
    pytest.param("output", {"output_bytes": 1 << 20}, "limit_output", id="output bomb"),
    pytest.param("output", {"output_bytes": 8 << 20}, "output_invalid", id="an output of four megabytes that says nothing"),
    pytest.param("log", {"cpu_ms": 100, "log_bytes": 500}, "limit_cpu", id="flood of log lines"),
    pytest.param("http_flood", {"cpu_ms": 100, "host_calls": 3}, "limit_host_calls", id="flood of host calls"),
    pytest.param(
        "http_flood", {"cpu_ms": 60_000, "wall_ms": 300, "host_calls": 10_000}, "limit_wall", id="host calls for ever"
    ),
    pytest.param("http_thrice", {"host_calls": 2}, "limit_host_calls", id="one host call too many"),
    pytest.param("http", {}, "connect_failed", id="what the host refused is the guest's to tell"),
]


@pytest.mark.parametrize(("name", "limits", "expected"), HOSTILE)
async def test_a_hostile_guest_ends_by_name_and_the_next_call_is_fine(
    opened: Opened, name: str, limits: dict[str, int], expected: str
) -> None:
    policy = Policy(workers=1, waiting_workers=1, private=NOWHERE.private, limits=Limits(cpu_ms=60_000, host_calls=10_000))
    async with opened(capability(name), capability("ok"), policy=policy) as pool:
        before = kind(await pool.run(call("ok")))
        worker = pool.workers
        found = kind(await pool.run(call(name, limits=Limits(**limits))))
        after = kind(await pool.run(call("ok")))
        assert (before, found, after, pool.workers) == ("ok", expected, "ok", worker)


async def test_the_operators_limit_holds_against_a_greedy_call(opened: Opened) -> None:
    policy = Policy(workers=1, waiting_workers=1, limits=Limits(cpu_ms=50))
    async with opened(capability("loop", limits=Limits(cpu_ms=60_000)), policy=policy) as pool:
        assert kind(await pool.run(call("loop", limits=Limits(cpu_ms=60_000)))) == "limit_cpu"


async def test_log_lines_come_with_the_outcome_and_are_cut(opened: Opened) -> None:
    line = 'info: {"url":"http://granted.demo/x"}'
    async with opened(capability("log_twice")) as pool:
        whole = await pool.run(call("log_twice"))
        cut = await pool.run(call("log_twice", limits=Limits(log_bytes=100)))
    assert whole.logs == (line, line)
    assert (kind(cut), cut.logs) == ("ok", (line, "warning: the log was cut here: a call may write 100 bytes"))


async def test_a_huge_log_line_costs_no_more_than_a_long_one(opened: Opened) -> None:
    async with opened(capability("log_huge")) as pool:
        outcome = await pool.run(call("log_huge"))
    assert kind(outcome) == "ok"
    assert [len(line) <= 4096 + 6 for line in outcome.logs] == [True]


async def test_what_does_not_fit_is_refused_before_it_runs(opened: Opened) -> None:
    strict = capability("ok", config_schema={"required": ["a"]}, input_schema={"properties": {"b": {"type": "null"}}})
    async with opened(strict) as pool:
        found = [
            kind(await pool.run(call("ok", handler="ok@2.0.0"))),
            kind(await pool.run(call("ok"))),
            kind(await pool.run(call("ok", config={"a": 1}, input={"b": 1}))),
            kind(await pool.run(call("ok", config={"a": 1}, input={"b": None}))),
        ]
    assert found == ["handler_unknown", "config_invalid", "input_invalid", "ok"]


def nested(depth: int) -> Any:
    value: Any = None
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(nested(100_000), id="too deep"),
        pytest.param(float("nan"), id="no number"),
        pytest.param(b"bytes", id="not JSON"),
        pytest.param("x" * (33 << 20), id="more than fits"),
    ],
)
async def test_an_input_that_cannot_be_passed_on_is_refused(opened: Opened, value: Any) -> None:
    async with opened(capability("ok")) as pool:
        found = [kind(await pool.run(call("ok", input={"a": value}, limits=Limits(memory_bytes=32 << 20))))]
        found.append(kind(await pool.run(call("ok"))))
    assert found == ["input_invalid", "ok"]


async def test_a_worker_sees_nothing_of_the_environment(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_API_KEY", "s3cret")
    async with opened(capability("ok")) as pool:
        await pool.run(call("ok"))
        (worker,) = pool.workers
        seen = await asyncio.to_thread(Path(f"/proc/{worker}/environ").read_bytes)
    assert b"PATH=" in seen
    assert b"s3cret" not in seen


async def test_an_output_is_held_to_what_the_plan_was_checked_against(opened: Opened) -> None:
    declared = capability("ok", output_schema={"type": "string"})
    async with opened(declared) as pool:
        outcome = await pool.run(call("ok"))
    assert isinstance(outcome, Failed)
    assert (outcome.type, outcome.message) == ("output_invalid", "at the root: 1 is not of type 'string'")
    derived = capability("ok", output_from={"": "/output_schema"})
    async with opened(derived) as pool:
        found = [
            kind(await pool.run(call("ok", config={"output_schema": schema}))) for schema in (True, {"const": 1}, {"const": 2})
        ]
    assert found == ["ok", "ok", "output_invalid"]


async def test_a_schema_that_takes_for_ever_ends_with_the_wall_clock(opened: Opened) -> None:
    parts: dict[str, Any] = {"a0": {"type": "string"}}
    for level in range(1, 31):
        reference = {"$ref": f"#/$defs/a{level - 1}"}
        parts[f"a{level}"] = {"anyOf": [reference, reference]}
    endless = {"$defs": parts, "$ref": "#/$defs/a30"}
    async with opened(capability("ok", output_from={"": "/output_schema"})) as pool:
        found = [
            kind(await pool.run(call("ok", config={"output_schema": endless}, limits=Limits(wall_ms=100)))),
            kind(await pool.run(call("ok"))),
        ]
    assert found == ["limit_wall", "ok"]


@pytest.mark.parametrize(
    ("effect", "idempotent", "expected"),
    [
        pytest.param(Effect.READ, False, "ok", id="a read is made again"),
        pytest.param(Effect.WRITE, True, "ok", id="an idempotent write is made again"),
        pytest.param(Effect.WRITE, False, "worker_lost", id="a write is not"),
    ],
)
async def test_a_killed_worker_loses_no_call(opened: Opened, effect: Effect, expected: str, *, idempotent: bool) -> None:
    held = Held()
    with serving(x=held.reply) as server:
        policy = Policy(workers=1, waiting_workers=1, private={"granted.demo": server.at})
        async with opened(capability("http", effect=effect, idempotent=idempotent), policy=policy) as pool:
            running = asyncio.create_task(pool.run(call("http")))
            await held.until_asked()
            (worker,) = pool.workers
            os.kill(worker, signal.SIGKILL)
            held.go.set()
            outcome = await running
            assert kind(outcome) == expected
            assert kind(await pool.run(call("http"))) == "ok"
    if isinstance(outcome, Failed):
        assert not outcome.retryable


async def test_a_worker_that_is_stopped_is_killed_after_the_wall_clock(opened: Opened) -> None:
    held = Held()
    with serving(x=held.reply) as server:
        policy = Policy(workers=1, waiting_workers=1, private={"granted.demo": server.at})
        async with opened(capability("http"), capability("ok"), policy=policy) as pool:
            running = asyncio.create_task(pool.run(call("http", limits=Limits(wall_ms=2_000))))
            await held.until_asked()
            (worker,) = pool.workers
            os.kill(worker, signal.SIGSTOP)
            outcome = await running
            held.go.set()
            assert isinstance(outcome, Failed)
            assert (outcome.type, outcome.retryable) == ("limit_wall", True)
            assert kind(await pool.run(call("ok"))) == "ok"
            assert pool.workers != (worker,)


async def test_a_write_that_its_worker_does_not_begin_is_made_by_another(opened: Opened) -> None:
    begun: list[tuple[int, ...]] = []
    async with opened(capability("ok", effect=Effect.WRITE)) as pool:
        await pool.run(call("ok"))
        (worker,) = pool.workers
        os.kill(worker, signal.SIGSTOP)
        written = await pool.run(call("ok", begun=lambda: begun.append(pool.workers), limits=Limits(wall_ms=5_000)))
        assert kind(written) == "ok"
        assert begun == [pool.workers]
        assert pool.workers != (worker,)


async def test_the_start_of_a_worker_takes_nothing_of_the_timeout_of_a_write(opened: Opened) -> None:
    clock = ManualClock()
    alarms = Alarms(clock)
    ringing = asyncio.create_task(alarms.run())
    async with opened(capability("ok", effect=Effect.WRITE)) as pool:
        rim = Rim(handlers=pool, planner=ScriptedPlanner(), clock=clock, alarms=alarms, handlers_at_once=1, plans_at_once=1)
        effect = RunHandler(task="t", step="s", attempt=1, call=call("ok"), timeout_s=5.0)
        written = asyncio.create_task(rim.run(effect))
        await asyncio.sleep(0)
        await clock.advance(timedelta(seconds=60))
        assert pool.workers == ()
        assert kind(await written) == "ok"
    ringing.cancel()


async def test_a_call_that_is_given_up_ends_its_guest(opened: Opened) -> None:
    held = Held()
    with serving(x=held.reply) as server:
        policy = Policy(workers=1, waiting_workers=1, private={"granted.demo": server.at})
        async with opened(capability("http"), policy=policy) as pool:
            running = asyncio.create_task(pool.run(call("http")))
            await held.until_asked()
            (worker,) = pool.workers
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            held.go.set()
            assert kind(await pool.run(call("http"))) == "ok"
            assert pool.workers != (worker,)


async def test_calls_under_way_finish_before_the_pool_closes(opened: Opened) -> None:
    async with opened(capability("ok"), policy=Policy(workers=2, waiting_workers=2)) as pool:
        calls = [asyncio.create_task(pool.run(call("ok"))) for _ in range(50)]
        await asyncio.sleep(0)
    assert [kind(outcome) for outcome in await asyncio.gather(*calls)] == ["ok"] * 50
    assert kind(await pool.run(call("ok"))) == "closing"


async def test_a_full_queue_refuses(opened: Opened) -> None:
    async with opened(capability("ok"), policy=Policy(workers=1, waiting_workers=1, queue=1)) as pool:
        await pool.prepare(lambda *_: None)
        found = await asyncio.gather(*(pool.run(call("ok")) for _ in range(10)))
    assert {kind(outcome) for outcome in found} == {"ok", "overloaded"}
    assert all(outcome.retryable for outcome in found if isinstance(outcome, Failed))


async def test_a_slow_host_does_not_hold_up_those_who_only_compute(opened: Opened) -> None:
    held = Held()
    with serving(x=held.reply) as server:
        policy = Policy(workers=1, waiting_workers=1, private={"granted.demo": server.at})
        async with opened(capability("http"), capability("pure", imports=()), policy=policy) as pool:
            waiting = asyncio.create_task(pool.run(call("http")))
            await held.until_asked()
            assert kind(await pool.run(call("pure"))) == "ok"
            assert not waiting.done()
            held.go.set()
            assert kind(await waiting) == "ok"


async def test_progress_is_told_and_a_second_start_compiles_nothing(guests: Callable[[str], Path], tmp_path: Path) -> None:
    catalog = Catalog.of([capability("ok")])
    told: list[tuple[str, str]] = []
    for _ in range(2):
        async with WasmPool.open(components=lambda described: guests(described.name), catalog=catalog, cache=tmp_path) as pool:
            await pool.prepare(lambda handler, stage: told.append((handler, stage)))
    assert told == [("ok@1.0.0", stage) for stage in ("building", "compiling", "ready")] * 2
    assert len([file for file in os.listdir(tmp_path / "images") if file.endswith(".cwasm")]) == 1  # noqa: PTH208 - after the loop


async def test_a_handler_that_cannot_be_built_fails_by_name_and_may_be_tried_again(
    guests: Callable[[str], Path], tmp_path: Path
) -> None:
    paths = [tmp_path / "missing.wasm", guests("ok")]

    def components(_capability: Capability) -> Path:
        return paths.pop(0)

    async with WasmPool.open(components=components, catalog=Catalog.of([capability("ok")]), cache=tmp_path) as pool:
        found = [kind(await pool.run(call("ok"))), kind(await pool.run(call("ok")))]
    assert found == ["handler_invalid", "ok"]


PYTHON_LIMITS = Limits(cpu_ms=2_000, memory_bytes=64 << 20)


async def test_a_python_guest_meets_its_limits_by_name(python_guest: Path, images: Path) -> None:
    described = capability("python", imports=("http", "notify"), limits=PYTHON_LIMITS)
    with serving(x=says(b'{"a": "\xc3\xbc"}'), hook=says(b"")) as server:
        policy = Policy(
            workers=1,
            waiting_workers=1,
            private={"granted.demo": server.at},
            channels={"desk": Webhook(url=f"http://{server.at}/hook")},
        )
        async with WasmPool.open(
            components=lambda _: python_guest, catalog=Catalog.of([described]), cache=images, policy=policy
        ) as pool:
            grants = Grants(hosts=frozenset({"granted.demo"}), channels=frozenset({"desk"}))

            async def done(do: str, **changes: Any) -> Outcome:
                return await pool.run(call("python", config={"do": do}, grants=grants, idempotency_key="key", **changes))

            echoed = await done("echo", input={"text": "grüße \ud83c"}, attempt=2)
            fetched = await done("fetch", input={"url": "http://granted.demo/x"})
            told = await done("tell", input={"channel": "desk", "text": "T"})
            failed = [kind(await done(do)) for do in ("bomb", "fail", "nest")]
            spun = await done("spin", limits=Limits(cpu_ms=100))
            after = await done("echo")
    assert isinstance(echoed, Failed)  # half a character cannot be given out again
    assert isinstance(fetched, Ok)
    assert (fetched.output["ok"]["body"], fetched.logs) == ('{"a": "ü"}', ("info: fetch",))
    assert isinstance(told, Ok)
    assert told.output == {"ok": {"channel": "desk", "delivered": True, "status": 200}}
    assert server.seen[1]["headers"]["idempotency-key"] == "key"
    assert failed == ["limit_memory", "trapped", "limit_stack"]
    assert (kind(spun), kind(after)) == ("limit_cpu", "ok")
    expected = {"config": {"do": "echo"}, "input": {}, "call": {"idempotency_key": "key", "attempt": 1, "signals": []}}
    assert isinstance(after, Ok)
    assert after.output == expected
