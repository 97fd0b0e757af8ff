"""What child processes are started with."""

import os
from pathlib import Path

_KEPT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "GOALWRIGHT_LOG")


def environment() -> dict[str, str]:
    """Give a child what it needs to start and nothing else: no keys, no tokens, no proxies."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONPATH": str(Path(__file__).resolve().parents[1]), "PYTHONUTF8": "1"}
