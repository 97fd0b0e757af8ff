"""One document with every construct of the language, damaged in every place: what is told of it."""

from typing import Any

import pytest

from fragments.frames import Frame
from fragments.mending import check_reading
from fragments.positions import located
from fragments.problems import errors
from fragments.reading import read_document, read_text
from tests.support.catalogs import FRAME
from tests.support.constructs import CHOOSING, WORKFLOWS
from tests.support.damage import REPLACEMENTS, damaged, places
from tests.support.telling import hear, of_problems

TEXT = """\
name: whole
namespace: demo
version: 1.2.0
summary: Everything at once
goals: [everything]
input_schema:
  type: object
  required: [floor, names, when]
  properties: {floor: {type: number}, names: {type: array, items: {type: string}, maxItems: 5}, when: {type: string}}
bounds: {steps: 60, depth: 1, model_calls: 3, cost_usd: 0.9, wall_clock: 30m}
steps:
  - name: fetch
    description: Ask
    handler: http_request@^1
    config:
      url: "https://feeds.example/{q}"
      method: GET
      response_schema: {type: object, required: [n], properties: {n: {type: number}}}
    input: {url_params: {q: "{{ input.names[0] ?? 'none' }}"}}
    retry: {max_attempts: 2, backoff: exponential, base: 1s, cap: 10s, retry_on: [timed_out]}
    timeout: 10s
    tags: [daily]
    priority: 5
    publishes: [feed.read]
    fallback: {output: {status: 0, headers: {}, body: {n: 0}}}
  - name: sum
    handler: total
    config: {round: true}
    input: {numbers: ["{{ steps.fetch.output.body.n }}", 1], label: "of {{ input.when }}"}
    when: input.floor > 3.0 && steps.fetch.status == "complete"
  - name: each
    for_each: {items: "{{ input.names }}", as: one, index: i, max_items: 5, max_parallel: 2, on_failure: continue,
      failure_threshold: {count: 2}, output: {n: "{{ steps.made.output }}"}}
    steps:
      - {name: made, handler: transform@1.0.0, config: {expression: "$sum(data)"}, input: {data: "{{ one }} {{ i }}"}}
  - name: route
    switch:
      value: "{{ steps.fetch.output.status }}"
      cases:
        - {equals: 200, handler: total, input: {numbers: [1]}}
        - {equals: 404, steps: [{name: tell, handler: notify, config: {channel: desk, template: "{{ a }}"}, input: {a: 1}}],
           output: null}
      default: {handler: transform, config: {expression: "1"}, input: {data: 1}}
  - name: choose
    type: decision
    handler: decide
    config: {rules: [{create: [left]}], otherwise: right}
    input: {x: "{{ steps.sum.output.sum ?? 0 }}"}
  - {name: left, handler: transform, config: {expression: "1"}, input: {data: 1}, depends_on: [choose]}
  - {name: right, handler: transform, config: {expression: "1"}, input: {data: 1}, depends_on: [choose]}
  - {name: join, type: deferred, depends_on: [left, right]}
  - name: plan
    type: planning
    goal: Find out more
    must_produce: {type: object, required: [n], properties: {n: {type: number}}}
    bounds: {steps: 5, phases: 1, model_calls: 2, cost_usd: 0.1, wall_clock: 1m}
    allow: {handlers: [total], effects: [pure], hosts: [feeds.example], channels: [desk], secrets: []}
  - {name: run, type: workflow, workflow: default/child, input: {a: 1}}
  - {name: ask, handler: keyed, config: {token: "{{ secrets.token }}"}}
output:
  all: ["{{ steps.route.output }}", "{{ steps.each.output }}", "{{ steps.join.output }}", "{{ steps.plan.output.n }}"]
  rest: ["{{ steps.run.output }}", "{{ steps.ask.output }}", "{{ task.id }}", "{{ steps.left.output }}"]
"""
WHOLE: Any = read_text(TEXT).value
IN: Frame = Frame(
    channels=FRAME.channels,
    input_hosts=FRAME.input_hosts,
    left=FRAME.left,
    secrets=frozenset({"token"}),
    workflows=WORKFLOWS,
    input_schema=WHOLE["input_schema"],
)


def test_the_whole_document_is_as_it_should_be() -> None:
    read = read_document(TEXT)
    report = check_reading(read, CHOOSING, IN)
    assert errors(of_problems(located(report.problems, read.positions))) == ()


@pytest.mark.parametrize("place", list(places(WHOLE)), ids=lambda place: "/".join(map(str, place)))
def test_damage_is_told_and_nothing_worse(place: tuple[str | int, ...]) -> None:
    for name, replacement in REPLACEMENTS.items():
        read = read_document(damaged(WHOLE, place, replacement))
        report = check_reading(read, CHOOSING, IN)
        hear(f"{name}: {', '.join(sorted({problem.code for problem in report.problems})) or 'no problem'}")
        of_problems(report.problems)
        assert report.ok == (report.digest is not None) == (not errors(report.problems))
