"""Refusals and failures of host functions, as a guest reads them."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a host function did not do what a guest asked. `type` is one of the names in the host function's contract."""

    type: str
    message: str
    retryable: bool = False
    retry_after_s: float | None = None

    def to_text(self) -> str:
        """Write `{"error": {type, message, retryable}}`, with `retry_after_s` where it is known."""
        error = {"type": self.type, "message": self.message, "retryable": self.retryable}
        return json.dumps({"error": error if self.retry_after_s is None else {**error, "retry_after_s": self.retry_after_s}})


def ok(answer: dict[str, Any]) -> str:
    """Write `{"ok": answer}`."""
    return json.dumps({"ok": answer}, ensure_ascii=False)
