"""`check --mend`: patches applied to a file."""

from pathlib import Path

from schemas.values import JsonObject
from service.cli.inputs import read_text
from service.cli.output import Format, progress, writing
from service.door import Door
from service.rewriting import rewritten


def write_mended(file: Path, door: Door, output_format: Format) -> None:
    """Apply the patches that are safe and write the file, where there are any; say what was done."""
    source = read_text(file)
    mended = door.mend(source)
    if not mended.applied:
        progress.say("[dim]nothing to mend[/dim]")
        return
    text, kept = rewritten(source, mended.applied, mended.value)
    beside = file.with_name(f".{file.name}.mended")
    with writing(file):
        try:
            beside.write_text(text, encoding="utf-8")
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    if output_format is Format.TEXT:
        for operation in mended.applied:
            progress.say("[yellow]mended[/yellow] {told}", whole=True, told=_told(operation))
    if not kept:
        progress.say("[yellow]{file} was written anew: its comments and layout could not be kept.[/yellow]", file=file)


def _told(operation: JsonObject) -> str:
    if operation["op"] == "move":
        return f"{operation['from']} is now {operation['path']}"
    what = f" {operation['value']!r}" if "value" in operation else ""
    return f"{operation['path']}: {operation['op']}{what}"
