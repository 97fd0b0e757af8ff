"""What stands in a task template and not in the examples of the seeds."""

from textwrap import dedent
from typing import Any

import pytest

from fragments.dialects import Bindings, Conversion, Dialect, convert
from tests.support.telling import of_conversion

BINDINGS = Bindings.model_validate({"callables": {"X::Y": {"handler": "run@^1"}}})
STEP = {"name": "a", "handler": "run@^1"}


def of(text: str) -> Conversion:
    return of_conversion(convert(dedent(text), Dialect.TASKER, BINDINGS, name="sample"))


def of_step(rest: str) -> Conversion:
    return of(f"steps:\n  - name: a\n    handler: {{callable: X::Y}}\n    {rest}")


def step(conversion: Conversion) -> dict[str, Any]:
    assert conversion.template is not None
    return dict(conversion.template["steps"][0])


def found(conversion: Conversion) -> list[tuple[str, int | None, int | None]]:
    return [(problem.code, problem.line, problem.column) for problem in conversion.problems]


@pytest.mark.parametrize(
    ("rest", "made"),
    [
        pytest.param("type: standard", {}, id="standard says nothing"),
        pytest.param("type: decision", {"type": "decision"}, id="decision"),
        pytest.param("type: decision_point", {"type": "decision"}, id="decision_point"),
        pytest.param("type: deferred", {"type": "deferred"}, id="deferred"),
        pytest.param("type: deferred_convergence", {"type": "deferred"}, id="deferred_convergence"),
        pytest.param("description: what it does", {"description": "what it does"}, id="description"),
        pytest.param("dependencies: [b, c-d]", {"depends_on": ["b", "c_d"]}, id="dependencies, renamed"),
        pytest.param("dependencies: []", {}, id="no dependencies"),
        pytest.param("system_dependency:", {}, id="a word without a value"),
        pytest.param("timeout_seconds: 30", {"timeout": "30s"}, id="timeout"),
        pytest.param("timeout_seconds: 0.5", {"timeout": "0.5s"}, id="timeout of half a second"),
        pytest.param("retry: {max_attempts: 5}", {"retry": {"max_attempts": 5}}, id="attempts"),
        pytest.param("retry: {limit: 2}", {"retry": {"max_attempts": 2}}, id="attempts, the older word"),
        pytest.param("retry: {retryable: false, max_attempts: 5}", {"retry": {"max_attempts": 1}}, id="not retryable"),
        pytest.param(
            "retry: {backoff: linear, backoff_base_ms: 1000, max_backoff_ms: 30000}",
            {"retry": {"backoff": "linear", "base": "1000ms", "cap": "30000ms"}},
            id="backoff",
        ),
        pytest.param("depends_on: [b]", {"depends_on": ["b"]}, id="dependencies, the other word"),
        pytest.param("dependencies: [b]\n    depends_on: [c, b]", {"depends_on": ["b", "c"]}, id="dependencies, both words"),
        pytest.param("step_type: decision", {"type": "decision"}, id="a type, the other word"),
        pytest.param("type: batchable", {}, id="a step that makes batches"),
        pytest.param("retry: {initial_delay: 2, max_delay: 60}", {"retry": {"base": "2s", "cap": "60s"}}, id="delays"),
        pytest.param("retry: {initial_delay: 500ms, max_delay: 1m}", {"retry": {"base": "500ms", "cap": "1m"}}, id="units"),
        pytest.param("lifecycle: {max_retries: 3}", {"retry": {"max_attempts": 4}}, id="retries"),
        pytest.param("lifecycle: {max_retries: 0}", {"retry": {"max_attempts": 1}}, id="no retries"),
        pytest.param("lifecycle: {backoff_multiplier: 2.0}", {"retry": {"backoff": "exponential"}}, id="a multiplier"),
        pytest.param("lifecycle: {max_steps_in_process_minutes: 5}", {"timeout": "5m"}, id="minutes in process"),
        pytest.param(
            "lifecycle: {max_retries: 3, max_steps_in_process_minutes: 5}\n    timeout_seconds: 9\n    retry: {limit: 2}",
            {"retry": {"max_attempts": 2}, "timeout": "9s"},
            id="what the step itself says goes first",
        ),
        pytest.param("publishes_events: [order.done]", {"publishes": ["order.done"]}, id="events by name"),
        pytest.param(
            "publishes_events: [{name: order.done, condition: success}]",
            {"publishes": ["order.done"]},
            id="events with a condition",
        ),
    ],
)
def test_a_word_of_a_step_has_its_counterpart(rest: str, made: dict[str, Any]) -> None:
    conversion = of_step(rest)
    assert (step(conversion), conversion.problems) == (STEP | made, ())


