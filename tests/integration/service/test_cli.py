import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli.main import app
from tests.support.handlers import ScriptedHandlers
from tests.support.planners import ScriptedPlanner
from tests.support.services import served

SUMS = """
name: sums
input_schema: {type: object, properties: {x: {type: array, items: {type: number}, default: [1, 2]}}}
steps:
  - name: total
    handler: transform@^1
    config: {expression: "$sum(x)", output_schema: {type: number}}
    input: {data: {x: "{{ input.x }}"}}
output: {total: "{{ steps.total.output }}"}
"""
FAILS = SUMS.replace("$sum(x)", "$error('on purpose')")
BROKEN = SUMS.replace("transform@^1", "transfrom").replace("steps.total.output", "steps.totl.output")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOALWRIGHT_DATA", str(tmp_path / "data"))
    for name in ("GOALWRIGHT_MODEL", "GOALWRIGHT_SERVER", "GOALWRIGHT_RECORDED"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def goalwright(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=stdin)


def written(folder: Path, text: str) -> str:
    path = folder / "template.yaml"
    path.write_text(text)
    return str(path)


def test_a_template_runs_and_its_output_alone_stands_on_stdout(home: Path) -> None:
    ran = goalwright("run", written(home, SUMS), "--inputs", '{"x": [4, 5]}')
    assert (ran.exit_code, json.loads(ran.stdout)) == (0, {"total": 9})


def test_watching_tells_the_facts_on_stderr(home: Path) -> None:
    ran = goalwright("run", written(home, SUMS), "--watch")
    assert (ran.exit_code, json.loads(ran.stdout)) == (0, {"total": 3})
    assert "transform@1.0.0 starts in its sandbox" in ran.stderr


def test_a_task_can_be_listed_shown_followed_and_verified_afterwards(home: Path) -> None:
    task = json.loads(goalwright("run", written(home, SUMS), "--format", "json").stdout)["id"]
    listed = json.loads(goalwright("tasks", "list", "--format", "json").stdout)["tasks"]
    shown = json.loads(goalwright("tasks", "show", task, "--format", "json").stdout)
    watched = goalwright("tasks", "watch", task)
    verdict = json.loads(goalwright("verify", task, "--format", "json").stdout)
    assert [row["id"] for row in listed] == [task]
    assert (shown["status"], shown["output"]) == ("complete", {"total": 3})
    assert (watched.exit_code, json.loads(watched.stdout)) == (0, {"total": 3})
    assert (verdict["ok"], verdict["facts"], verdict["findings"]) == (True, shown["seq"], [])


async def left_unfinished(folder: Path) -> str:
    handlers = ScriptedHandlers()
    handlers.hold("total")
    async with served(folder, planner=ScriptedPlanner(), handlers=handlers) as app:
        task = (await app.http.post("/v1/tasks", json={"text": SUMS})).json()["id"]
        await handlers.arrived("total")
    return str(task)


def test_a_task_that_nobody_runs_is_told_as_far_as_it_came_and_left_alone_by_others(home: Path) -> None:
    task = asyncio.run(left_unfinished(home / "data"))
    watched = goalwright("tasks", "watch", task)
    other = goalwright("run", written(home, SUMS))
    shown = json.loads(goalwright("tasks", "show", task, "--format", "json").stdout)
    assert (watched.exit_code, other.exit_code) == (1, 0)
    assert "transform@1.0.0 starts" in watched.stderr
    assert "Start 'goalwright serve'" in " ".join(watched.stderr.split())
    assert (shown["status"], [step["attempt"] for step in shown["steps"]]) == ("running", [1])


def test_a_task_that_nobody_runs_can_be_cancelled(home: Path) -> None:
    task = asyncio.run(left_unfinished(home / "data"))
    cancelled = goalwright("tasks", "cancel", task, "--format", "json")
    assert (cancelled.exit_code, json.loads(cancelled.stdout)["status"]) == (0, "cancelled")
    assert json.loads(goalwright("verify", task, "--format", "json").stdout)["ok"] is True


def test_a_failed_task_exits_with_1_and_says_why(home: Path) -> None:
    ran = goalwright("run", written(home, FAILS))
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "on purpose" in ran.stderr


def test_a_refused_template_exits_with_2_and_lists_every_problem(home: Path) -> None:
    ran = goalwright("run", written(home, BROKEN))
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "handler.unknown" in ran.stderr
    assert "reference.unknown_step" in ran.stderr


def test_check_answers_with_bound_authority_and_digest(home: Path) -> None:
    checked = goalwright("check", written(home, SUMS), "--format", "json")
    report = json.loads(checked.stdout)
    assert checked.exit_code == 0
    assert report.keys() == {"ok", "problems", "bound", "authority", "digest"}
    assert (report["ok"], report["problems"], report["bound"]["steps"]) == (True, [], 1)
    assert report["authority"]["handlers"] == ["transform@1.0.0"]


def test_check_of_a_broken_document_exits_with_2_and_offers_patches(home: Path) -> None:
    checked = goalwright("check", written(home, BROKEN), "--format", "json")
    report = json.loads(checked.stdout)
    assert (checked.exit_code, report["ok"]) == (2, False)
    errors = {problem["code"]: problem for problem in report["problems"] if problem["severity"] == "error"}
    assert errors["handler.unknown"]["where"] == "/steps/0/handler"
    assert {"code", "where", "says", "hint", "severity", "patch", "line", "column"} == errors["handler.unknown"].keys()


@pytest.mark.parametrize("command", ["check", "run"])
def test_problems_of_a_file_begin_with_its_name_line_and_column(home: Path, command: str) -> None:
    file = written(home, BROKEN)
    refused = goalwright(command, file)
    assert refused.exit_code == 2
    assert [line.split(" ✗ ")[0] for line in refused.stderr.splitlines() if "✗" in line] == [f"{file}:6:14", f"{file}:9:17"]


def test_a_file_that_is_no_yaml_is_refused_at_its_line_and_column(home: Path) -> None:
    file = written(home, "name: x\nsteps:\n - a\n  b: c\n")
    assert goalwright("check", file).stderr.startswith(f"{file}:4:4 ✗ yaml.syntax /  Mapping values are not allowed")


def test_a_goal_without_a_model_that_no_template_fits_says_what_to_set() -> None:
    refused = goalwright("goal", "Write me a poem about the sea")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "GOALWRIGHT_MODEL" in refused.stderr


def test_plan_writes_the_plan_of_a_fitting_template_and_runs_nothing(home: Path) -> None:
    words = "Tell me which of these sites are down", "--inputs", '{"urls": ["https://example.org"]}'
    made = goalwright("plan", *words, "--format", "json")
    plan = json.loads(made.stdout)
    assert (made.exit_code, plan["ok"]) == (0, True)
    assert plan["provenance"][0]["source"] == "template"
    assert not (home / "data").exists()


def test_lines_are_answered_one_by_one_in_order() -> None:
    calls: list[Any] = [{"config": {"expression": f"{n} * 2"}, "input": {"data": None}} for n in range(20)]
    lines = [*map(json.dumps, calls), "no json", '{"expression": "1"}', '{"config": {"expression": "("}, "input": {"data": 1}}']
    called = goalwright("handlers", "call", "transform", "--lines", stdin="\n".join(lines) + "\n")
    answers = [json.loads(line) for line in called.stdout.splitlines()]
    assert called.exit_code == 0
    assert answers[:20] == [{"ok": n * 2} for n in range(20)]
    assert [answer["error"]["type"] for answer in answers[20:]] == ["line_invalid", "line_invalid", "expression_invalid"]
    assert answers[22]["error"].keys() == {"type", "message", "retryable"}


def test_a_single_call_that_fails_exits_with_1() -> None:
    called = goalwright("handlers", "call", "transform", "--config", '{"expression": "$x("}', "--input", '{"data": 1}')
    assert (called.exit_code, json.loads(called.stdout)["error"]["type"]) == (1, "expression_invalid")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param(("run", "nothing.yaml"), 2, "nothing.yaml cannot be read", id="no such file"),
        pytest.param(("goal", "x", "--inputs", "{"), 2, "--inputs:1:2 ✗ json.invalid", id="inputs that are no JSON"),
        pytest.param(("goal", "x", "--inputs", "[1]"), 2, "must be a JSON object", id="inputs that are no object"),
        pytest.param(("handlers", "show", "transfrom"), 2, "Nearest: transform", id="unknown handler"),
        pytest.param(("tasks", "show", "nothing", "--server", "http://127.0.0.1:9"), 1, "No service answers", id="no server"),
        pytest.param(("tasks", "show", "nothing"), 2, "There is no task", id="unknown task"),
        pytest.param(("verify", "nothing"), 2, "There is no task", id="verifying an unknown task"),
        pytest.param(("serve", "--host", "0.0.0.0"), 2, "token", id="an open door"),
    ],
)
def test_what_cannot_be_done_ends_with_a_sentence(words: tuple[str, ...], code: int, says: str) -> None:
    ended = goalwright(*words)
    assert ended.exit_code == code
    assert says in " ".join(ended.stderr.split())


