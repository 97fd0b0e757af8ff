"""`graph`: a template or fragment as a drawing, with its problems where they are."""

from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from service.cli.inputs import read_text
from service.cli.output import Exit, Format, progress, refusals, show_problems, stop, writing
from service.composition import vocabulary
from service.drawing import text
from service.drawing.mermaid import mermaid
from service.drawing.picture import Picture
from service.settings import read_settings
from service.terminal import Terminal, bytes_out


class Drawing(StrEnum):
    """What a document is drawn as."""

    TEXT = "text"
    MERMAID = "mermaid"
    SVG = "svg"


def graph(
    file: Annotated[Path, typer.Argument(help="A template or fragment, YAML or JSON.")],
    drawing: Annotated[Drawing, typer.Option("--format", help="What it is drawn as.")] = Drawing.TEXT,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; default: stdout.")] = None,
) -> None:
    """Draw a template or fragment: scopes, steps, what they wait for, what it may use, problems in place."""
    with refusals(Format.TEXT, file=file):
        picture, report = vocabulary(read_settings()).door.draw(read_text(file))
    if picture is None:
        show_problems([problem.to_json() for problem in report.problems], file=file)
        stop(Exit.REFUSED, f"{file} cannot be drawn: too little of it can be read.")
    with writing(output) if output is not None else nullcontext():
        _written(picture, drawing, output)
    if not report.ok:
        progress.say("[red]{file} has problems; they are in the drawing, and 'goalwright check' lists them.[/red]", file=file)
        raise typer.Exit(Exit.REFUSED)


def _written(picture: Picture, drawing: Drawing, output: Path | None) -> None:
    if drawing is Drawing.TEXT:
        if output is None:
            text.show(picture, Terminal())
            return
        with output.open("w", encoding="utf-8") as sink:
            text.show(picture, Terminal(file=sink, width=120))
        return
    drawn = mermaid(picture).encode() if drawing is Drawing.MERMAID else _svg(picture)
    if output is None:
        bytes_out(drawn)
    else:
        output.write_bytes(drawn)


def _svg(picture: Picture) -> bytes:
    from service.drawing.svg import svg  # noqa: PLC0415 - loads Graphviz, which no other command needs

    return svg(picture)
