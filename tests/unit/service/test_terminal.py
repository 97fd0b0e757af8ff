"""Words from outside are shown on terminals and pages, and steer neither."""

import ast
import html
import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from catalog import markdown
from fragments.dialects import yaml_of
from fragments.problems import Problem, Severity
from fragments.yaml_text import read_yaml
from schemas.visible import block, json_text, steers, visible
from service.drawing.mermaid import mermaid
from service.drawing.picture import Box, Group, Picture
from service.drawing.svg import svg
from service.drawing.text import show
from service.markup import attribute, content
from service.narration import Narrator, problem_lines
from service.terminal import Terminal, words

ROOT = Path(__file__).resolve().parents[3]

HOSTILE = {
    "a colour": "\x1b[31mred",
    "cleared": "\x1b[2J\x1b[H",
    "a link (OSC 8)": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "a title (OSC 0)": "\x1b]0;mine\x07",
    "the clipboard (OSC 52)": "\x1b]52;c;ZXZpbA==\x07",
    "a string of the device (DCS)": "\x1bPq\x1b\\",
    "C1: CSI": "\x9b31m",
    "C1: OSC": "\x9d8;;https://evil.example\x9c",
    "back to the line's beginning": "refused\rapproved",
    "backspaces": "no\b\byes",
    "bell": "\x07",
    "form feed, vertical tab": "\x0c\x0b",
    "shift out": "\x0e",
    "NUL": "a\x00b",
    "DEL": "a\x7fb",
    "next line (C1)": "a\x85b",
    "right to left": "\u202egnp.exe",
    "isolates": "\u2066\u2067\u2068\u2069",
    "marks of direction": "\u200e\u200f\u061c",
    "zero width": "a\u200bb\u200cc\u200dd\ufeff",
    "word joiner": "a\u2060b",
    "soft hyphen": "a\xadb",
    "line separators": "a\u2028b\u2029c",
    "tags": "\U000e0041\U000e0042",
    "selectors": "a\ufe00\U000e0100",
    "fillers": "\u3164\u115f\uffa0\u2800",
    "half a character": "\ud83d",
    "private use": "\ue000\U000f0000",
    "markup": "[red]x[/red][link=https://evil.example]y[/link]",
    "closing markup": "[/dim][/] [bold",
    "backslash before markup": "\\[red]",
    "emoji by name": ":warning:",
    "HTML": "<script>alert(1)</script><img src=x onerror=y>&amp;",
    "Markdown": "![x](https://evil.example/p.png) [y](javascript:z) <b>",
    "a heading": "# approved",
    "a table": "a | b",
    "code": "a ` b `` c",
    "Mermaid": '"]; click x "https://evil.example" %%{init: {}}%%',
    "braces": "{says} {0} {}",
}
STEERING = {name: text for name, text in HOSTILE.items() if any(steers(sign) for sign in text)}


def drawn(*things: Any) -> str:
    sink = io.StringIO()
    terminal = Terminal(file=sink, width=400)
    for thing in things:
        terminal.print(thing)
    return sink.getvalue()


def assert_harmless(shown: str) -> None:
    assert [hex(ord(sign)) for sign in shown if sign not in "\n\t" and steers(sign)] == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_words_are_shown_as_they_are_and_lines_stay_one_line(text: str) -> None:
    assert words("[red]{x}[/red]: {x}", x=text).plain == f"{visible(text)}: {visible(text)}"
    assert "\n" not in visible(f"{text}\n")
    assert_harmless(visible(text))
    assert_harmless(drawn(words("[bold]{x}[/bold]", x=text)))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_that_is_drawn_lets_them_through(text: str) -> None:
    table = Table("head")
    table.add_row(text)
    assert_harmless(drawn(text, Text(text), table, Panel(Text(text))))
    assert "[red]x[/red]" in drawn(HOSTILE["markup"])


@given(st.text(), st.text())
def test_no_text_steers_or_gets_lost(one: str, other: str) -> None:
    told = words("[dim]{a}[/dim] [link=x]{b}[/link]{a}", a=one, b=other)
    assert told.plain == f"{visible(one)} {visible(other)}{visible(one)}"
    assert_harmless(told.plain)
    assert_harmless(block(one))
    assert json.loads(json_text({one: [other]})) == {one: [other]}
    assert_harmless(json_text([one]))


def test_styles_stay_with_what_they_were_written_around() -> None:
    told = words("[red]{a}[/red] and [bold]{b}[/bold]", a="long words", b="x")
    assert [(told.plain[span.start : span.end], span.style) for span in told.spans] == [("long words", "red"), ("x", "bold")]


@pytest.mark.parametrize("text", STEERING.values(), ids=STEERING)
def test_json_is_exact_and_steers_nothing(text: str) -> None:
    for value in (text, {text: [text]}):
        assert json.loads(json_text(value)) == value
        assert_harmless(json_text(value))


@pytest.mark.parametrize("text", [text for text in HOSTILE.values() if "\ud83d" not in text])
def test_yaml_is_exact_and_steers_nothing(text: str) -> None:
    for value in ({"a": text}, {"a": [f"x {text}\nsecond line\n"]}):
        written = yaml_of(value, heading=(text,))
        assert_harmless(written)
        assert read_yaml(written)[0] == value


def problem(text: str) -> Problem:
    return Problem(code="step.bad", where=f"/steps/0/{text}", says=text, hint=text, severity=Severity.ERROR)


