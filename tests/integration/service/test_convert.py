"""`goalwright convert`, and `check --dialect`, as a person calls them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fragments.dialects import convert, read_bindings
from fragments.problems import Severity
from fragments.yaml_text import read_yaml
from service.cli.dialects import checked
from service.cli.main import app
from service.composition import vocabulary
from service.door import Door
from service.settings import read_settings

DATA = Path(__file__).resolve().parents[2] / "data" / "dialects"
LOOP = DATA / "seeds" / "io-for-each.yaml"
LOOP_BINDINGS = DATA / "bindings" / "io-for-each.yaml"
BREAKER = DATA / "seeds" / "io-circuit-breaker.yaml"
BREAKER_BINDINGS = DATA / "bindings" / "io-circuit-breaker.yaml"

PASS = (
    "io-condition-in-loop",
    "io-conditions",
    "io-for-each",
    "io-loop-in-condition",
    "io-nested-loops",
    "io-switch",
    "tasker-conditional-parallel",
    "tasker-nested-decisions",
    "tasker-no-branches",
    "tasker-simple-decision",
    "tasker-test-standard",
    "tasker-test-valid",
)
"""Examples of the seeds that are whole: with a mapping file they pass every check."""

REFUSED = {
    "io-circuit-breaker": {("dialect.not_yet", 7)},
    "io-secrets": {("dialect.not_yet", 12), ("dialect.not_yet", 17), ("authority.secret", 3)},
    "io-workflow-ref": {("dialect.not_yet", 7), ("workflow.unknown", 3), ("workflow.unknown", 10)},
    "tasker-binary-decision": {("dialect.shape", 9), ("dialect.shape", 13), ("graph.unknown_dependency", 7)},
    "tasker-decision-alone": {("graph.unknown_dependency", 8), ("decision.placement", 2)},
    "tasker-evaluate-risk": {("graph.unknown_dependency", 10)},
    "tasker-quick-start": {
        ("graph.unknown_dependency", 4),
        ("graph.unknown_dependency", 11),
        ("graph.unknown_dependency", 12),
        ("graph.unknown_dependency", 13),
        ("decision.placement", 2),
    },
    "tasker-test-no-dependencies": {("decision.placement", 6)},
    "tasker-test-no-dependents": {("decision.placement", 9)},
}
"""Examples that lack something: each error with its line. Of the last two the seeds themselves say that they are invalid."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOALWRIGHT_DATA", str(tmp_path / "data"))
    for name in ("GOALWRIGHT_MODEL", "GOALWRIGHT_SERVER", "GOALWRIGHT_RECORDED"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Door:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GOALWRIGHT_DATA", str(tmp_path_factory.mktemp("data")))
        return vocabulary(read_settings()).door


def goalwright(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def errors_and_lines(name: str, door: Door) -> set[tuple[str, int | None]]:
    bindings, _ = read_bindings((DATA / "bindings" / f"{name}.yaml").read_text())
    conversion = convert((DATA / "seeds" / f"{name}.yaml").read_text(), bindings=bindings, name=name)
    report = checked(conversion, door, None)
    return {(problem.code, problem.line) for problem in report.problems if problem.severity is Severity.ERROR}


@pytest.mark.parametrize("name", PASS)
def test_a_whole_example_of_the_seeds_passes_every_check_with_its_mapping_file(name: str, door: Door) -> None:
    assert errors_and_lines(name, door) == set()


@pytest.mark.parametrize("name", REFUSED)
def test_an_example_that_lacks_something_is_refused_with_lines_of_its_own(name: str, door: Door) -> None:
    assert errors_and_lines(name, door) == REFUSED[name]


def test_a_converted_template_alone_stands_on_stdout() -> None:
    ran = goalwright("convert", LOOP, "--bind", LOOP_BINDINGS)
    assert ran.exit_code == 0
    comment, _, template = ran.stdout.partition("\n")
    assert comment == "# Converted from workflow-io: io-for-each.yaml"
    assert template == (DATA / "golden" / "io-for-each.yaml").read_text()
    assert "io-for-each.yaml reads as workflow-io." in ran.stderr
    assert "Line 2: the step 'process-items' is 'process_items' here." in ran.stderr


def test_a_template_is_written_to_a_file_and_passes_the_check_there(home: Path) -> None:
    ran = goalwright("convert", LOOP, "--bind", LOOP_BINDINGS, "--output", home / "made.yaml")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert goalwright("check", home / "made.yaml").exit_code == 0


def test_without_a_mapping_file_nothing_is_written_and_every_callable_is_told(home: Path) -> None:
    ran = goalwright("convert", BREAKER, "--output", home / "made.yaml")
    assert (ran.exit_code, ran.stdout, (home / "made.yaml").exists()) == (2, "", False)
    assert f"{BREAKER}:3:14 ✗ dialect.unbound /tasks/0/taskRef" in ran.stderr
    assert f"{BREAKER}:14:16 ✗ dialect.unbound" in ran.stderr
    assert f"{BREAKER}:7:5 ✗ dialect.not_yet" in ran.stderr
    assert "Nothing was written: 3 problems. --partial writes what converts." in ran.stderr


def test_a_part_is_written_where_that_is_wanted_and_says_that_it_is_one(home: Path) -> None:
    ran = goalwright("convert", BREAKER, "--bind", BREAKER_BINDINGS, "--partial", "--output", home / "made.yaml")
    text = (home / "made.yaml").read_text()
    assert ran.exit_code == 0
    assert text.splitlines()[:3] == [
        "# Converted from workflow-io: io-circuit-breaker.yaml",
        "# IN PART. What did not convert:",
        "#   line 7: `circuitBreaker` has no counterpart yet. It was: "
        + json.dumps({"failureThreshold": 5, "samplingDuration": "60s", "breakDuration": "30s", "halfOpenRequests": 3}),
    ]
    assert read_yaml(text)[0] == read_yaml((DATA / "golden" / "io-circuit-breaker.yaml").read_text())[0]


def test_of_what_has_no_template_no_part_is_written() -> None:
    ran = goalwright("convert", DATA / "seeds" / "io-tenant.yaml", "--partial")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "dialect.unknown" in ran.stderr
    assert "--partial" not in ran.stderr


def test_as_json_the_whole_conversion_is_told() -> None:
    ran = goalwright("convert", BREAKER, "--bind", BREAKER_BINDINGS, "--format", "json")
    told = json.loads(ran.stdout)
    assert ran.exit_code == 2
    assert told.keys() == {"ok", "dialect", "template", "problems", "notes"}
    assert (told["ok"], told["dialect"]) == (False, "workflow-io")
    assert told["template"] == read_yaml((DATA / "golden" / "io-circuit-breaker.yaml").read_text())[0]
    assert [(p["code"], p["line"], p["column"]) for p in told["problems"]] == [
        ("dialect.not_yet", 7, 5),
        ("dialect.differs", 14, 7),
    ]


def test_the_source_is_never_written_over(home: Path) -> None:
    source = home / "flow.yaml"
    source.write_text(LOOP.read_text())
    ran = goalwright("convert", source, "--bind", LOOP_BINDINGS, "--output", home / "." / "flow.yaml")
    assert (ran.exit_code, source.read_text()) == (2, LOOP.read_text())
    assert "is the source itself" in ran.stderr


def test_a_file_that_cannot_be_written_is_a_failure_in_a_sentence(home: Path) -> None:
    ran = goalwright("convert", LOOP, "--bind", LOOP_BINDINGS, "--output", home / "none" / "made.yaml")
    assert ran.exit_code == 1
    assert "cannot be written: No such file or directory" in ran.stderr


def test_a_mapping_file_that_is_none_is_told_with_its_own_lines(home: Path) -> None:
    mapping = home / "map.yaml"
    mapping.write_text("callables:\n  process-order:\n    handlr: transform\n")
    ran = goalwright("convert", LOOP, "--bind", mapping)
    as_json = goalwright("convert", LOOP, "--bind", mapping, "--format", "json")
    assert (ran.exit_code, as_json.exit_code) == (2, 2)
    assert f"{mapping}:3:" in ran.stderr
    assert "'handler' is missing." in ran.stderr
    assert (json.loads(as_json.stdout)["ok"], json.loads(as_json.stdout)["file"]) == (False, str(mapping))


def test_check_proves_a_workflow_of_another_dialect() -> None:
    ran = goalwright("check", LOOP, "--dialect", "workflow-io", "--bind", LOOP_BINDINGS, "--format", "json")
    report = json.loads(ran.stdout)
    assert (ran.exit_code, report["ok"], report["authority"]["handlers"]) == (0, True, ["transform@1.0.0"])
    assert report["bound"]["steps"] == 101


def test_check_tells_problems_of_the_checks_with_lines_of_the_source(home: Path) -> None:
    mapping = home / "map.yaml"
    mapping.write_text(
        LOOP_BINDINGS.read_text().replace("{{ given.orderId }}", "{{ steps.gone.output }}").replace("place:", "plaice:")
    )
    ran = goalwright("check", LOOP, "--dialect", "workflow-io", "--bind", mapping)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert f"{LOOP}:7:14 ✗ reference.unknown_step /tasks/0/taskRef" in ran.stderr
    assert "It comes from the binding of 'process-order'." in ran.stderr


def test_check_refuses_a_mapping_file_without_a_dialect() -> None:
    ran = goalwright("check", LOOP, "--bind", LOOP_BINDINGS)
    assert ran.exit_code == 2
    assert "say --dialect too" in ran.stderr


PAYMENT = """\
# A template with what those of real projects have.
name: card_payment
namespace_name: payments
version: 1.0.0
metadata: {author: somebody, tags: ["pattern:linear"], documentation_url: , created_at: "2026-01-01T00:00:00Z"}
task_handler: {callable: rust_handler, initialization: {}}
system_dependencies: {primary: gateway, secondary: []}
domain_events: []
lifecycle: {max_duration_minutes: 30, staleness_action: dlq}
input_schema: {type: object, required: [amount], properties: {amount: {type: number, minimum: 0.01}}}
steps:
  - name: validate_payment
    handler: {callable: "Payment::Validate", initialization: {expression: "amount > 0"}}
    system_dependency:
    dependencies: []
    retry: {retryable: true, limit: 3, backoff: exponential, backoff_base_ms: 1000, max_backoff_ms: 30000}
    timeout_seconds: 30
    publishes_events:
      - {name: payment.valid, condition: success, delivery_mode: fast, schema: {type: object}, publisher: a.B}
      - {name: payment.invalid, condition: failure}
  - name: check_fraud
    step_type: standard
    depends_on: [validate_payment]
    handler: {callable: "Payment::Fraud", method: score, initialization: {expression: "${THRESHOLD}"}}
    lifecycle: {max_steps_in_process_minutes: 5, max_retries: 3, backoff_multiplier: 2.0}
environments:
  test:
    steps:
      - name: check_fraud
        handler: {initialization: {expression: "0.5"}}
        timeout_seconds: 2
"""
PAYMENT_BINDINGS = """\
callables:
  "Payment::Validate": {handler: transform@^1, input: {data: "{{ input }}"}}
  "Payment::Fraud#score": {handler: transform@^1, input: {data: "{{ steps.validate_payment.output }}"}}
variables: {THRESHOLD: "0.8"}
"""


@pytest.mark.parametrize(
    ("environment", "expression"), [pytest.param([], "0.8", id="none"), pytest.param(["test"], "0.5", id="test")]
)
def test_a_template_like_those_of_real_projects_converts_and_passes(
    tmp_path: Path, environment: list[str], expression: str
) -> None:
    source, mapping = tmp_path / "payment.yaml", tmp_path / "map.yaml"
    source.write_text(PAYMENT, "utf-8")
    mapping.write_text(PAYMENT_BINDINGS, "utf-8")
    options = ["--bind", str(mapping), *(f"--environment={name}" for name in environment)]

    converted = CliRunner().invoke(app, ["convert", str(source), *options, "--partial"])
    checked_ = CliRunner().invoke(app, ["check", str(source), "--dialect", "tasker", *options, "--format", "json"])

    template, problems = read_yaml(converted.stdout)
    assert (converted.exit_code, problems) == (0, ())
    assert template["steps"][1]["config"]["expression"] == expression
    assert template["bounds"] == {"wall_clock": "30m"}
    assert "# Left out:" in converted.stdout
    assert '`staleness_action` is left out. It was: "dlq"' in converted.stdout
    report = json.loads(checked_.stdout)
    assert (checked_.exit_code, report["ok"]) == (0, True)
