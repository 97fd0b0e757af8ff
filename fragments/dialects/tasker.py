"""Task templates of Tasker: steps with `handler.callable`, `dependencies`, decisions and deferred steps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from fragments.dialects.assembly import Step, duration, input_schema_of, output_of, step_of, template_of, whole_number
from fragments.dialects.bindings import Binder, Call
from fragments.dialects.draft import Draft, Node
from fragments.dialects.naming import LONGEST_STEP, named, step_name, step_names
from fragments.dialects.vocabulary import TASKER
from fragments.near import hint as near_hint
from fragments.pointers import join
from schemas.values import Json, canonical

_TYPES = {
    "standard": "standard",
    "decision": "decision",
    "decision_point": "decision",
    "deferred": "deferred",
    "deferred_convergence": "deferred",
    "batchable": "standard",
    "batch_worker": "standard",
}
_LATER_TYPES = {"planning": "Write a step of type planning with goal, allow and bounds."}
_STRATEGIES = {"fail_fast": "fail_fast", "continue": "continue", "continue_on_failure": "continue"}
_CONDITIONS = ("success", "always", "failure", "retryable_failure", "permanent_failure")
_BACKOFFS = ("none", "linear", "exponential")
_MOST_ATTEMPTS = 20
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MOST_PARALLEL = 1_000
_USUAL_METHOD = "call"  # what Tasker calls of a handler where no method is named


def tasker_template(draft: Draft, root: Node, binder: Binder, name: str) -> dict[str, Json] | None:
    """Convert a task template; None where it has no steps at all."""
    fields = draft.fields(root, TASKER["template"], "A task template")
    nodes = draft.members(fields["steps"], "steps") if "steps" in fields else []
    if not nodes:
        draft.report("dialect.shape", "/steps", "A template has at least one step.")
        return None
    steps = _Steps(draft, binder, step_names(draft, _names(nodes)), _kinds(nodes)).all(nodes)
    parts = _heading(draft, fields, name) | {"steps": steps, "output": output_of(steps)}
    draft.note("/steps", "Tasker declares no output; what no other step waits for is the output here.")
    if "input_schema" in fields:
        parts["input_schema"] = fields["input_schema"].value
    elif (schema := input_schema_of(steps, ())).get("properties"):
        parts["input_schema"] = schema
    return template_of(parts)


def _heading(draft: Draft, fields: Mapping[str, Node], name: str) -> dict[str, Json]:
    heading: dict[str, Json] = {"name": name}
    if "name" in fields:
        heading["name"] = named(draft, fields["name"], 63, name)
    else:
        draft.note("", f"the template has no name; it is {name!r} here.")
    namespace = fields.get("namespace_name", fields.get("namespace"))
    if namespace is not None:
        heading["namespace"] = named(draft, namespace, 29, "default")
        draft.put("/namespace", namespace.at)
    if "version" in fields:
        heading["version"] = _version(draft, fields["version"])
    if "description" in fields:
        heading["description"] = draft.text(fields["description"], "A description")
    if "metadata" in fields:
        tags = draft.fields(fields["metadata"], TASKER["metadata"], "metadata").get("tags")
        found = [] if tags is None else [draft.text(tag, "A tag") for tag in draft.members(tags, "tags")]
        heading["tags"] = [tag for tag in found if tag is not None]
        draft.put("/tags", join(fields["metadata"].at, "tags"))
    if "lifecycle" in fields:
        words = draft.fields(fields["lifecycle"], TASKER["lifecycle"], "lifecycle")
        longest = duration(draft, words["max_duration_minutes"], "m") if "max_duration_minutes" in words else None
        heading["bounds"] = None if longest is None else {"wall_clock": longest}
        draft.put("/bounds", fields["lifecycle"].at)
    return heading


def _version(draft: Draft, node: Node) -> str | None:
    if isinstance(node.value, str) and _VERSION.fullmatch(node.value):
        return node.value
    draft.report("dialect.value", node.at, f"The version {node.value!r} is not of three numbers.", "Write 1.0.0.")
    return None


def _names(nodes: list[Node]) -> list[Node]:
    return [node.child("name") for node in nodes if isinstance(node.value, Mapping) and "name" in node.value]


def _kinds(nodes: list[Node]) -> dict[str, Json]:
    """Give what the steps are, by their names, in the words of the source."""
    steps = [node.value for node in nodes if isinstance(node.value, Mapping) and isinstance(node.value.get("name"), str)]
    return {step["name"]: step.get("type") or step.get("step_type") for step in steps}


@dataclass(frozen=True, slots=True)
class _Steps:
    """Converts the steps of one template. `names` are those that they get, `kinds` what they are in the source."""

    draft: Draft
    binder: Binder
    names: Mapping[str, str]
    kinds: Mapping[str, Json]

    def all(self, nodes: list[Node]) -> list[Step]:
        return [self._step(node, f"/steps/{i}", i) for i, node in enumerate(nodes)]

    def _step(self, node: Node, to: str, i: int) -> Step:
        self.draft.put(to, node.at)
        fields = self.draft.fields(node, TASKER["step"], "A step")
        waits_for = self._dependencies(fields, to)
        parts: dict[str, Json] = {"name": self._name(node, fields, i), "type": self._type(fields, waits_for)}
        parts |= self._body(node, fields, parts["type"], to)
        if "description" in fields:
            parts["description"] = self.draft.text(fields["description"], "A description")
        parts["depends_on"] = [self.names.get(text, step_name(text) or text) for text in waits_for]
        parts["for_each"] = self._batches(fields, waits_for, to)
        parts |= self._attempts_of(fields, to) if "handler" in parts else self._nothing_tried(fields)
        if "publishes_events" in fields:
            parts["publishes"] = self._events(fields["publishes_events"], to)
        return step_of(parts | {"type": None if parts["type"] == "standard" else parts["type"]})

    def _name(self, node: Node, fields: Mapping[str, Node], i: int) -> str:
        text = fields["name"].value if "name" in fields else None
        if text is None:
            self.draft.report("dialect.shape", node.at, "A step has a name.")
        known = self.names.get(text) if isinstance(text, str) else None
        return known or step_name(str(text or ""))[:LONGEST_STEP] or f"step_{i}"

    def _type(self, fields: Mapping[str, Node], waits_for: list[str]) -> str:
        node = fields.get("type", fields.get("step_type"))
        text = self.draft.text(node, "A type") if node is not None else None
        if node is not None and text in _LATER_TYPES:
            says = f"Steps of type {text} have no counterpart yet."
            self.draft.report("dialect.not_yet", node.at, says, _LATER_TYPES[text])
        elif node is not None and text is not None and text not in _TYPES:
            says = f"No step has the type {text!r}."
            self.draft.report("dialect.value", node.at, says, partial(near_hint, text, _TYPES))
        kind = _TYPES.get(text or "", "standard")
        # What gathers batches waits for the one loop that runs them all.
        gathers = kind == "deferred" and any(self.kinds.get(name) == "batch_worker" for name in waits_for)
        return "standard" if gathers else kind

    def _batches(self, fields: Mapping[str, Node], waits_for: list[str], to: str) -> dict[str, Json] | None:
        """Write the loop of a step that runs once for each batch that the step before it made."""
        node = fields.get("type", fields.get("step_type"))
        config = fields.get("batch_config")
        if node is None or node.value != "batch_worker":
            if config is not None:
                self.draft.report("dialect.left_out", config.at, "`batch_config` is left out: only a batch_worker has batches.")
            return None
        makers = [name for name in waits_for if self.kinds.get(name) == "batchable"]
        if len(makers) != 1:
            says = "A batch_worker without one batchable step to depend on has no counterpart yet."
            self.draft.report("dialect.not_yet", node.at, says, "Name the step that makes its batches among its dependencies.")
            return None
        self.draft.put(join(to, "for_each"), node.at)
        self.draft.note(node.at, "the step runs for each of the `cursor_configs` that the step before it gives, as `batch`.")
        words = self.draft.fields(config, TASKER["batch_config"], "batch_config") if config is not None else {}
        loop: dict[str, Json] = {
            "items": f"{{{{ steps.{self.names.get(makers[0], step_name(makers[0]))}.output.cursor_configs }}}}",
            "as": "batch",
            "max_items": self.binder.max_items(fields["name"].value) if "name" in fields else None,
        }
        if "parallelism" in words:
            loop["max_parallel"] = whole_number(self.draft, words["parallelism"], _MOST_PARALLEL)
        if "failure_strategy" in words:
            loop["on_failure"] = self._one_of(words["failure_strategy"], _STRATEGIES)
        return {key: value for key, value in loop.items() if value is not None}

    def _one_of(self, node: Node, meanings: Mapping[str, str]) -> str | None:
        text = self.draft.text(node, "It")
        if text is not None and text not in meanings:
            self.draft.report("dialect.value", node.at, f"{text!r} has no meaning here.", partial(near_hint, text, meanings))
        return meanings.get(text or "")

    def _body(self, node: Node, fields: Mapping[str, Node], kind: str, to: str) -> dict[str, Json]:
        handler = self.draft.fields(fields["handler"], TASKER["handler"], "A handler") if "handler" in fields else {}
        name = self.draft.text(handler["callable"], "A callable") if "callable" in handler else None
        if name is None:
            if kind != "deferred" and "callable" not in handler:
                says = "The step has no handler.callable."
                self.draft.report("dialect.shape", node.at, says, "Only deferred steps need none.")
                self.draft.unbound.append(to)
            return {}
        given = handler.get("initialization", Node({}, handler["callable"].at))
        if not isinstance(given.value, Mapping):
            self.draft.shape(given, "An initialization is written as keys and values")
            given = Node({}, given.at)
        call = Call(
            name=self._bound_name(name, handler),
            at=handler["callable"].at,
            given=self._filled(given),
            given_at=given.at,
            slot="config",
        )
        return self.binder.body(call, to)

    def _bound_name(self, name: str, handler: Mapping[str, Node]) -> str:
        method = self.draft.text(handler["method"], "A method") if "method" in handler else None
        method = None if method == _USUAL_METHOD else method
        bound = self.binder.bound_name(name, method)
        if method is not None and bound == name:
            says = f"The mapping file has no {name}#{method}: the handler of {name} is taken, which is not told the method."
            self.draft.report("dialect.differs", handler["method"].at, says, f"Bind {name}#{method}.")
        return bound

    def _filled(self, node: Node) -> Any:
        """Put what the mapping file says in place of variables of the environment, and say of which it says nothing."""
        if isinstance(node.value, Mapping):
            return {key: self._filled(node.child(key)) for key in node.value}
        if isinstance(node.value, list):
            return [self._filled(node.child(i)) for i in range(len(node.value))]
        return self._with_variables(node, node.value) if isinstance(node.value, str) else node.value

    def _with_variables(self, node: Node, text: str) -> Json:
        whole = _VARIABLE.fullmatch(text)
        if whole and (value := self.binder.variable(whole[1])) is not None:
            return value
        pieces, end = [], 0
        for found in _VARIABLE.finditer(text):
            value = self.binder.variable(found[1])
            if value is None:
                says = f"{found[0]} is a variable of the environment, which a template does not read."
                hint = f"Say in the mapping file what it is: variables: {{{found[1]}: ...}}; a secret is the operator's."
                self.draft.report("dialect.not_yet", node.at, says, hint)
                return text
            pieces += [text[end : found.start()], value if isinstance(value, str) else canonical(value)]
            end = found.end()
        return "".join(pieces) + text[end:]

    def _dependencies(self, fields: Mapping[str, Node], to: str) -> list[str]:
        """Name what a step waits for, in the words of the source."""
        named: list[str] = []
        for word in ("dependencies", "depends_on"):
            if word in fields:
                self.draft.put(join(to, "depends_on"), fields[word].at)
                members = self.draft.members(fields[word], word)
                named += [text for member in members if (text := self.draft.text(member, "A dependency")) is not None]
        return list(dict.fromkeys(named))

    def _attempts_of(self, fields: Mapping[str, Node], to: str) -> dict[str, Json]:
        lifecycle = self._lifecycle(fields, to)
        made: dict[str, Json] = {"retry": lifecycle.pop("retry", {}) | self._retry(fields, to)}
        if "timeout_seconds" in fields:
            self.draft.put(join(to, "timeout"), fields["timeout_seconds"].at)
            made["timeout"] = duration(self.draft, fields["timeout_seconds"], "s")
        return lifecycle | made

    def _lifecycle(self, fields: Mapping[str, Node], to: str) -> dict[str, Any]:
        """Give what the lifecycle of a step says of its attempts: what `retry` and `timeout_seconds` say goes before it."""
        if "lifecycle" not in fields:
            return {}
        words = self.draft.fields(fields["lifecycle"], TASKER["lifecycle of a step"], "The lifecycle of a step")
        made: dict[str, Any] = {"retry": {}}
        if "max_retries" in words:
            retries = whole_number(self.draft, words["max_retries"], _MOST_ATTEMPTS - 1, least=0)
            made["retry"]["max_attempts"] = None if retries is None else retries + 1
        if "backoff_multiplier" in words:
            made["retry"]["backoff"] = "exponential"
        if "max_steps_in_process_minutes" in words:
            made["timeout"] = duration(self.draft, words["max_steps_in_process_minutes"], "m")
        for key in ("retry", "timeout"):
            self.draft.put(join(to, key), fields["lifecycle"].at)
        made["retry"] = {key: value for key, value in made["retry"].items() if value is not None}
        return made

    def _nothing_tried(self, fields: Mapping[str, Node]) -> dict[str, Json]:
        for key in ("retry", "timeout_seconds"):
            if key in fields:
                self.draft.report("dialect.left_out", fields[key].at, f"`{key}` is left out: the step runs nothing.")
        return {}

    def _retry(self, fields: Mapping[str, Node], to: str) -> dict[str, Json]:
        if "retry" not in fields:
            return {}
        self.draft.put(join(to, "retry"), fields["retry"].at)
        words = self.draft.fields(fields["retry"], TASKER["retry"], "retry")
        retry: dict[str, Json] = {"max_attempts": self._attempts(words)}
        if "backoff" in words:
            retry["backoff"] = self._backoff(words["backoff"])
        for key, word, older in (("base", "backoff_base_ms", "initial_delay"), ("cap", "max_backoff_ms", "max_delay")):
            if word in words:
                retry[key] = duration(self.draft, words[word], "ms")
            elif older in words:
                retry[key] = self._delay(words[older])
        return {key: value for key, value in retry.items() if value is not None}

    def _attempts(self, words: Mapping[str, Node]) -> int | None:
        if "retryable" in words and words["retryable"].value is False:
            return 1
        node = words.get("max_attempts", words.get("limit"))
        return None if node is None else whole_number(self.draft, node, _MOST_ATTEMPTS)

    def _delay(self, node: Node) -> str | None:
        if isinstance(node.value, str):
            return duration(self.draft, node)
        self.draft.note(node.at, "a delay without a unit is read as seconds.")
        return duration(self.draft, node, "s")

    def _backoff(self, node: Node) -> Json:
        if node.value in _BACKOFFS:
            return node.value
        says = f"The backoff {node.value!r} has no counterpart yet."
        self.draft.report("dialect.not_yet", node.at, says, f"There is: {', '.join(_BACKOFFS)}.")
        return None

    def _events(self, node: Node, to: str) -> list[str]:
        self.draft.put(join(to, "publishes"), node.at)
        found = [self._event(member) for member in self.draft.members(node, "publishes_events")]
        return [name for name in found if name is not None]

    def _event(self, node: Node) -> str | None:
        if isinstance(node.value, str):
            return self.draft.text(node, "An event")
        words = self.draft.fields(node, TASKER["event"], "An event")
        condition = words.get("condition")
        if condition is not None and not self._is_published(condition):
            return None
        return self.draft.text(words["name"], "The name of an event") if "name" in words else None

    def _is_published(self, condition: Node) -> bool:
        """Say whether an event has a counterpart: here events are published when their step is complete."""
        if condition.value == "success":
            return True
        if condition.value not in _CONDITIONS:
            says = f"No event is published on {condition.value!r}."
            self.draft.report("dialect.value", condition.at, says, partial(near_hint, str(condition.value), _CONDITIONS))
            return False
        if condition.value == "always":
            says = "The event is published when the step is complete, and not when it failed."
            self.draft.report("dialect.differs", condition.at, says, "What happened to a failed step is a fact of its task.")
            return True
        says = f"An event published on {condition.value} is left out."
        self.draft.report("dialect.left_out", condition.at, says, "What happened to a failed step is a fact of its task.")
        return False
