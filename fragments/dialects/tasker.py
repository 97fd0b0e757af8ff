"""Task templates of Tasker: steps with `handler.callable`, `dependencies`, decisions and deferred steps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from fragments.dialects.assembly import Step, duration, input_schema_of, output_of, step_of, template_of, whole_number
from fragments.dialects.bindings import Binder, Call
from fragments.dialects.draft import Draft, Node
from fragments.dialects.naming import LONGEST_STEP, named, step_name, step_names
from fragments.dialects.vocabulary import TASKER
from fragments.near import hint as near_hint
from fragments.pointers import join
from schemas.values import Json

_TYPES = {
    "standard": "standard",
    "decision": "decision",
    "decision_point": "decision",
    "deferred": "deferred",
    "deferred_convergence": "deferred",
}
_LATER_TYPES = {
    "batchable": "Run a handler such as fan_out, and a for_each over the parts that it makes.",
    "batch_worker": "Run a handler such as fan_out, and a for_each over the parts that it makes.",
    "planning": "Write a step of type planning with goal, allow and bounds.",
}
_BACKOFFS = ("none", "linear", "exponential")
_MOST_ATTEMPTS = 20
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")


def tasker_template(draft: Draft, root: Node, binder: Binder, name: str) -> dict[str, Json] | None:
    """Convert a task template; None where it has no steps at all."""
    fields = draft.fields(root, TASKER["template"], "A task template")
    nodes = draft.members(fields["steps"], "steps") if "steps" in fields else []
    if not nodes:
        draft.report("dialect.shape", "/steps", "A template has at least one step.")
        return None
    steps = _Steps(draft, binder, step_names(draft, _names(nodes))).all(nodes)
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
    return heading


def _version(draft: Draft, node: Node) -> str | None:
    if isinstance(node.value, str) and _VERSION.fullmatch(node.value):
        return node.value
    draft.report("dialect.value", node.at, f"The version {node.value!r} is not of three numbers.", "Write 1.0.0.")
    return None


def _names(nodes: list[Node]) -> list[Node]:
    return [node.child("name") for node in nodes if isinstance(node.value, Mapping) and "name" in node.value]


@dataclass(frozen=True, slots=True)
class _Steps:
    """Converts the steps of one template."""

    draft: Draft
    binder: Binder
    names: Mapping[str, str]

    def all(self, nodes: list[Node]) -> list[Step]:
        return [self._step(node, f"/steps/{i}", i) for i, node in enumerate(nodes)]

    def _step(self, node: Node, to: str, i: int) -> Step:
        self.draft.put(to, node.at)
        fields = self.draft.fields(node, TASKER["step"], "A step")
        parts: dict[str, Json] = {"name": self._name(node, fields, i), "type": self._type(fields)}
        parts |= self._body(node, fields, parts["type"], to)
        if "description" in fields:
            parts["description"] = self.draft.text(fields["description"], "A description")
        if "dependencies" in fields:
            parts["depends_on"] = self._dependencies(fields["dependencies"], to)
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

    def _type(self, fields: Mapping[str, Node]) -> str:
        text = self.draft.text(fields["type"], "A type") if "type" in fields else None
        if text in _LATER_TYPES:
            says = f"Steps of type {text} have no counterpart yet."
            self.draft.report("dialect.not_yet", fields["type"].at, says, _LATER_TYPES[text])
        elif text is not None and text not in _TYPES:
            says = f"No step has the type {text!r}."
            self.draft.report("dialect.value", fields["type"].at, says, partial(near_hint, text, _TYPES))
        return _TYPES.get(text or "", "standard")

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
        self._report_variables(given)
        call = Call(name=name, at=handler["callable"].at, given=given.value, given_at=given.at, slot="config")
        return self.binder.body(call, to)

    def _report_variables(self, node: Node) -> None:
        if isinstance(node.value, str) and (found := _VARIABLE.search(node.value)):
            says = f"{found[0]} is a variable of the environment, which a template does not read."
            self.draft.report("dialect.not_yet", node.at, says, "Give it as input, or as a secret of the operator's.")
        elif isinstance(node.value, (Mapping, list)):
            for key in node.value if isinstance(node.value, Mapping) else range(len(node.value)):
                self._report_variables(node.child(key))

    def _dependencies(self, node: Node, to: str) -> list[str]:
        self.draft.put(join(to, "depends_on"), node.at)
        found = [self.draft.text(member, "A dependency") for member in self.draft.members(node, "dependencies")]
        return [self.names.get(text, step_name(text) or text) for text in found if text is not None]

    def _attempts_of(self, fields: Mapping[str, Node], to: str) -> dict[str, Json]:
        made: dict[str, Json] = {"retry": self._retry(fields, to)}
        if "timeout_seconds" in fields:
            self.draft.put(join(to, "timeout"), fields["timeout_seconds"].at)
            made["timeout"] = duration(self.draft, fields["timeout_seconds"], "s")
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
        for key, word in (("base", "backoff_base_ms"), ("cap", "max_backoff_ms")):
            retry[key] = duration(self.draft, words[word], "ms") if word in words else None
        return {key: value for key, value in retry.items() if value is not None}

    def _attempts(self, words: Mapping[str, Node]) -> int | None:
        if "retryable" in words and words["retryable"].value is False:
            return 1
        node = words.get("max_attempts", words.get("limit"))
        return None if node is None else whole_number(self.draft, node, _MOST_ATTEMPTS)

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
        if condition is not None and condition.value != "success":
            says = f"An event published on {condition.value!r} has no counterpart yet."
            self.draft.report("dialect.not_yet", condition.at, says, "Events are published when the step is complete.")
            return None
        return self.draft.text(words["name"], "The name of an event") if "name" in words else None
