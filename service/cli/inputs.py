"""What the CLI reads: JSON on the command line or in files, and documents."""

import sys
from pathlib import Path

import typer

from fragments.json_text import unreadable
from schemas.reading import UnreadableJsonError, read_json
from schemas.values import JsonObject
from service.cli.output import Exit, show_problems, stop


def read_inputs(text: str | None, option: str = "--inputs") -> JsonObject:
    """Read a JSON object given as text, as `@FILE`, or as `@-` for stdin; ends the command where it is none.

    What is not taken as JSON is told as a problem, with its place in the file or in the option.
    """
    if text is None:
        return {}
    name, source = _source(text, option)
    try:
        value = read_json(source)
    except UnreadableJsonError as error:
        show_problems([unreadable(error).to_json()], file=name)
        raise typer.Exit(Exit.REFUSED) from None
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


def _source(text: str, option: str) -> tuple[Path, str | bytes]:
    """Give what a text or the file that it names says, and the name that problems begin with."""
    if not text.startswith("@"):
        return Path(option), text
    if text == "@-":
        return Path("stdin"), sys.stdin.buffer.read()
    path = Path(text[1:])
    try:
        return path, path.read_bytes()
    except OSError as failure:
        stop(Exit.REFUSED, f"{path} cannot be read: {failure.strerror}.")
