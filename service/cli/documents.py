"""`check`, `plan` and `schema`: commands about documents; nothing is run."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from service.cli.dialects import BindOption, DialectOption, EnvironmentOption, checked, converted
from service.cli.inputs import read_inputs, read_text
from service.cli.mending import write_mended
from service.cli.output import Exit, Format, FormatOption, progress, refusals, show_problems, stop, write, write_json
from service.composition import vocabulary
from service.goals import Goal
from service.planning import planned
from service.settings import read_settings


def check(
    file: Annotated[Path, typer.Argument(help="A template or fragment, YAML or JSON.")],
    inputs: Annotated[str | None, typer.Option("--inputs", help="JSON object, or @FILE: what it would run with.")] = None,
    dialect: DialectOption = None,
    bind: BindOption = None,
    environment: EnvironmentOption = None,
    *,
    mend: Annotated[bool, typer.Option("--mend", help="Apply the patches that are safe, and write the file.")] = False,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Check a template or fragment and prove what it can reach and use. With --dialect it is converted before."""
    if mend and dialect is not None:
        stop(Exit.REFUSED, "--mend writes the file, so it takes none of another dialect: convert it first.")
    for option, value in (("--bind", bind), ("--environment", environment)):
        if value is not None and dialect is None:
            stop(Exit.REFUSED, f"{option} is for a file of another dialect: say --dialect too.")
    given = read_inputs(inputs) if inputs else None
    with refusals(output_format):
        known = vocabulary(read_settings())
        if mend:
            write_mended(file, known.door, output_format)
        if dialect is None:
            report = known.door.check(read_text(file), given=given).to_json()
        else:
            conversion = converted(file, dialect, bind, output_format, environment=environment)
            report = checked(conversion, known.door, given).to_json()
    if output_format is Format.JSON:
        write_json(report)
    else:
        show_problems(report["problems"], file=file)
        if report["ok"]:
            write({key: report[key] for key in ("bound", "authority", "digest")}, Format.TEXT)
    if not report["ok"]:
        raise typer.Exit(Exit.REFUSED)


def schema(
    *,
    plain: Annotated[bool, typer.Option("--plain", help="The language alone, without handlers and channels.")] = False,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Print the JSON Schema of templates and fragments, for editors: it completes handlers, their config and input."""
    with refusals(output_format):
        write(vocabulary(read_settings()).door.schema(plain=plain), output_format)


def plan(
    text: Annotated[str, typer.Argument(help="What shall be reached, in a sentence.")],
    inputs: Annotated[str | None, typer.Option("--inputs", help="JSON object, or @FILE.")] = None,
    model: Annotated[str | None, typer.Option(help="One of the models that the operator lists.")] = None,
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
            write(result.fragment, Format.TEXT)
    for note in result.notes:
        progress.say("[dim]{note}[/dim]", note=note)
    if result.fragment is None:
        stop(Exit.REFUSED if result.refused_input else Exit.FAILED, result.says)
