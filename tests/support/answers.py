"""Answers of a server, as the host function `http` gives them to a guest."""

from datetime import UTC, datetime
from typing import Any

from broker.host.media import media_type_of
from catalog.retry_after import retry_after_s

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def answer_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Add what the host reads from the headers."""
    headers = answer["headers"]
    kinds = [headers["content-type"]] if "content-type" in headers else []
    return {"media_type": media_type_of(kinds), "retry_after_s": retry_after_s(headers, NOW), **answer}
