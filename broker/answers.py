"""Reads what a guest answered, which nobody should trust, into an outcome."""

import json
import math
import re
from typing import Any, NoReturn

from broker.host.log import cleaned
from broker.orders import Report
from catalog.calls import Failed, Ok, Outcome, Usage
from catalog.capability import NAME
from catalog.values import Json

MESSAGE_LENGTH = 2_000
RETRY_AFTER_S = 86_400.0

_NAME = re.compile(NAME)
_SUSPECT = re.compile(rb"\\u[dD][89a-fA-F]|[eE]\+?\d{3}")  # may be half a character, or a number beyond all floats


def outcome(report: Report, content: bytes) -> Outcome:
    """Read a worker's report and the guest's answer: `{"ok": output}` or `{"error": {type, message, ...}}`."""
    usage = Usage(
        wall_ms=report.wall_ms,
        host_calls=report.host_calls,
        moved_bytes=report.moved_bytes,
        output_bytes=report.output_bytes,
    )
    if report.failure:
        return Failed(type=report.failure, message=report.message, usage=usage, logs=report.logs)
    try:
        document = json.loads(content, parse_constant=_refuse)
        if _SUSPECT.search(content):
            _check_writable(document)
    except (ValueError, RecursionError) as error:
        return Failed(type="output_invalid", message=f"the guest answered no JSON: {error}", usage=usage, logs=report.logs)
    if isinstance(document, dict) and "ok" in document:
        return Ok(output=document["ok"], usage=usage, logs=report.logs)
    if isinstance(document, dict) and isinstance(document.get("error"), dict):
        return _failed(document["error"], usage, report.logs)
    message = "the guest answered neither ok nor error"
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


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is no number that JSON knows"
    raise ValueError(message)


def _check_writable(value: Json) -> None:
    """Raise `ValueError` for what Python reads from JSON and nobody can write again: infinities, half characters."""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            part.encode()
        elif isinstance(part, float) and not math.isfinite(part):
            _refuse(str(part))
        elif isinstance(part, list):
            pending.extend(part)
        elif isinstance(part, dict):
            pending.extend(part)
            pending.extend(part.values())
