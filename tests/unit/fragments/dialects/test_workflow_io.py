"""What stands in a workflow of workflow.io and not in the examples of the seeds."""

from textwrap import dedent, indent
from typing import Any

import pytest

from fragments.dialects import Bindings, Conversion, Dialect, convert
from tests.support.telling import of_conversion

BINDINGS = Bindings.model_validate(
    {"callables": {"x": {"handler": "run@^1"}, "y": {"handler": "walk"}}, "workflows": {"old": "shop/new"}}
)


def of(text: str) -> Conversion:
    return of_conversion(convert(dedent(text), Dialect.WORKFLOW_IO, BINDINGS, name="sample"))


def of_task(rest: str) -> Conversion:
    return of("tasks:\n  - id: a\n" + indent(dedent(rest).strip(), "    "))


def step(conversion: Conversion) -> dict[str, Any]:
    assert conversion.template is not None
    return dict(conversion.template["steps"][0])


def found(conversion: Conversion) -> list[tuple[str, int | None, int | None]]:
    return [(p.code, p.line, p.column) for p in conversion.problems if p.code != "dialect.binding_unused"]


@pytest.mark.parametrize(
    ("rest", "made"),
    [
        pytest.param("taskRef: x", {"handler": "run@^1"}, id="taskRef"),
        pytest.param("taskRef: x\ndescription: why", {"description": "why", "handler": "run@^1"}, id="description"),
        pytest.param("taskRef: x\ntimeout: 1h30m", {"handler": "run@^1", "timeout": "1h30m"}, id="timeout"),
        pytest.param("taskRef: x\ndependsOn: [fetchUser]", {"handler": "run@^1", "depends_on": ["fetch_user"]}, id="dependsOn"),
        pytest.param("taskRef: x\ncondition: {if: true}", {"handler": "run@^1", "when": "true"}, id="a constant condition"),
        pytest.param("workflowRef: bill", {"type": "workflow", "workflow": "bill"}, id="workflowRef"),
        pytest.param("workflowRef: a/bill@v2", {"type": "workflow", "workflow": "a/bill@^2"}, id="workflowRef with a version"),
        pytest.param("workflowRef: bill@1.2.3", {"type": "workflow", "workflow": "bill@1.2.3"}, id="workflowRef exactly"),
        pytest.param(
            "workflowRef: old@v3", {"type": "workflow", "workflow": "shop/new@^3"}, id="workflowRef by the mapping file"
        ),
        pytest.param(
            """
            taskRef: x
            forEach: {items: [1, 2], itemVar: task, indexVar: steps, maxParallel: 2}
            input: {n: "{{forEach.task}}"}
            """,
            {
                "handler": "run@^1",
                "input": {"n": "{{ task_item }}"},
                "for_each": {"items": [1, 2], "as": "task_item", "index": "steps_item", "max_parallel": 2},
            },
            id="a loop whose names are taken",
        ),
        pytest.param(
            "workflowRef: bill\nforEach: {items: '{{input.all}}'}\ninput: {n: '{{forEach.item}}'}",
            {
                "for_each": {"items": "{{ input.all }}", "as": "item"},
                "steps": [{"name": "a_each", "type": "workflow", "workflow": "bill", "input": {"n": "{{ item }}"}}],
            },
            id="a child workflow for every item",
        ),
        pytest.param(
            """
            forEach: {items: "{{input.all}}", itemVar: one}
            switch:
              value: "{{forEach.one.kind}}"
              cases: [{match: 1, taskRef: x}, {match: null, taskRef: y, input: {k: v}}]
              default: {taskRef: y}
            input: {n: "{{forEach.one.n}}"}
            """,
            {
                "for_each": {"items": "{{ input.all }}", "as": "one"},
                "switch": {
                    "value": "{{ one.kind }}",
                    "cases": [
                        {"equals": 1, "handler": "run@^1", "input": {"n": "{{ one.n }}"}},
                        {"equals": None, "handler": "walk", "input": {"k": "v"}},
                    ],
                    "default": {"handler": "walk", "input": {"n": "{{ one.n }}"}},
                },
            },
            id="a switch in a loop, with the input of the task",
        ),
        pytest.param(
            """
            switch:
              value: "{{input.kind}}"
              cases:
                - {match: bill, workflowRef: bill@v2}
                - {match: all, taskRef: x, forEach: {items: "{{input.all}}"}, input: {n: "{{forEach.item}}"}}
              default: {workflowRef: old, forEach: {items: [1]}}
            input: {k: 1}
            """,
            {
                "switch": {
                    "value": "{{ input.kind }}",
                    "cases": [
                        {
                            "equals": "bill",
                            "steps": [{"name": "a_0", "type": "workflow", "workflow": "bill@^2", "input": {"k": 1}}],
                        },
                        {
                            "equals": "all",
                            "steps": [
                                {
                                    "name": "a_1",
                                    "for_each": {"items": "{{ input.all }}", "as": "item"},
                                    "handler": "run@^1",
                                    "input": {"n": "{{ item }}"},
                                }
                            ],
                        },
                    ],
                    "default": {
                        "steps": [
                            {
                                "name": "a_default",
                                "for_each": {"items": [1], "as": "item"},
                                "steps": [
                                    {"name": "a_default_each", "type": "workflow", "workflow": "shop/new", "input": {"k": 1}}
                                ],
                            }
                        ]
                    },
                }
            },
            id="branches with a workflow, with a loop, with both",
        ),
        pytest.param(
            """
            forEach: {items: "{{input.all}}"}
            tasks:
              - {id: b, taskRef: x}
              - {id: c, taskRef: y}
            """,
            {
                "for_each": {
                    "items": "{{ input.all }}",
                    "as": "item",
                    "output": {"b": "{{ steps.b.output }}", "c": "{{ steps.c.output }}"},
                },
                "steps": [{"name": "b", "handler": "run@^1"}, {"name": "c", "handler": "walk"}],
            },
            id="a loop's body with two ends",
        ),
    ],
)
def test_a_word_of_a_task_has_its_counterpart(rest: str, made: dict[str, Any]) -> None:
    conversion = of_task(rest)
    assert (step(conversion), found(conversion)) == ({"name": "a"} | made, [])