@pytest.mark.parametrize(
    ("rest", "finding"),
    [
        pytest.param("type: batch_worker", ("dialect.not_yet", 4, 5), id="batches of no step"),
        pytest.param("batch_config: {parallelism: 3}", ("dialect.left_out", 4, 5), id="batches of a step that has none"),
        pytest.param("type: planning", ("dialect.not_yet", 4, 5), id="planning"),
        pytest.param("type: decison", ("dialect.value", 4, 11), id="a type that there is not"),
        pytest.param("type: [decision]", ("dialect.shape", 4, 11), id="a type that is no text"),
        pytest.param("timeout_seconds: soon", ("dialect.value", 4, 22), id="a timeout that is no number"),
        pytest.param("timeout_seconds: 1e300", ("dialect.value", 4, 22), id="a timeout that is too long"),
        pytest.param("retry: {max_attempts: 50}", ("dialect.value", 4, 27), id="too many attempts"),
        pytest.param("retry: {backoff: fibonacci}", ("dialect.not_yet", 4, 13), id="a backoff without counterpart"),
        pytest.param("retry: often", ("dialect.shape", 4, 12), id="retry that is a text"),
        pytest.param("retry: {delay: 3}", ("dialect.unknown_key", 4, 13), id="an unknown word of retry"),
        pytest.param("lifecycle: {staleness_action: dlq}", ("dialect.left_out", 4, 17), id="lifecycle"),
        pytest.param("result_schema: {type: object}", ("dialect.left_out", 4, 5), id="result_schema"),
        pytest.param("depends: [b]", ("dialect.unknown_key", 4, 5), id="an unknown word"),
        pytest.param("dependencies: b", ("dialect.shape", 4, 19), id="dependencies that are a text"),
        pytest.param("dependencies: [1]", ("dialect.shape", 4, 20), id="a dependency that is a number"),
        pytest.param(
            "publishes_events: [{name: a.b, condition: failure}]", ("dialect.left_out", 4, 36), id="an event of failure"
        ),
        pytest.param("publishes_events: [{name: a.b, publisher: P}]", ("dialect.left_out", 4, 36), id="a publisher"),
        pytest.param("publishes_events: [{name: a.b, condition: always}]", ("dialect.differs", 4, 47), id="an event of both"),
        pytest.param("publishes_events: [{name: a.b, condition: soon}]", ("dialect.value", 4, 47), id="an event of nothing"),
        pytest.param(
            "publishes_events: [{name: a.b, schema: {type: object}}]", ("dialect.left_out", 4, 36), id="an event's schema"
        ),
    ],
)
def test_a_word_of_a_step_without_counterpart_is_a_problem_at_its_place(rest: str, finding: tuple[str, int, int]) -> None:
    assert found(of_step(rest)) == [finding]


def test_the_words_of_the_template_have_their_counterparts() -> None:
    conversion = of(
        """
        name: credit_card
        namespace_name: pay_ments
        version: 1.2.3
        description: takes money
        metadata: {tags: ["pattern:complex"], author: somebody}
        input_schema: {type: object, required: [amount]}
        domain_events: []
        steps: [{name: a, handler: {callable: "X::Y"}}]
        """
    )
    assert conversion.template == {
        "name": "credit-card",
        "namespace": "pay-ments",
        "version": "1.2.3",
        "description": "takes money",
        "tags": ["pattern:complex"],
        "input_schema": {"type": "object", "required": ["amount"]},
        "steps": [STEP],
        "output": {"a": "{{ steps.a.output }}"},
    }
    assert found(conversion) == [("dialect.left_out", 6, 39)]
    assert conversion.notes == (
        "Line 2: the name 'credit_card' is 'credit-card' here.",
        "Line 3: the name 'pay_ments' is 'pay-ments' here.",
        "Line 9: Tasker declares no output; what no other step waits for is the output here.",
    )


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        pytest.param("environments: {test: {}}", ("dialect.left_out", 2, 1), id="environments"),
        pytest.param("domain_events: [a.b]", ("dialect.left_out", 2, 1), id="events of the template"),
        pytest.param("task_handler: {callable: Z}", ("dialect.left_out", 2, 1), id="a handler of the task"),
        pytest.param("lifecycle: {auto_dlq_on_timeout: true}", ("dialect.left_out", 2, 13), id="where a late task goes"),
        pytest.param("lifecycle: {max_duration_minutes: soon}", ("dialect.value", 2, 35), id="a duration that is none"),
        pytest.param("version: 1.0", ("dialect.value", 2, 10), id="a version that is a number"),
        pytest.param("name: '---'", ("dialect.name", 2, 7), id="a name without letters"),
        pytest.param("system_dependencies: {primary: x}", ("dialect.left_out", 2, 1), id="systems"),
        pytest.param("nmae: x", ("dialect.unknown_key", 2, 1), id="an unknown word"),
    ],
)
def test_a_word_of_the_template_without_counterpart_is_a_problem_at_its_place(text: str, finding: tuple[str, int, int]) -> None:
    conversion = of(f"steps: [{{name: a, handler: {{callable: 'X::Y'}}}}]\n{text}")
    assert found(conversion) == [finding]
    assert step(conversion) == STEP


