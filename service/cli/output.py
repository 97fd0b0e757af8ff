"""What the CLI prints: results on stdout as text or JSON, everything else on stderr."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum, StrEnum
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from catalog.findings import CatalogError
from catalog.values import Json, JsonObject
from engine.errors import EngineError
from service.client import NobodyRunsError, RefusedError, UnreachableError
from service.narration import pretty, problem_lines
from service.settings import SettingsError

progress = Console(stderr=True, highlight=False, soft_wrap=False)


class Exit(IntEnum):
    """What the exit code says."""

    DONE = 0
    FAILED = 1
    REFUSED = 2  # the input, not the work


class Format(StrEnum):
    """How results are written to stdout."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How the result is written to stdout.")]


def write_json(value: Json) -> None:
    """Write one JSON document to stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None) + "\n")


def write(value: Json, output_format: Format) -> None:
    """Write a result: text as it is, any other value as JSON."""
    if output_format is Format.TEXT and isinstance(value, str):
        sys.stdout.write(value + "\n")
    elif output_format is Format.TEXT:
        sys.stdout.write(pretty(value) + "\n")
    else:
        write_json(value)


def show_problems(problems: list[JsonObject]) -> None:
    """List problems on stderr."""
    for line in problem_lines(problems):
        progress.print(line)


def stop(code: Exit, says: str) -> NoReturn:
    """End with a sentence on stderr."""
    progress.print(f"[red]{escape(says)}[/red]")
    raise typer.Exit(code)


@contextmanager
def refusals(output_format: Format) -> Iterator[None]:
    """End a command in order when the service, the settings or the catalog refuse."""
    try:
        yield
    except RefusedError as refused:
        if output_format is Format.JSON:
            write_json(refused.problem)
        show_problems(refused.problem.get("problems", []))
        stop(Exit.REFUSED, str(refused))
    except (SettingsError, CatalogError) as refused:
        stop(Exit.REFUSED, str(refused))
    except (UnreachableError, NobodyRunsError, EngineError) as failed:
        stop(Exit.FAILED, str(failed))
