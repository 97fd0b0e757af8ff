"""`goal`, `run` and `tasks`: commands about tasks, asked of a running server or served in this process."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from schemas.values import JsonObject
from schemas.visible import visible
from service.cli.inputs import read_inputs, read_text
from service.cli.output import Exit, Format, FormatOption, progress, refusals, show_problems, stop, write, write_json
from service.client import Client, connected
from service.composition import reading, running
from service.narration import Narrator
from service.settings import Settings, read_settings
from service.terminal import Terminal

app = typer.Typer(help="Lists, shows, watches and cancels tasks.", no_args_is_help=True)
T = TypeVar("T")

InputsOption = Annotated[str | None, typer.Option("--inputs", help="JSON object, or @FILE.")]
WatchOption = Annotated[bool, typer.Option("--watch", help="Tell every fact as it comes.")]
ServerOption = Annotated[str | None, typer.Option("--server", help="URL of a running server.", envvar="GOALWRIGHT_SERVER")]


def goal(
    text: Annotated[str, typer.Argument(help="What shall be reached, in a sentence.")],
    *,
    inputs: InputsOption = None,
    model: Annotated[str | None, typer.Option(help="One of the models that the operator lists.")] = None,
    must_produce: Annotated[str | None, typer.Option(help="JSON Schema of the answer, or @FILE.")] = None,
    watch: WatchOption = False,
    server: ServerOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Reach a goal: plan it, check the plan, run it, print the answer."""
    body: JsonObject = {"goal": text, "inputs": read_inputs(inputs), "model": model}
    if must_produce is not None:
        body = {**body, "must_produce": read_inputs(must_produce, "--must-produce")}
    _run_to_the_end("/v1/goals", body, watch=watch, server=server, output_format=output_format)


def run(
    file: Annotated[Path, typer.Argument(help="A template, YAML or JSON.")],
    *,
    inputs: InputsOption = None,
    watch: WatchOption = False,
    server: ServerOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Run a template and print its output."""
    body = {"text": read_text(file), "input": read_inputs(inputs)}
    _run_to_the_end("/v1/tasks", body, watch=watch, server=server, output_format=output_format, file=file)


@app.command("list")
def list_(
    status: Annotated[str | None, typer.Option(help="running, complete, failed, refused, cancelled or quarantined.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    server: ServerOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """List tasks, newest first."""
    with refusals(output_format):
        page = ask_service(
            read_settings(server=server), lambda client: client.get("/v1/tasks", status=status, limit=limit), runs=False
        )
    if output_format is Format.JSON:
        write_json(page)
        return
    table = Table("id", "status", "submitted", "what", box=None, header_style="bold")
    for row in page["tasks"]:
        held = row["quarantine"] is not None and row["ended_at"] is None
        status = "quarantined" if held else row["status"]
        table.add_row(*map(visible, (row["id"], status, row["submitted_at"][:19], row["goal"] or row["name"])))
    Terminal().print(table)


@app.command("show")
def show(task: str, server: ServerOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Show a task: its status, steps, ledger and output."""
    with refusals(output_format):
        write(
            ask_service(read_settings(server=server), lambda client: client.get(f"/v1/tasks/{task}"), runs=False), output_format
        )


@app.command("watch")
def watch(task: str, server: ServerOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Tell a task's facts as they come, until it ends."""
    with refusals(output_format):
        row = ask_service(read_settings(server=server), lambda client: _followed(client, task, watch=True), runs=False)
    _conclude(row, output_format)


@app.command("cancel")
def cancel(
    task: str,
    reason: Annotated[str, typer.Option(help="Kept in the log.")] = "cancelled by request",
    server: ServerOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """End a task."""
    with refusals(output_format):
        row = ask_service(
            read_settings(server=server),
            lambda client: client.post(f"/v1/tasks/{task}/cancel", {"reason": reason}),
            runs=True,
        )
    write(row if output_format is Format.JSON else f"{task}: {row['status']}", output_format)


def _run_to_the_end(
    path: str, body: JsonObject, *, watch: bool, server: str | None, output_format: Format, file: Path | None = None
) -> None:
    async def ask(client: Client) -> JsonObject:
        submitted = await client.post(path, body)
        show_problems(submitted["warnings"], file=file)
        progress.say("[dim]task {task}[/dim]", task=submitted["id"])
        return await _followed(client, submitted["id"], watch=watch)

    with refusals(output_format, file=file):
        row = ask_service(read_settings(server=server), ask, runs=True)
    _conclude(row, output_format)


async def _followed(client: Client, task: str, *, watch: bool) -> JsonObject:
    narrator = Narrator(progress)
    with progress.status("working") if not watch and progress.is_terminal else nullcontext():
        async for fact in client.facts(task):
            if watch:
                narrator.tell(fact)
            if fact["kind"] == "StepWaits" and client.local:
                says = "An answer needs a server: end this with Ctrl-C and start 'goalwright serve', which takes the task up."
                progress.say("[yellow]{says}[/yellow]", says=says)
    return await client.get(f"/v1/tasks/{task}")


def _conclude(row: JsonObject, output_format: Format) -> None:
    if output_format is Format.JSON:
        write_json(row)
    elif row["status"] == "complete":
        write(row["output"], output_format)
    if row["status"] != "complete":
        error = row["error"] or {}
        stop(Exit.FAILED, f"{row['status']}: {error.get('message') or error.get('reason') or 'no reason was recorded'}")


def ask_service(settings: Settings, ask: Callable[[Client], Awaitable[T]], *, runs: bool) -> T:
    """Ask a running server, or serve the question in this process: to run tasks, or only to read."""

    async def asked() -> T:
        opened = (lambda: running(settings, takes_up=False)) if runs else (lambda: reading(settings))
        async with connected(settings, opened) as client:
            return await ask(client)

    return asyncio.run(asked())
