"""Reads what a guest answered, which nobody should trust, into an outcome."""

import json
import re
from typing import Any

from broker.host.log import cleaned
from broker.orders import Report
from catalog.calls import Failed, Ok, Outcome, Usage, Waits
from catalog.capability import NAME
from schemas.limits import DEPTH
from schemas.reading import UnreadableJsonError, read_json
from schemas.slices import decode

MESSAGE_LENGTH = 2_000
RETRY_AFTER_S = 86_400.0
WAIT_S = 400 * 86_400.0
ASKS_BYTES = 64 << 10

_NAME = re.compile(NAME)


def outcome(report: Report, content: bytes, *, may_wait: bool = False) -> Outcome:
    """Read a worker's report and what its guest answered: `{"ok": output}`, `{"wait": {...}}` or `{"error": {type, ...}}`."""
    usage = Usage(
        wall_ms=report.wall_ms,
        cpu_ms=report.cpu_ms,
        host_calls=report.host_calls,
        moved_bytes=report.moved_bytes,
        output_bytes=report.output_bytes,
        log_bytes=report.log_bytes,
    )
    if report.failure:
        return Failed(type=report.failure, message=report.message, usage=usage, logs=report.logs)
    try:
        document = read_json(content, depth=DEPTH + 1, decode=decode)  # an output stands one level down
    except UnreadableJsonError as error:
        message = f"the guest's answer is not JSON that can be taken: {error}"
        return Failed(type="output_invalid", message=message, usage=usage, logs=report.logs)
    if isinstance(document, dict) and "ok" in document:
        return Ok(output=document["ok"], usage=usage, logs=report.logs)
    if isinstance(document, dict) and isinstance(document.get("error"), dict):
        return _failed(document["error"], usage, report.logs)
    if isinstance(document, dict) and isinstance(document.get("wait"), dict):
        return _waits(document["wait"], usage, report.logs, may_wait=may_wait)
    message = "the guest answered neither ok nor wait nor error"
    return Failed(type="output_invalid", message=message, usage=usage, logs=report.logs)


def _failed(error: dict[str, Any], usage: Usage, logs: tuple[str, ...]) -> Failed:
    kind = error.get("type")
    after = error.get("retry_after_s")
    timed = isinstance(after, (int, float)) and not isinstance(after, bool) and 0 <= after <= RETRY_AFTER_S
    return Failed(
        type=kind if isinstance(kind, str) and _NAME.fullmatch(kind) else "handler_error",
        message=cleaned(str(error.get("message", ""))[:MESSAGE_LENGTH]),
        retryable=error.get("retryable") is True,
        retry_after_s=float(after) if timed else None,  # type: ignore[arg-type]  # `timed` says it is a number
        usage=usage,
        logs=logs,
    )


def _waits(wait: dict[str, Any], usage: Usage, logs: tuple[str, ...], *, may_wait: bool) -> Outcome:
    says = _wrong_wait(wait) if may_wait else "only a handler whose effect is wait may wait"
    if says:
        return Failed(type="output_invalid", message=says, usage=usage, logs=logs)
    timeout_s = None if wait.get("timeout_s") is None else float(wait["timeout_s"])
    return Waits(signal=wait["signal"], asks=wait.get("asks") or {}, timeout_s=timeout_s, usage=usage, logs=logs)


def _wrong_wait(wait: dict[str, Any]) -> str | None:
    signal, asks, timeout_s = wait.get("signal"), wait.get("asks") or {}, wait.get("timeout_s")
    if not isinstance(signal, str) or not _NAME.fullmatch(signal):
        return "a wait names its signal in lower case letters, digits and underscores"
    if not isinstance(asks, dict) or len(json.dumps(asks)) > ASKS_BYTES:
        return f"what a wait asks is an object of at most {ASKS_BYTES} bytes"
    timed = isinstance(timeout_s, (int, float)) and not isinstance(timeout_s, bool)
    if timeout_s is not None and not (timed and 0 < timeout_s <= WAIT_S):
        return f"the time-out of a wait is more than 0 and at most {WAIT_S:.0f} seconds"
    return None
