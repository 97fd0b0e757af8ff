"""The documentation page of a handler, all of it from its capability: it cannot say anything else than what checks go by."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from catalog import markdown
from catalog.capability import Capability, Example
from catalog.registry import Catalog
from catalog.rendering import rendered
from schemas.values import Json
from schemas.visible import json_text

_LIMITS = {
    "cpu_ms": ("time in the guest", "{:,} ms"),
    "wall_ms": ("time from call to answer", "{:,} ms"),
    "memory_bytes": ("memory", "{:,} bytes"),
    "output_bytes": ("answer", "{:,} bytes"),
    "log_bytes": ("log", "{:,} bytes"),
    "host_calls": ("requests and notifications", "{:,}"),
    "moved_bytes": ("bytes through them", "{:,} bytes"),
}
_LONGEST_CELL = 300


def page(capability: Capability) -> str:
    """Write the page as Markdown."""
    limits = capability.limits.model_dump()
    return rendered(
        "page.md",
        {
            "name": capability.name,
            "id": capability.id,
            "summary": markdown.line(capability.summary),
            "description": markdown.prose(capability.description.strip()),
            "deprecated": markdown.line(capability.deprecated or ""),
            "effect": _effect(capability),
            "idempotent": capability.idempotent,
            "imports": ", ".join(f"`{name}`" for name in capability.imports) or "nothing",
            "config": _table(capability.config_schema),
            "input": _table(capability.input_schema),
            "output": _output(capability),
            "errors": [{**error.model_dump(), "description": cell(error.description)} for error in capability.errors],
            "limits": [(words, shape.format(limits[name])) for name, (words, shape) in _LIMITS.items()],
            "cost": capability.cost_usd,
            "reaches": list(_reaches(capability)),
            "packages": ", ".join(capability.packages),
            "before": ", ".join(capability.hints.before),
            "after": ", ".join(capability.hints.after),
            "examples": [
                {"title": markdown.line(example.title), "runs": example.runs, "text": _example(example)}
                for example in capability.examples
            ],
        },
    )


def pages(catalog: Catalog) -> Mapping[str, str]:
    """Write a page for the newest version of every handler, by file name, and an index of them."""
    newest = {capability.name: capability for capability in catalog}
    lines = [f"* [{name}]({name}.md): {markdown.line(capability.summary)}" for name, capability in newest.items()]
    index = "# Handlers\n\nWritten by `goalwright handlers docs` from the capabilities.\n\n" + "\n".join(lines) + "\n"
    return {**{f"{name}.md": page(capability) for name, capability in newest.items()}, "index.md": index}


def write_pages(catalog: Catalog, directory: Path) -> list[Path]:
    """Write the pages into a folder, which is made where it does not exist; give the files."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages(catalog).items():
        (directory / name).write_text(text, encoding="utf-8")
        written.append(directory / name)
    return written


def cell(text: Json) -> str:
    """Write a text so that it stays in its cell of a table, and is not too long for it."""
    line = " ".join(str(text).split())
    return markdown.cell(line if len(line) <= _LONGEST_CELL else line[: _LONGEST_CELL - 1] + "…")


def _effect(capability: Capability) -> str:
    by = capability.effect_by
    if by is None:
        return f"effect {capability.effect}"
    cases = ", ".join(f"{effect} where `{by.at}` is {value}" for value, effect in by.is_.items())
    return f"effect {capability.effect} ({cases})"


def _table(schema: Mapping[str, Json]) -> str:
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    rows = [f"| {_code(name)} | {_shape(part)} | {_note(part, needed=name in required)} |" for name, part in properties.items()]
    if schema.get("additionalProperties") is not False and "additionalProperties" in schema:
        rows.append(f"| any other | {_shape(schema['additionalProperties'])} | |")
    if not rows:
        return "Nothing." if schema.get("additionalProperties") is False else "Any names."
    return "\n".join(["| name | value | |", "|---|---|---|", *rows])


def _code(text: str) -> str:
    return markdown.code(text).replace("|", "\\|")


def _shape(schema: Json) -> str:
    """Say in a few words what fits."""
    if not isinstance(schema, Mapping) or not set(schema) - {"description"}:
        return "anything" if schema is not False else "nothing"
    if "const" in schema:
        return _code(json.dumps(schema["const"]))
    if "enum" in schema:
        return cell(", ".join(markdown.code(json.dumps(value, ensure_ascii=False)) for value in schema["enum"]))
    if "$ref" in schema:
        return cell(str(schema["$ref"]).rpartition("/")[2])
    kinds = schema.get("type", "anything")
    shown = ", ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if "items" in schema:
        shown += f" of {_shape(schema['items'])}"
    return shown + (f" ({cell(schema['format'])})" if "format" in schema else "")


def _note(schema: Json, *, needed: bool) -> str:
    if not isinstance(schema, Mapping):
        return "required" if needed else ""
    notes = ["required"] if needed else []
    if "default" in schema:
        notes.append(f"default {markdown.code(json.dumps(schema['default'], ensure_ascii=False))}")
    if "description" in schema:
        notes.append(str(schema["description"]))
    return cell("; ".join(notes))


def _output(capability: Capability) -> str:
    parts = [_one_output(capability.output_schema, capability.output_from)]
    for case in capability.output_cases:
        when = [f"`{pointer}` is given" for pointer in case.given]
        when += [f"`{pointer}` is `{json.dumps(value)}`" for pointer, value in case.equals.items()]
        parts.append(f"Where {' and '.join(when)}:\n\n{_one_output(case.output_schema, case.output_from)}")
    return "\n\n".join(parts)


def _one_output(schema: Mapping[str, Json], sources: Mapping[str, str]) -> str:
    taken = [f"`{place or '(all of it)'}` is typed by `{source}` of the config" for place, source in sources.items()]
    shown = _table(schema) if schema.get("properties") else f"{_shape(schema).capitalize()}."
    return "\n\n".join([shown, *(f"{line}." for line in taken)])


def _reaches(capability: Capability) -> Iterator[str]:
    named = {
        "hosts named at": capability.authority.hosts,
        "channels named at": capability.authority.channels,
        "secrets may stand at": capability.authority.secrets,
        "steps chosen at": capability.chooses,
    }
    for words, pointers in named.items():
        if pointers:
            yield f"{words} {', '.join(f'`{pointer}`' for pointer in pointers)}"


def _example(example: Example) -> str:
    shown: dict[str, Json] = {"config": example.config, "input": example.input}
    shown |= {"error": example.error} if example.error is not None else {"output": example.output}
    return json_text(shown, indent=2)
