"""A reference interpreter: runs a checked document with made-up handlers, and fails on whatever is wired wrongly.

It knows nothing of the engine and orders nothing by itself: of the steps that wait for nothing more it takes one by chance.
Each call of a handler is held against the capability's own schemas by `jsonschema`; its output is made by chance from the
schema that the capability gives for the config. Handlers, workflows and plans may fail as well: that is no fault of the wiring.
"""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from catalog.capability import Capability
from catalog.registry import Catalog
from fragments.conditions import ConditionError, holds
from fragments.documents import Branch, Case, Fallback, ForEach, Fragment, OnFailure, Retry, Step, StepType, Switch, Template
from fragments.frames import Frame
from fragments.graph import dependencies, last
from fragments.pointers import join, members
from fragments.references import Unresolvable, resolve
from fragments.workflows import WorkflowInterface, find_workflow
from schemas.values import Json, JsonObject, Schema
from tests.support.values import misfits, satisfies, value_of

Lookup = Mapping[str, Json]


class Fault(StrEnum):
    """What is wired wrongly."""

    REFERENCE = "reference"  # leads nowhere
    CONDITION = "condition"  # comes to no answer
    CONFIG = "config"  # does not satisfy the handler's schema
    INPUT = "input"  # does not satisfy the handler's or the workflow's schema
    ITEMS = "items"  # of a loop are no list
    SWITCH = "switch"  # has no case that matches
    OUTPUT = "output"  # of a scope is that of several steps
    GRAPH = "graph"  # has no step that can begin
    HANDLER = "handler"  # does not exist
    WORKFLOW = "workflow"  # does not exist
    DECISION = "decision"  # chooses what is not its own to choose


_TOO_MANY_ITEMS, _TOO_MANY_FAILURES = "too_many_items", "too_many_failures"


class WiringError(Exception):
    """Something that the checks should have told: of what kind, where, and what exactly."""

    def __init__(self, kind: Fault, where: str, says: str, *, reference: str = "") -> None:
        """Keep the parts."""
        super().__init__(f"{kind} at {where}: {says}")
        self.kind, self.where, self.says, self.reference = kind, where, says, reference


class StepFailedError(Exception):
    """A step failed for good, as a handler or a limit may have it: the type of its error."""


@dataclass(slots=True)
class Used:
    """What a run used up."""

    steps: int = 0
    handler_calls: int = 0
    model_calls: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: with an output, or with the error that failed it."""

    output: Json = None
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step is, and what it sees."""

    pointer: str
    lookup: Lookup


