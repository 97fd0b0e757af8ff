"""The folder of an imported operation holds data in place of source."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.findings import CatalogError
from catalog.folders import DESCRIPTION, HANDLER, OPERATION, read_capability, source_digest

DIGEST = "0" * 64
DESCRIBED: dict[str, Any] = {
    "name": "get_pet",
    "version": "1.0.0",
    "summary": "Get a pet",
    "description": "Gets a pet.",
    "effect": "read",
    "imports": ["http"],
    "authority": {"hosts": ["/config/server"]},
    "origin": {"kind": "openapi", "source": "a.yaml", "operation": "GET /a", "digest": DIGEST},
}
DATA: dict[str, Any] = {
    "operation": {"method": "GET", "path": "/a"},
    "errors": [{"type": "status_404", "retryable": False, "description": "No such pet."}],
    "config_schema": {"type": "object", "additionalProperties": False},
    "input_schema": {"type": "object"},
    "output_schema": {"type": "object"},
}


def folder_of(place: Path, described: Any, data: Any) -> Path:
    (place / DESCRIPTION).write_text(json.dumps(described), encoding="utf-8")
    (place / OPERATION).write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return place


def test_an_operation_is_read_from_its_data_and_its_words_are_foreign(tmp_path: Path) -> None:
    found = read_capability(folder_of(tmp_path, DESCRIBED, DATA))

    assert found.guest_data == {"operation": DATA["operation"]}
    assert found.origin is not None
    assert (found.origin.source, found.origin.operation) == ("a.yaml", "GET /a")
    assert found.config_schema == DATA["config_schema"]


def test_the_digest_of_a_folder_changes_with_the_operation(tmp_path: Path) -> None:
    folder_of(tmp_path, DESCRIBED, DATA)
    before = source_digest(tmp_path)
    folder_of(tmp_path, DESCRIBED, {**DATA, "operation": {"method": "GET", "path": "/b"}})

    assert source_digest(tmp_path) != before


@pytest.mark.parametrize(
    ("described", "data", "file", "says"),
    [
        pytest.param(DESCRIBED, "{", OPERATION, "not JSON", id="no JSON"),
        pytest.param(DESCRIBED, [], OPERATION, "is an object of operation,", id="no object"),
        pytest.param(DESCRIBED, {**DATA, "more": 1}, OPERATION, "is an object of operation,", id="more"),
        pytest.param({**DESCRIBED, "input_schema": {}}, DATA, DESCRIPTION, "stand in operation.json", id="twice"),
    ],
)
def test_what_is_no_operation_is_refused(tmp_path: Path, described: Any, data: Any, file: str, says: str) -> None:
    with pytest.raises(CatalogError) as refused:
        read_capability(folder_of(tmp_path, described, data))
    (finding,) = refused.value.findings
    assert (finding.file.name, says in finding.says) == (file, True), finding


def test_a_folder_without_data_needs_source(tmp_path: Path) -> None:
    (tmp_path / DESCRIPTION).write_text(json.dumps({**DESCRIBED, **DATA}), encoding="utf-8")
    with pytest.raises(CatalogError) as refused:
        read_capability(tmp_path)
    assert [finding.file.name for finding in refused.value.findings] == [HANDLER]
