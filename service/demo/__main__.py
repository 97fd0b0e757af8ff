"""Runs the demonstration: `python -m service.demo [--crash]`."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty

import httpx
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from logs import setup
from schemas.values import JsonObject
from schemas.visible import block
from service.demo.endpoints import Desk, installed, inventory, webhook
from service.narration import Narrator, pretty, problem_lines
from service.terminal import Terminal, words

HANDLERS = ["aggregate", "http_request", "notify", "transform", "validate"]
"""What the plan may use: the goal narrows the catalog, as whoever submits one may."""
GOAL = (
    "Audit the Python packages installed here: find those without licence metadata, count the rest by licence family, "
    "and send the digest to the desk"
)
INVENTORY: JsonObject = {
    "url": "http://inventory.demo/v1/distributions",
    "paging": "Link header with rel=next",
    "body": "an object {items: [...], total: integer}",
    "item": {
        "name": "string",
        "version": "string",
        "license_expression": "SPDX string or null",
        "license": "free text, sometimes the whole licence, or null",
        "classifiers": "array of strings like 'License :: OSI Approved :: MIT License', possibly empty",
    },
}
ANSWER: JsonObject = {
    "type": "object",
    "required": ["packages", "without_licence", "families", "desk"],
    "additionalProperties": False,
    "properties": {
        "packages": {"type": "integer", "minimum": 0},
        "without_licence": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "version"],
                "additionalProperties": False,
                "properties": {"name": {"type": "string", "minLength": 1}, "version": {"type": "string", "minLength": 1}},
            },
        },
        "families": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["family", "count"],
                "additionalProperties": False,
                "properties": {"family": {"type": "string", "minLength": 1}, "count": {"type": "integer", "minimum": 1}},
            },
        },
        "desk": {
            "type": "object",
            "description": "What the desk answered: that it took the digest.",
            "required": ["channel", "status"],
            "additionalProperties": False,
            "properties": {"channel": {"const": "desk"}, "status": {"type": "integer", "minimum": 200, "maximum": 299}},
        },
    },
}
"""The shape of the answer that the demo wants; a plan must prove that it gives no other."""

RECORDED = Path(__file__).resolve().parents[2] / "recorded" / "demo"
KEPT = {f"GOALWRIGHT_{name}" for name in ("MODEL", "MODEL_PRICE", "MODEL_TIMEOUT_S", "CACHE", "LOG", "WORKERS", "PENDING")}
"""Settings of the person's own that the demo heeds; any other could change the prompt, and with it what was recorded."""

PROMPT_CHARACTERS = 26_000
"""What was recorded was asked in short, as of a model with a small context: most of `notify` is left to the checks to tell."""

READY_WITHIN_S = 180
ENDS_WITHIN_S = 300


@dataclass(frozen=True, slots=True)
class Server:
    """A `goalwright serve` process of its own."""

    process: subprocess.Popen[bytes]
    url: str


def main() -> int:
    """Run the demonstration and give its exit code."""
    parser = argparse.ArgumentParser(prog="python -m service.demo", description="The main job, end to end, on real data.")
    parser.add_argument(
        "--crash",
        nargs="?",
        const="StepCompleted",
        metavar="FACT",
        help="Kill the server (SIGKILL) when the first fact of this kind comes, and start it again.",
    )
    parser.add_argument("--data", type=Path, help="Folder for the demo's database; default: a temporary one.")
    given = parser.parse_args()
    console = Terminal()
    with ExitStack() as stack:
        data = given.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="goalwright-demo-")))
        items = installed()
        desk = Desk()
        ports = stack.enter_context(inventory(items)), stack.enter_context(webhook(desk))
        environment = _environment(data, *ports)
        _say_what_comes(console, len(items))
        with _server(environment) as server:
            task = _submit(server)
            console.print(Rule(words("task {task}", task=task), align="left"))
            ended, seen = _watch(console, server, task, until=given.crash)
            if not given.crash:
                _break_on_purpose(console, server, task)
            else:
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
        if given.crash:
            console.print(
                Rule(words("[red]the server was killed with SIGKILL; it starts again on the same database[/red]"), align="left")
            )
            with _server(environment) as server:
                ended, _ = _watch(console, server, task, after=seen)
                _break_on_purpose(console, server, task)
        return _conclude(console, environment, task, desk, ended)


def _environment(data: Path, inventory_port: int, desk_port: int) -> dict[str, str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GOALWRIGHT_") or name in KEPT},
        "GOALWRIGHT_DATA": str(data),
        "GOALWRIGHT_CONFIG": os.devnull,
        "GOALWRIGHT_PRIVATE_HOSTS": json.dumps({"inventory.demo": f"127.0.0.1:{inventory_port}"}),
        "GOALWRIGHT_CHANNELS": json.dumps({"desk": {"url": f"http://127.0.0.1:{desk_port}/desk"}}),
    }
    if not environment.get("GOALWRIGHT_MODEL"):
        dates = sorted(json.loads(path.read_text())["recorded_on"] for path in RECORDED.glob("*.json"))
        environment |= {"GOALWRIGHT_RECORDED": str(RECORDED), "GOALWRIGHT_PROMPT_CHARACTERS": str(PROMPT_CHARACTERS)} | (
            {"GOALWRIGHT_PLANNING_DATE": dates[-1]} if dates else {}
        )
    return environment


