"""A new handler: its two files, complete and passing their own examples, to be changed into what is wanted."""

import re
from pathlib import Path

from catalog.capability import NAME, Effect
from catalog.findings import CatalogError, Finding
from catalog.folders import DESCRIPTION, HANDLER
from catalog.rendering import rendered

KINDS = (Effect.PURE, Effect.READ, Effect.WRITE)
"""Effects that there is a beginning for."""


def scaffold(name: str, effect: Effect, directory: Path) -> Path:
    """Write `directory/name` and give it. Raises `CatalogError` for a name that is none, and where a file is there."""
    folder = directory / name
    if not re.fullmatch(NAME, name):
        says = f"{name!r} is no name of a handler: lower case letters, digits and underscores, a letter first"
        raise CatalogError([Finding(file=folder, says=says)])
    taken = [folder / file for file in (DESCRIPTION, HANDLER) if (folder / file).exists()]
    if taken:
        raise CatalogError(Finding(file=file, says="the file is there already and is not overwritten") for file in taken)
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in ((DESCRIPTION, DESCRIPTION), (HANDLER, f"{HANDLER}.txt")):
        (folder / file).write_text(rendered(f"new/{effect}/{text}", {"name": name}), encoding="utf-8")
    return folder
