"""`handlers new|test|wit|docs`: writing a handler."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from catalog.build import WIT, world_of
from catalog.capability import Capability, Effect
from catalog.folders import read_capability
from catalog.loader import LoadedCatalog, load_capability
from catalog.pages import write_pages
from catalog.registry import Catalog
from catalog.scaffold import KINDS, scaffold
from service.cli.catalog import resolved
from service.cli.output import Exit, Format, FormatOption, progress, refusals, stop, write, write_json, writing
from service.composition import Vocabulary, vocabulary
from service.preparation import told
from service.settings import read_settings
from service.trials import Tried, tried

WhereArgument = Annotated[str, typer.Argument(metavar="PATH|NAME", help="A capability folder, or `name` or `name@RANGE`.")]


def new(
    name: Annotated[str, typer.Argument(help="Lower case letters, digits and underscores.")],
    effect: Annotated[Effect, typer.Option(help="What it does to the world: pure, read or write.")] = Effect.PURE,
    directory: Annotated[Path, typer.Option(help="Where the handler's folder is made.")] = Path(),
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Write the two files of a new handler, complete, to be changed into what is wanted."""
    if effect not in KINDS:
        stop(Exit.REFUSED, f"A handler of your own is {', '.join(KINDS)}; what waits for people is the handler gate.")
    with refusals(output_format):
        folder = scaffold(name, effect, directory)
    if output_format is Format.JSON:
        write_json({"folder": str(folder)})
        return
    write(str(folder), Format.TEXT)
    progress.say("[dim]Change its two files, then: goalwright handlers test {folder}[/dim]", folder=folder)


def try_(where: WhereArgument, output_format: FormatOption = Format.TEXT) -> None:
    """Run a handler's examples in its sandbox and show which answer as they say."""
    with refusals(output_format):
        known = vocabulary(read_settings())
        capability, component = _meant(known, where)
        trials = asyncio.run(tried(known, capability, component))
    passed = all(trial.passed for trial in trials)
    if output_format is Format.JSON:
        write_json({"handler": capability.id, "ok": passed, "examples": [trial.to_json() for trial in trials]})
    else:
        show_trials(capability.id, trials)
    if not passed:
        raise typer.Exit(Exit.FAILED)


def wit(
    where: Annotated[str | None, typer.Argument(metavar="[PATH|NAME]", help="With the world of this handler.")] = None,
) -> None:
    """Print the WIT that components are built from: the interfaces, and the world of a handler."""
    with refusals(Format.TEXT):
        text = WIT.read_text(encoding="utf-8").rstrip()
        if where is not None:
            _, _, world = world_of(_described(where)).partition("\n\n")
            text = f"{text}\n\n{world.rstrip()}"
        write(text, Format.TEXT)


def docs(
    directory: Annotated[Path, typer.Option(help="Where the pages are written.")] = Path("docs/handlers"),
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Write a documentation page for the newest version of every handler, from its capability."""
    with refusals(output_format):
        known = vocabulary(read_settings())
        with writing(directory):
            written = [str(file) for file in write_pages(known.catalog, directory)]
    if output_format is Format.JSON:
        write_json({"pages": written})
    else:
        write("\n".join(written), Format.TEXT)


def show_trials(handler: str, trials: tuple[Tried, ...]) -> None:
    """Tell what became of each example, on stdout."""
    for trial in trials:
        mark = "not run" if trial.differences is None else "passed" if trial.passed else "FAILED"
        write(f"{mark:8} {handler}: {trial.title}", Format.TEXT)
        for says in trial.differences or ():
            write(f"         {says}", Format.TEXT)
    ran = [trial for trial in trials if trial.differences is not None]
    write(f"{sum(trial.passed for trial in ran)} of {len(ran)} passed, {len(trials) - len(ran)} not run", Format.TEXT)


def _meant(known: Vocabulary, where: str) -> tuple[Capability, Path]:
    """Find the handler and build its component."""
    folder = Path(where)
    if folder.is_dir():
        capability = load_capability(folder)
        loaded = LoadedCatalog(catalog=Catalog.of([capability]), folders={capability.id: folder})
    else:
        capability, loaded = resolved(known, where), known.loaded
    with told(progress) as preparation:
        preparation(capability.id, "building")
        return capability, loaded.component(capability, cache=known.settings.cache)


def _described(where: str) -> Capability:
    folder = Path(where)
    return read_capability(folder, built_elsewhere=True) if folder.is_dir() else resolved(vocabulary(read_settings()), where)
