"""Importing an API: its document fetched or read, and its handlers written where they are wanted."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import httpx

from broker.policy import SECRET_HEADERS
from catalog.findings import Finding
from catalog.folders import HANDLER
from catalog.hosts import host_of
from catalog.openapi.files import LARGEST, main_file
from catalog.openapi.importing import Import, Imported, LeftOut
from catalog.openapi.security import Scheme
from schemas.values import Json

FETCHED_WITHIN_S = 60.0


class DocumentUnreachableError(Exception):
    """A document that could not be had: where, and why."""

    def __init__(self, source: str, why: str) -> None:
        """Say both."""
        super().__init__(f"{source} could not be fetched: {why}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written: each handler with its folder; what was left out and why; what is odd; settings for the secrets."""

    handlers: tuple[tuple[Imported, Path], ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[Finding, ...]
    settings: str

    def to_json(self) -> dict[str, Json]:
        """Write it as `import openapi --format json` does: a finding with an operation says why that was left out."""
        return {
            "handlers": [
                {"handler": made.capability.id, "operation": made.operation, "folder": str(folder)}
                for made, folder in self.handlers
            ],
            "findings": [
                *({"operation": held.operation, **_found(held.finding)} for held in self.left_out),
                *({"operation": None, **_found(note)} for note in self.notes),
            ],
            "settings": self.settings,
        }


def _found(finding: Finding) -> dict[str, Json]:
    return {"file": str(finding.file), "where": finding.pointer, "says": finding.says}


def is_url(source: str) -> bool:
    """Say whether a source is fetched and not read."""
    return source.startswith(("http://", "https://"))


async def fetched(url: str) -> bytes:
    """Fetch a document, of at most 64 MiB and within a minute. Raises `DocumentUnreachableError`.

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


def document_in(source: Path) -> Path:
    """Give the document that a path means: a file as it is, of a folder its main file. Raises `CatalogError`."""
    if not source.is_dir():
        return source
    names = [str(file.relative_to(source)) for file in sorted(source.rglob("*")) if file.is_file()]
    return source / main_file(source, names)


def write(made: Import, directory: Path) -> Written:
    """Write every handler into a folder of its own inside `directory`; what is there already stays, and is told."""
    kept = dict(_there(made, directory))
    written = []
    for handler in made.handlers:
        folder = directory / handler.capability.name
        if handler.capability.name in kept:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in handler.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        written.append((handler, folder))
    there = [
        LeftOut(operation=handler.operation, name=handler.capability.name, finding=kept[handler.capability.name])
        for handler in made.handlers
        if handler.capability.name in kept
    ]
    return Written(
        handlers=tuple(written),
        left_out=(*made.left_out, *there),
        notes=made.notes,
        settings=settings_of(made.handlers),
    )


def settings_of(handlers: tuple[Imported, ...]) -> str:
    """Write the part of `goalwright.toml` that binds the secrets of an API to its hosts; empty where it is not signed."""
    schemes: dict[str, Scheme] = {}
    hosts: dict[str, dict[str, None]] = {}
    for handler in handlers:
        servers = handler.capability.config_schema["properties"]["server"]["enum"]
        for key, scheme in handler.security.schemes.items():
            schemes.setdefault(key, scheme)
            hosts.setdefault(key, {}).update({host: None for server in servers if (host := host_of(server))})
    return "\n".join(_binding(scheme, list(hosts[key])) for key, scheme in schemes.items())


def _binding(scheme: Scheme, hosts: list[str]) -> str:
    name = scheme.key.lower()
    name = name if name[0].isalpha() or name[0] == "_" else f"key_{name}"
    lines = [
        f"[secrets.{name}]  # {{{{ secrets.{name} }}}} at config.auth.{scheme.key}",
        f"from = {_toml(f'env:{name.upper()}')}",
        f"hosts = {_toml(hosts)}",
    ]
    header = "cookie" if scheme.place == "cookie" else scheme.name.lower()
    if scheme.place == "query":
        lines.append(f"query = {_toml([scheme.name])}")
    elif not any(fnmatchcase(header, glob) for glob in SECRET_HEADERS):
        lines.append(f"headers = {_toml([header])}")
    return "\n".join(lines) + "\n"


def _toml(value: str | list[str]) -> str:
    return json.dumps(value)  # a text and a list of texts are written in TOML as in JSON


def _there(made: Import, directory: Path) -> Iterator[tuple[str, Finding]]:
    for handler in made.handlers:
        folder = directory / handler.capability.name
        for name, text in (*handler.files.items(), (HANDLER, None)):
            file = folder / name
            if file.exists() and (text is None or file.read_text(encoding="utf-8", errors="replace") != text):
                says = "the file is there already, with other content, and is not overwritten; remove it first"
                yield handler.capability.name, Finding(file=file, says=says)
                break
