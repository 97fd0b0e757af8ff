"""`explain`: what a code of a problem means, with an example and how it is mended."""

from typing import Annotated

import typer
from rich.markdown import Markdown

from fragments.codes import CODES
from fragments.explanations import section, to_json
from fragments.near import nearest
from service.cli.output import Exit, Format, FormatOption, stop, write, write_json
from service.terminal import Terminal


def explain(
    code: Annotated[str | None, typer.Argument(help="Such as handler.unknown; left out, all codes are listed.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Say what the code of a problem means: why it matters, what causes it, how it is mended."""
    if code is None:
        _list(output_format)
    elif code not in CODES:
        near = ", ".join(nearest(code, CODES))
        advice = f"Nearest: {near}." if near else "'goalwright explain' lists all."
        stop(Exit.REFUSED, f"No problem has the code {code!r}. {advice}")
    elif output_format is Format.JSON:
        write_json(to_json(code))
    else:
        _show(f"# {code}\n\n{section(code)}")


def _list(output_format: Format) -> None:
    if output_format is Format.JSON:
        write_json([{"code": code, "says": says} for code, says in CODES.items()])
        return
    width = max(map(len, CODES))
    write("\n".join(f"{code:{width}}  {says}" for code, says in CODES.items()), Format.TEXT)


def _show(text: str) -> None:
    """Draw Markdown for a person at a terminal; leave it as it is for everybody else."""
    console = Terminal()
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        write(text.rstrip(), Format.TEXT)
