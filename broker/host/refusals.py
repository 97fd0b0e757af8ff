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

    def to_text(self) -> str:
        """Write `{"error": {type, message, retryable}}`."""
        return json.dumps({"error": {"type": self.type, "message": self.message, "retryable": self.retryable}})


def ok(answer: dict[str, Any]) -> str:
    """Write `{"ok": answer}`."""
    return json.dumps({"ok": answer}, ensure_ascii=False)
