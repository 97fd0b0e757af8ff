"""Capability folders as they lie on disk: `capability.yaml`, `handler.py`, modules beside it.

The folder of an imported operation holds `operation.json` in place of source: the request as data, its
errors and the three schemas.
"""

import json
import math
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from yaml import AliasEvent, MappingNode, Node, SafeLoader, YAMLError
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError
from yaml.error import MarkedYAMLError

from catalog.capability import Capability
from catalog.findings import CatalogError, Finding
from schemas.values import Json

DESCRIPTION = "capability.yaml"
HANDLER = "handler.py"
OPERATION = "operation.json"
OPERATION_PARTS = ("operation", "errors", "config_schema", "input_schema", "output_schema")
LARGEST_FILE = 1 << 20  # bytes: a description or a module is text that somebody wrote
LARGEST_OPERATION = 4 << 20  # bytes of an imported operation with all schemas that it refers to

_TAKEN = {"goalwright", "entry", "wit_world", "componentize_py_types", "poll_loop", "rpds"}
_DATES = "tag:yaml.org,2002:timestamp"


def read_capability(folder: Path, *, built_elsewhere: bool = False) -> Capability:
    """Read `capability.yaml` and see that the guest's source is there, unless the component is `built_elsewhere`.

    Raises `CatalogError` with everything wrong in shape.
    """
    file = folder / DESCRIPTION
    findings = [] if built_elsewhere else list(_misplaced(folder))
    if not file.is_file():
        raise CatalogError([Finding(file=file, says="the file is missing"), *findings])
    document = _document(file)
    if (folder / OPERATION).is_file() and isinstance(document, dict):
        document = {**document, **_operation(folder / OPERATION, document)}
    try:
        capability = Capability.model_validate(document)
    except ValidationError as error:
        findings = [*(_shape(file, dict(detail)) for detail in error.errors()), *findings]
    if findings:
        raise CatalogError(findings)
    return capability


def capability_folders(folder: Path) -> list[Path]:
    """List the capability folders inside `folder`, sorted: its children, and theirs (`slugify/1.0.0`, `slugify/1.1.0`)."""
    children = sorted(child for child in folder.iterdir() if child.is_dir())
    nested = [inner for child in children if not _describes(child) for inner in child.iterdir() if inner.is_dir()]
    return sorted(found for found in (*children, *nested) if _describes(found))


def modules(folder: Path) -> tuple[Path, ...]:
    """List the guest's modules: every `.py` file of the folder itself, by name."""
    return tuple(sorted(folder.glob("*.py")))


def source_digest(folder: Path) -> str:
    """Name the content of a capability folder by a SHA-256: it changes when the description or a module does."""
    made = sha256()
    data = [folder / OPERATION] if (folder / OPERATION).is_file() else []
    for file in (folder / DESCRIPTION, *data, *modules(folder)):
        made.update(f"{file.name}\0{sha256(file.read_bytes()).hexdigest()}\n".encode())
    return made.hexdigest()


def parsed_yaml(file: Path, content: bytes) -> Json:
    """Read YAML as `capability.yaml` is read: no aliases, no dates, no key twice. Raises `CatalogError`, naming `file`."""
    try:
        return _Json(content.decode("utf-8")).get_single_data()
    except UnicodeDecodeError as error:
        raise CatalogError([Finding(file=file, says=f"not UTF-8 text: {error}")]) from error
    except RecursionError as error:
        raise CatalogError([Finding(file=file, says="nested too deeply")]) from error
    except YAMLError as error:
        raise CatalogError([Finding(file=file, says=_marked(error))]) from error


def _describes(folder: Path) -> bool:
    return (folder / DESCRIPTION).exists() or (folder / HANDLER).exists()


def _misplaced(folder: Path) -> Iterator[Finding]:
    handler = folder / HANDLER
    if not handler.is_file() and not (folder / OPERATION).is_file():
        yield Finding(file=handler, says="the file is missing; it defines run(config, input)")
    for module in modules(folder):
        if module.stem in _TAKEN or module.stem in sys.stdlib_module_names:
            yield Finding(file=module, says=f"a module named {module.stem} would hide one of the guest's own; rename it")
        elif not module.stem.isidentifier():
            yield Finding(file=module, says="the name of a module is a Python name")


def _document(file: Path) -> Json:
    if file.stat().st_size > LARGEST_FILE:
        raise CatalogError([Finding(file=file, says=f"the file is larger than {LARGEST_FILE} bytes")])
    document = parsed_yaml(file, file.read_bytes())
    strange = tuple(_strange(document, ""))
    if strange:
        raise CatalogError(Finding(file=file, pointer=where, says=says) for where, says in strange)
    return document


def _operation(file: Path, described: dict[str, Json]) -> dict[str, Json]:
    """Read the data of an imported operation. Raises `CatalogError`; nothing is said in both files."""
    if file.stat().st_size > LARGEST_OPERATION:
        raise CatalogError([Finding(file=file, says=f"the file is larger than {LARGEST_OPERATION} bytes")])
    try:
        found = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise CatalogError([Finding(file=file, says=f"not JSON: {error}")]) from error
    if not isinstance(found, dict) or set(found) != set(OPERATION_PARTS):
        raise CatalogError([Finding(file=file, says=f"is an object of {', '.join(OPERATION_PARTS)}")])
    twice = [name for name in OPERATION_PARTS if name in described]
    if twice:
        says = f"{', '.join(twice)} of an imported operation stand in {OPERATION} alone"
        raise CatalogError([Finding(file=file.with_name(DESCRIPTION), says=says)])
    return found


def _marked(error: YAMLError) -> str:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return f"not YAML: {error}"
    return f"line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}: {error.problem}"


def _shape(file: Path, detail: dict[str, Any]) -> Finding:
    message = str(detail["msg"])
    says = "unknown name" if detail["type"] == "extra_forbidden" else message[:1].lower() + message[1:]
    return Finding(file=file, pointer=_pointer(detail["loc"]), says=says)


def _pointer(path: tuple[str | int, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _strange(value: Json, where: str) -> Iterator[tuple[str, str]]:
    """Find what YAML can say and JSON cannot."""
    if isinstance(value, dict):
        for key, held in value.items():
            if not isinstance(key, str):
                yield where, f"the key {key!r} is not a text; put it in quotes"
            yield from _strange(held, where + _pointer((str(key),)))
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from _strange(held, f"{where}/{index}")
    elif isinstance(value, float) and not math.isfinite(value):
        yield where, f"{value} is not a number that JSON can write"
    elif value is not None and not isinstance(value, (str, int, float)):
        yield where, f"a {type(value).__name__} is nothing that JSON can write"


class _Json(SafeLoader):
    """YAML without dates, without aliases (a value could hold itself) and without a key that stands twice.

    PyYAML would take the last one in silence.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _DATES]
        for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.check_event(AliasEvent):
            problem = "aliases are not supported; write the value out"
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # as PyYAML's stubs have it
            raise ComposerError(None, None, problem, mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"the key {key.value!r} stands twice"
                raise ConstructorError(None, None, problem, key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)
