"""The examples that planners are shown are true: each is run in the sandbox."""

from typing import TYPE_CHECKING, Any

import pytest

from catalog.capability import Capability, Example
from catalog.loader import load_catalog

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Sandbox

RUNNABLE = [
    pytest.param(capability, example, id=f"{capability.name}: {example.title}")
    for capability in load_catalog().catalog
    for example in capability.examples
    if example.runs
]


@pytest.mark.parametrize(("capability", "example"), RUNNABLE)
def test_an_example_answers_as_it_says(sandbox: "Sandbox", capability: Capability, example: Example) -> None:
    answered: dict[str, Any] = sandbox.run(capability.id, example.config, example.input)

    if example.error is None:
        assert answered == {"ok": example.output}
    else:
        assert answered["error"]["type"] == example.error
