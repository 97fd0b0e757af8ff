"""Importing an API: its document fetched or read, and its handlers written where they are wanted."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from catalog.findings import Finding
from catalog.folders import DESCRIPTION, HANDLER
from catalog.openapi.importing import Import, Imported
from catalog.openapi.reading import LARGEST
from schemas.values import Json

FETCHED_WITHIN_S = 30.0


class DocumentUnreachableError(Exception):
    """A document that could not be had: where, and why."""

    def __init__(self, source: str, why: str) -> None:
        """Say both."""
        super().__init__(f"{source} could not be fetched: {why}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written: each handler with its operation and folder; findings about what was not."""

    handlers: tuple[tuple[Imported, Path], ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Json]:
        """Write it as `import openapi --format json` does."""
        return {
            "handlers": [
                {"handler": made.capability.id, "operation": made.operation, "folder": str(folder)}
                for made, folder in self.handlers
            ],
            "findings": [{"where": found.pointer, "says": found.says} for found in self.findings],
        }


def is_url(source: str) -> bool:
    """Say whether a source is fetched and not read."""
    return source.startswith(("http://", "https://"))


async def fetched(url: str) -> bytes:
    """Fetch a document, of at most 16 MiB and within 30 seconds. Raises `DocumentUnreachableError`.

    The person at the keyboard names the URL, so private addresses are as good as any.
    """
    content = bytearray()
    try:
        async with (
            asyncio.timeout(FETCHED_WITHIN_S),
            httpx.AsyncClient(follow_redirects=True, timeout=FETCHED_WITHIN_S) as client,
            client.stream("GET", url, headers={"accept": "application/json, application/yaml, */*;q=0.5"}) as answer,
        ):
            if not answer.is_success:
                raise DocumentUnreachableError(url, f"the server answered {answer.status_code}")
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > LARGEST:
                    raise DocumentUnreachableError(url, f"it is larger than {LARGEST >> 20} MiB")
    except TimeoutError:
        raise DocumentUnreachableError(url, f"it took more than {FETCHED_WITHIN_S:.0f} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        raise DocumentUnreachableError(url, str(failure) or type(failure).__name__) from None
    return bytes(content)


def write(made: Import, directory: Path) -> Written:
    """Write every handler into a folder of its own inside `directory`; what is there already stays, and is told."""
    kept = list(_there(made, directory))
    refused = {finding.file.parent for finding in kept}
    written = []
    for handler in made.handlers:
        folder = directory / handler.capability.name
        if folder in refused:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in handler.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        written.append((handler, folder))
    return Written(handlers=tuple(written), findings=(*made.findings, *kept))


def _there(made: Import, directory: Path) -> Iterator[Finding]:
    for handler in made.handlers:
        for name in (DESCRIPTION, HANDLER):
            file = directory / handler.capability.name / name
            if file.exists() and file.read_text(encoding="utf-8", errors="replace") != handler.files[name]:
                yield Finding(
                    file=file, says="the file is there already, with other content, and is not overwritten; remove it first"
                )
                break
