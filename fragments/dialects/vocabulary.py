"""The words of the two dialects, and what becomes of each: the documentation's table is written from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Dialect(StrEnum):
    """A language of workflows that can be converted."""

    TASKER = "tasker"  # task templates: steps with handler.callable and dependencies
    WORKFLOW_IO = "workflow-io"  # apiVersion workflow.io/v1: tasks with taskRef and {{tasks.x.output.y}}


class Fate(StrEnum):
    """What becomes of a word."""

    CARRIED = "carried"  # it has a counterpart
    NOT_YET = "not yet"  # it has none, and leaving it out would change what the workflow does: an error
    LEFT_OUT = "left out"  # it has none, and what the workflow computes does not depend on it: a warning


@dataclass(frozen=True, slots=True)
class Word:
    """One key of a dialect: what becomes of it, and the counterpart or the reason."""

    fate: Fate
    says: str


Words = Mapping[str, Word]


def _carried(says: str) -> Word:
    return Word(Fate.CARRIED, says)


def _not_yet(says: str) -> Word:
    return Word(Fate.NOT_YET, says)


def _left_out(says: str) -> Word:
    return Word(Fate.LEFT_OUT, says)


TASKER: Mapping[str, Words] = {
    "template": {
        "name": _carried("`name`, with dashes in place of underscores"),
        "namespace_name": _carried("`namespace`, with dashes in place of underscores"),
        "namespace": _carried("`namespace`, the same"),
        "version": _carried("`version`"),
        "description": _carried("`description`"),
        "metadata": _carried("`tags`; nothing else of it"),
        "input_schema": _carried("`input_schema`; where there is none, one is made of what the bindings read"),
        "steps": _carried("`steps`; what no other step waits for is the `output`"),
        "task_handler": _not_yet("No handler stands around a whole task; each step has its own."),
        "domain_events": _not_yet("Events are declared by the steps that publish them."),
        "custom_events": _not_yet("Events are declared by the steps that publish them."),
        "environments": _not_yet("A template says the same everywhere; what differs is given as input."),
        "lifecycle": _not_yet("How long a task may stand still is limited by `bounds.wall_clock` alone."),
        "identity_strategy": _not_yet("Who submits a task says by an Idempotency-Key whether it is the same."),
        "system_dependencies": _left_out("The hosts that a step reaches are read from its config."),
        "loaded_from": _left_out("Where a template was read from is no part of it."),
    },
    "metadata": {
        "tags": _carried("`tags` of the template"),
        "author": _left_out("The language has no place for it."),
        "documentation_url": _left_out("The language has no place for it."),
        "created_at": _left_out("The language has no place for it."),
        "updated_at": _left_out("The language has no place for it."),
        "notes": _left_out("The language has no place for it; use `description`."),
    },
    "step": {
        "name": _carried("`name`"),
        "description": _carried("`description`"),
        "type": _carried("`type`: standard, decision (also decision_point), deferred (also deferred_convergence)"),
        "handler": _carried("`handler`, `config` and `input`, by the mapping file"),
        "dependencies": _carried("`depends_on`"),
        "retry": _carried("`retry`; without it a step is tried 3 times in both"),
        "timeout_seconds": _carried("`timeout`"),
        "publishes_events": _carried("`publishes`"),
        "lifecycle": _not_yet("How long one attempt may take is `timeout`; how often it is made, `retry`."),
        "batch_config": _not_yet("Batches are a `for_each` over the parts that a handler such as fan_out makes."),
        "system_dependency": _left_out("The hosts that a step reaches are read from its config."),
        "result_schema": _left_out("The handler's own output schema is checked."),
    },
    "handler": {
        "callable": _carried("the name that the mapping file binds"),
        "initialization": _carried("`{{ given.NAME }}` in the binding; what it does not take goes to `config`"),
        "method": _not_yet("A binding names one handler; bind a callable for each method."),
        "resolver": _not_yet("The mapping file says which handler a callable is."),
    },
    "retry": {
        "retryable": _carried("where false, `max_attempts: 1`"),
        "max_attempts": _carried("`max_attempts`, at most 20; both count the first run"),
        "limit": _carried("`max_attempts` (an older word for it)"),
        "backoff": _carried("`backoff`: none, linear, exponential"),
        "backoff_base_ms": _carried("`base`"),
        "max_backoff_ms": _carried("`cap`"),
    },
    "event": {
        "name": _carried("a name in `publishes`"),
        "condition": _carried("success only: an event is published when its step is complete"),
        "publisher": _not_yet("An event has no publisher of its own."),
        "description": _left_out("An event has a name and nothing else."),
        "schema": _left_out("What an event carries is the step's output, which the handler's schema types."),
        "delivery_mode": _left_out("How events travel is the operator's to say."),
    },
}
"""By where the word stands."""

WORKFLOW_IO: Mapping[str, Words] = {
    "document": {
        "apiVersion": _carried("nothing: it names the dialect"),
        "kind": _carried("nothing: only `Workflow` is one"),
        "metadata": _carried("`name` and `namespace`"),
        "spec": _carried("the template; its words may also stand alone, without this frame"),
        "status": _left_out("What became of a workflow is no part of it."),
    },
    "metadata": {
        "name": _carried("`name`"),
        "namespace": _carried("`namespace`"),
        "labels": _left_out("The language has no place for them."),
        "annotations": _left_out("The language has no place for them."),
    },
    "spec": {
        "description": _carried("`description`"),
        "input": _carried("`input_schema`; where there is none, one is made of what is read of the input"),
        "tasks": _carried("`steps`"),
        "output": _carried("`output`; where there is none, what no other task waits for"),
        "triggers": _not_yet("Something outside submits the task: a scheduler, a webhook's receiver, a consumer."),
        "dataRetention": _not_yet("How long facts are kept is the operator's to say."),
    },
    "parameter": {
        "type": _carried("`type` of the property"),
        "required": _carried("a name in `required`"),
        "description": _carried("`description` of the property"),
        "default": _carried("`default` of the property"),
    },
    "task": {
        "id": _carried("`name`, with underscores in place of dashes"),
        "description": _carried("`description`"),
        "taskRef": _carried("`handler`, `config` and `input`, by the mapping file"),
        "workflowRef": _carried("`type: workflow` and `workflow`; `NAME@v2` is `NAME@^2`"),
        "input": _carried("`{{ given.NAME }}` in the binding; what it does not take goes to `input`"),
        "dependsOn": _carried("`depends_on`; a step that waits for a skipped one is skipped too"),
        "condition": _carried("`when`; in a loop it is asked for every item"),
        "switch": _carried("`switch`"),
        "forEach": _carried("`for_each`; around a `workflowRef` it gets a body of that one step"),
        "tasks": _carried("`steps`, the body of the loop"),
        "timeout": _carried("`timeout`; beside `workflowRef` or `tasks` not yet"),
        "fallback": _carried("`fallback`, taken when the step failed for good"),
        "secrets": _carried("`{{ secrets.NAME }}` where the binding or the input takes it"),
        "circuitBreaker": _not_yet("No step counts failures of others; `retry` and `fallback` serve the one step."),
    },
    "condition": {"if": _carried("CEL, with references in place of the braces")},
    "forEach": {
        "items": _carried("`items`; `max_items` comes from the mapping file, else it is 100"),
        "itemVar": _carried("`as`"),
        "indexVar": _carried("`index`; a loop within a loop gets a name of its own"),
        "maxParallel": _carried("`max_parallel`"),
    },
    "switch": {
        "value": _carried("`value`"),
        "cases": _carried("`cases`"),
        "default": _carried("`default`"),
    },
    "case": {
        "match": _carried("`equals`"),
        "taskRef": _carried("`handler`, `config` and `input`, by the mapping file"),
        "input": _carried("as in a task; where there is none, that of the task"),
        "workflowRef": _carried("`steps`, one that runs the workflow"),
        "forEach": _carried("`steps`, one with the loop"),
    },
    "default": {
        "taskRef": _carried("`handler`, `config` and `input`, by the mapping file"),
        "input": _carried("as in a case"),
        "workflowRef": _carried("as in a case"),
        "forEach": _carried("as in a case"),
    },
    "fallback": {
        "taskRef": _carried("`handler`, `config` and `input`, by the mapping file"),
        "input": _carried("as in a task"),
        "workflowRef": _not_yet("A fallback runs a handler, or gives a value."),
    },
    "secret": {
        "name": _carried("the name in `{{ secrets.NAME }}`"),
        "source": _left_out("Where a secret is kept is the operator's to say."),
        "path": _left_out("Where a secret is kept is the operator's to say."),
        "key": _left_out("Where a secret is kept is the operator's to say."),
        "secretRef": _left_out("Where a secret is kept is the operator's to say."),
        "envVar": _left_out("Where a secret is kept is the operator's to say."),
    },
}
"""By where the word stands."""
