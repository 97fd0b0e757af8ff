"""The tasks of `workflow.io/v1`: what each runs, its loop, its condition, its switch."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fragments.dialects.assembly import Step, duration, output_of, step_of, whole_number
from fragments.dialects.bindings import Binder, Call
from fragments.dialects.draft import Draft, Node
from fragments.dialects.expressions import Expressions, Loop, Sight
from fragments.dialects.naming import LONGEST_STEP, loop_name, step_name, step_names
from fragments.dialects.vocabulary import WORKFLOW_IO
from fragments.pointers import join
from schemas.values import Json

_BODIES = ("taskRef", "workflowRef", "switch", "tasks")
_NO_TIMEOUT = {
    "workflowRef": "Say bounds.wall_clock in the child's own template.",
    "tasks": "Give a timeout to the tasks within.",
}
_MOST_PARALLEL = 1_000
_REF = re.compile(r"(?P<name>[^@\s]+)(?:@(?P<v>v?)(?P<version>\d+(?:\.\d+){0,2}))?")


@dataclass(frozen=True, slots=True)
class Tasks:
    """Converts the tasks of one workflow, scope by scope."""

    draft: Draft
    binder: Binder
    expressions: Expressions

    def all(self, nodes: list[Node], to: str, around: Sight) -> tuple[list[Step], Sight]:
        """Convert the tasks of one scope; beside the steps what is seen among them."""
        ids = [node.child("id") for node in nodes if isinstance(node.value, Mapping) and "id" in node.value]
        sight = Sight(steps={**around.steps, **step_names(self.draft, ids)}, loops=around.loops)
        return [self._step(node, join(to, i), sight) for i, node in enumerate(nodes)], sight

    def _step(self, node: Node, to: str, sight: Sight) -> Step:
        self.draft.put(to, node.at)
        fields = self.draft.fields(node, WORKFLOW_IO["task"], "A task")
        parts: dict[str, Json] = {"name": self._name(node, fields, sight)}
        if "description" in fields:
            parts["description"] = self.draft.text(fields["description"], "A description")
        if "dependsOn" in fields:
            parts["depends_on"] = self._dependencies(fields["dependsOn"], to, sight)
        run, inner = self._run(node, fields, to, sight, parts["name"])
        parts |= run
        if "condition" in fields:
            parts["when"] = self._when(fields, to, inner)
        if "timeout" in fields:
            parts["timeout"] = self._timeout(fields, to)
        if "fallback" in fields:
            parts["fallback"] = self._fallback(fields["fallback"], to, inner)
        step = step_of(parts)
        if "secrets" in fields:
            self._secrets(fields["secrets"], step)
        return step

    def _run(self, node: Node, fields: Mapping[str, Node], to: str, sight: Sight, name: str) -> tuple[dict[str, Json], Sight]:
        """Convert what a task runs and the loop around it; beside it what stands within the loop sees."""
        if "forEach" not in fields:
            return self._body(node, fields, to, sight), sight
        loop, inner = self._loop(fields, to, sight)
        parts = self._body(node, fields, to, inner)
        if "workflow" in parts:
            parts = self._within_the_loop(parts, to, name)
        if len(last := output_of(parts.get("steps", ()))) > 1:
            loop["output"] = last
        return {"for_each": loop, **parts}, inner

    def _name(self, node: Node, fields: Mapping[str, Node], sight: Sight) -> str:
        text = fields["id"].value if "id" in fields else None
        if text is None:
            self.draft.report("dialect.shape", node.at, "A task has an id.")
        known = sight.steps.get(text) if isinstance(text, str) else None
        return known or step_name(str(text or ""))[:LONGEST_STEP] or f"step_{node.at.rpartition('/')[2]}"

    def _dependencies(self, node: Node, to: str, sight: Sight) -> list[str]:
        self.draft.put(join(to, "depends_on"), node.at)
        found = [self.draft.text(member, "A dependency") for member in self.draft.members(node, "dependsOn")]
        return [sight.steps.get(text, step_name(text) or text) for text in found if text is not None]

    def _within_the_loop(self, parts: Mapping[str, Json], to: str, name: str) -> dict[str, Json]:
        """Put a child workflow that runs for every item into the body of the loop."""
        keys = ("type", "workflow", "input")
        child = step_of({"name": f"{name}_each", **{key: parts[key] for key in keys}})
        for key in keys:
            if (origin := self.draft.origins.get(join(to, key))) is not None:
                self.draft.origins[join(to, "steps", 0, key)] = origin
        return {**{key: value for key, value in parts.items() if key not in keys}, "steps": [child]}

    def _timeout(self, fields: Mapping[str, Node], to: str) -> str | None:
        node = fields["timeout"]
        self.draft.put(join(to, "timeout"), node.at)
        for key, hint in _NO_TIMEOUT.items():
            if key in fields:
                self.draft.report("dialect.not_yet", node.at, f"`timeout` beside `{key}` has no counterpart yet.", hint)
                return None
        return duration(self.draft, node)

    def _loop(self, fields: Mapping[str, Node], to: str, sight: Sight) -> tuple[dict[str, Json], Sight]:
        node, at = fields["forEach"], join(to, "for_each")
        self.draft.put(at, node.at)
        words = self.draft.fields(node, WORKFLOW_IO["forEach"], "forEach")
        if "items" not in words:
            self.draft.report("dialect.shape", node.at, "forEach has items.")
        items, path = self.expressions.items(words["items"], sight) if "items" in words else ([], None)
        item = self._word(words, "itemVar") or "item"
        index = self._word(words, "indexVar") or "index"
        taken = {name for loop in sight.loops for name in (loop.item_name, loop.index_name)}
        item_name = loop_name(item, {*taken, "index"}, "item")
        wanted = f"{item_name}_index" if sight.loops and index == "index" else index
        index_name = loop_name(wanted, {*taken, item_name}, "index")
        self._note_names(node, ((item, item_name), (index, index_name)))
        loop = Loop(item=item, index=index, item_name=item_name, index_name=index_name, items=path)
        made: dict[str, Json] = {"items": items, "as": item_name}
        if index_name != "index":
            made["index"] = index_name
        if "maxParallel" in words:
            self.draft.put(join(at, "max_parallel"), words["maxParallel"].at)
            made["max_parallel"] = whole_number(self.draft, words["maxParallel"], _MOST_PARALLEL)
        made["max_items"] = self.binder.max_items(fields["id"].value if "id" in fields else None)
        if made["max_items"] is None:
            self.draft.note(node.at, "workflow.io counts no items; a loop here runs at most 100, unless max_items says more.")
        return {k: v for k, v in made.items() if v is not None}, Sight(steps=sight.steps, loops=(*sight.loops, loop))

    def _note_names(self, node: Node, pairs: tuple[tuple[str, str], ...]) -> None:
        for text, name in pairs:
            if text != name:
                self.draft.note(node.at, f"the loop's {text!r} is {name!r} here.")

    def _word(self, words: Mapping[str, Node], key: str) -> str | None:
        return self.draft.text(words[key], key) if key in words else None

    def _body(self, node: Node, fields: Mapping[str, Node], to: str, sight: Sight) -> dict[str, Json]:
        found = [key for key in _BODIES if key in fields]
        if len(found) != 1:
            says = f"A task has one of {', '.join(_BODIES)}; this one has {' and '.join(found) or 'none'}."
            self.draft.report("dialect.shape", node.at, says)
            self.draft.unbound.append(to)
            return {}
        makers = {"taskRef": self._task, "workflowRef": self._workflow, "switch": self._switch, "tasks": self._nested}
        return makers[found[0]](fields, to, sight)

    def _task(self, fields: Mapping[str, Node], to: str, sight: Sight) -> dict[str, Json]:
        name = self.draft.text(fields["taskRef"], "A taskRef")
        if name is None:
            self.draft.unbound.append(to)
            return {}
        given, given_at = self._given(fields, sight)
        return self.binder.body(Call(name=name, at=fields["taskRef"].at, given=given, given_at=given_at), to)

    def _given(self, fields: Mapping[str, Node], sight: Sight) -> tuple[dict[str, Json], str]:
        if "input" not in fields:
            return {}, ""
        node = fields["input"]
        if not isinstance(node.value, Mapping):
            self.draft.shape(node, "An input is written as keys and values")
            return {}, ""
        return {key: self.expressions.value(node.child(key), sight) for key in node.value}, node.at

    def _workflow(self, fields: Mapping[str, Node], to: str, sight: Sight) -> dict[str, Json]:
        node = fields["workflowRef"]
        text = self.draft.text(node, "A workflowRef")
        given, given_at = self._given(fields, sight)
        self.draft.put(join(to, "workflow"), node.at)
        self.draft.put(join(to, "input"), given_at or node.at)
        ref = _REF.fullmatch(text or "")
        if ref is None:
            if text is not None:
                hint = "Write NAME, NAMESPACE/NAME or NAME@v2."
                self.draft.report("dialect.value", node.at, f"{text!r} names no workflow.", hint)
            return {"type": "workflow", "input": given}
        name = self.binder.workflow(ref["name"])
        version = f"@{'^' if ref['v'] else ''}{ref['version']}" if ref["version"] else ""
        return {"type": "workflow", "workflow": f"{name}{version}", "input": given}

    def _nested(self, fields: Mapping[str, Node], to: str, sight: Sight) -> dict[str, Json]:
        node = fields["tasks"]
        if "forEach" not in fields:
            says = "A group of tasks without forEach has no counterpart yet."
            self.draft.report("dialect.not_yet", node.at, says, "Write the tasks beside the others.")
        if "input" in fields:
            says = "The input of a group of tasks has no counterpart yet."
            self.draft.report("dialect.not_yet", fields["input"].at, says, "The tasks within read what is around them.")
        nested, _ = self.all(self.draft.members(node, "tasks"), join(to, "steps"), sight)
        self.draft.put(join(to, "steps"), node.at)
        return {"steps": nested}

    def _switch(self, fields: Mapping[str, Node], to: str, sight: Sight) -> dict[str, Json]:
        node, at = fields["switch"], join(to, "switch")
        self.draft.put(at, node.at)
        words = self.draft.fields(node, WORKFLOW_IO["switch"], "switch")
        made: dict[str, Json] = {}
        if "value" in words:
            self.draft.put(join(at, "value"), words["value"].at)
            made["value"] = self.expressions.value(words["value"], sight)
        else:
            self.draft.report("dialect.shape", node.at, "A switch has a value.")
        cases = self.draft.members(words["cases"], "cases") if "cases" in words else []
        if not cases:
            self.draft.report("dialect.shape", node.at, "A switch has at least one case.")
        made["cases"] = [self._case(case, fields, join(at, "cases", i), sight) for i, case in enumerate(cases)]
        if "default" in words:
            branch = self.draft.fields(words["default"], WORKFLOW_IO["default"], "default")
            made["default"] = self._branch(words["default"], branch, fields, join(at, "default"), sight)
        return {"switch": made}

    def _case(self, node: Node, fields: Mapping[str, Node], to: str, sight: Sight) -> dict[str, Json]:
        words = self.draft.fields(node, WORKFLOW_IO["case"], "A case")
        if not isinstance(node.value, Mapping) or "match" not in node.value:
            if isinstance(node.value, Mapping):
                self.draft.report("dialect.shape", node.at, "A case has a match.")
            return self._branch(node, words, fields, to, sight)
        match = node.child("match")
        self.draft.put(join(to, "equals"), match.at)
        if "{{" in json.dumps(match.value):
            says = "A case matches a literal; here stands an expression."
            self.draft.report("dialect.expression", match.at, says, "Put each case into a task with a condition.")
        return {"equals": match.value} | self._branch(node, words, fields, to, sight)

    def _branch(
        self, node: Node, words: Mapping[str, Node], fields: Mapping[str, Node], to: str, sight: Sight
    ) -> dict[str, Json]:
        self.draft.put(to, node.at)
        runs = [key for key in ("taskRef", "workflowRef") if key in words]
        if len(runs) != 1:
            if isinstance(node.value, Mapping):
                says = f"A branch has one of taskRef and workflowRef; this one has {' and '.join(runs) or 'none'}."
                self.draft.report("dialect.shape", node.at, says)
            self.draft.unbound.append(to)
            return {}
        task = {**{key: fields[key] for key in ("input", "id") if key in fields}, **words}
        if runs == ["taskRef"] and "forEach" not in words:
            return self._task(task, to, sight)
        inner = join(to, "steps", 0)
        self.draft.put(inner, node.at)
        name = step_name(f"{fields['id'].value if 'id' in fields else 'branch'}_{to.rpartition('/')[2]}")
        run, _ = self._run(node, task, inner, sight, name)
        return {"steps": [step_of({"name": name, **run})]}

    def _when(self, fields: Mapping[str, Node], to: str, sight: Sight) -> str | None:
        node = fields["condition"]
        self.draft.put(join(to, "when"), node.at)
        words = self.draft.fields(node, WORKFLOW_IO["condition"], "A condition")
        if "if" not in words:
            self.draft.report("dialect.shape", node.at, "A condition has an if.")
            return None
        self.draft.put(join(to, "when"), words["if"].at)
        if "forEach" in fields and "forEach." not in str(words["if"].value):
            says = "In workflow.io this condition skips the whole task; here it is asked for every item."
            hint = "Where it is false every item is skipped; the items themselves must be there all the same."
            self.draft.report("dialect.differs", words["if"].at, says, hint)
        return self.expressions.condition(words["if"], sight)

    def _fallback(self, node: Node, to: str, sight: Sight) -> dict[str, Json]:
        at = join(to, "fallback")
        self.draft.put(at, node.at)
        says = "In workflow.io a fallback is taken while the circuit is open; here when the step failed for good."
        self.draft.report("dialect.differs", node.at, says, "Say by retry how often the step is tried before.")
        words = self.draft.fields(node, WORKFLOW_IO["fallback"], "A fallback")
        if "taskRef" in words:
            return self._task(words, at, sight)
        if isinstance(node.value, Mapping) and "workflowRef" not in node.value:
            self.draft.report("dialect.shape", node.at, "A fallback has a taskRef.")
        return {}

    def _secrets(self, node: Node, step: Step) -> None:
        written = json.dumps(step)
        for member in self.draft.members(node, "secrets"):
            if not isinstance(member.value, Mapping) or not isinstance(member.value.get("name"), str):
                self.draft.shape(member, "A secret is written as keys and values with a name")
                continue
            name = member.value["name"]
            if re.search(rf'\bsecrets(?:\.{re.escape(name)}\b|\[\\"{re.escape(name)}\\"\])', written):
                says = f"Where the secret {name!r} is kept is left out."
                self.draft.report("dialect.left_out", member.at, says, f"The operator names it {name} in the settings.")
            else:
                says = f"Nothing takes the secret {name!r}."
                hint = f"Take it in the binding, where the handler has a place for secrets: {{{{ secrets.{name} }}}}."
                self.draft.report("dialect.not_yet", member.at, says, hint)
