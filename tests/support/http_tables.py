"""What HTTP's headers mean, as tables that tests run and the page about compatibility counts."""

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "http"


def read(name: str) -> dict[str, Any]:
    """Read `tests/data/http/NAME.json`."""
    found: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return found


RETRY_AFTER = read("retry_after")["rows"]
MEDIA_TYPES = read("media_types")["rows"]
CHARSETS = read("charsets")["rows"]
LINKS = read("links")["rows"]
URI_TEMPLATES = read("uri_templates")
