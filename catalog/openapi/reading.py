"""Reading an OpenAPI document: parsed, of a version that is understood, valid, and complete in itself."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from jsonschema.exceptions import ValidationError

from catalog.findings import CatalogError, Finding
from catalog.folders import parsed_yaml
from schemas.values import Json

LARGEST = 16 << 20  # bytes of a document: larger ones than the largest public ones


def read_document(source: Path, content: bytes) -> tuple[Mapping[str, Json], tuple[Finding, ...]]:
    """Read a document, and what makes single operations of it invalid.

    Raises `CatalogError` for what is no OpenAPI 3.0 or 3.1 document, or invalid where no single operation is to blame.
    """
    if len(content) > LARGEST:
        raise CatalogError([Finding(file=source, says=f"the document is larger than {LARGEST >> 20} MiB")])
    document = _parsed(source, content)
    version = document.get("openapi")
    if "swagger" in document:
        says = f"this is Swagger {document['swagger']}; convert it to OpenAPI 3 first (swagger2openapi, or the Swagger Editor)"
        raise CatalogError([Finding(file=source, pointer="/swagger", says=says)])
    if not isinstance(version, str) or not version.startswith(("3.0.", "3.1.")):
        says = f"the document says openapi: {version!r}; 3.0.x and 3.1.x are understood"
        raise CatalogError([Finding(file=source, pointer="/openapi", says=says)])
    elsewhere = [Finding(file=source, pointer=where, says=says) for where, says in _elsewhere(document, "")]
    if elsewhere:
        raise CatalogError(elsewhere)
    found = tuple(_invalid(source, document, version))
    if any(not _of_operation(finding.pointer) for finding in found):
        raise CatalogError(found)
    return document, found


def pointer(*path: str | int) -> str:
    """Write a path as a JSON Pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _parsed(source: Path, content: bytes) -> Mapping[str, Json]:
    if content.lstrip()[:1] == b"{":
        try:
            document = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise CatalogError([Finding(file=source, says=f"not JSON: {error}")]) from error
    else:
        document = _with_text_keys(parsed_yaml(source, content))
    if not isinstance(document, Mapping):
        raise CatalogError([Finding(file=source, says="the document is not an object")])
    return document


def _with_text_keys(value: Json) -> Json:
    """Write keys as texts: in YAML the status 200 is a number."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(key): _with_text_keys(held) for key, held in value.items()}
    return [_with_text_keys(held) for held in value] if isinstance(value, list) else value


def _elsewhere(value: Json, where: str) -> Iterator[tuple[str, str]]:
    """Find references to other documents. A validator would fetch them, from wherever the document says."""
    if isinstance(value, Mapping):
        reference = value.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            yield f"{where}/$ref", f"refers to {reference:.200}, another document; bundle all parts into one document first"
        for key, held in value.items():
            yield from _elsewhere(held, where + pointer(str(key)))
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from _elsewhere(held, f"{where}/{index}")


def _invalid(source: Path, document: Mapping[str, Json], version: str) -> Iterator[Finding]:
    # Importing the validator takes a third of a second, and most commands import nothing.
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator  # noqa: PLC0415

    validator = OpenAPIV30SpecValidator if version.startswith("3.0.") else OpenAPIV31SpecValidator
    try:
        for error in validator(dict(document)).iter_errors():
            deepest = _deepest(error)
            says = f"not valid OpenAPI: {deepest.message:.300}"
            yield Finding(file=source, pointer=pointer(*deepest.absolute_path), says=says)
    except RecursionError:
        yield Finding(file=source, says="the document is nested too deeply")


def _deepest(error: ValidationError) -> ValidationError:
    """Find the misfit that lies deepest: the branch of a choice that was meant, most likely."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return error


def _of_operation(where: str) -> bool:
    parts = where.split("/")
    return len(parts) > 3 and parts[1] == "paths"  # noqa: PLR2004 - "", paths, the path, the method
