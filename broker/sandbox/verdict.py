"""Says why a guest did not answer."""

import re
from typing import NamedTuple


class Verdict(NamedTuple):
    """A failure type of `catalog.calls.Failed` and a sentence."""

    type: str
    message: str


# The engine gives no codes for a component's traps, only text; what we know ourselves is asked first.
_TEXTS = (
    (re.compile(r"memory minimum size .* exceeds memory limits|memory count too high"), "limit_memory"),
    (re.compile(r"hostcalls? (has|have|fuel).*exhausted|hostcall fuel", re.IGNORECASE), "limit_moved_bytes"),
    (re.compile(r"table minimum size .* exceeds|resource limit exceeded"), "limit_memory"),
    (re.compile(r"wasm trap: interrupt"), "limit_cpu"),
)
_OUT_OF_MEMORY = re.compile(r"MemoryError|NoMemory|handle_alloc_error|rust_oom|out of memory", re.IGNORECASE)
_STACK = "call stack exhausted"
_ABORT = "unreachable"


def verdict(text: str, tripped: str | None, *, guest_bytes: int = 0, memory_bytes: int = 0) -> Verdict:
    """Judge a trap by its `text`, the limit that `tripped`, and how many `guest_bytes` the memory had.

    A guest that runs out of memory usually aborts, and so does one whose own code failed: both trap as `unreachable`. An abort
    counts as `limit_memory` where the backtrace says so, or where the guest had most of the `memory_bytes` that it may have.
    """
    cause = text.strip().splitlines()[-1].strip() if text.strip() else "no reason given"
    if tripped:
        return Verdict(tripped, _SENTENCES[tripped])
    for pattern, kind in _TEXTS:
        if pattern.search(text):
            return Verdict(kind, _SENTENCES[kind])
    aborted = _ABORT in cause
    if aborted and (_OUT_OF_MEMORY.search(text) or (memory_bytes and guest_bytes > memory_bytes * 3 // 4)):
        return Verdict("limit_memory", _SENTENCES["limit_memory"])
    if _STACK in cause:
        return Verdict("limit_stack", "the guest recursed too deeply: its stack is exhausted")
    if aborted:
        return Verdict("trapped", "the guest aborted: an exception escaped it, or it asked for what a sandbox does not have")
    return Verdict("trapped", f"the guest trapped: {cause.removeprefix('wasm trap: ')[:300]}")


_SENTENCES = {
    "limit_cpu": "the guest used its processor time",
    "limit_wall": "the call used its wall-clock time",
    "limit_memory": "the guest used its memory",
    "limit_moved_bytes": "the guest gave the host more bytes at once than a call may move",
}
