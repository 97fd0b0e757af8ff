"""Results in the sandbox equal results outside it."""

import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from catalog.capability import Capability, Effect
from catalog.loader import load_catalog
from tests.support import outside

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Sandbox

PURE = [
    pytest.param(capability, id=capability.name) for capability in load_catalog().catalog if capability.effect is Effect.PURE
]
ROUNDS = 12


def value(chance: random.Random, depth: int = 3) -> Any:
    """Make up any JSON value."""
    if depth and chance.random() < 0.6:
        size = chance.randint(0, 4)
        if chance.random() < 0.5:
            return [value(chance, depth - 1) for _ in range(size)]
        return {chance.choice(["a", "b", "name", "ä b", ""]): value(chance, depth - 1) for _ in range(size)}
    return chance.choice(
        [None, True, False, 0, -1, 2.0, 1.5, 1e21, 2**60, "", "a", "é😀", "2026-01-01", "a@example.org", "\t\\"]
    )


def made_up(capability: Capability) -> list[dict[str, Any]]:
    """Put made-up values in place of those of the examples."""
    chance = random.Random(capability.id)
    calls = [{"config": dict(example.config), "input": dict(example.input)} for example in capability.examples]
    for example in capability.examples * ROUNDS:
        given = {name: value(chance) for name in example.input}
        if "items" in given and not isinstance(given["items"], list):
            given["items"] = [value(chance) for _ in range(chance.randint(0, 6))]
        calls.append(
            {"config": dict(example.config), "input": {**given, **{k: v for k, v in example.input.items() if k == "schema"}}}
        )
    return calls


@pytest.mark.parametrize("capability", PURE)
def test_a_pure_handler_answers_the_same_in_the_sandbox_and_outside_it(sandbox: "Sandbox", capability: Capability) -> None:
    calls = made_up(capability)
    lines = "".join(json.dumps(call) + "\n" for call in calls)
    command = [sys.executable, outside.__file__, str(sandbox.loaded.folders[capability.id])]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    without = [json.loads(line) for line in done.stdout.splitlines()]

    within = [sandbox.run(capability.id, call["config"], call["input"]) for call in calls]

    assert [_told(answer) for answer in within] == [_told(answer) for answer in without]


def _told(answer: dict[str, Any]) -> Any:
    """Leave out an error's sentence: Python words its own differently from version to version."""
    return answer["error"]["type"] if "error" in answer else json.dumps(answer["ok"])
