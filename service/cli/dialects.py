"""`convert`: workflows of other dialects, written as templates of the language."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fragments.dialects import Bindings, Conversion, Dialect, read_bindings, yaml_of
from fragments.dialects import convert as convert_text
from fragments.pointers import look_up
from fragments.problems import Problem, errors
from fragments.proofs import Report
from schemas.values import Json, JsonObject
from service.cli.inputs import read_text
from service.cli.output import Exit, Format, FormatOption, progress, show_problems, stop, write_json, writing
from service.door import Door
from service.terminal import text_out

_LONGEST_SHOWN = 200  # characters of a part of the source in a comment

BindOption = Annotated[
    Path | None, typer.Option("--bind", help="Mapping file: which handlers the callables of the source are.")
]
EnvironmentOption = Annotated[
    str | None, typer.Option("--environment", help="Environment of a Tasker template in which it is converted.")
]
DialectOption = Annotated[Dialect | None, typer.Option("--dialect", help="What the file is written in.")]


def convert(
    file: Annotated[Path, typer.Argument(help="A task template of Tasker, or a workflow of workflow.io/v1.")],
    *,
    dialect: DialectOption = None,
    bind: BindOption = None,
    environment: EnvironmentOption = None,
    output: Annotated[Path | None, typer.Option("--output", help="Where to write the template, in place of stdout.")] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Write what converts, though something does not.")] = False,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Convert a workflow of another dialect into a template. Whole or not at all, unless --partial is said."""
    conversion = converted(file, dialect, bind, output_format, environment=environment)
    written = conversion.template is not None and (conversion.ok or partial)
    if output is not None and written:
        _write_file(output, _yaml(conversion, file), source=file)
    if output_format is Format.JSON:
        write_json(_report(conversion))
    else:
        _tell(conversion, file)
        if written and output is None:
            text_out(_yaml(conversion, file).rstrip("\n"))
    if not written:
        count = len(errors(conversion.problems))
        more = " --partial writes what converts." if conversion.template is not None else ""
        stop(Exit.REFUSED, f"Nothing was written: {count} problem{'s' if count > 1 else ''}.{more}")


def converted(
    file: Path, dialect: Dialect | None, bind: Path | None, output_format: Format, *, environment: str | None = None
) -> Conversion:
    """Convert a file; ends the command where the mapping file is none."""
    bindings = _bindings(bind, output_format) if bind is not None else None
    return convert_text(read_text(file), dialect, bindings, name=file.stem, environment=environment)


def checked(conversion: Conversion, door: Door, given: JsonObject | None) -> Report:
    """Check what was converted; every problem is told with the pointers and lines of the source."""
    if conversion.template is None:
        return Report(problems=conversion.problems)
    report = door.check(conversion.template, given=given)
    problems = (*conversion.problems, *conversion.told(report.problems))
    if conversion.ok:
        return replace(report, problems=problems)
    return Report(problems=problems)  # what was not converted is not proved either


def _bindings(path: Path, output_format: Format) -> Bindings:
    bindings, problems = read_bindings(read_text(path))
    if bindings is None:
        told: list[JsonObject] = [problem.to_json() for problem in problems]
        if output_format is Format.JSON:
            write_json({"ok": False, "file": str(path), "problems": told})
        show_problems(told, file=path)
        stop(Exit.REFUSED, f"{path} is no mapping file.")
    return bindings


def _report(conversion: Conversion) -> dict[str, Json]:
    return {
        "ok": conversion.ok,
        "dialect": conversion.dialect.value if conversion.dialect is not None else None,
        "template": conversion.template,
        "problems": [problem.to_json() for problem in conversion.problems],
        "notes": list(conversion.notes),
    }


def _tell(conversion: Conversion, file: Path) -> None:
    if conversion.dialect is not None:
        progress.say("[dim]{file} reads as {dialect}.[/dim]", file=file, dialect=conversion.dialect.value)
    show_problems([problem.to_json() for problem in conversion.problems], file=file)
    for note in conversion.notes:
        progress.say("[dim]{note}[/dim]", whole=True, note=note)


def _yaml(conversion: Conversion, file: Path) -> str:
    assert conversion.dialect is not None, "a template was made of some dialect"
    heading = [f"Converted from {conversion.dialect.value}: {file.name}"]
    if missing := errors(conversion.problems):
        heading.append("IN PART. What did not convert:")
        heading += [_as_comment(problem, conversion.source) for problem in missing]
    if left_out := [problem for problem in conversion.problems if problem.code == "dialect.left_out"]:
        heading.append("Left out:")
        heading += [_as_comment(problem, conversion.source) for problem in left_out]
    return yaml_of(dict(conversion.template or {}), heading=tuple(heading))


def _as_comment(problem: Problem, source: Json) -> str:
    """Write one line about what did not convert, with what stood there."""
    there = json.dumps(look_up(source, problem.where, None))  # in ASCII: nothing of it ends the comment
    shown = there if len(there) <= _LONGEST_SHOWN else f"{there[:_LONGEST_SHOWN]}..."
    return f"  line {problem.line}: {problem.says} It was: {shown}".replace("\n", " ")


def _write_file(path: Path, text: str, *, source: Path) -> None:
    if path.resolve() == source.resolve():
        stop(Exit.REFUSED, f"{path} is the source itself; nothing was written.")
    with writing(path):
        path.write_text(text, encoding="utf-8")
    progress.say("[dim]{path} is written.[/dim]", path=path)
