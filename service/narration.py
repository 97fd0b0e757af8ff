"""Facts told to a person at a terminal: one narrator, used by the CLI and the demo."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from schemas.values import Json, JsonObject
from schemas.visible import json_text, visible
from service.terminal import Terminal, words

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

    console: Terminal
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


def problem_lines(problems: list[JsonObject], *, file: str = "") -> list[Text]:
    """Write problems as lines: place in `file` (where known), mark, code, where, sentence, hint."""
    lines = []
    for problem in problems:
        mark = _MARKS.get(problem["severity"], "-")
        shape = f"{{place}}{mark} [bold]{{code}}[/bold] [dim]{{where}}[/dim]  {{says}}"
        where = problem["where"] or "/"
        lines.append(words(shape, place=_place(problem, file), code=problem["code"], where=where, says=problem["says"]))
        if problem.get("hint"):
            lines.append(words("    [dim]→ {hint}[/dim]", hint=problem["hint"]))
    return lines


def _place(problem: JsonObject, file: str) -> str:
    if "line" not in problem:
        return ""
    return f"{file}:{problem['line']}:{problem['column']} " if file else f"{problem['line']}:{problem['column']} "


def pretty(value: Json) -> str:
    """Write a JSON value for a person to read."""
    return json_text(value, indent=2)


def _submitted(console: Terminal, body: JsonObject) -> None:
    title = body["goal"] or f"template {body['template']['name']}"
    console.say("[bold]▶ {title}[/bold]", title=title)


def _asked(console: Terminal, body: JsonObject) -> None:
    again = f", turn {body['turn']}" if body["turn"] > 1 else ""
    says = f"a plan is asked for (phase {body['phase']}{again}; ${body['reserved']['cost_usd']:.2f} reserved)"
    console.say("[cyan]?[/cyan] {step}: {says}", step=body["step"], says=says)


def _plan_refused(console: Terminal, body: JsonObject) -> None:
    _whence(console, body["provenance"])
    if body["error"]:
        console.say("[red]✗[/red] {step}: no plan: {says}", step=body["step"], says=body["error"]["message"])
        return
    console.say("[yellow]↺[/yellow] {step}: the answer was refused; its problems go back to the planner:", step=body["step"])
    _list_problems(console, body["problems"])


def _plan_accepted(console: Terminal, body: JsonObject) -> None:
    _whence(console, body["provenance"])
    for patch in body["provenance"]["mended"]:
        console.say("    [yellow]mended[/yellow] {patch}", patch=json_text(patch))
    _list_problems(console, body["report"]["problems"])
    digest = body["report"]["digest"][:16]
    console.say("[green]✓[/green] {step}: plan accepted, digest [bold]{digest}[/bold]", step=body["step"], digest=digest)
    if body["fragment"].get("reasoning"):
        console.say("    [italic]{reasoning}[/italic]", reasoning=body["fragment"]["reasoning"])
    console.print(_steps_table(body["fragment"]["steps"]))
    console.print(_proof_panel(body["report"]))


def _list_problems(console: Terminal, problems: list[JsonObject]) -> None:
    for line in problem_lines(problems):
        console.print(Text.assemble("    ", line))


def _whence(console: Terminal, provenance: JsonObject) -> None:
    source = _SOURCES.get(provenance["source"], provenance["source"])
    model = f"{provenance['model']}, " if provenance["source"] in {"model", "recorded"} else ""
    version, digest = provenance["prompt_version"], provenance["prompt_digest"]
    prompt = f", prompt {version} {digest[:12]}" if digest else ""
    console.say("    [dim]answer: {says}[/dim]", says=f"{model}{source}{prompt}, ${provenance['cost_usd']:.4f}")
    for note in provenance["notes"]:
        console.say("    [dim]{note}[/dim]", note=note)


def _steps_table(steps: list[JsonObject]) -> Table:
    table = Table(box=None, padding=(0, 2), show_header=True, header_style="dim")
    for heading in ("step", "runs", "what it does"):
        table.add_column(heading, overflow="fold")
    for step in steps:
        runs = step.get("handler") or step.get("type", "loop")
        if step.get("for_each"):
            runs = f"{runs} for each"
        table.add_row(f"  {visible(step['name'])}", visible(str(runs)), visible(_gist(step)))
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
    shapes = {True: "{name}{values}", False: "{name}[dim]none[/dim]"}
    lines = [
        words(shapes[bool(values)], name=f"{name:<13}", values=", ".join(values))
        for name, values in rows
        if values or name != "plans within"
    ]
    worst = (
        f"at worst {bound['steps']} steps, {bound['handler_calls']} handler calls, "
        f"{bound['model_calls']} model calls, ${bound['cost_usd']:.2f}"
    )
    told = Text("\n").join([*lines, words("{name}{worst}", name=f"{'bound':<13}", worst=worst)])
    return Panel(told, title="proof: what this plan can reach and use", title_align="left")


def _declined(console: Terminal, body: JsonObject) -> None:
    _whence(console, body["provenance"])
    console.say("[yellow]■[/yellow] {step}: the planner declines: {reason}", step=body["step"], reason=body["reason"])


def _started(console: Terminal, body: JsonObject) -> None:
    if body["handler"]:
        attempt = f", attempt {body['attempt']}" if body["attempt"] > 1 else ""
        says = f"{body['handler']} starts in its sandbox{attempt}"
        console.say("[cyan]●[/cyan] {step}: {says}", step=body["step"], says=says)


def _completed(console: Terminal, body: JsonObject) -> None:
    usage = body["usage"]
    if usage:
        moved = f", {usage['host_calls']} host calls, {usage['moved_bytes']:,} bytes moved" if usage["host_calls"] else ""
        took = f" in {usage['wall_ms']:.0f} ms{moved}"
        console.say("[green]✓[/green] {step}: done{took}", step=body["step"], took=took)
    else:
        console.say("[green]✓[/green] {step}: done", step=body["step"])
    for line in body["logs"]:
        console.say("    [dim]log: {line}[/dim]", line=line)


def _waits(console: Terminal, body: JsonObject) -> None:
    asks = body["asks"]
    whom = f" of {', '.join(map(str, asks['groups']))}" if asks.get("groups") else ""
    until = f", until {body['until'][:19]}" if body["until"] else ""
    title = f": {asks['title']}" if asks.get("title") else ""
    says = f"{body['step']} waits for {body['signal']}{whom}{until}{title}"
    console.say("[yellow]⏸[/yellow] {says}", says=says)


def _signal(console: Terminal, body: JsonObject) -> None:
    says = f"{body['step']}: {body['sender']} answers {body['signal']}: {json_text(body['body'])}"
    console.say("[cyan]▸[/cyan] {says}", says=says)


def _wait_timed_out(console: Terminal, body: JsonObject) -> None:
    console.say("[yellow]⌛[/yellow] {step}: nobody answered {signal} in time", step=body["step"], signal=body["signal"])


def _attempt_failed(console: Terminal, body: JsonObject) -> None:
    then = f"; again at {body['retry_at']}" if body["retry_at"] else ""
    how = "interrupted" if body["interrupted"] else "failed"
    error = body["error"]
    says = f"{body['step']}: attempt {body['attempt']} {how}: {error['type']}: {error['message']}{then}"
    console.say("[yellow]✗[/yellow] {says}", says=says)


def _failed(console: Terminal, body: JsonObject) -> None:
    error = body["error"]
    console.say("[red]✗ {says}[/red]", says=f"{body['step']}: {error['type']}: {error['message']}")


def _task_failed(console: Terminal, body: JsonObject) -> None:
    error = body["error"]
    console.say("[red bold]✗ failed[/red bold] {type}: {says}", type=error["type"], says=error["message"])


def _task_ended(word: str) -> Callable[[Terminal, JsonObject], None]:
    def tell(console: Terminal, body: JsonObject) -> None:
        console.say("[bold]■ {word}[/bold] {reason}", word=word, reason=body.get("reason", ""))

    return tell


def _task_completed(console: Terminal, _: JsonObject) -> None:
    console.say("[green bold]✓ complete[/green bold]")


_TELLERS: Mapping[str, Callable[[Terminal, JsonObject], None]] = {
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