def test_the_schema_for_editors_knows_the_handlers_and_the_plain_one_the_language_alone() -> None:
    full, plain = (json.loads(goalwright("schema", *words, "--format", "json").stdout) for words in ((), ("--plain",)))
    assert plain["$id"] == "urn:goalwright:language:1"
    assert full["$id"].startswith("urn:goalwright:language:1:catalog:")
    assert "transform@1.0.0/config" in full["$defs"]
    assert not any("/config" in name for name in plain["$defs"])


@pytest.mark.parametrize(
    ("drawing", "shows"),
    [
        pytest.param("text", "└── total  transform@1.0.0", id="text"),
        pytest.param("mermaid", 's_0["total<br/>transform@1.0.0"]', id="mermaid"),
        pytest.param("svg", "<b", id="svg"),
    ],
)
def test_a_template_is_drawn_to_stdout_and_to_a_file(home: Path, drawing: str, shows: str) -> None:
    file, target = written(home, SUMS), home / "drawn"
    shown = goalwright("graph", file, "--format", drawing)
    kept = goalwright("graph", file, "--format", drawing, "--output", str(target))
    assert (shown.exit_code, kept.exit_code, kept.stdout) == (0, 0, "")
    assert target.read_text().replace("<svg", "<b") == shown.stdout.replace("<svg", "<b")
    assert shows in shown.stdout.replace("<svg", "<b")


