"""`check`, `plan` and `schema`: commands about documents; nothing is run."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from service.cli.inputs import read_inputs, read_text
from service.cli.output import Exit, Format, FormatOption, progress, refusals, show_problems, stop, write, write_json
from service.composition import vocabulary
from service.goals import Goal
from service.narration import pretty
from service.planning import planned
from service.settings import read_settings


def check(
    file: Annotated[Path, typer.Argument(help="A template or fragment, YAML or JSON.")],
    inputs: Annotated[str | None, typer.Option("--inputs", help="JSON object, or @FILE: what it would run with.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Check a template or fragment and prove what it can reach and use."""
    with refusals(output_format):
        known = vocabulary(read_settings())
        report = known.door.check(read_text(file), given=read_inputs(inputs) if inputs else None).to_json()
    if output_format is Format.JSON:
        write_json(report)
    else:
        show_problems(report["problems"])
        if report["ok"]:
            write({key: report[key] for key in ("bound", "authority", "digest")}, Format.TEXT)
    if not report["ok"]:
        raise typer.Exit(Exit.REFUSED)


def schema(output_format: FormatOption = Format.TEXT) -> None:
    """Print the JSON Schema of the language."""
    with refusals(output_format):
        write(vocabulary(read_settings()).door.schema(), output_format)


def plan(
    text: Annotated[str, typer.Argument(help="What shall be reached, in a sentence.")],
    inputs: Annotated[str | None, typer.Option("--inputs", help="JSON object, or @FILE.")] = None,
    model: Annotated[str | None, typer.Option(help="Any litellm model name.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Plan a goal and check the plan; run nothing."""
    given = read_inputs(inputs)
    with refusals(output_format):
        known = vocabulary(read_settings())
        result = asyncio.run(planned(known, Goal(goal=text, inputs=dict(given), model=model)))
    if output_format is Format.JSON:
        write_json(result.to_json())
    else:
        show_problems([problem.to_json() for problem in result.problems])
        if result.fragment is not None:
            write(pretty(result.fragment), Format.TEXT)
    for note in result.notes:
        progress.print(f"[dim]{note}[/dim]")
    if result.fragment is None:
        stop(Exit.REFUSED if result.refused_input else Exit.FAILED, result.says)