@pytest.mark.parametrize(
    ("names", "finding"),
    [
        pytest.param(("a-b", "a_b"), ("dialect.name", 3, 12), id="two names become one"),
        pytest.param(("a", "a"), ("dialect.name", 3, 12), id="a name stands twice"),
        pytest.param(("a", "*"), ("dialect.name", 3, 12), id="nothing of a name can be kept"),
        pytest.param(("a", "x" * 70), ("dialect.name", 3, 12), id="a name is too long"),
        pytest.param(("a", ""), ("dialect.shape", 3, 12), id="a name is empty"),
    ],
)
def test_names_that_cannot_be_kept_apart_are_problems(names: tuple[str, str], finding: tuple[str, int, int]) -> None:
    steps = "".join(f"  - {{name: '{name}', handler: {{callable: X::Y}}}}\n" for name in names)
    assert found(of(f"steps:\n{steps}")) == [finding]


def test_a_variable_of_the_environment_is_a_problem() -> None:
    conversion = of(
        """
        steps:
          - name: a
            handler:
              callable: X::Y
              initialization: {urls: ["${GATEWAY_URL}"]}
        """
    )
    assert found(conversion) == [("dialect.not_yet", 6, 31)]


def test_a_deferred_step_without_a_handler_tries_nothing() -> None:
    conversion = of("steps: [{name: a, type: deferred, dependencies: [b], retry: {max_attempts: 2}, timeout_seconds: 3}]")
    assert step(conversion) == {"name": "a", "type": "deferred", "depends_on": ["b"]}
    assert [code for code, _, _ in found(conversion)] == ["dialect.left_out", "dialect.left_out", "dialect.binding_unused"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("namespace_name: n\nsteps: []", id="an empty list"),
        pytest.param("namespace_name: n\nsteps:", id="nothing"),
        pytest.param("namespace_name: n\nsteps: {a: 1}", id="no list"),
    ],
)
def test_a_template_without_steps_is_no_template(text: str) -> None:
    conversion = of(text)
    assert conversion.template is None
    assert ("dialect.shape", 2) in [(code, line) for code, line, _ in found(conversion)]


ENVIRONMENTS = """
steps:
  - name: a
    handler: {callable: "X::Y", initialization: {url: "https://live.example", name: one, deep: {kept: 1, changed: 1}}}
    timeout_seconds: 30
    retry: {max_attempts: 3, backoff: linear}
  - name: b
    handler: {callable: "X::Y"}
environments:
  test:
    steps:
      - name: a
        handler: {initialization: {url: "https://test.example", name: two, deep: {changed: 2}}}
        timeout_seconds:
        retry: {max_attempts: 1}
      - name: gone
        timeout_seconds: 1
      - name: ALL
        timeout_seconds: 10
        retry: {max_attempts: 2}
  empty:
"""
LIVE: dict[str, Any] = {
    "config": {"url": "https://live.example", "name": "one", "deep": {"kept": 1, "changed": 1}},
    "retry": {"max_attempts": 3, "backoff": "linear"},
    "timeout": "30s",
}
TEST: dict[str, Any] = {
    "config": {"url": "https://test.example", "name": "two", "deep": {"kept": 1, "changed": 2}},
    "retry": {"max_attempts": 1, "backoff": "linear"},
    "timeout": "10s",
}


