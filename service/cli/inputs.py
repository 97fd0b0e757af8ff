"""What the CLI reads: JSON on the command line or in files, and documents."""

import json
from pathlib import Path

from schemas.values import JsonObject
from service.cli.output import Exit, stop


def read_inputs(text: str | None, option: str = "--inputs") -> JsonObject:
    """Read a JSON object given as text or as `@FILE`; ends the command where it is none."""
    if text is None:
        return {}
    source = read_text(Path(text[1:])) if text.startswith("@") else text
    try:
        value = json.loads(source)
    except json.JSONDecodeError as wrong:
        stop(Exit.REFUSED, f"{option} is not JSON: {wrong.msg} at line {wrong.lineno}, column {wrong.colno}.")
    if not isinstance(value, dict):
        stop(Exit.REFUSED, f'{option} must be a JSON object, such as \'{{"url": "https://example.org"}}\'.')
    return value


def read_text(path: Path) -> str:
    """Read a text file; ends the command where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as failure:
        stop(Exit.REFUSED, f"{path} cannot be read: {failure.strerror}.")
    except UnicodeDecodeError:
        stop(Exit.REFUSED, f"{path} is not UTF-8 text.")
