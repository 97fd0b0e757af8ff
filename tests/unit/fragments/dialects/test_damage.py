"""One source of each dialect with all of its words, damaged in every place: what is told of it, and where."""

import json
from typing import Any

import pytest

from fragments.dialects import Bindings, Conversion, Dialect, convert, read_bindings
from fragments.pointers import look_up
from fragments.reading import read_text
from schemas.values import Json
from tests.support.damage import REPLACEMENTS, damaged, places
from tests.support.telling import hear, of_conversion, of_problems

TASKER = """\
name: order_flow
namespace_name: my_shop
version: 1.2.0
description: Orders
metadata: {tags: [a, b], author: me}
environments: {test: {}}
lifecycle: {max_duration_minutes: 5}
system_dependencies: {primary: x}
steps:
  - name: get-order
    description: Read
    type: standard
    handler: {callable: "A::B", initialization: {url: "https://a.example", deep: {list: [1, "${HOME}"]}}, method: call}
    retry: {retryable: true, max_attempts: 3, backoff: exponential, backoff_base_ms: 100, max_backoff_ms: 5000}
    timeout_seconds: 30
    publishes_events: [order.read, {name: order.seen, condition: success, publisher: P, schema: {type: object}}]
    system_dependency: x
    result_schema: {type: object}
    lifecycle: {max_retry_duration: 3}
  - {name: choose, type: decision_point, handler: {callable: "A::C"}, dependencies: [get-order]}
  - {name: ship, handler: {callable: "A::B"}, dependencies: [choose], retry: {limit: 2, retryable: false}}
  - {name: join, type: deferred_convergence, handler: {callable: "A::D"}, dependencies: [ship, choose]}
"""
WORKFLOW_IO = """\
apiVersion: workflow.io/v1
kind: Workflow
metadata: {name: OrderFlow, namespace: my_shop, labels: {a: b}}
spec:
  description: Orders
  input:
    orders: {type: array, required: true, description: All, default: []}
    floor: {type: number}
  triggers: [{type: cron}]
  dataRetention: {days: 3}
  tasks:
    - id: get-it
      description: Read
      taskRef: x
      input: {url: "https://a.example/{{input.floor}}", deep: {list: ["{{secrets.KEY}}", 1]}}
      timeout: 1m30s
      secrets: [{name: KEY, source: vault}]
      circuitBreaker: {threshold: 3}
      fallback: {taskRef: y, input: {n: 1}}
    - id: each
      dependsOn: [get-it]
      condition: {if: "{{tasks.get-it.output.ok}} == true && {{input.floor}} > 3"}
      forEach: {items: "{{input.orders}}", itemVar: order, indexVar: n, maxParallel: 3}
      tasks:
        - {id: inner, taskRef: x, input: {id: "{{forEach.order.id}}", at: "{{forEach.n}}"}}
        - id: deeper
          forEach: {items: "{{forEach.order.lines}}"}
          taskRef: y
          input: {line: "{{forEach.item}} of {{forEach.$parent.order.id}}"}
    - {id: bill, workflowRef: billing@v2, input: {a: 1}, dependsOn: [each]}
    - id: route
      switch:
        value: "{{tasks.get-it.output.kind}}"
        cases:
          - {match: a, taskRef: x, input: {n: 1}}
          - {match: 2, workflowRef: billing}
          - {match: b, taskRef: y, forEach: {items: [1, 2]}}
        default: {taskRef: y}
      input: {all: "{{tasks.get-it.output}}"}
  output: {all: "{{tasks.each.forEach.outputs}}", many: "{{tasks.each.forEach.itemCount}}"}
"""
BINDINGS: dict[str, Any] = {
    "callables": {
        "A::B": {"handler": "fetch@^1", "config": {"url": "{{ given.url ?? 'none' }}"}, "leaves_out": ["deep"]},
        "A::C": {"handler": "choose", "input": {"all": "{{ given }}", "text": "<{{ given.x ?? input.x }}>"}},
        "x": {"handler": "run", "config": {"fixed": [1]}, "input": {"key": "{{ secrets.KEY }}"}},
        "y": {"handler": "walk", "input": {"line": "{{ given.line ?? 'none' }}"}},
    },
    "workflows": {"billing": "shop/bill"},
    "max_items": {"each": 7},
}
SOURCES = {Dialect.TASKER: read_text(TASKER).value, Dialect.WORKFLOW_IO: read_text(WORKFLOW_IO).value}
DAMAGE = [pytest.param(dialect, at, id="/".join(map(str, at))) for dialect, source in SOURCES.items() for at in places(source)]


def converted(value: Json, dialect: Dialect | None = None) -> Conversion:
    return convert(json.dumps(value, indent=1), dialect, Bindings.model_validate(BINDINGS), name="sample")


@pytest.mark.parametrize("text", [TASKER, WORKFLOW_IO], ids=["tasker", "workflow-io"])
def test_every_part_of_what_is_made_has_its_place_in_the_source(text: str) -> None:
    conversion = of_conversion(convert(text, bindings=Bindings.model_validate(BINDINGS)))
    assert [origin for origin in conversion.origins.values() if look_up(conversion.source, origin.at, None) is None] == []


@pytest.mark.parametrize(("dialect", "at"), DAMAGE)
def test_damage_is_told_at_a_place_that_there_is(dialect: Dialect, at: tuple[str | int, ...]) -> None:
    usual = {(problem.code, problem.says) for problem in converted(SOURCES[dialect], dialect).problems}
    for name, replacement in REPLACEMENTS.items():
        conversion = converted(damaged(SOURCES[dialect], at, replacement), dialect)
        found = [problem for problem in conversion.problems if (problem.code, problem.says) not in usual]
        hear(f"{name}: {', '.join(sorted({problem.code for problem in found})) or 'nothing more'}")
        of_problems(found)
        assert [p for p in found if p.line is None and p.code not in ("dialect.binding_unused", "document.problems")] == []


@pytest.mark.parametrize("at", list(places(BINDINGS)), ids=lambda at: "/".join(map(str, at)))
def test_damage_to_a_mapping_file_is_told(at: tuple[str | int, ...]) -> None:
    for name, replacement in REPLACEMENTS.items():
        bindings, problems = read_bindings(json.dumps(damaged(BINDINGS, at, replacement), indent=1))
        hear(f"{name}: {len(problems)}")
        of_problems(problems)
        assert (bindings is None) == bool(problems)
        if bindings is not None:
            for source in SOURCES.values():
                of_problems(convert(json.dumps(source, indent=1), bindings=bindings).problems)
