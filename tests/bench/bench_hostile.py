"""Measures the reader and the checks on hostile documents: `python -m tests.bench.bench_hostile`. Target: 1 s and 256 MB."""

import sys

from tests.support.hostile import HOSTILE, examiner

TARGET_S, TARGET_BYTES = 1.0, 256 << 20


def main() -> None:
    """Write the slowest ten, and what is beyond the target."""
    with examiner() as examine:
        outcomes = sorted(((name, examine(name)) for name in HOSTILE), key=lambda pair: -pair[1].cpu_s)
    for name, outcome in outcomes[:10]:
        sys.stdout.write(f"{name:<56} {outcome.cpu_s:6.2f} s CPU {outcome.peak_bytes / 2**20:7.1f} MB\n")
    beyond = [name for name, outcome in outcomes if outcome.cpu_s > TARGET_S or outcome.peak_bytes > TARGET_BYTES]
    sys.stdout.write(f"{len(outcomes)} documents, beyond {TARGET_S:.0f} s or {TARGET_BYTES >> 20} MB: {beyond or 'none'}\n")


if __name__ == "__main__":
    main()
