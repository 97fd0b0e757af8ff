"""`handlers publish|retire`: versions that stay as they are."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from catalog.published import Published
from service import publishing
from service.cli.authoring import show_trials
from service.cli.output import Exit, Format, FormatOption, progress, refusals, stop, write, write_json
from service.composition import vocabulary
from service.settings import read_settings


def publish(
    path: Annotated[Path, typer.Argument(help="A capability folder.")],
    component: Annotated[
        Path | None,
        typer.Option(help="A .wasm that was built elsewhere from the same WIT; the folder needs no handler.py then."),
    ] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Check a handler, build it, run its examples, and store this version for good."""
    with refusals(output_format):
        known = vocabulary(read_settings())
        with progress.status("building and trying"):
            made = asyncio.run(publishing.publish(known, path, component=component))
    if output_format is Format.JSON:
        write_json(made.to_json())
    if made.edition is None:
        if output_format is Format.TEXT:
            show_trials(made.handler, made.trials)
        stop(Exit.FAILED, f"{made.handler} is not published: its examples do not pass.")
    if output_format is Format.TEXT:
        state = "published" if made.new else "was published already, with the same content"
        write(
            f"{made.handler} {state}: component {made.edition.component[:12]}, pinned as {made.edition.digest[:12]}",
            Format.TEXT,
        )


def retire(
    version: Annotated[str, typer.Argument(metavar="NAME@VERSION", help="One exact published version.")],
    because: Annotated[str, typer.Option(help="Why, and what to use instead; shown wherever somebody asks for it.")],
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Let no new task use a published version; running tasks keep it."""
    if not because.strip():
        stop(Exit.REFUSED, "--because is empty: say why, and what to use instead.")
    with refusals(output_format):
        edition = Published(read_settings().published).retire(version, because=because.strip(), at=datetime.now(UTC))
    if output_format is Format.JSON:
        write_json({"handler": version, "edition": edition.model_dump(mode="json")})
    else:
        write(f"{version} is retired: {edition.retired}", Format.TEXT)
