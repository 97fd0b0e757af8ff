"""The life of a handler in real processes: published while a server runs, retired while a task runs, imported, called."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

from tests.support.processes import CLI, ENDS_WITHIN_S, ROOT, ended, environment, serving

DESCRIPTION = """\
name: told
version: {version}
summary: Tell the version.
description: Tells the version that answers.
config_schema: {{type: object, additionalProperties: false}}
input_schema: {{type: object}}
output_schema: {{type: string}}
errors: [{{type: never, retryable: false, description: It never fails.}}]
effect: pure
examples: [{{title: Ask, output: "{says}"}}]
"""
TEMPLATE = """
name: held
steps:
  - {name: hold, handler: gate, config: {title: Go on?, approvers: [desk]}}
  - {name: tell, handler: told@^1, depends_on: [hold]}
output: {told: "{{ steps.tell.output }}"}
"""


class House:
    """One data folder, and the environment of every process over it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.environment = environment(folder / "data", **settings)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*CLI, *words], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )

    def done(self, *words: str) -> Any:
        ended = self.run(*words, "--format", "json")
        assert ended.returncode == 0, (ended.stdout, ended.stderr)
        return json.loads(ended.stdout)

    def written(self, version: str, says: str) -> str:
        folder = self.folder / "told" / version
        folder.mkdir(parents=True)
        (folder / "capability.yaml").write_text(DESCRIPTION.format(version=version, says=says))
        (folder / "handler.py").write_text(f'def run(config, given):\n    return "{says}"\n')
        return str(folder)


def waits(url: str, task: str) -> None:
    """Wait until the gate of a task does; the server says it to whoever asks."""
    deadline = time.monotonic() + ENDS_WITHIN_S
    while task not in [row["task"] for row in httpx.get(f"{url}/v1/waits", timeout=30).json()["waits"]]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_running_task_keeps_its_version_while_a_newer_one_is_published_and_its_own_is_retired(tmp_path: Path) -> None:
    house = House(tmp_path)
    first = house.done("handlers", "publish", house.written("1.0.0", "first"))
    with serving(house.environment) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        url = server.url
        running = http.post("/v1/tasks", json={"text": TEMPLATE}).json()["id"]
        waits(url, running)

        second = house.done("handlers", "publish", house.written("1.1.0", "second"))
        newest = http.get("/v1/handlers/told").json()["id"]
        house.done("handlers", "retire", "told@1.0.0", "--because", "use 1.1.0")
        refused = http.post("/v1/tasks", json={"text": TEMPLATE.replace("told@^1", "told@1.0.0")})

        newer = http.post("/v1/tasks", json={"text": TEMPLATE}).json()["id"]
        waits(url, newer)
        for task in (running, newer):
            house.done("approve", task)
        outputs = [ended(url, task)["output"] for task in (running, newer)]
        proved = house.done("verify", running)["ok"]

    assert (first["new"], second["new"], newest) == (True, True, "told@1.1.0")
    assert (refused.status_code, [problem["code"] for problem in refused.json()["problems"]]) == (422, ["handler.retired"])
    assert outputs == [{"told": "first"}, {"told": "second"}]
    assert proved is True


def test_a_server_s_own_api_is_imported_and_called_in_the_sandbox(tmp_path: Path) -> None:
    house = House(tmp_path)
    with serving(house.environment) as server:
        url = server.url
        address = url.removeprefix("http://")
        handlers = tmp_path / "handlers"
        made = house.done(
            "import",
            "openapi",
            f"{url}/openapi.json",
            "--directory",
            str(handlers),
            "--only",
            "GET /v1/handlers*",
            "--prefix",
            "own",
        )
        names = {entry["operation"]: entry["handler"].partition("@")[0] for entry in made["handlers"]}
        asking = House(
            tmp_path,
            GOALWRIGHT_HANDLERS=json.dumps([str(handlers)]),
            GOALWRIGHT_PRIVATE_HOSTS=json.dumps({address: address}),
        )
        config = json.dumps({"server": url})
        show = names["GET /v1/handlers/{reference}"]
        shown = asking.done("handlers", "call", show, "--config", config, "--input", '{"reference": "transform@^1"}')
        missing = asking.run("handlers", "call", show, "--config", config, "--input", '{"reference": "nothing"}')

    assert made["findings"] == []
    assert shown["ok"]["status"] == 200
    assert shown["ok"]["body"]["id"] == "transform@1.0.0"
    assert (missing.returncode, json.loads(missing.stdout)["error"]["type"]) == (1, "status_404")
