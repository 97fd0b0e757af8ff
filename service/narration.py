"""Facts told to a person at a terminal: one narrator, used by the CLI and the demo."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from schemas.values import Json, JsonObject

_MARKS = {"error": "[red]✗[/red]", "warning": "[yellow]![/yellow]"}
_SOURCES = {
    "model": "asked now",
    "recorded": "a recorded answer, replayed",
    "template": "an authored template, no model asked",
}
_SHOWN_ITEMS = 3


@dataclass(slots=True)
class Narrator:
    """Tells facts as they come. Items of a loop beyond the first few are counted, not told."""

    console: Console
    crowd: set[str] = field(default_factory=set)  # scopes of the items that are not told

    def tell(self, fact: JsonObject) -> None:
        """Tell one fact, given as HTTP shows it."""
        body = fact["body"]
        if fact["kind"] == "ScopeOpened" and body["kind"] == "item" and int(body["scope"].rpartition("/")[2]) >= _SHOWN_ITEMS:
            self.crowd.add(body["scope"])
        tell = _TELLERS.get(fact["kind"])
        if tell is not None and not self._crowded(body.get("step", "")):
            tell(self.console, body)

    def _crowded(self, step: str) -> bool:
        parts = step.split("/")
        return any("/".join(parts[:length]) in self.crowd for length in range(len(parts)))


def problem_lines(problems: list[JsonObject], *, file: str = "") -> list[str]:
    """Write problems as lines of markup: place in `file` (where known), mark, code, where, sentence, hint."""
    lines = []
    for problem in problems:
        lines.append(
            f"{escape(_place(problem, file))}{_MARKS.get(problem['severity'], '-')} [bold]{escape(problem['code'])}[/bold] "
            f"[dim]{escape(problem['where'] or '/')}[/dim]  {escape(problem['says'])}"
        )
        if problem.get("hint"):
            lines.append(f"    [dim]→ {escape(problem['hint'])}[/dim]")
    return lines


def _place(problem: JsonObject, file: str) -> str:
    if "line" not in problem:
        return ""
    return f"{file}:{problem['line']}:{problem['column']} " if file else f"{problem['line']}:{problem['column']} "


def pretty(value: Json) -> str:
    """Write a JSON value for a person to read."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _submitted(console: Console, body: JsonObject) -> None:
    title = body["goal"] or f"template {body['template']['name']}"
    console.print(f"[bold]▶ {escape(title)}[/bold]")


def _asked(console: Console, body: JsonObject) -> None:
    again = f", turn {body['turn']}" if body["turn"] > 1 else ""
    reserved = body["reserved"]["cost_usd"]
    console.print(
        f"[cyan]?[/cyan] {body['step']}: a plan is asked for (phase {body['phase']}{again}; ${reserved:.2f} reserved)"
    )


def _plan_refused(console: Console, body: JsonObject) -> None:
    _whence(console, body["provenance"])
    if body["error"]:
        console.print(f"[red]✗[/red] {body['step']}: no plan: {escape(body['error']['message'])}")
        return
    console.print(f"[yellow]↺[/yellow] {body['step']}: the answer was refused; its problems go back to the planner:")
    for line in problem_lines(body["problems"]):
        console.print(f"    {line}")


def _plan_accepted(console: Console, body: JsonObject) -> None:
    _whence(console, body["provenance"])
    for patch in body["provenance"]["mended"]:
        console.print(f"    [yellow]mended[/yellow] {escape(json.dumps(patch, ensure_ascii=False))}")
    for line in problem_lines(body["report"]["problems"]):
        console.print(f"    {line}")
    console.print(f"[green]✓[/green] {body['step']}: plan accepted, digest [bold]{body['report']['digest'][:16]}[/bold]")
    if body["fragment"].get("reasoning"):
        console.print(f"    [italic]{escape(body['fragment']['reasoning'])}[/italic]")
    console.print(_steps_table(body["fragment"]["steps"]))
    console.print(_proof_panel(body["report"]))


def _whence(console: Console, provenance: JsonObject) -> None:
    source = _SOURCES.get(provenance["source"], provenance["source"])
    model = f"{provenance['model']}, " if provenance["source"] in {"model", "recorded"} else ""
    version, digest = provenance["prompt_version"], provenance["prompt_digest"]
    prompt = f", prompt {version} {digest[:12]}" if digest else ""
    console.print(f"    [dim]answer: {escape(model)}{source}{prompt}, ${provenance['cost_usd']:.4f}[/dim]")
    for note in provenance["notes"]:
        console.print(f"    [dim]{escape(note)}[/dim]")


def _steps_table(steps: list[JsonObject]) -> Table:
    table = Table(box=None, padding=(0, 2), show_header=True, header_style="dim")
    for heading in ("step", "runs", "what it does"):
        table.add_column(heading, overflow="fold")
    for step in steps:
        runs = step.get("handler") or step.get("type", "loop")
        if step.get("for_each"):
            runs = f"{runs} for each"
        table.add_row(f"  {escape(step['name'])}", escape(str(runs)), escape(_gist(step)))
    return table


