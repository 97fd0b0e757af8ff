"""`goalwright serve` as a process: it announces itself, holds its database alone, and ends in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVE = [sys.executable, "-m", "service.cli", "serve", "--port", "0"]
ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_S = 60


def environment(data: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GOALWRIGHT_")}
    return clean | {"GOALWRIGHT_DATA": str(data), "GOALWRIGHT_CONFIG": os.devnull}


@contextmanager
def serving(data: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(SERVE, cwd=ROOT, env=environment(data), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not (data / "server.json").exists():
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)  # another process: there is nothing else to wait for
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def test_a_second_server_on_the_same_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with serving(tmp_path):
        second = subprocess.run(
            SERVE, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
        )
    assert second.returncode == 1
    assert "another process is running the database" in " ".join(second.stderr.split())
    assert "Traceback" not in second.stderr


def test_a_server_that_is_asked_to_end_closes_in_order(tmp_path: Path) -> None:
    with serving(tmp_path) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert not (tmp_path / "server.json").exists()
