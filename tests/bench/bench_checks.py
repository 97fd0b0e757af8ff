"""Figures for reading and checking: `python tests/bench/bench_checks.py`. Not collected by pytest."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from catalog.loader import load_catalog
from catalog.values import Json
from fragments.bounds import Left
from fragments.checks import check
from fragments.documents import Fragment
from fragments.frames import Frame
from fragments.reading import read_fragment

FRAME = Frame(
    input={"feed": "https://example.org/feed", "floor": 4.5},
    left=Left(steps=1_000_000, model_calls=100),
    channels=frozenset({"desk"}),
    hosts=frozenset({"example.org"}),
)


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
                    "expression": f"items[mag >= $floor and id != '{salt}{i}']",
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
    """Give the median and the longest time of `work` in milliseconds."""
    taken = []
    for i in range(times):
        begin = time.perf_counter()
        work(i)
        taken.append((time.perf_counter() - begin) * 1_000)
    return statistics.median(taken), max(taken)


def main() -> None:
    """Print the figures."""
    catalog = load_catalog().catalog
    report = check(Fragment.model_validate(fragment(100)), catalog, FRAME)
    assert report.ok, report.problems
    for size, times in ((100, 21), (1_000, 5), (10_000, 1)):
        texts = [json.dumps(fragment(size, salt=f"{size}x{i}x")) for i in range(times)]
        readings = [read_fragment(text[: 1 << 30]) for text in texts]
        documents = [
            r.document if r.document is not None else Fragment.model_validate_json(t)
            for r, t in zip(readings, texts, strict=True)
        ]
        read, _ = timed(lambda i, texts=texts: read_fragment(texts[i]), times=times)
        new, most = timed(lambda i, d=documents: check(d[i], catalog, FRAME), times=times)
        again, _ = timed(lambda i, d=documents: check(d[0], catalog, FRAME), times=times)
        print(
            f"{size:>6} steps: read {read:8.2f} ms  check, all new {new:8.2f} ms (max {most:.2f})  check, seen before {again:8.2f} ms"
        )


if __name__ == "__main__":
    main()