def _say_what_comes(console: Terminal, count: int) -> None:
    model = os.environ.get("GOALWRIGHT_MODEL")
    recorded = (
        "No model is configured (GOALWRIGHT_MODEL), so the planner's answers are [bold]recorded answers of a large language "
        "model[/bold] to exactly the prompts rendered here, replayed with the date of their recording. They were asked in "
        "short, as of a model with a small context, so the checks have something to correct. Everything else is live."
    )
    who = "The model [bold]{model}[/bold] is asked (GOALWRIGHT_MODEL)." if model else recorded
    shape = f"{{goal}}.\n\n[dim]{{count}} installed distributions, served in pages of 25 on loopback. {who}[/dim]"
    console.print(Panel(words(shape, goal=GOAL, count=count, model=model), title="goal", title_align="left"))


@contextmanager
def _server(environment: dict[str, str]) -> Iterator[Server]:
    command = [sys.executable, "-m", "service.cli", "serve", "--port", "0"]
    announced = Path(environment["GOALWRIGHT_DATA"]) / "server.json"
    announced.unlink(missing_ok=True)
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own module
    try:
        yield Server(process, _url_of(process, announced))
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=30)


def _url_of(process: subprocess.Popen[bytes], announced: Path) -> str:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        if announced.exists():
            url = str(json.loads(announced.read_text())["url"])
            try:
                httpx.get(f"{url}/healthz", trust_env=False).raise_for_status()
            except httpx.TransportError:
                time.sleep(0.05)  # announced, not listening yet
            else:
                return url
        time.sleep(0.05)
    sys.exit("The server did not start; its own words are above.")


def _submit(server: Server) -> str:
    answer = httpx.post(
        f"{server.url}/v1/goals",
        json={"goal": GOAL, "inputs": {"inventory": INVENTORY}, "must_produce": ANSWER, "allow": {"handlers": HANDLERS}},
        trust_env=False,
    )
    body = answer.json()
    if not answer.is_success:
        console = Terminal(stderr=True)
        for line in problem_lines(body.get("problems", [])):
            console.print(line)
        sys.exit(f"The goal was refused: {body['detail']}")
    return str(body["id"])


def _watch(
    console: Terminal, server: Server, task: str, *, after: int = 0, until: str | None = None
) -> tuple[JsonObject | None, int]:
    narrator = Narrator(console)
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
    with httpx.stream(
        "GET", f"{server.url}/v1/tasks/{task}/facts", headers=headers, timeout=ENDS_WITHIN_S, trust_env=False
    ) as events:
        for line in events.iter_lines():
            if not line.startswith("data:"):
                continue
            fact = json.loads(line.removeprefix("data:"))
            narrator.tell(fact)
            after = fact["seq"]
            if fact["kind"] == until:
                return None, after
    return _task(server, task), after


def _task(server: Server, task: str) -> JsonObject:
    row: JsonObject = httpx.get(f"{server.url}/v1/tasks/{task}", trust_env=False).json()
    return row


def _break_on_purpose(console: Terminal, server: Server, task: str) -> None:
    """Show what the checks say of the plan that just ran, once it is broken in four places."""
    plans = httpx.get(f"{server.url}/v1/tasks/{task}/plans", trust_env=False).json()["plans"]
    broken = next((plan["fragment"] for plan in plans if plan["status"] == "accepted"), None)
    if broken is None:
        return
    first, second, last = broken["steps"][0], broken["steps"][1], broken["steps"][-1]
    first["depends_on"] = [last["name"]]
    second["handler"] = "transfrom"
    last["input"] = {**last["input"], "more": "{{ steps.nowhere.output }}"}
    last["for_each"] = {"items": "{{ input.inventory.pages }}", "max_items": 5_000}
    report = httpx.post(f"{server.url}/v1/checks", json={"document": broken}, trust_env=False).json()
    errors = [problem for problem in report["problems"] if problem["severity"] == "error"]
    console.print(Rule("the same plan, broken on purpose in four places and sent to /v1/checks", align="left"))
    for line in problem_lines(errors):
        console.print(line)
    console.say("refused with {count} problems at once; nothing of it ran", count=len(errors))
    console.print(Rule("what became of the goal", align="left"))


def _conclude(console: Terminal, environment: dict[str, str], task: str, desk: Desk, ended: JsonObject | None) -> int:
    assert ended is not None, "a task that was watched to its end has a row"
    try:
        message = desk.received.get(timeout=1)
    except Empty:
        console.say("[red]The desk received nothing.[/red]")
        message = None
    if message is not None:
        subject = f"{message['subject']}\n\n" if message.get("subject") else ""
        console.print(Panel(Text(block(f"{subject}{message['text']}")), title="the desk received", title_align="left"))
    console.print(Panel(Text(pretty(ended["output"])), title="answer", title_align="left"))
    console.print(Panel(Text(_ledger(ended["ledger"])), title="ledger", title_align="left"))
    verified = subprocess.run([sys.executable, "-m", "service.cli", "verify", task], env=environment, check=False)  # noqa: S603 - our own module
    return 0 if ended["status"] == "complete" and message is not None and verified.returncode == 0 else 1


def _ledger(ledger: JsonObject) -> str:
    spent, left = ledger["spent"], ledger["left"]
    return "\n".join(
        f"{name:<12} {spent[name]:>8g} used {left[name]:>10g} left" for name in ("steps", "model_calls", "cost_usd")
    )


if __name__ == "__main__":
    setup.configure()
    sys.exit(main())