@pytest.mark.parametrize(
    ("rest", "finding"),
    [
        pytest.param("description: nothing to run", ("dialect.shape", 2, 5), id="no body"),
        pytest.param("taskRef: x\nworkflowRef: y", ("dialect.shape", 2, 5), id="two bodies"),
        pytest.param("taskRef: [x]", ("dialect.shape", 3, 14), id="a taskRef that is no text"),
        pytest.param("workflowRef: a b", ("dialect.value", 3, 18), id="a workflowRef that is no name"),
        pytest.param("workflowRef: b\ntimeout: 3s", ("dialect.not_yet", 4, 5), id="a timeout of a child"),
        pytest.param("taskRef: x\ntimeout: soon", ("dialect.value", 4, 14), id="a timeout that is none"),
        pytest.param("taskRef: x\ntimeout: 30", ("dialect.value", 4, 14), id="a timeout without a unit"),
        pytest.param("taskRef: x\ntimeout: 99999999999999d", ("dialect.value", 4, 14), id="a timeout that is too long"),
        pytest.param("taskRef: x\nforEach: {itemVar: o}", ("dialect.shape", 4, 14), id="a loop without items"),
        pytest.param("taskRef: x\nforEach: {items: [], maxParallel: 0}", ("dialect.value", 4, 39), id="no parallelism"),
        pytest.param("taskRef: x\ninput: 3", ("dialect.shape", 4, 12), id="an input that is a number"),
        pytest.param(
            "taskRef: x\ncondition: {if: true, else: a}", ("dialect.unknown_key", 4, 27), id="a condition's unknown word"
        ),
        pytest.param("tasks: [{id: b, taskRef: x}]", ("dialect.not_yet", 3, 5), id="a group without a loop"),
        pytest.param("switch: {value: 1, cases: []}", ("dialect.shape", 3, 13), id="a switch without cases"),
        pytest.param("switch: {cases: [{match: 1, taskRef: x}]}", ("dialect.shape", 3, 13), id="a switch without a value"),
        pytest.param("switch: {value: 1, cases: [{taskRef: x}]}", ("dialect.shape", 3, 32), id="a case without a match"),
        pytest.param("switch: {value: 1, cases: [{match: 1}]}", ("dialect.shape", 3, 32), id="a case without a task"),
        pytest.param("switch: {value: 1, cases: [3]}", ("dialect.shape", 3, 32), id="a case that is a number"),
        pytest.param(
            "switch: {value: 1, cases: [{match: 1, taskRef: x, workflowRef: y}]}",
            ("dialect.shape", 3, 32),
            id="a case with two bodies",
        ),
        pytest.param(
            "switch: {value: 1, cases: [{match: '{{input.a}}', taskRef: x}]}",
            ("dialect.expression", 3, 40),
            id="a case with an expression",
        ),
        pytest.param("taskRef: x\nretries: 3", ("dialect.unknown_key", 4, 5), id="an unknown word"),
        pytest.param("taskRef: x\nsecrets: [{name: K}]", ("dialect.not_yet", 4, 15), id="a secret that nothing takes"),
        pytest.param("taskRef: x\nsecrets: [K]", ("dialect.shape", 4, 15), id="a secret without a name"),
        pytest.param(
            "taskRef: x\nsecrets: [{name: K, source: env}]\ninput: {k: '{{secrets.K}}'}",
            ("dialect.left_out", 4, 15),
            id="a secret taken",
        ),
    ],
)
def test_what_has_no_counterpart_is_a_problem_at_its_place(rest: str, finding: tuple[str, int, int]) -> None:
    assert found(of_task(rest)) == [finding]


def test_a_fallback_runs_a_handler_and_nothing_else() -> None:
    conversion = of_task("taskRef: x\nfallback: {taskRef: y, input: {k: 1}}")
    other = of_task("taskRef: x\nfallback: {workflowRef: y}")
    assert step(conversion)["fallback"] == {"handler": "walk", "input": {"k": 1}}
    assert found(conversion) == [("dialect.differs", 4, 15)]
    assert found(other) == [("dialect.differs", 4, 15), ("dialect.not_yet", 4, 16)]