@pytest.mark.parametrize(
    ("environment", "first", "second", "codes"),
    [
        pytest.param(None, LIVE, {}, ["dialect.left_out"], id="none"),
        pytest.param(
            "test", TEST, {"retry": {"max_attempts": 2}, "timeout": "10s"}, ["dialect.left_out"], id="one that changes steps"
        ),
        pytest.param("empty", LIVE, {}, [], id="one that changes nothing"),
    ],
)
def test_a_template_is_converted_as_it_is_in_an_environment(
    environment: str | None, first: dict[str, Any], second: dict[str, Any], codes: list[str]
) -> None:
    conversion = of_conversion(convert(ENVIRONMENTS, Dialect.TASKER, BINDINGS, environment=environment))

    assert conversion.ok
    assert conversion.template is not None
    assert conversion.template["steps"] == [STEP | first, {"name": "b", "handler": "run@^1"} | second]
    assert [problem.code for problem in conversion.problems] == codes


def test_an_environment_that_there_is_not_is_told_with_the_nearest_one() -> None:
    conversion = of_conversion(convert(ENVIRONMENTS, Dialect.TASKER, BINDINGS, environment="tset"))

    assert found(conversion) == [("dialect.value", 10, 3)]
    assert "test" in conversion.problems[0].hint


BATCHES = """
steps:
  - {name: cut, type: batchable, handler: {callable: "X::Y"}}
  - name: work
    type: batch_worker
    dependencies: [cut]
    handler: {callable: "X::Y"}
    batch_config: {parallelism: 5, failure_strategy: continue_on_failure, batch_size: 200}
  - {name: gather, type: deferred_convergence, dependencies: [work], handler: {callable: "X::Y"}}
"""


def test_batches_become_a_loop_over_what_the_step_before_made_of_them() -> None:
    bindings = BINDINGS.model_copy(update={"max_items": {"work": 500}})

    conversion = of_conversion(convert(BATCHES, Dialect.TASKER, bindings))

    assert conversion.ok
    assert conversion.template is not None
    assert conversion.template["steps"][1:] == [
        {
            "name": "work",
            "depends_on": ["cut"],
            "for_each": {
                "items": "{{ steps.cut.output.cursor_configs }}",
                "as": "batch",
                "max_items": 500,
                "max_parallel": 5,
                "on_failure": "continue",
            },
            "handler": "run@^1",
        },
        {"name": "gather", "depends_on": ["work"], "handler": "run@^1"},
    ]


METHODS = """
steps:
  - {name: a, handler: {callable: "X::Y", method: refund, resolver: explicit}}
"""


@pytest.mark.parametrize(
    ("callables", "handler", "codes"),
    [
        pytest.param(("X::Y#refund", "X::Y"), "h0@^1", ["dialect.binding_unused", "dialect.left_out"], id="both"),
        pytest.param(("X::Y#refund",), "h0@^1", ["dialect.left_out"], id="with its method"),
        pytest.param(("X::Y",), "h0@^1", ["dialect.differs", "dialect.left_out"], id="without"),
        pytest.param((), "x_y_refund", ["dialect.left_out", "dialect.unbound"], id="neither"),
    ],
)
def test_a_callable_is_bound_with_its_method_where_the_mapping_file_has_it(
    callables: tuple[str, ...], handler: str, codes: list[str]
) -> None:
    bindings = Bindings.model_validate({"callables": {name: {"handler": f"h{i}@^1"} for i, name in enumerate(callables)}})

    conversion = of_conversion(convert(METHODS, Dialect.TASKER, bindings))

    assert (step(conversion)["handler"], sorted(problem.code for problem in conversion.problems)) == (handler, codes)


def test_variables_are_what_the_mapping_file_says() -> None:
    bindings = BINDINGS.model_copy(update={"variables": {"PORT": 8443, "HOST": "api.example"}})
    text = "{port: '${PORT}', url: 'https://${HOST}:${PORT}/', none: '$HOME {PORT}'}"
    source = f"steps: [{{name: a, handler: {{callable: 'X::Y', initialization: {text}}}}}]"

    assert step(of_conversion(convert(source, Dialect.TASKER, bindings)))["config"] == {
        "port": 8443,
        "url": "https://api.example:8443/",
        "none": "$HOME {PORT}",
    }


def test_the_longest_that_a_task_may_take_is_a_bound() -> None:
    conversion = of("lifecycle: {max_duration_minutes: 30}\nsteps: [{name: a, handler: {callable: 'X::Y'}}]")

    assert conversion.template is not None
    assert (conversion.template["bounds"], conversion.problems) == ({"wall_clock": "30m"}, ())