def test_a_template_with_problems_is_drawn_with_them_and_exits_with_2(home: Path) -> None:
    drawn = goalwright("graph", written(home, BROKEN))
    assert drawn.exit_code == 2
    assert "✗ handler.unknown" in drawn.stdout


def test_what_is_no_document_cannot_be_drawn(home: Path) -> None:
    drawn = goalwright("graph", written(home, "- 1"))
    assert (drawn.exit_code, drawn.stdout) == (2, "")
    assert "cannot be drawn" in drawn.stderr


def test_mending_writes_the_file_says_what_it_did_and_keeps_comments(home: Path) -> None:
    file = written(home, "# sums, every night" + BROKEN)
    mended = goalwright("check", file, "--mend")
    assert mended.exit_code == 0
    assert Path(file).read_text() == "# sums, every night" + SUMS.replace("transform@^1", "transform")
    assert "mended /steps/0/handler" in mended.stderr
    assert "nothing to mend" in goalwright("check", file, "--mend").stderr


def test_what_no_patch_mends_is_left_in_the_file_and_told(home: Path) -> None:
    text = BROKEN.replace("$sum(x)", "$sum(x")
    mended = goalwright("check", written(home, text), "--mend")
    assert mended.exit_code == 2
    assert "config.expression" in mended.stderr


def test_an_answer_to_a_task_that_nobody_runs_says_what_to_start(home: Path) -> None:
    task = asyncio.run(left_unfinished(home / "data"))
    answered = goalwright("approve", task)
    assert answered.exit_code == 2
    assert "goalwright serve" in answered.stderr
    assert json.loads(goalwright("tasks", "waiting", "--format", "json").stdout) == {"waits": []}


@pytest.mark.parametrize("target", ["missing/drawn.svg", "."], ids=["no such folder", "a folder"])
def test_a_drawing_that_cannot_be_written_ends_with_a_sentence(home: Path, target: str) -> None:
    drawn = goalwright("graph", written(home, SUMS), "--format", "mermaid", "--output", str(home / target))
    assert drawn.exit_code == 1
    assert "cannot be written" in " ".join(drawn.stderr.split())
