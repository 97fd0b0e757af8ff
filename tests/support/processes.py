"""`goalwright` in processes of its own: their environment, a server that runs for a while, what becomes of its tasks."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
CLI = [sys.executable, "-m", "service.cli"]
STARTS_WITHIN_S = 300  # with handlers that nobody built yet
ENDS_WITHIN_S = 120


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that listens."""

    process: subprocess.Popen[str]
    url: str


def environment(data: Path, **settings: str) -> dict[str, str]:
    """Give the environment of a process over a data folder, with these settings and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GOALWRIGHT_")}
    return clean | {"GOALWRIGHT_DATA": str(data), "GOALWRIGHT_CONFIG": os.devnull} | settings


@contextmanager
def serving(around: Mapping[str, str]) -> Iterator[Serving]:
    """Run `goalwright serve`, and ask it to end when the block is left."""
    file = Path(around["GOALWRIGHT_DATA"]) / "server.json"
    command = [*CLI, "serve", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(around), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + STARTS_WITHIN_S
    try:
        while not file.exists():
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)  # another process: there is nothing else to wait for
        yield Serving(process, json.loads(file.read_text())["url"])
    finally:
        process.terminate()
        process.communicate(timeout=60)


def ended(url: str, task: str) -> Any:
    """Wait for the end of a task and tell how it ended."""
    after, deadline = 0, time.monotonic() + ENDS_WITHIN_S
    while time.monotonic() < deadline:
        page = httpx.get(f"{url}/v1/tasks/{task}/facts", params={"after": after, "wait": 10}, timeout=30).json()
        after = page["facts"][-1]["seq"] if page["facts"] else after
        if page["ended"] and not page["facts"]:
            break
    return httpx.get(f"{url}/v1/tasks/{task}", timeout=30).json()
