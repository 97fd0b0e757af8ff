"""`import openapi`: a team's own API becomes vocabulary."""

import asyncio
import re
from pathlib import Path
from typing import Annotated

import typer

from catalog.openapi.importing import Import, LeftOut, Wanted, import_document
from catalog.openapi.wording import one_line
from service import importing
from service.cli.output import (
    Exit,
    Format,
    FormatOption,
    progress,
    refusals,
    stop,
    write,
    write_json,
)
from service.comparing import BREAKS, breaking, compared, imported_into

TOLD_EVERY = 250
"""Operations between two lines about progress, where there is no terminal to show it on."""

app = typer.Typer(help="Turns descriptions of others into handlers.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Turn descriptions of others into handlers."""


@app.command("openapi")
def openapi(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|FOLDER|ZIP|URL",
            help="An OpenAPI document of version 2.0, 3.0 or 3.1, JSON or YAML, with its files.",
        ),
    ],
    directory: Annotated[Path, typer.Option(help="Where the handlers' folders are made.")] = Path("handlers"),
    *,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Glob over names, operationIds, 'GET /path', paths and tags (tag:pets); may be repeated."),
    ] = None,
    prefix: Annotated[str, typer.Option(help="Stands before every name: shop makes shop_list_pets.")] = "",
    server: Annotated[str | None, typer.Option(help="The API's URL, in place of the document's servers.")] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing: tell what changed since the handlers were imported. 1 where it breaks."),
    ] = False,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Write a handler for every operation of an OpenAPI document, or tell what changed since."""
    if server is not None and not importing.is_url(server):
        stop(Exit.REFUSED, "--server is an absolute http or https URL.")
    if not re.fullmatch(r"([a-z][a-z0-9_]{0,30})?", prefix):
        stop(Exit.REFUSED, "--prefix is of small letters, digits and underscores, and begins with a letter.")
    base = source if importing.is_url(source) else ""
    wanted = Wanted(only=tuple(only or ()), prefix=prefix, server=server, base=base)
    with refusals(output_format):
        made = _imported(source, wanted)
        if check:
            _check(made, wanted, directory, output_format)
            return
        written = importing.write(made, directory)
    if output_format is Format.JSON:
        write_json(written.to_json())
    else:
        _show(written)
    if not written.handlers:
        stop(Exit.REFUSED, "Nothing was imported.")


def _imported(source: str, wanted: Wanted) -> Import:
    file = Path(source) if wanted.base else importing.document_in(Path(source))
    content = _content(source if wanted.base else str(file))
    with progress.status("reading the document") as status:

        def tell(done: int, every: int) -> None:
            status.update(f"{done} of {every} operations")
            if not progress.is_terminal and done and done % TOLD_EVERY == 0:
                progress.say("{done} of {every} operations", done=done, every=every)

        return import_document(file, content, wanted, tell)


def _check(made: Import, wanted: Wanted, directory: Path, output_format: Format) -> None:
    """Tell what changed; ends with code 1 where a change breaks plans that use the handlers."""
    source = wanted.base or made.source.name
    changes = compared(made, imported_into(directory, source), wanted)
    if output_format is Format.JSON:
        write_json({"changes": [changed.to_json() for changed in changes], "breaking": breaking(changes)})
    else:
        for changed in changes:
            write(f"{changed.change:8}  {one_line(changed.operation)}  {changed.handler}", Format.TEXT)
            for says in changed.says:
                write(f"          {one_line(says)}", Format.TEXT)
        breaks = sum(c.change in BREAKS for c in changes)
        progress.say("[dim]{changed} changed, {breaks} of them break[/dim]", changed=len(changes), breaks=breaks)
    if breaking(changes):
        raise typer.Exit(Exit.FAILED)


def _show(written: importing.Written) -> None:
    for handler, folder in written.handlers:
        write(f"{one_line(handler.operation)}  {folder}", Format.TEXT)
    for note in written.notes:
        progress.say("note: {note}", whole=True, note=note)
    if written.left_out:
        progress.print(_table(written.left_out), soft_wrap=True)
    if written.settings:
        progress.say("[dim]for goalwright.toml:[/dim]")
        progress.print(written.settings)
    progress.say("[dim]{made} written, {left} left out[/dim]", made=len(written.handlers), left=len(written.left_out))


def _table(left_out: tuple[LeftOut, ...]) -> str:
    """Write columns that a pipe does not break: operation, place, reason."""
    rows = [("left out", "where", "why")]
    for held in left_out:
        says = held.finding.says.partition(" is not imported: ")[2] or held.finding.says
        where = held.finding.pointer or str(held.finding.file)
        rows.append((one_line(held.operation), one_line(where), one_line(says)))
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{what:{first}}  {where:{second}}  {why}" for what, where, why in rows)


def _content(source: str) -> bytes:
    if importing.is_url(source):
        try:
            return asyncio.run(importing.fetched(source))
        except importing.DocumentUnreachableError as failure:
            stop(Exit.FAILED, str(failure))
    try:
        return Path(source).read_bytes()
    except OSError as failure:
        stop(Exit.REFUSED, f"{source} cannot be read: {failure.strerror}.")
