"""`approve`, `reject` and `tasks waiting`: what tasks wait for, and the answers. They need a running server."""

from typing import Annotated

import typer
from rich.table import Table

from schemas.values import Json, JsonObject
from schemas.visible import visible
from service.cli.output import Format, FormatOption, progress, refusals, write, write_json
from service.cli.tasks import ServerOption, ask_service
from service.settings import Settings, read_settings
from service.terminal import Terminal

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
        who = ", ".join(map(str, asks.get("groups") or ["anyone"]))
        what = str(asks.get("title") or row["signal"])
        table.add_row(*map(visible, (row["task"], row["step"], what, who, (row["until"] or "")[:19])))
    terminal = Terminal()
    terminal.print(table)
    for row in found["waits"]:
        show_following(terminal, row)


def show_following(terminal: Terminal, row: JsonObject) -> None:
    """Tell what an answer lets run: every call behind the step, with its effect and what it may reach."""
    follows = row["asks"].get("follows")
    if not isinstance(follows, dict):
        return
    steps = follows.get("steps", [])
    terminal.say("[bold]after {step} of {task}[/bold]", step=row["step"], task=row["task"])
    for step in steps:
        may = _reach(step)
        effect = "[yellow]{effect}[/yellow]" if step.get("writes") else "{effect}"
        line = f"  {{step}}  [cyan]{{handler}}[/cyan] {effect}{{may}}"
        terminal.say(line, whole=True, step=step["step"], handler=step["handler"], effect=step["effect"], may=may)
    left_out = follows.get("count", len(steps)) - len(steps)
    if left_out > 0:
        terminal.say("  and {left_out} more", left_out=left_out)
    if not steps:
        terminal.say("  nothing runs")


def _reach(step: JsonObject) -> str:
    hosts, channels = (", ".join(map(str, step.get(name) or ())) for name in ("hosts", "channels"))
    return (f"  hosts {hosts}" if hosts else "") + (f"  channels {channels}" if channels else "")


def _answer(task: str, step: str | None, said: dict[str, Json], server: str | None, output_format: Format) -> None:
    body = {"signal": "approval", "body": _without_nulls(said), **({} if step is None else {"step": step})}
    with refusals(output_format):
        settings = read_settings(server=server)
        if said["decision"] == "approve":
            _tell_what_follows(settings, task, step)
        taken = ask_service(settings, lambda client: client.post(f"/v1/tasks/{task}/signals", body), runs=False)
    write(taken if output_format is Format.JSON else f"{taken['step']}: {said['decision']} by {taken['sender']}", output_format)


def _tell_what_follows(settings: Settings, task: str, step: str | None) -> None:
    """Tell, before the answer is sent, what it lets run."""
    found = ask_service(settings, lambda client: client.get("/v1/waits", limit=1_000), runs=False)
    for row in found["waits"]:
        if row["task"] == task and step in (None, row["step"]):
            show_following(progress, row)


def _without_nulls(value: dict[str, Json]) -> dict[str, Json]:
    return {key: part for key, part in value.items() if part is not None}
