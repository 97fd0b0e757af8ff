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


_STANDING_STILL = "How long a task may stand still is the operator's to watch; `bounds.wall_clock` limits it as a whole."

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
        "environments": _carried(
            "what the one that `--environment` names changes; without that option the template as it stands"
        ),
        "lifecycle": _carried("`bounds.wall_clock`; nothing else of it"),
        "task_handler": _left_out(
            "No handler stands around a whole task; what it checks of the input belongs in `input_schema`."
        ),
        "domain_events": _left_out("Events are declared by the steps that publish them."),
        "custom_events": _left_out("Events are declared by the steps that publish them."),
        "identity_strategy": _left_out("Who submits a task says by an Idempotency-Key whether it is the same."),
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
        "type": _carried(
            "`type`: standard, decision (also decision_point), deferred (also deferred_convergence); a batchable step is a"
            " standard one, and its batch_worker a `for_each` over the `cursor_configs` of its output"
        ),
        "step_type": _carried("`type` (another word for it)"),
        "handler": _carried("`handler`, `config` and `input`, by the mapping file"),
        "dependencies": _carried("`depends_on`"),
        "depends_on": _carried("`depends_on` (another word for `dependencies`)"),
        "retry": _carried("`retry`; without it a step is tried 3 times in both"),
        "timeout_seconds": _carried("`timeout`"),
        "publishes_events": _carried("`publishes`"),
        "lifecycle": _carried("`timeout` and `retry`, where the step itself does not say them"),
        "batch_config": _carried("the limits of the `for_each` of a batch_worker"),
        "system_dependency": _left_out("The hosts that a step reaches are read from its config."),
        "result_schema": _left_out("The handler's own output schema is checked."),
    },
    "handler": {
        "callable": _carried("the name that the mapping file binds"),
        "initialization": _carried("`{{ given.NAME }}` in the binding; what it does not take goes to `config`"),
        "method": _carried("a part of the name that the mapping file binds: `CALLABLE#METHOD`, else `CALLABLE`"),
        "resolver": _left_out("The mapping file says which handler a callable is."),
    },
    "retry": {
        "retryable": _carried("where false, `max_attempts: 1`"),
        "max_attempts": _carried("`max_attempts`, at most 20; both count the first run"),
        "limit": _carried("`max_attempts` (an older word for it)"),
        "backoff": _carried("`backoff`: none, linear, exponential"),
        "backoff_base_ms": _carried("`base`"),
        "max_backoff_ms": _carried("`cap`"),
        "initial_delay": _carried("`base`; a number is read as seconds"),
        "max_delay": _carried("`cap`; a number is read as seconds"),
        "backoff_multiplier": _left_out("Waits double from attempt to attempt where `backoff` is exponential."),
    },
    "lifecycle": {
        "max_duration_minutes": _carried("`bounds.wall_clock`"),
        "max_waiting_for_dependencies_minutes": _left_out(_STANDING_STILL),
        "max_waiting_for_retry_minutes": _left_out(_STANDING_STILL),
        "max_steps_in_process_minutes": _left_out(_STANDING_STILL),
        "staleness_action": _left_out(_STANDING_STILL),
        "auto_fail_on_timeout": _left_out("A task that exceeds its bounds always fails."),
        "auto_dlq_on_timeout": _left_out(_STANDING_STILL),
    },
    "lifecycle of a step": {
        "max_steps_in_process_minutes": _carried("`timeout`, unless there is `timeout_seconds`"),
        "max_retries": _carried("`max_attempts`, which is one more, unless `retry` says it"),
        "backoff_multiplier": _carried("`backoff: exponential`, unless `retry` says it"),
        "max_retry_duration": _left_out("How often a step is tried is limited by `max_attempts` alone."),
        "max_waiting_for_retry_minutes": _left_out(_STANDING_STILL),
        "max_waiting_for_dependencies_minutes": _left_out(_STANDING_STILL),
        "max_duration_minutes": _left_out(_STANDING_STILL),
        "staleness_action": _left_out(_STANDING_STILL),
        "auto_fail_on_timeout": _left_out("An attempt that exceeds its `timeout` always fails."),
        "auto_dlq_on_timeout": _left_out(_STANDING_STILL),
    },
    "batch_config": {
        "parallelism": _carried("`max_parallel`"),
        "failure_strategy": _carried("`on_failure`: fail_fast, or continue (also continue_on_failure)"),
        "batch_size": _left_out("The step that makes the batches says how large they are."),
        "cursor_field": _left_out("The step that makes the batches says where each begins and ends."),
        "worker_template": _left_out("The step itself is what runs for each batch."),
        "checkpoint_interval": _left_out("An item of a loop runs whole or is run again."),
    },
    "event": {
        "name": _carried("a name in `publishes`"),
        "condition": _carried("success and always: an event is published when its step is complete, never on failure"),
        "publisher": _left_out("How events travel is the operator's to say."),
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
        "version": _carried("`version`, with zeros for the numbers that are missing"),
        "input": _carried(
            "`input_schema`; where there is none, one is made of what is read of the input; a JSON Schema is taken as it is"
        ),
        "inputSchema": _carried("`input_schema`, a JSON Schema"),
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
