"""`verify`, `keys` and `tips`: whether what is stored is what was written."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from engine.chain import Anchor, Finding, Verdict
from engine.store import tips as tip_files
from engine.store.keys import made
from engine.store.marks import adopt
from engine.store.sql import SqlReader, bring_up_to_date
from engine.store.tips import Kept
from schemas.values import JsonObject
from service import wire
from service.cli.output import Exit, Format, FormatOption, progress, refusals, stop, write, write_json
from service.cli.tasks import ServerOption, ask_service
from service.integrity import exported, installation_keys
from service.settings import Settings, read_settings

keys_app = typer.Typer(help="Lists and changes the keys that seal the logs of tasks.", no_args_is_help=True)
tips_app = typer.Typer(help="Writes down how far logs go, to be kept elsewhere.", no_args_is_help=True)


def verify(
    task: Annotated[str | None, typer.Argument(help="The task's id.")] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Verify every task of the database.")] = False,
    tips: Annotated[list[Path] | None, typer.Option("--tips", help="File of tips that was kept elsewhere.")] = None,
    server: ServerOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Verify what is stored of a task: chain, seals, moves, values, ledger, and every row beside the log."""
    if all_ == (task is not None):
        stop(Exit.REFUSED, "Name a task, or give --all.")
    with refusals(output_format):
        settings = read_settings(server=server)
        if settings.server is not None:
            _verify_there(settings, task, output_format, local_only=bool(all_ or tips))
            return
        verdicts, flaws = asyncio.run(_verified(settings, task, tips or []))
    shown: dict[str, JsonObject] = {name: wire.verdict(verdict) for name, verdict in verdicts.items()}
    ok = not flaws and all(verdict.ok for verdict in verdicts.values())
    if output_format is Format.JSON and task is not None:
        write_json({**shown[task], "ok": ok, "findings": [*shown[task]["findings"], *map(wire.finding, flaws)]})
    elif output_format is Format.JSON:
        write_json({"ok": ok, "tasks": shown, "findings": [wire.finding(flaw) for flaw in flaws]})
    _tell(shown, [wire.finding(flaw) for flaw in flaws], output_format)
    if not ok:
        raise typer.Exit(Exit.FAILED)


@keys_app.command("list")
def list_keys(output_format: FormatOption = Format.TEXT) -> None:
    """List the keys by id; the last one seals."""
    with refusals(output_format):
        keys = installation_keys(read_settings())
        listed = [{"id": each["id"], "created_at": each["created_at"]} for each in keys.listed()]
        current = keys.ring().current
    if output_format is Format.JSON:
        write_json({"file": str(keys.file), "current": current, "keys": listed})
        return
    for each in listed:
        write(f"{each['id']}  {each['created_at'][:19]}{'  seals' if each['id'] == current else ''}", output_format)


@keys_app.command("rotate")
def rotate(output_format: FormatOption = Format.TEXT) -> None:
    """Make a new key, which seals from the next start on; the keys before are kept to verify."""
    with refusals(output_format):
        keys, key = installation_keys(read_settings()), made()
        keys.add(key)
    says = f"made the key {key.id} in {keys.file}. It seals from the next start on; keep the file, and a copy of it elsewhere."
    write({"id": key.id, "file": str(keys.file)} if output_format is Format.JSON else says, output_format)


@keys_app.command("adopt")
def adopt_logs(output_format: FormatOption = Format.TEXT) -> None:
    """Mark logs that bear no seal as they are now; needed where the key was given by the settings from the beginning."""
    with refusals(output_format):
        settings = read_settings()
        count = adopt(settings.database_url, installation_keys(settings))
    write({"adopted": count} if output_format is Format.JSON else f"{count} logs hold as far as they go now", output_format)


@tips_app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="File to add to. Keep it where nobody who can write the database can write.")],
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Write how far every log goes, where the file does not know it yet."""
    with refusals(output_format):
        settings = read_settings()
        count = asyncio.run(_exported(settings, file))
    write({"written": count} if output_format is Format.JSON else f"{count} tips added to {file}", output_format)


async def _exported(settings: Settings, file: Path) -> int:
    keys = installation_keys(settings)
    async with SqlReader.reading(settings.database_url, keys=keys) as reader:
        found = await reader.tips()
    if found and not keys.ring().current:
        stop(Exit.REFUSED, "There is no key yet. Start 'goalwright serve' once, which makes it.")
    return exported(file, keys, found)


async def _verified(settings: Settings, task: str | None, files: list[Path]) -> tuple[dict[str, Verdict], list[Finding]]:
    """Verify one task or all, with what files of tips know of them."""
    bring_up_to_date(settings.database_url)
    keys = installation_keys(settings)
    read = [_kept(file, settings) for file in files]
    flaws = [finding for kept in read for finding in kept.findings]
    known: dict[str, tuple[Anchor, ...]] = {}
    for kept in read:
        for name, anchors in kept.anchors.items():
            known[name] = (*known.get(name, ()), *anchors)
    async with SqlReader.reading(settings.database_url, keys=keys, kept=known) as reader:
        names = [task] if task is not None else sorted({*await reader.stored_tasks(), *known})
        found = {name: await reader.verify(name) for name in names}
    verdicts = {name: verdict for name, verdict in found.items() if verdict is not None}
    if task is not None and task not in verdicts:
        stop(Exit.REFUSED, f"There is no task {task!r}.")
    return verdicts, flaws


def _kept(file: Path, settings: Settings) -> Kept:
    if not file.is_file():
        stop(Exit.REFUSED, f"There is no file of tips {file}.")
    return tip_files.read(file, installation_keys(settings).ring())


def _verify_there(settings: Settings, task: str | None, output_format: Format, *, local_only: bool) -> None:
    if local_only or task is None:
        stop(Exit.REFUSED, "--all and --tips read the database: give them on its machine, without --server.")
    shown = ask_service(settings, lambda client: client.get(f"/v1/tasks/{task}/verification"), runs=False)
    if output_format is Format.JSON:
        write_json(shown)
    _tell({task: shown}, [], output_format)
    if not shown["ok"]:
        raise typer.Exit(Exit.FAILED)


def _tell(shown: dict[str, JsonObject], flaws: list[JsonObject], output_format: Format) -> None:
    for task, verdict in shown.items():
        name = "" if len(shown) == 1 else f"task {task}: "
        if verdict["ok"] and output_format is Format.TEXT:
            sealed = "" if verdict["sealed"] == verdict["facts"] else f" ({verdict['facts'] - verdict['sealed']} unsealed)"
            says = "chain unbroken, seals hold, every move legal, ledger within bounds, views agree"
            write(f"{name}verified: {verdict['facts']} facts{sealed}, {says}; tip {verdict['tip']}", output_format)
        for finding in verdict["findings"]:
            _show(name, finding)
    for flaw in flaws:
        _show("", flaw)


def _show(name: str, finding: JsonObject) -> None:
    where = finding["where"] or f"fact {finding['seq']}"
    progress.say("[red]✗[/red] {name}{where}: {says}", name=name, where=where, says=finding["says"])
