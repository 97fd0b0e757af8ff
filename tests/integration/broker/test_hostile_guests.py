"""A Python handler that does harm, built and run as every handler is: each harm ends by name, and the next call is fine."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from broker.policy import Policy
from broker.pool import WasmPool
from catalog.build import build
from catalog.calls import Call, Failed, Grants, Ok, Outcome
from catalog.capability import Capability, Import, Limits
from catalog.registry import Catalog
from tests.integration.broker.conftest import capability

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMITS = Limits(cpu_ms=500, wall_ms=20_000, memory_bytes=64 << 20, output_bytes=8 << 20, log_bytes=10_000, host_calls=20)
MARGIN_MS = 250
NAMES = {"pure": (), "asking": (Import.HTTP,)}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Capability, Path]]:
    """Describe the guest twice: one handler imports nothing, the other `http`."""
    made: dict[str, tuple[Capability, Path]] = {}
    for name, imports in NAMES.items():
        folder = tmp_path_factory.mktemp(name)
        shutil.copy(Path(__file__).with_name("hostile_guest.txt"), folder / "handler.py")
        described = capability(name, imports=imports, effect="read" if imports else "pure", limits=LIMITS)
        (folder / "capability.yaml").write_text(f"name: {name}\n")
        made[name] = (described, folder)
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(
    described: dict[str, tuple[Capability, Path]], images: Path, pytestconfig: pytest.Config
) -> AsyncIterator[WasmPool]:
    """Open a pool with one worker of each kind."""
    assert pytestconfig.cache is not None
    cache = pytestconfig.cache.mkdir("broker")

    def component(asked: Capability) -> Path:
        return build(asked, described[asked.name][1], cache=cache)

    catalog = Catalog.of([each for each, _ in described.values()])
    policy = Policy(workers=1, waiting_workers=1, private={"granted.demo": "127.0.0.1:1"})
    async with WasmPool.open(components=component, catalog=catalog, cache=images, policy=policy) as opened:
        await opened.prepare(lambda *_: None)
        yield opened


async def done(pool: WasmPool, harm: str, name: str = "pure", **changes: Any) -> Outcome:
    grants = Grants(hosts=frozenset({"granted.demo"}))
    return await pool.run(
        Call(**{"handler": f"{name}@1.0.0", "config": {"do": harm}, "input": {}, "grants": grants, **changes})
    )


HARMS = [
    *(("loop", "limit_cpu"), ("loop_catching", "limit_cpu"), ("generators", "limit_cpu|limit_memory")),
    *(("recursion", "limit_stack"), ("recursion_unbounded", "limit_stack"), ("recursion_in_c", "limit_stack")),
    *(("memory_gradual", "limit_memory"), ("memory_single", "limit_memory"), ("memory_doubling", "limit_memory")),
    *(("memory_catching", "limit_cpu|limit_memory"), ("memory_pure_objects", "limit_memory|limit_cpu")),
    *(("output", "limit_output"), ("output_many", "limit_output"), ("output_deep", "limit_stack")),
    *(("output_cyclic", "handler_error"), ("output_nan", "handler_error"), ("output_object", "handler_error")),
    *(("output_half_character", "output_invalid"), ("log_flood", "limit_cpu")),
    *(("regular_expression", "limit_cpu"), ("json_depth", "limit_stack"), ("big_number", "handler_error|limit_cpu")),
    *(("exception_storm", "limit_cpu"), ("exception_chain", "handler_error"), ("exception_base", "handler_error")),
    *(("exception_huge", "handler_error"), ("exception_that_cannot_be_told", "handler_error|trapped")),
    *(("keyboard_interrupt", "handler_error"), ("generator_exit", "handler_error"), ("system_exit", "handler_error")),
    *(("os_exit", "handler_error"), ("posix_exit", "trapped"), ("abort", "handler_error"), ("posix_abort", "trapped")),
    *(("close_everything", "trapped|handler_error"), ("undo_the_stand_ins", "trapped")),
    *(("files_by_the_back_door", "trapped|handler_error"), ("files_through_posix", "trapped|handler_error")),
]


@pytest.mark.parametrize(("harm", "expected"), HARMS, ids=[harm for harm, _ in HARMS])
async def test_harm_ends_within_its_limit_by_name_and_the_worker_lives(pool: WasmPool, harm: str, expected: str) -> None:
    before = await done(pool, "nothing", input={"value": 1})
    workers = pool.workers
    outcome = await done(pool, harm)
    assert isinstance(outcome, Failed)
    assert outcome.type in expected.split("|"), outcome
    assert outcome.usage.cpu_ms <= LIMITS.cpu_ms + MARGIN_MS
    assert len(outcome.message) <= 2_000
    assert sum(len(line) for line in outcome.logs) <= LIMITS.log_bytes + 100
    after = await done(pool, "nothing", input={"value": 2})
    assert (isinstance(before, Ok), isinstance(after, Ok), pool.workers) == (True, True, workers)


EMPTY_HANDED = ["imports", "files", "clock", "randomness"]


@pytest.mark.parametrize("attempt", EMPTY_HANDED)
async def test_what_a_handler_must_not_have_is_refused_in_words(pool: WasmPool, attempt: str) -> None:
    outcome = await done(pool, attempt)
    assert isinstance(outcome, Ok), outcome
    assert outcome.output == []


async def test_the_environment_is_empty(pool: WasmPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_API_KEY", "s3cret")
    outcome = await done(pool, "environment")
    assert isinstance(outcome, Ok), outcome
    assert "s3cret" not in str(outcome.output)
    assert "MODEL_API_KEY" not in outcome.output


async def test_a_flood_of_host_calls_ends_by_name(pool: WasmPool) -> None:
    await done(pool, "nothing", "asking")
    workers = pool.workers
    outcome = await done(pool, "host_calls", "asking")
    assert isinstance(outcome, Failed)
    assert (outcome.type, outcome.usage.host_calls) == ("limit_host_calls", 20)
    assert outcome.usage.cpu_ms <= LIMITS.cpu_ms + MARGIN_MS
    after = await done(pool, "nothing", "asking")
    assert (isinstance(after, Ok), pool.workers) == (True, workers)


async def test_a_log_is_cut_and_its_lines_are_harmless(pool: WasmPool) -> None:
    cut = await done(pool, "log_once_too_many")
    assert isinstance(cut, Ok)
    assert cut.logs[-1] == "warning: the log was cut here: a call may write 10000 bytes"
    escaped = await done(pool, "log_escapes")
    (line,) = escaped.logs
    assert line.startswith("info: ")
    assert [character for character in line if not character.isprintable()] == []


async def test_a_call_leaves_nothing_for_the_next(pool: WasmPool) -> None:
    found = [await done(pool, "remember") for _ in range(2)]
    assert [outcome.output for outcome in found if isinstance(outcome, Ok)] == [[1, 1], [1, 1]]


async def test_the_same_call_gives_the_same_answer_a_hundred_times(pool: WasmPool) -> None:
    found = await asyncio.gather(*(done(pool, "nothing", input={"value": [1.5, "ü", {"a": None}]}) for _ in range(100)))
    assert {str(outcome.output) for outcome in found if isinstance(outcome, Ok)} == {"[1.5, 'ü', {'a': None}]"}


async def test_a_handler_may_claim_a_limit_but_changes_no_count(pool: WasmPool) -> None:
    outcome = await done(pool, "exception_that_claims_a_limit", task="t")
    assert isinstance(outcome, Failed)
    assert (outcome.type, outcome.message) == ("limit_wall", "the host is to blame")
    assert outcome.usage.wall_ms < LIMITS.wall_ms