def test_the_frame_has_its_counterparts() -> None:
    conversion = of(
        """
        apiVersion: workflow.io/v1
        kind: Workflow
        metadata: {name: OrderFlow, namespace: acme_shop, labels: {team: a}}
        spec:
          description: sells
          input:
            id: {type: string, required: true, description: which}
            count: {type: integer, default: 1}
            kind: string
          tasks: [{id: a, taskRef: x}]
          output: {done: "{{tasks.a.output.done}}"}
        """
    )
    assert conversion.template == {
        "name": "order-flow",
        "namespace": "acme-shop",
        "description": "sells",
        "input_schema": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "string", "description": "which"},
                "count": {"type": "integer", "default": 1},
                "kind": {"type": "string"},
            },
        },
        "steps": [{"name": "a", "handler": "run@^1"}],
        "output": {"done": "{{ steps.a.output.done }}"},
    }
    assert found(conversion) == [("dialect.left_out", 4, 51)]


def test_an_input_of_a_type_that_there_is_not_is_a_problem() -> None:
    conversion = of("input: {n: {type: int}}\ntasks: [{id: a, taskRef: x}]")
    assert found(conversion) == [("dialect.value", 1, 19)]


def test_data_retention_is_not_left_out_without_a_word() -> None:
    conversion = of("dataRetention: {apiLogs: 7d}\ntasks: [{id: a, taskRef: x}]")
    assert found(conversion) == [("dialect.not_yet", 1, 1)]


def test_names_of_nested_loops_stay_apart() -> None:
    conversion = of(
        """
        tasks:
          - id: a
            forEach: {items: "{{input.rows}}"}
            tasks:
              - id: b
                forEach: {items: "{{forEach.item.cells}}"}
                taskRef: x
                input:
                  inner: "{{forEach.item}}"
                  outer: "{{forEach.$parent.item}}"
                  first: "{{forEach.$root.item.name}}"
                  at: "{{forEach.index}} of {{forEach.$parent.index}}"
        """
    )
    nested = step(conversion)["steps"][0]
    assert nested["for_each"] == {"items": "{{ item.cells }}", "as": "item_item", "index": "item_item_index"}
    assert nested["input"] == {
        "inner": "{{ item_item }}",
        "outer": "{{ item }}",
        "first": "{{ item.name }}",
        "at": "{{ item_item_index }} of {{ index }}",
    }
    assert found(conversion) == []


def test_a_loop_takes_its_limit_from_the_mapping_file() -> None:
    bindings = Bindings.model_validate({"callables": {"x": {"handler": "run"}}, "max_items": {"a": 7}})
    conversion = convert("tasks: [{id: a, taskRef: x, forEach: {items: []}}]", bindings=bindings)
    assert step(conversion)["for_each"] == {"items": [], "as": "item", "max_items": 7}
    assert not any("100" in note for note in conversion.notes)


SCHEMA = "{type: object, required: [n], properties: {n: {type: integer, minimum: 1}}}"


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(f"inputSchema: {SCHEMA}", id="under its own name"),
        pytest.param(f"input: {SCHEMA}", id="as the input"),
    ],
)
def test_an_input_that_is_a_json_schema_is_taken_as_it_is(spec: str) -> None:
    conversion = of(f"{spec}\ntasks: [{{id: a, taskRef: x}}]")

    assert conversion.template is not None
    assert conversion.template["input_schema"] == {
        "type": "object",
        "required": ["n"],
        "properties": {"n": {"type": "integer", "minimum": 1}},
    }
    assert found(conversion) == []


@pytest.mark.parametrize(
    ("version", "made"),
    [
        pytest.param("1.2.3", "1.2.3", id="three numbers"),
        pytest.param("v2", "2.0.0", id="one number"),
        pytest.param("'1.4'", "1.4.0", id="two numbers"),
        pytest.param("3", "3.0.0", id="a number"),
        pytest.param("v1.0.0", "1.0.0", id="a letter before"),
    ],
)
def test_a_version_gets_the_numbers_that_it_lacks(version: str, made: str) -> None:
    conversion = of(f"version: {version}\ntasks: [{{id: a, taskRef: x}}]")

    assert conversion.template is not None
    assert (conversion.template["version"], found(conversion)) == (made, [])


@pytest.mark.parametrize(
    ("spec", "finding"),
    [
        pytest.param("version: latest", ("dialect.value", 1, 10), id="a version that is none"),
        pytest.param("inputSchema: x", ("dialect.shape", 1, 14), id="a schema that is a text"),
        pytest.param("inputSchema: {type: object}\ninput: {n: integer}", ("dialect.value", 2, 8), id="both"),
    ],
)
def test_a_word_of_the_heading_that_cannot_be_taken_is_told(spec: str, finding: tuple[str, int, int]) -> None:
    assert found(of(f"{spec}\ntasks: [{{id: a, taskRef: x}}]")) == [finding]
