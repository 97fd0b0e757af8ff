"""`goalwright serve` as a process: it announces itself, holds its database alone, and ends in order."""

import signal
import subprocess
from pathlib import Path

from tests.support.processes import CLI, ROOT, environment, serving

SERVE = [*CLI, "serve", "--port", "0"]


def test_a_second_server_on_the_same_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with serving(environment(tmp_path)):
        second = subprocess.run(
            SERVE, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
        )
    assert second.returncode == 1
    assert "another process is running the database" in " ".join(second.stderr.split())
    assert "Traceback" not in second.stderr


def test_a_server_that_is_asked_to_end_closes_in_order(tmp_path: Path) -> None:
    with serving(environment(tmp_path)) as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=30) == 0
    assert not (tmp_path / "server.json").exists()