def picture(text: str) -> Picture:
    box = Box(key="/steps/0", name=text, runs=text, notes=(text,), problems=(problem(text),), groups=())
    root = Group(key="", title=text, boxes=(box,), arrows=())
    return Picture(title=text, root=root, proof=(text,), problems=(problem(text),))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_problems_and_drawings_show_them(text: str) -> None:
    assert_harmless(drawn(*problem_lines([problem(text).to_json()], file=text)))
    sink = io.StringIO()
    show(picture(text), Terminal(file=sink, width=200))
    assert_harmless(sink.getvalue())
    chart = mermaid(picture(text))
    assert_harmless(chart)
    assert "click x" not in chart.replace('"]', "") or "#34;" in chart
    assert "%%{" not in chart


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_svg_holds_them_as_text_alone(text: str) -> None:
    drawing = svg(picture(text)).decode()
    tree = ET.fromstring(drawing)
    names = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert names <= {"svg", "g", "polygon", "path", "text", "title", "a", "ellipse", "polyline"}
    assert not any("evil" in value for element in tree.iter() for name, value in element.attrib.items() if "href" in name)
    assert_harmless(drawing)
    assert "<" not in content(text)
    assert html.unescape(content(text)) == visible(text)
    assert '"' not in attribute(text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_markdown_holds_no_html_no_links_and_no_line_of_theirs(text: str) -> None:
    for written in (markdown.prose(text), markdown.line(text), markdown.cell(text)):
        assert_harmless(written)
        assert not re.search(r"<[A-Za-z/!?]", written)
        assert not re.search(r"\]([(\[]|:)", written)
        assert not written.startswith("# ")
    assert "\n" not in markdown.line(text) + markdown.cell(text) + markdown.code(text)
    assert " | " not in markdown.cell(text)
    assert markdown.code(text).strip("`").strip() == visible(text).strip("`").strip()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_story_of_a_task_shows_them(text: str) -> None:
    error = {"type": text, "message": text}
    facts: list[tuple[str, dict[str, Any]]] = [
        ("TaskSubmitted", {"goal": text, "template": {"name": text}}),
        ("StepStarted", {"step": text, "handler": text, "attempt": 2}),
        ("StepCompleted", {"step": text, "usage": None, "logs": [text]}),
        ("StepWaits", {"step": text, "signal": text, "until": None, "asks": {"title": text, "groups": [text]}}),
        ("SignalReceived", {"step": text, "sender": text, "signal": text, "body": {"comment": text}}),
        ("WaitTimedOut", {"step": text, "signal": text}),
        ("AttemptFailed", {"step": text, "attempt": 1, "interrupted": False, "retry_at": None, "error": error}),
        ("StepFailed", {"step": text, "error": error}),
        ("TaskFailed", {"error": error}),
        ("TaskCancelled", {"reason": text}),
    ]
    sink = io.StringIO()
    narrator = Narrator(Terminal(file=sink, width=300))
    for kind, body in facts:
        narrator.tell({"kind": kind, "body": body})
    assert_harmless(sink.getvalue())
    assert len(sink.getvalue().splitlines()) >= len(facts)


WRITERS = {"service/terminal.py"}
FORBIDDEN_NAMES = {"print", "pprint"}
FORBIDDEN_IMPORTS = {"rich.console": {"Console"}, "rich.markup": {"escape", "render"}, "rich": {"print"}, "html": {"escape"}}
MAY_ESCAPE_HTML = {"service/markup.py"}


def around_the_writers(path: Path) -> list[str]:
    """Tell where a module writes to a terminal past the writer, or hands it a string with styles in it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and {name.name for name in node.names} & FORBIDDEN_IMPORTS.get(
            node.module or "", set()
        ):
            found.append(f"{path.name}:{node.lineno}: import from {node.module}")
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if (
            called in FORBIDDEN_NAMES
            or called in {"typer.echo", "typer.secho", "click.echo"}
            or called.endswith(("stdout.write", "stderr.write", "buffer.write"))
        ):
            found.append(f"{path.name}:{node.lineno}: {called}")
        if called.endswith(".print") and node.args and isinstance(node.args[0], (ast.JoinedStr, ast.Constant)):
            found.append(f"{path.name}:{node.lineno}: {called} of a string")
        if called.split(".")[-1] in {"say", "words"} and node.args and isinstance(node.args[0], ast.JoinedStr):
            inside = {ast.unparse(part.value) for part in node.args[0].values if isinstance(part, ast.FormattedValue)}
            if inside - SHAPES:
                found.append(f"{path.name}:{node.lineno}: a shape made of {', '.join(sorted(inside - SHAPES))}")
    return found


SHAPES = {"mark", "after", "hint", "effect", "who", "_MARKS[problem.severity]"}
"""Parts of shapes that are chosen among constants of ours."""


def test_nothing_is_printed_around_the_writers() -> None:
    modules = [path for path in (ROOT / "service").rglob("*.py") if path.relative_to(ROOT).as_posix() not in WRITERS]
    found = [
        line
        for path in modules
        if path.relative_to(ROOT).as_posix() not in MAY_ESCAPE_HTML
        for line in around_the_writers(path)
    ]
    assert len(modules) > 40
    assert found == []


def test_what_is_printed_around_the_writers_would_be_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "import sys\nfrom rich.console import Console\nfrom rich.markup import escape\n"
        "print(1)\nsys.stdout.write(x)\ntyper.echo(x)\nconsole.print(f'[red]{x}')\nconsole.say(f'[red]{x}')\n"
    )
    assert len(around_the_writers(wrong)) == 7
