"""What the CLI prints is whole where nobody looks at a screen."""

import os
import subprocess
import sys
from pathlib import Path


def test_a_sentence_in_a_pipe_is_one_line_however_narrow_the_terminal_is_said_to_be(tmp_path: Path) -> None:
    missing = tmp_path / "a-file-that-is-not-there-and-has-a-long-name.yaml"
    environment = os.environ | {"COLUMNS": "30", "TERM": "dumb"}
    command = [sys.executable, "-m", "service.cli", "graph", str(missing)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert any(str(missing) in line for line in ran.stderr.splitlines())
