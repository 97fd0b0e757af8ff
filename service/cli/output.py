"""What the CLI prints: results on stdout as text or JSON, everything else on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from broker.sandbox.errors import SandboxError
from catalog.build import BuildError
from catalog.findings import CatalogError
from engine.errors import EngineError
from fragments.codes import CODES
from fragments.problems import Severity
from schemas.values import Json, JsonObject
from service.client import NobodyRunsError, RefusedError, UnreachableError
from service.narration import problem_lines
from service.settings import SettingsError
from service.terminal import Terminal, json_out, text_out

progress = Terminal(stderr=True)


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
    json_out(value, indent=2 if sys.stdout.isatty() else None)


def write(value: Json, output_format: Format) -> None:
    """Write a result: text with what steers a terminal made visible, any other value as JSON."""
    if output_format is Format.TEXT and isinstance(value, str):
        text_out(value)
    elif output_format is Format.TEXT:
        json_out(value, indent=2)
    else:
        write_json(value)


def show_problems(problems: list[JsonObject], *, file: Path | None = None) -> None:
    """List problems on stderr, with their places in `file`: `flow.yaml:12:7`."""
    for line in problem_lines(problems, file=str(file) if file is not None else ""):
        progress.print(line, soft_wrap=True)  # a place that is broken over two lines is no place that an editor follows
    refused = next((problem["code"] for problem in problems if problem["severity"] == Severity.ERROR), None)
    if refused in CODES:
        progress.say("[dim]'goalwright explain {code}' says more[/dim]", whole=True, code=refused)


def stop(code: Exit, says: str) -> NoReturn:
    """End with a sentence on stderr."""
    progress.say("[red]{says}[/red]", says=says)
    raise typer.Exit(code)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """End a command with a sentence where a file cannot be written."""
    try:
        yield
    except OSError as failure:
        stop(Exit.FAILED, f"{path} cannot be written: {failure.strerror}.")


@contextmanager
def refusals(output_format: Format, *, file: Path | None = None) -> Iterator[None]:
    """End a command in order when the service, the settings or the catalog refuse; `file` is what was submitted."""
    try:
        yield
    except RefusedError as refused:
        if output_format is Format.JSON:
            write_json(refused.problem)
        show_problems(refused.problem.get("problems", []), file=file)
        stop(Exit.REFUSED, str(refused))
    except (SettingsError, CatalogError, BuildError, SandboxError) as refused:
        stop(Exit.REFUSED, str(refused))
    except (UnreachableError, NobodyRunsError, EngineError) as failed:
        stop(Exit.FAILED, str(failed))
