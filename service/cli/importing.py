"""`import openapi`: a team's own API becomes vocabulary."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from catalog.openapi.importing import Wanted, import_document
from service import importing
from service.cli.output import Exit, Format, FormatOption, progress, refusals, stop, write, write_json

app = typer.Typer(help="Turns descriptions of others into handlers.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Turn descriptions of others into handlers."""


@app.command("openapi")
def openapi(
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="An OpenAPI 3.0 or 3.1 document, JSON or YAML.")],
    directory: Annotated[Path, typer.Option(help="Where the handlers' folders are made.")] = Path("handlers"),
    *,
    only: Annotated[
        list[str] | None, typer.Option(help="Glob over a handler's name, an operationId or 'GET /path'; may be repeated.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="Stands before every name: shop makes shop_list_pets.")] = "",
    server: Annotated[str | None, typer.Option(help="The API's URL, in place of the document's servers.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Write a handler for every operation of an OpenAPI document."""
    if server is not None and not importing.is_url(server):
        stop(Exit.REFUSED, "--server is an absolute http or https URL.")
    wanted = Wanted(only=tuple(only or ()), prefix=prefix, server=server, base=source if importing.is_url(source) else "")
    with refusals(output_format):
        made = import_document(Path(source), _content(source), wanted)
        written = importing.write(made, directory)
    if output_format is Format.JSON:
        write_json(written.to_json())
    else:
        for handler, folder in written.handlers:
            write(f"{handler.operation}  {folder}", Format.TEXT)
        for finding in written.findings:
            progress.print(f"[yellow]{escape(finding.pointer or str(finding.file))}[/yellow]: {escape(finding.says)}")
        progress.print(f"[dim]{len(written.handlers)} written, {len(written.findings)} not[/dim]")
    if not written.handlers:
        stop(Exit.REFUSED, "Nothing was imported.")


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
