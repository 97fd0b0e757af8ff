"""Figures for conditions: `python tests/bench/bench_conditions.py`. Not collected by pytest."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from fragments.conditions import ConditionError, faults, holds  # noqa: E402
from schemas.values import Json  # noqa: E402 - after the path

QUAKE = {"type": "object", "required": ["mag"], "properties": {"mag": {"type": "number"}}}
SCOPE = {
    "input": {
        "type": "object",
        "required": ["n", "kind"],
        "properties": {"n": {"type": "integer"}, "kind": {"enum": ["a", "b"]}, "quakes": {"type": "array", "items": QUAKE}},
    },
    "steps": {
        "type": "object",
        "properties": {"fetch": {"type": "object", "properties": {"output": {"type": "object"}, "status": {"type": "string"}}}},
    },
}
SHORT = "input.n > 3"
LONG = 'input.kind == "b" && steps.fetch.output.count > 3 || has(input.quakes) && input.quakes.exists(q, q.mag > 6.0)'
LOOKUP: dict[str, Json] = {
    "input": {"n": 4, "kind": "a", "quakes": [{"mag": 4.5}, {"mag": 6.5}]},
    "steps": {"fetch": {"output": {"count": 2}, "status": "complete"}},
}


def microseconds(work: Callable[[int], object], *, times: int) -> float:
    """Give the median time of `work`."""
    taken = []
    for i in range(times):
        begin = time.perf_counter()
        work(i)
        taken.append((time.perf_counter() - begin) * 1e6)
    return statistics.median(taken)


def measure(name: str, text: str) -> str:
    """Time one condition: checked when new, checked again, evaluated."""
    new = microseconds(lambda i: list(faults(f"{text} || input.n == {i}", scope_types=SCOPE.get)), times=500)
    again = microseconds(lambda _: list(faults(text, scope_types=SCOPE.get)), times=500)
    run = microseconds(lambda _: holds(text, LOOKUP), times=2_000)
    return f"{name}: checked when new {new:7.1f} us (target 2,000), again {again:7.1f} us; evaluated {run:5.1f} us (target 50)"


def worst() -> str:
    """Time the dearest evaluations that are let through."""
    cases = {
        "pairs of 99 items": ("input.l.all(a, input.l.all(b, a != b + 1000))", {"l": list(range(99))}),
        "a list searched 1,000 times": ("input.l.all(a, a in input.l)", {"l": list(range(1_000))}),
        "a text in a text": ("input.s.contains(input.t)", {"s": "a" * 200_000, "t": "a" * 90_000 + "b"}),
        "a slow pattern": ("input.s.matches('((((a?){5}){5}){5}){8}b')", {"s": "a" * 3_000}),
        "a hostile pattern, refused": ("input.s.matches('((((a?){5}){5}){5}){8}b')", {"s": "a" * 100_000}),
    }
    return "\n".join(f"{name:>30}: {_once(text, {'input': data}):8.2f} ms" for name, (text, data) in cases.items())


def _once(text: str, lookup: dict[str, Json]) -> float:
    begin = time.perf_counter()
    try:
        holds(text, lookup)
    except ConditionError as error:
        sys.stdout.write(f"{error.kind}: ")
    return (time.perf_counter() - begin) * 1e3


def loading() -> str:
    """Time what a process pays before its first condition, and for it."""
    code = "import time; a = time.perf_counter(); {}; print((time.perf_counter() - a) * 1e3)"
    first = "import fragments.frames, fragments.references, fragments.schemas.paths, fragments.near; a = time.perf_counter()"
    package = code.format(f"{first}; import fragments.conditions")
    one = code.format("import fragments.conditions; a = time.perf_counter(); fragments.conditions.parse('input.n > 3')")
    shown = [
        subprocess.run([sys.executable, "-c", c], capture_output=True, text=True, check=True, cwd=ROOT) for c in (package, one)
    ]
    return "import {:.1f} ms; the first condition of a process {:.1f} ms".format(*(float(s.stdout) for s in shown))


def main() -> None:
    """Write the figures."""
    sys.stdout.write("\n".join((loading(), measure("short", SHORT), measure(" long", LONG), worst())) + "\n")


if __name__ == "__main__":
    main()
