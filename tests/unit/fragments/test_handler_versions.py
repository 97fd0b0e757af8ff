"""Versions of handlers in a plan: what is deprecated works with a warning, what is retired does not."""

import pytest

from catalog.registry import Catalog
from fragments.checks import check
from fragments.documents import Template
from tests.support.catalogs import FRAME, reading, step, transform
from tests.support.telling import of_report

BODY = {"config": {"expression": "$"}, "input": {"data": 1}}
NOTE = "use 2.0.0, which keeps dates"
CATALOG = Catalog.of(
    [transform().model_copy(update={"deprecated": NOTE}), transform("2.0.0"), transform("3.0.0")],
    retired={"transform@3.0.0": "it loses data"},
)


def problems(handler: str) -> list[tuple[str, str, str]]:
    document = Template.model_validate({"name": "t", "steps": [step("a", handler=handler, **BODY)], "output": reading("a")})
    return [(p.code, p.severity.value, p.hint) for p in of_report(check(document, CATALOG, FRAME)).problems]


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        pytest.param("transform", [], id="the newest that is not retired"),
        pytest.param("transform@^1", [("handler.deprecated", "warning", NOTE)], id="a deprecated one"),
        pytest.param(
            "transform@3.0.0", [("handler.retired", "error", "There is: transform@1.0.0, transform@2.0.0.")], id="a retired one"
        ),
    ],
)
def test_a_version_is_taken_as_it_stands(handler: str, expected: list[tuple[str, str, str]]) -> None:
    assert problems(handler) == expected