def _gist(step: JsonObject) -> str:
    config = step.get("config") or {}
    for key in ("expression", "url", "channel", "strategy"):
        if key in config:
            text = " ".join(str(config[key]).split())
            return text if len(text) <= 100 else text[:99] + "…"  # noqa: PLR2004 - one line of a terminal
    return step.get("description") or step.get("goal") or ""


def _proof_panel(report: JsonObject) -> Panel:
    bound, authority = report["bound"], report["authority"]
    rows = [
        ("handlers", authority["handlers"]),
        ("hosts", authority["hosts"]),
        ("channels", authority["channels"]),
        ("writes", authority["writes"]),
        ("plans within", authority["plans_within"]),
    ]
    lines = [
        f"{name:<13}{escape(', '.join(values)) or '[dim]none[/dim]'}"
        for name, values in rows
        if values or name != "plans within"
    ]
    worst = (
        f"at worst {bound['steps']} steps, {bound['handler_calls']} handler calls, "
        f"{bound['model_calls']} model calls, ${bound['cost_usd']:.2f}"
    )
    return Panel(
        "\n".join([*lines, f"{'bound':<13}{worst}"]), title="proof: what this plan can reach and use", title_align="left"
    )


def _declined(console: Console, body: JsonObject) -> None:
    _whence(console, body["provenance"])
    console.print(f"[yellow]■[/yellow] {body['step']}: the planner declines: {escape(body['reason'])}")


def _started(console: Console, body: JsonObject) -> None:
    if body["handler"]:
        attempt = f", attempt {body['attempt']}" if body["attempt"] > 1 else ""
        console.print(f"[cyan]●[/cyan] {body['step']}: {body['handler']} starts in its sandbox{attempt}")


def _completed(console: Console, body: JsonObject) -> None:
    usage = body["usage"]
    if usage:
        moved = f", {usage['host_calls']} host calls, {usage['moved_bytes']:,} bytes moved" if usage["host_calls"] else ""
        console.print(f"[green]✓[/green] {body['step']}: done in {usage['wall_ms']:.0f} ms{moved}")
    else:
        console.print(f"[green]✓[/green] {body['step']}: done")
    for line in body["logs"]:
        console.print(f"    [dim]log: {escape(line)}[/dim]")


def _waits(console: Console, body: JsonObject) -> None:
    asks = body["asks"]
    whom = f" of {escape(', '.join(asks['groups']))}" if asks.get("groups") else ""
    until = f", until {body['until'][:19]}" if body["until"] else ""
    title = f": {escape(str(asks['title']))}" if asks.get("title") else ""
    console.print(f"[yellow]⏸[/yellow] {body['step']} waits for {escape(body['signal'])}{whom}{until}{title}")


def _signal(console: Console, body: JsonObject) -> None:
    said = escape(json.dumps(body["body"], ensure_ascii=False))
    console.print(f"[cyan]▸[/cyan] {body['step']}: {escape(body['sender'])} answers {escape(body['signal'])}: {said}")


def _wait_timed_out(console: Console, body: JsonObject) -> None:
    console.print(f"[yellow]⌛[/yellow] {body['step']}: nobody answered {escape(body['signal'])} in time")


def _attempt_failed(console: Console, body: JsonObject) -> None:
    then = f"; again at {body['retry_at']}" if body["retry_at"] else ""
    how = "interrupted" if body["interrupted"] else "failed"
    error = body["error"]
    what = f"{escape(error['type'])}: {escape(error['message'])}"
    console.print(f"[yellow]✗[/yellow] {body['step']}: attempt {body['attempt']} {how}: {what}{then}")


def _failed(console: Console, body: JsonObject) -> None:
    console.print(f"[red]✗ {body['step']}: {escape(body['error']['type'])}: {escape(body['error']['message'])}[/red]")


def _task_failed(console: Console, body: JsonObject) -> None:
    error = body["error"]
    console.print(f"[red bold]✗ failed[/red bold] {escape(error['type'])}: {escape(error['message'])}")


def _task_ended(word: str) -> Callable[[Console, JsonObject], None]:
    def tell(console: Console, body: JsonObject) -> None:
        console.print(f"[bold]■ {word}[/bold] {escape(str(body.get('reason', '')))}")

    return tell


def _task_completed(console: Console, _: JsonObject) -> None:
    console.print("[green bold]✓ complete[/green bold]")


_TELLERS: Mapping[str, Callable[[Console, JsonObject], None]] = {
    "TaskSubmitted": _submitted,
    "PlanAsked": _asked,
    "PlanRefused": _plan_refused,
    "PlanAccepted": _plan_accepted,
    "PlanDeclined": _declined,
    "StepStarted": _started,
    "StepCompleted": _completed,
    "AttemptFailed": _attempt_failed,
    "StepWaits": _waits,
    "SignalReceived": _signal,
    "WaitTimedOut": _wait_timed_out,
    "StepFailed": _failed,
    "TaskCompleted": _task_completed,
    "TaskFailed": _task_failed,
    "TaskRefused": _task_ended("refused"),
    "TaskCancelled": _task_ended("cancelled"),
}