@dataclass(slots=True, kw_only=True)
class Interpreter:
    """One run of a document. `outputs` lists what every step instance gave, with the step's pointer."""

    document: Template | Fragment
    catalog: Catalog
    frame: Frame
    random: Random
    failing: float = 0.05  # the share of calls that fail
    used: Used = field(default_factory=Used)
    outputs: list[tuple[str, Json]] = field(default_factory=list)

    def run(self, given: JsonObject) -> Ended:
        """Run the document with an input. Raises `WiringError`."""
        root: Lookup = {"input": given, "task": {"id": "t1", "namespace": self._namespace}, "steps": {}}
        try:
            lookup, _ = self._scope(self.document.steps, Place("", root))
            return Ended(output=self._resolved(self.document.output, lookup, "/output"))
        except StepFailedError as error:
            return Ended(failed=str(error))

    @property
    def _namespace(self) -> str:
        return self.document.namespace if isinstance(self.document, Template) else self.frame.namespace

    def _scope(self, steps: Sequence[Step], at: Place) -> tuple[Lookup, dict[str, JsonObject]]:
        """Run the steps of a scope; give what is seen after them."""
        waits = dependencies(steps)
        done: dict[str, JsonObject] = {}
        lookup = {**at.lookup, "steps": ChainMap(done, at.lookup["steps"])}
        pending = {step.name: (f"{at.pointer}/steps/{i}", step) for i, step in enumerate(steps)}
        self.used.steps += len(pending)
        while pending:
            ready = [name for name in pending if all(before in done for before in waits[name])]
            if not ready:
                raise WiringError(Fault.GRAPH, at.pointer, f"none of {sorted(pending)} can begin")
            pointer, step = pending.pop(self.random.choice(ready))
            if self._is_left_out(step, waits[step.name], steps, done):
                done[step.name] = {"output": None, "status": "skipped"}
            else:
                done[step.name] = self._step(step, Place(pointer, lookup))
        return lookup, done

    def _is_left_out(self, step: Step, befores: Sequence[str], scope: Sequence[Step], done: Mapping[str, JsonObject]) -> bool:
        """Say whether a step goes with what it waits for, or a decision did not choose it."""
        if step.type is StepType.DEFERRED:
            return False
        if any(done[before]["status"] == "skipped" for before in befores):
            return True
        decisions = [other.name for other in scope if other.type is StepType.DECISION and other.name in step.depends_on]
        return any(step.name not in (done[name]["output"].get("steps") or ()) for name in decisions)

    def _step(self, step: Step, at: Place) -> JsonObject:
        if step.for_each is not None:
            output = self._loop(step, step.for_each, at)
        elif not self._holds(step.when, at.lookup, f"{at.pointer}/when"):
            return {"output": None, "status": "skipped"}
        else:
            output = self._once(step, at)
        self.outputs.append((at.pointer, output))
        return {"output": output, "status": "complete"}

    def _loop(self, step: Step, loop: ForEach, at: Place) -> Json:
        items = self._resolved(loop.items, at.lookup, f"{at.pointer}/for_each/items")
        if not isinstance(items, (list, tuple)):
            raise WiringError(Fault.ITEMS, f"{at.pointer}/for_each/items", f"{items!r} is no list")
        if len(items) > loop.max_items:
            raise StepFailedError(_TOO_MANY_ITEMS)
        outputs: list[Json] = []
        failures: list[Json] = []
        for index, item in enumerate(items):
            within = Place(at.pointer, {**at.lookup, loop.as_: item, loop.index: index})
            try:
                outputs.append(self._item(step, within))
            except StepFailedError as error:
                if loop.on_failure is OnFailure.FAIL_FAST:
                    raise
                outputs.append(None)
                failures.append({"index": index, "error": {"type": str(error), "message": "", "step": step.name}})
        _held(loop, len(failures), len(items))
        counts = {"item_count": len(items), "success_count": len(items) - len(failures), "failure_count": len(failures)}
        return {"outputs": outputs, **counts, "failures": failures}

    def _item(self, step: Step, at: Place) -> Json:
        if step.steps is None:
            self.used.steps += 1
        if not self._holds(step.when, at.lookup, f"{at.pointer}/when"):
            return None
        return self._once(step, at)

    def _once(self, step: Step, at: Place) -> Json:
        """Run what a step runs, and where that fails for good, what stands in for it."""
        try:
            return self._own(step, at)
        except StepFailedError as error:
            if step.fallback is None:
                raise
            failure = {"type": str(error), "message": "it failed"}
            return self._fallback(step, step.fallback, Place(f"{at.pointer}/fallback", {**at.lookup, "failure": failure}))

    def _own(self, step: Step, at: Place) -> Json:
        if step.steps is not None:
            written = step.for_each is not None and "output" in step.for_each.model_fields_set
            output = (step.for_each.output,) if step.for_each is not None and written else ()
            return self._nested(step.steps, at, output, f"{at.pointer}/for_each/output")
        if step.switch is not None:
            return self._switch(step, step.switch, at)
        if step.type is StepType.PLANNING:
            return self._plan(step, at)
        if step.type is StepType.WORKFLOW:
            return self._workflow(step, at)
        if step.handler is None:
            return {name: at.lookup["steps"][name]["output"] for name in step.depends_on}
        return self._call(step, step, at)

    def _nested(self, steps: Sequence[Step], at: Place, output: tuple[Json, ...], where: str) -> Json:
        lookup, done = self._scope(steps, at)
        if output:
            return self._resolved(output[0], lookup, where)
        ends = last(dependencies(steps))
        if len(ends) != 1:
            raise WiringError(Fault.OUTPUT, where, f"the output is that of {ends}")
        return done[ends[0]]["output"]

    def _switch(self, step: Step, switch: Switch, at: Place) -> Json:
        value = self._resolved(switch.value, at.lookup, f"{at.pointer}/switch/value")
        for i, case in enumerate(switch.cases):
            pointer = f"{at.pointer}/switch/cases/{i}"
            if self._matches(case, value, at.lookup, pointer):
                return self._branch(step, case, Place(pointer, at.lookup))
        if switch.default is None:
            raise WiringError(Fault.SWITCH, f"{at.pointer}/switch", f"no case matches {value!r}")
        return self._branch(step, switch.default, Place(f"{at.pointer}/switch/default", at.lookup))

    def _matches(self, case: Case, value: Json, lookup: Lookup, pointer: str) -> bool:
        if "equals" in case.model_fields_set:
            return satisfies({"const": case.equals}, value)
        return self._holds(case.when, lookup, f"{pointer}/when")

    def _branch(self, step: Step, branch: Branch, at: Place) -> Json:
        if branch.steps is not None:
            output = (branch.output,) if "output" in branch.model_fields_set else ()
            return self._nested(branch.steps, at, output, f"{at.pointer}/output")
        return self._call(step, branch, at)

    def _fallback(self, step: Step, fallback: Fallback, at: Place) -> Json:
        if fallback.handler is not None:
            return self._call(step, fallback, at)
        return self._resolved(fallback.output, at.lookup, f"{at.pointer}/output")

    def _plan(self, step: Step, at: Place) -> Json:
        self._resolved(step.input, at.lookup, f"{at.pointer}/input")
        most = step.bounds.steps if step.bounds is not None else None
        self.used.steps += self.random.randint(1, most or 1)
        self.used.model_calls += 1
        self._may_fail("plan_refused")
        return value_of(step.must_produce if step.must_produce is not None else True, self.random)

    def _workflow(self, step: Step, at: Place) -> Json:
        child = find_workflow(self.frame.workflows, step.workflow or "", self._namespace)
        if not isinstance(child, WorkflowInterface):
            raise WiringError(Fault.WORKFLOW, f"{at.pointer}/workflow", f"there is no {step.workflow}")
        given = self._resolved(step.input, at.lookup, f"{at.pointer}/input")
        properties = child.input_schema.get("properties", {}) if isinstance(child.input_schema, Mapping) else {}
        defaults = {key: part["default"] for key, part in properties.items() if "default" in part}
        _fits(child.input_schema, {**defaults, **given}, f"{at.pointer}/input", Fault.INPUT)
        self.used.steps += child.bound.steps
        self.used.handler_calls += child.bound.handler_calls
        self._may_fail("child_failed")
        return value_of(child.output_schema, self.random)

    def _call(self, step: Step, body: Step | Branch | Fallback, at: Place) -> Json:
        """Call a handler, again where it fails in a way that allows it."""
        capability = self.catalog.resolve(body.handler or "")
        if not isinstance(capability, Capability):
            raise WiringError(Fault.HANDLER, f"{at.pointer}/handler", f"there is no {body.handler}")
        given = self._resolved(body.input, at.lookup, f"{at.pointer}/input")
        _fits(capability.config_schema, dict(body.config), f"{at.pointer}/config", Fault.CONFIG)
        _fits(capability.input_schema, given, f"{at.pointer}/input", Fault.INPUT)
        self._attempts(capability, step.retry or Retry())
        if step.type is StepType.DECISION and body is step:
            return self._decided(step, capability, at)
        return value_of(capability.output_of(dict(body.config)), self.random)

    def _attempts(self, capability: Capability, retry: Retry) -> None:
        for attempt in range(1, retry.max_attempts + 1):
            self.used.handler_calls += 1
            if self.random.random() >= self.failing:
                return
            error = self.random.choice(capability.errors)
            again = error.retryable and (retry.retry_on is None or error.type in retry.retry_on)
            if not again or attempt == retry.max_attempts:
                raise StepFailedError(error.type)

    def _decided(self, step: Step, capability: Capability, at: Place) -> Json:
        """Decide by chance between the steps that the config names."""
        whole = {"config": step.config, "input": step.input}
        paths = (tuple(pointer.split("/")[1:]) for pointer in capability.chooses)
        lists = [value for path in paths for _, value in members(whole, path, "")]
        names = sorted({name for found in lists for name in ([found] if isinstance(found, str) else found)})
        chosen = [name for name in names if self.random.random() < 0.6]
        outcome = {"outcome": "create_steps", "steps": chosen} if chosen else {"outcome": "no_branches", "reason": "by chance"}
        output = {**outcome, "matched": []}
        _fits(capability.output_of(dict(step.config)), output, at.pointer, Fault.DECISION)
        siblings = at.lookup["steps"].maps[0]
        early = [name for name in chosen if name in siblings]
        if early:
            raise WiringError(Fault.DECISION, at.pointer, f"{early} began before they were chosen")
        return output

    def _may_fail(self, kind: str) -> None:
        if self.random.random() < self.failing:
            raise StepFailedError(kind)

    def _resolved(self, value: Json, lookup: Lookup, where: str) -> Json:
        """Resolve one text after another, so that a failure is told with its place."""
        if isinstance(value, Mapping):
            return {key: self._resolved(part, lookup, join(where, key)) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._resolved(part, lookup, f"{where}/{i}") for i, part in enumerate(value)]
        try:
            return resolve(value, lookup)
        except Unresolvable as error:
            raise WiringError(Fault.REFERENCE, where, str(error), reference=error.reference) from error

    def _holds(self, condition: str | None, lookup: Lookup, where: str) -> bool:
        if condition is None:
            return True
        try:
            return holds(condition, lookup)
        except ConditionError as error:
            raise WiringError(Fault.CONDITION, where, f"{condition}: {error.says}") from error


def _fits(schema: Schema, value: Json, where: str, kind: Fault) -> None:
    for path, says in misfits(schema, value):
        raise WiringError(kind, join(where, *path), says)


def _held(loop: ForEach, failed: int, items: int) -> None:
    """Fail a loop of which more items failed than may."""
    threshold = loop.failure_threshold
    if threshold is None:
        return
    most = threshold.count if threshold.count is not None else (threshold.share or 0) * items
    if failed > most:
        raise StepFailedError(_TOO_MANY_FAILURES)


__all__ = ["Ended", "Fault", "Interpreter", "StepFailedError", "Used", "WiringError"]
