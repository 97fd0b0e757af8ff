"""Figures for reading and checking, in CPU time: `python -m tests.bench.bench_checks`.

Targets: checks of 100 steps in 10 ms, and from 100 to 10,000 steps no more than n log n, which is 200 times as long.
"All new": every expression, schema and text of a fragment comes for the first time. "Seen before": the same fragment again.
"""

import json
import math
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from catalog.loader import load_catalog
from catalog.registry import Catalog
from fragments.bounds import Left
from fragments.checks import check
from fragments.documents import Fragment
from fragments.frames import Frame
from fragments.reading import read_fragment
from schemas.values import Json

FRAME = Frame(
    input={"feed": "https://example.org/feed", "floor": 4.5},
    left=Left(steps=1_000_000, model_calls=100),
    channels=frozenset({"desk"}),
    input_hosts={"url": frozenset({"example.org"})},
)


SIZES = {100: 31, 1_000: 7, 10_000: 3}
"""How often each number of steps is measured."""

TARGET_MS = 10.0


def fragment(size: int, *, salt: str = "") -> dict[str, Json]:
    """Write a fragment in which every fourth step fetches, and the others reshape, validate and tell what was fetched.

    `salt` makes every expression, schema and template a text that was never seen before.
    """
    steps: list[dict[str, Json]] = []
    for i in range(0, size, 4):
        shape = {
            "type": "object",
            "required": ["items"],
            "properties": {
                "items": {
                    "type": "array",
                    "items": {"type": "object", "title": f"{salt}{i}", "properties": {"mag": {"type": "number"}}},
                }
            },
        }
        before = {"depends_on": [f"tell_{i - 4}"]} if i else {}
        steps += [
            {
                "name": f"fetch_{i}",
                "handler": "http_request",
                "config": {"method": "GET", "url": "{+feed}", "headers": {"X-Run": f"{salt}{i}"}, "response_schema": shape},
                "input": {"url_params": {"feed": "{{ input.feed }}"}},
                "retry": {"max_attempts": 3, "backoff": "exponential", "base": "1s"},
                **before,
            },
            {
                "name": f"strong_{i}",
                "handler": "transform@^1",
                "config": {
                    "expression": f"items[mag >= $floor and id_{salt}{i} != 'none']",
                    "output_schema": {"type": "array", "title": f"{salt}{i}"},
                },
                "input": {"data": f"{{{{ steps.fetch_{i}.output.body }}}}", "floor": "{{ input.floor }}"},
            },
            {
                "name": f"count_{i}",
                "handler": "aggregate",
                "config": {"strategy": "count", "by": "/mag"},
                "input": {"items": f"{{{{ steps.strong_{i}.output }}}}"},
            },
            {
                "name": f"tell_{i}",
                "handler": "notify",
                "config": {
                    "channel": "desk",
                    "template": f"{salt}{i}: {{{{count}}}} of {{{{#list}}}}{{{{mag}}}} {{{{/list}}}}",
                },
                "input": {
                    "count": f"{{{{ steps.count_{i}.output.item_count }}}}",
                    "list": f"{{{{ steps.strong_{i}.output }}}}",
                },
            },
        ]
    return {"steps": steps[:size], "output": {"first": "{{ steps.count_0.output.value }}"}}


def timed(work: Callable[[int], object], *, times: int) -> tuple[float, float]:
    """Give the median and the shortest CPU time of `work` in milliseconds: the shortest tells least of other programs."""
    taken = []
    for i in range(times):
        begin = time.process_time()
        work(i)
        taken.append((time.process_time() - begin) * 1_000)
    return statistics.median(taken), min(taken)


def measure(size: int, times: int, catalog: Catalog) -> tuple[float, float]:
    """Time fragments of one size, and write what was found; give the shortest times: all new, seen before."""
    texts = [json.dumps(fragment(size, salt=f"{size}x{i}x")) for i in range(times)]
    documents = [Fragment.model_validate_json(text) for text in texts]
    read, _ = timed(lambda i: read_fragment(texts[i]), times=times)
    new, new_least = timed(lambda i: check(documents[i], catalog, FRAME), times=times)
    again, again_least = timed(lambda _: check(documents[0], catalog, FRAME), times=times)
    size_kb = len(texts[0]) / 1024
    reading = f"read {read:9.2f} ms" if read_fragment(texts[0]).document else "refused by the reader as too large"
    head = f"{size:>6} steps ({size_kb:,.0f} KiB): {reading}; check"
    found = f"{head}, all new {new:9.2f} ms (least {new_least:.2f}); seen before {again:9.2f} ms (least {again_least:.2f})"
    sys.stdout.write(f"{found}{f'; target {TARGET_MS:.0f}' if size == min(SIZES) else ''}\n")
    return new_least, again_least


def main() -> None:
    """Write the figures."""
    catalog = load_catalog().catalog
    report = check(Fragment.model_validate(fragment(100)), catalog, FRAME)
    assert report.ok, report.problems
    taken = {size: measure(size, times, catalog) for size, times in SIZES.items()}
    least, most = min(SIZES), max(SIZES)
    new, again = (later / first for first, later in zip(taken[least], taken[most], strict=True))
    allowed = most * math.log(most) / (least * math.log(least))
    sys.stdout.write(f"{least} to {most:,} steps: all new x{new:.0f}, seen before x{again:.0f}; target x{allowed:.0f}\n")


if __name__ == "__main__":
    main()
