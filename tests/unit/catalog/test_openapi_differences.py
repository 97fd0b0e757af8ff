"""What the page about OpenAPI says is so."""

import json
from pathlib import Path

import pytest

from catalog.openapi.importing import Wanted, import_document
from tests.support.openapi_tables import DIFFERENCES, Difference, section


@pytest.mark.parametrize("held", DIFFERENCES, ids=lambda held: held.what)
def test_an_operation_is_left_out_or_read_as_the_page_says(held: Difference) -> None:
    operation = {"operationId": "a", "responses": {"200": {"description": "ok"}}, **held.operation}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://a.example"}],
        "paths": {held.path: {held.method: operation}, "/good": {"get": {"responses": {"200": {"description": "ok"}}}}},
        **({"components": held.components} if held.components else {}),
    }
    made = import_document(Path("api.json"), json.dumps(document).encode(), Wanted())

    assert made.handlers[-1].capability.name == "get_good"
    assert len(made.handlers) == (1 if held.says else 2)
    assert [held.says in left.finding.says for left in made.left_out] == [True] * bool(held.says)


def test_the_section_names_each_difference_once() -> None:
    text = section()
    assert all(text.count(f"| {held.what} | {held.why} |") == 1 for held in DIFFERENCES)
