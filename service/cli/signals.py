"""`approve`, `reject` and `tasks waiting`: what tasks wait for, and the answers. They need a running server."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from schemas.values import Json
from service.cli.output import Format, FormatOption, refusals, write, write_json
from service.cli.tasks import ServerOption, ask_service
from service.settings import read_settings

TaskArgument = Annotated[str, typer.Argument(help="The task's id.")]
StepArgument = Annotated[str | None, typer.Argument(help="The step's address; not needed where only one waits.")]
CommentOption = Annotated[str | None, typer.Option("--comment", "-m", help="Kept in the log and given to the gate.")]


def approve(
    task: TaskArgument,
    step: StepArgument = None,
    comment: CommentOption = None,
    server: ServerOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Approve what a task waits for."""
    _answer(task, step, {"decision": "approve", "comment": comment}, server, output_format)


def reject(
    task: TaskArgument,
    step: StepArgument = None,
    comment: CommentOption = None,
    server: ServerOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Reject what a task waits for."""
    _answer(task, step, {"decision": "reject", "comment": comment}, server, output_format)


def waiting(
    *,
    mine: Annotated[bool, typer.Option("--mine", help="Only what you may answer.")] = False,
    server: ServerOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """List what tasks wait for, oldest task first."""
    with refusals(output_format):
        found = ask_service(read_settings(server=server), lambda client: client.get("/v1/waits", mine=mine or None), runs=False)
    if output_format is Format.JSON:
        write_json(found)
        return
    table = Table("task", "step", "what", "who", "until", box=None, header_style="bold")
    for row in found["waits"]:
        asks = row["asks"]
        table.add_row(
            row["task"],
            row["step"],
            str(asks.get("title") or row["signal"]),
            ", ".join(asks.get("groups") or ["anyone"]),
            (row["until"] or "")[:19],
        )
    Console().print(table)


def _answer(task: str, step: str | None, said: dict[str, Json], server: str | None, output_format: Format) -> None:
    body = {"signal": "approval", "body": _without_nulls(said), **({} if step is None else {"step": step})}
    with refusals(output_format):
        taken = ask_service(
            read_settings(server=server), lambda client: client.post(f"/v1/tasks/{task}/signals", body), runs=False
        )
    write(taken if output_format is Format.JSON else f"{taken['step']}: {said['decision']} by {taken['sender']}", output_format)


def _without_nulls(value: dict[str, Json]) -> dict[str, Json]:
    return {key: part for key, part in value.items() if part is not None}
