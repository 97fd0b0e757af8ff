"""The JSON Schema Test Suite in a guest: every test has the verdict that it has on the host."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalog.loader import load_capability
from tests.support import judging, suites

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Recorder, Sandbox

CAPABILITY = """\
name: judging
version: 1.0.0
summary: For a test.
description: For a test.
config_schema: {type: object, additionalProperties: false}
input_schema: {type: object}
output_schema: {}
errors: [{type: handler_error, retryable: false, description: It failed.}]
effect: pure
imports: [patterns]
packages: [jsonschema, rfc3339-validator, rfc3986-validator, fqdn, jsonpointer, idna]
"""


@pytest.mark.parametrize("draft", suites.DRAFTS)
def test_a_guest_says_of_every_test_what_the_host_says(
    sandbox: "Sandbox", tmp_path: Path, host: "Recorder", draft: str
) -> None:
    folder = tmp_path / "judging"
    folder.mkdir()
    (folder / "capability.yaml").write_text(CAPABILITY, encoding="utf-8")
    shutil.copy(judging.__file__, folder / "handler.py")
    component = sandbox.component(load_capability(folder), folder)
    held, remotes = suites.files(draft), suites.remotes(draft)

    told = [sandbox.call(component, {}, {"files": [file], "remotes": remotes}, host) for file in held.values()]

    verdicts = [verdict for answer in told for verdict in answer["ok"]]
    assert tuple(suites.joined(draft, held, verdicts)) == suites.on_host(draft)
