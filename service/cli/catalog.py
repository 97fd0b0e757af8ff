"""`handlers`: listing, showing and calling capabilities."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Annotated

import typer
from rich.table import Table

from catalog.calls import Call, Grants, Ok, Outcome, Waits
from catalog.capability import Capability
from catalog.hosts import hosts_reached
from catalog.registry import Miss, Unresolved
from engine.lookups import secrets_in
from schemas.reading import UnreadableJsonError, read_json
from schemas.values import Json
from schemas.visible import visible
from service import wire
from service.cli.inputs import read_inputs
from service.cli.output import Exit, Format, FormatOption, progress, refusals, stop, write, write_json
from service.composition import Vocabulary, sandbox, vocabulary
from service.preparation import told
from service.settings import read_settings
from service.terminal import Terminal, json_out

app = typer.Typer(help="Lists, shows and calls handlers.", no_args_is_help=True)

AT_ONCE_PER_WORKER = 2


@app.command("list")
def list_(output_format: FormatOption = Format.TEXT) -> None:
    """List every version of every handler, and which are deprecated or retired."""
    with refusals(output_format):
        known = vocabulary(read_settings())
    if output_format is Format.JSON:
        retired = [
            wire.capability(known.catalog.capabilities[name], because) for name, because in known.catalog.retired.items()
        ]
        write_json({"handlers": [*map(wire.capability, known.catalog), *retired]})
        return
    table = Table("handler", "effect", "imports", "summary", box=None, header_style="bold")
    for capability in known.catalog:
        summary = f"{capability.summary} [deprecated: {capability.deprecated}]" if capability.deprecated else capability.summary
        table.add_row(*_row(capability, summary))
    for name, because in known.catalog.retired.items():
        capability = known.catalog.capabilities[name]
        table.add_row(*_row(capability, f"[retired: {because}]"))
    Terminal().print(table)


@app.command("show")
def show(reference: str, output_format: FormatOption = Format.TEXT) -> None:
    """Show one handler: its description, schemas, errors and examples."""
    with refusals(output_format):
        known = vocabulary(read_settings())
        because = known.catalog.retired.get(reference, "")
        capability = known.catalog.capabilities[reference] if because else resolved(known, reference)
        write(wire.capability(capability, because), output_format)


@app.command("call")
def call(
    reference: Annotated[str, typer.Argument(help="`name` or `name@RANGE`.")],
    config: Annotated[str | None, typer.Option(help="JSON object, or @FILE.")] = None,
    given: Annotated[str | None, typer.Option("--input", help="JSON object, or @FILE.")] = None,
    *,
    lines: Annotated[
        bool, typer.Option("--lines", help="Read calls as JSON lines from stdin, answer one outcome per line.")
    ] = False,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Call a handler in its sandbox: `{"ok": OUTPUT}` or `{"error": {"type", "message", "retryable"}}`."""
    with refusals(output_format):
        known = vocabulary(read_settings())
        capability = resolved(known, reference)
        if lines:
            asyncio.run(_call_lines(known, capability))
            return
        order = {"config": read_inputs(config, "--config"), "input": read_inputs(given, "--input")}
        outcome = asyncio.run(_call_once(known, capability, order))
    write(outcome, output_format)
    if "error" in outcome:
        raise typer.Exit(Exit.FAILED)


@app.command("build")
def build(output_format: FormatOption = Format.TEXT) -> None:
    """Build and compile every handler ahead of its first use."""
    with refusals(output_format):
        known = vocabulary(read_settings())
        asyncio.run(_prepare(known))
    if output_format is Format.JSON:
        write_json({"ready": [capability.id for capability in known.catalog]})


def _row(capability: Capability, says: str) -> tuple[str, ...]:
    return tuple(map(visible, (capability.id, capability.effect, ", ".join(capability.imports) or "-", says)))


def resolved(known: Vocabulary, reference: str) -> Capability:
    """Find the handler that a reference means; ends the command where there is none."""
    found = known.catalog.resolve(reference)
    if isinstance(found, Unresolved):
        stop(Exit.REFUSED, " ".join(part for part in (_why(found, reference), _near(found)) if part))
    return found


async def _prepare(known: Vocabulary) -> None:
    async with sandbox(known) as pool:
        with told(progress) as preparation:
            await pool.prepare(preparation)


def _why(found: Unresolved, reference: str) -> str:
    if found.miss is Miss.RETIRED:
        return f"{reference} is retired: {found.because.rstrip('.')}."
    return f"There is no handler {reference!r}."


def _near(found: Unresolved) -> str:
    return f"Nearest: {', '.join(found.near)}." if found.near else ""


async def _call_once(known: Vocabulary, capability: Capability, order: Json) -> dict[str, Json]:
    async with sandbox(known) as pool:
        return _shown(await pool.run(_call_of(known, capability, order)))


async def _call_lines(known: Vocabulary, capability: Capability) -> None:
    """Keep every worker busy, and answer in the order of the lines."""
    async with sandbox(known) as pool:
        under_way: asyncio.Queue[asyncio.Task[dict[str, Json]] | None] = asyncio.Queue(
            known.settings.workers * AT_ONCE_PER_WORKER
        )

        async def answer(line: str) -> dict[str, Json]:
            order = _order_of(line)
            if isinstance(order, str):
                return {"error": {"type": "line_invalid", "message": order, "retryable": False}}
            return _shown(await pool.run(_call_of(known, capability, order)))

        async def write_answers() -> None:
            while (task := await under_way.get()) is not None:
                json_out(await task)

        writer = asyncio.create_task(write_answers())
        async for line in _lines_of_stdin():
            await under_way.put(asyncio.create_task(answer(line)))
        await under_way.put(None)
        await writer


async def _lines_of_stdin() -> AsyncIterator[str]:
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip():
            yield line


def _order_of(line: str) -> dict[str, Json] | str:
    try:
        order = read_json(line)
    except UnreadableJsonError as wrong:
        return f"The line is not JSON that can be taken: {wrong}"
    if not isinstance(order, dict) or not set(order) <= {"config", "input"}:
        return 'A line is an object {"config": {...}, "input": {...}}.'
    if not all(isinstance(part, dict) for part in order.values()):
        return "config and input are objects."
    return order


def _call_of(known: Vocabulary, capability: Capability, order: Json) -> Call:
    """Grant what the person at the keyboard names, within what the operator allows."""
    given = {"config": order.get("config", {}), "input": order.get("input", {})}
    secrets = secrets_in(given)
    granted = known.house.secrets.intersection(secrets.values())
    return Call(
        handler=capability.id,
        config=given["config"],
        input=given["input"],
        grants=Grants(
            hosts=hosts_reached(capability, given["config"], given["input"]),
            channels=known.house.channels,
            secrets=granted,
        ),
        secrets=secrets,
    )


def _shown(outcome: Outcome) -> dict[str, Json]:
    if isinstance(outcome, Ok):
        return {"ok": outcome.output}
    if isinstance(outcome, Waits):
        return {"wait": {"signal": outcome.signal, "asks": dict(outcome.asks), "timeout_s": outcome.timeout_s}}
    error: dict[str, Json] = {"type": outcome.type, "message": outcome.message, "retryable": outcome.retryable}
    return {"error": error if outcome.retry_after_s is None else error | {"retry_after_s": outcome.retry_after_s}}
